"""Keeping the neighbour index up to what the catalogue says, without embedding again.

Opening and changing Chroma costs in proportion to the collection, so a few new chunks wait for it:
until they are there they are scored exactly, from the catalogue's own vectors.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import numpy as np

from index import database
from index.catalogue import Catalogue
from index.config import Config
from index.errors import CatalogueError
from index.lock import writing
from index.rows import rename_collection
from index.vectors import NeighbourIndex, collection_name

MOST_BEHIND = 1000
"""How many new or removed chunks the neighbour index may lack or still hold, at most.

Catching up after every batch of an ingest, to have less to do at its end, made it no faster: both
cores embed meanwhile.
"""


def catch_up(config: Config, catalogue: Catalogue, most: int = 0) -> None:
    """Bring the neighbour index up to date where more than `most` chunks are new to it or gone.

    Where it is missing, because it was lost or is to be somewhere else now, it is filled again.
    """
    new, gone = catalogue.chunk_ids(catalogue.indexed()), catalogue.gone()
    if len(new) + len(gone) <= min(most, MOST_BEHIND):
        return
    neighbours = NeighbourIndex.find(config, catalogue.collection())
    if neighbours is None:
        refill_neighbours(config, catalogue)
        return
    _add(neighbours, catalogue, new)
    neighbours.remove(gone)
    if neighbours.count() != catalogue.chunk_count():  # left so by a writer that was cut off
        shown, stored = set(catalogue.chunk_ids()), neighbours.ids()
        neighbours.remove(stored - shown)
        _add(neighbours, catalogue, sorted(shown - stored))
    catalogue.set_indexed()


def refill_neighbours(config: Config, catalogue: Catalogue) -> NeighbourIndex:
    """Copy every vector of the catalogue into a new collection, which takes the old one's place.

    The new name keeps a reader from taking what an earlier place still holds for the present state.
    """
    name = collection_name(catalogue.collection(), catalogue.generation() + 1)
    neighbours = NeighbourIndex.open(config, name)
    neighbours.remove(neighbours.ids())  # what a copying that was cut off has left
    _add(neighbours, catalogue, catalogue.chunk_ids())
    with catalogue.changing() as connection:
        rename_collection(connection, name)
    catalogue.set_indexed()
    neighbours.drop_others()
    return neighbours


def duplicate(config: Config, target: Config) -> None:
    """Copy a collection, which may be in use, into the empty home of `target`; embeds nothing.

    A process that has a catalogue open must not open its file in any other way, not even to read
    it: closing that takes away SQLite's locks, and then other processes damage the collection.
    Raises `DalilError`.
    """
    Catalogue.open(config.catalogue)
    with writing(target.home, "copy"):
        if target.catalogue.exists():
            raise CatalogueError(f"{target.home} holds a collection. Choose another folder.")
        with (
            closing(sqlite3.connect(config.catalogue)) as source,
            database.whole(target.catalogue) as copy,
        ):
            source.backup(copy)
        refill_neighbours(target, Catalogue.open(target.catalogue))


def _add(neighbours: NeighbourIndex, catalogue: Catalogue, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), MOST_BEHIND):
        stored = catalogue.chunks(ids[start : start + MOST_BEHIND])
        names = dict.fromkeys(item.chunk.article_id for item in stored)
        articles = {name: catalogue.article(name) for name in names}
        pairs = [(articles[item.chunk.article_id], item.chunk) for item in stored]
        neighbours.add(pairs, np.stack([item.vector for item in stored]))
