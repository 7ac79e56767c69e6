"""Making the neighbour index hold what the catalogue says, without embedding again."""

from __future__ import annotations

import numpy as np

from index.catalogue import Catalogue
from index.config import Config
from index.rows import rename_collection
from index.vectors import NeighbourIndex, collection_name

_CHUNKS_AT_ONCE = 128


def tidy_neighbours(config: Config, catalogue: Catalogue) -> NeighbourIndex:
    """Open the neighbour index for writing; mend it where an earlier writer was cut off.

    Where it is missing, because it was lost or is to be somewhere else now, it is filled again.
    """
    neighbours = NeighbourIndex.find(config, catalogue.collection())
    if neighbours is None:
        return refill_neighbours(config, catalogue)
    if neighbours.count() != catalogue.chunk_count():
        _mend(neighbours, catalogue, neighbours.ids())
    return neighbours


def refill_neighbours(config: Config, catalogue: Catalogue) -> NeighbourIndex:
    """Copy every vector of the catalogue into a new collection, which takes the old one's place.

    The new name keeps a reader from taking what an earlier place still holds for the present state.
    """
    name = collection_name(catalogue.collection(), catalogue.generation() + 1)
    neighbours = NeighbourIndex.open(config, name)
    neighbours.remove(neighbours.ids())  # what a copying that was cut off has left
    _mend(neighbours, catalogue, set())
    with catalogue.changing() as connection:
        rename_collection(connection, name)
    neighbours.drop_others()
    return neighbours


def _mend(neighbours: NeighbourIndex, catalogue: Catalogue, stored: set[str]) -> None:
    """Make the neighbour index, which holds the chunks `stored`, hold those of the catalogue."""
    shown = set(catalogue.chunk_ids())
    neighbours.remove(stored - shown)
    missing = sorted(shown - stored)
    for start in range(0, len(missing), _CHUNKS_AT_ONCE):
        items = catalogue.chunks(missing[start : start + _CHUNKS_AT_ONCE])
        articles = {id_: catalogue.article(id_) for id_ in {i.chunk.article_id for i in items}}
        pairs = [(articles[item.chunk.article_id], item.chunk) for item in items]
        neighbours.add(pairs, np.stack([item.vector for item in items]))
