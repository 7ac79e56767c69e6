"""What the process does that tries a neighbour index first: it opens it, asks it, and tells.

See `index.opening`. What it prints last is one line of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue
from index.config import Config
from index.errors import DalilError
from index.opening import Trial
from index.rows import StoredChunk
from index.vectors import NeighbourIndex

_ASKED = 50
_NEAREST = 10
_AT_ONCE = 1000
_AS_NEAR = 0.999
"""The cosine from which on another chunk is as good a find as the chunk itself."""
_FAR = 0.01
"""How far a number of a vector may be from the catalogue's, which has 16 bits."""


def main(config: str, thorough: str = "") -> None:
    """Try the neighbour index of a `Config`, given as JSON, and print the `Trial` as JSON."""
    settings = json.loads(config)
    found = probe(Config(**{**settings, "home": Path(settings["home"])}), thorough=bool(thorough))
    print(json.dumps(asdict(found)))


def probe(config: Config, *, thorough: bool) -> Trial:
    """Open the neighbour index here, whatever comes of it, and ask it for some chunks.

    What is newer than the generation that it holds may be there or not, and so may what is gone.
    """
    try:
        catalogue = Catalogue.open(config.catalogue)
        with catalogue.reading():
            opened = NeighbourIndex.unwatched(config, catalogue.collection())
            if opened is None:
                return Trial(f"{config.vectors_folder} does not hold the vectors of {config.home}")
            asked = catalogue.chunks(_some(catalogue))
            unfound = sum(not _is_found(opened, catalogue, item) for item in asked)
            trial = Trial(asked=len(asked), unfound=unfound)
            return _compared(opened, catalogue, trial) if thorough else trial
    except DalilError as error:
        return Trial(str(error))


def _compared(opened: NeighbourIndex, catalogue: Catalogue, trial: Trial) -> Trial:
    """What a trial found and, besides, all that the index holds beside the catalogue's."""
    shown, stored = set(catalogue.chunk_ids()), opened.ids()
    required = shown - set(catalogue.chunk_ids(newer_than=catalogue.indexed()))
    foreign = stored - shown - set(catalogue.gone())
    return replace(
        trial,
        missing=len(required - stored),
        foreign=len(foreign),
        wrong=sum(_wrong(opened, catalogue, part) for part in _parts(sorted(required & stored))),
        others=tuple(opened.others()),
    )


def _some(catalogue: Catalogue) -> list[str]:
    """Ids of chunks that the index must hold, spread over the collection."""
    newer = set(catalogue.chunk_ids(newer_than=catalogue.indexed()))
    held = sorted(set(catalogue.chunk_ids()) - newer)
    return held[:: max(1, len(held) // _ASKED)][:_ASKED]


def _is_found(opened: NeighbourIndex, catalogue: Catalogue, item: StoredChunk) -> bool:
    near = opened.nearest(item.vector, _NEAREST)
    if item.chunk.id in near:
        return True
    others = catalogue.chunks(near)
    return any(float(other.vector @ item.vector) >= _AS_NEAR for other in others)


def _wrong(opened: NeighbourIndex, catalogue: Catalogue, ids: Sequence[str]) -> int:
    """How many of some chunks have other vectors than in the catalogue."""
    held = opened.vectors(ids)
    return sum(
        item.chunk.id not in held
        or held[item.chunk.id].shape != item.vector.shape
        or not np.allclose(held[item.chunk.id], item.vector, atol=_FAR)
        for item in catalogue.chunks(ids)
    )


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
