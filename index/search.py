"""Finding chunks for a question: candidates by vectors and by words, then ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.candidates import lexical_scores, nearest, rarest
from index.catalogue import Catalogue
from index.chunk import passage_of
from index.config import EMBEDDED, NO_RERANKER, Config
from index.copies import fold
from index.database import on_read_only_disk
from index.embed import Embedder
from index.errors import CatalogueError, VectorsError
from index.filters import EVERYTHING, Filters
from index.pairs import Reranker
from index.rank import features, probabilities, scores, wanted
from index.rows import StoredChunk
from index.settings import OpenEmbedder, check_embedder, check_settings
from index.spelling import searched
from index.text import language_of
from index.types import Hit, Language
from index.vectors import REFILL, NeighbourIndex

CANDIDATES = 100
"""How many chunks each of the two searches, by vectors and by words, brings in."""

RERANKED = 20
"""How many of the best hits a reranker reads."""

_WIDEST = 16


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for searching.

    `language` is that of the question as it was typed, `searched` what is looked for instead, by
    its words and by `vector`, which has shape (d,).
    """

    language: Language
    vector: NDArray[np.float32]
    searched: str


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A hit with what the catalogue holds of it; `cosines` are those of its sentences (n,)."""

    hit: Hit
    stored: StoredChunk
    cosines: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Opened:
    """The neighbour index as it was opened: by which name, and what generation it holds.

    None where Chroma cannot open it, because the disk is read-only; every chunk is scored then.
    """

    neighbours: NeighbourIndex | None
    name: str
    generation: int


class Index:
    """A collection opened for questions. Threads may share it."""

    def __init__(
        self, config: Config, catalogue: Catalogue, opened: _Opened, embedder: Embedder
    ) -> None:
        self.config = config
        self.catalogue = catalogue
        self.embedder = embedder
        self.reranker = Reranker(config.reranker) if config.reranker != NO_RERANKER else None
        self._opened = opened
        self._settings = catalogue.settings()

    @classmethod
    def open(cls, config: Config, open_embedder: OpenEmbedder) -> Index:
        """Open the collection of `config.home`; raises `DalilError` where that cannot be done."""
        catalogue = Catalogue.open(config.catalogue)
        check_settings(catalogue, config.embedding)
        opened = _open_neighbours(config, catalogue)
        if opened.neighbours is not None:
            wanted = catalogue.chunk_count() - len(catalogue.chunk_ids(opened.generation))
            if (held := opened.neighbours.count()) < wanted:
                raise VectorsError(
                    f"The neighbour index in {opened.neighbours.place} holds {held} of {wanted} "
                    f"chunks. {REFILL}"
                )
        embedder = open_embedder()
        check_embedder(catalogue, embedder)
        return cls(config, catalogue, opened, embedder)

    def query(self, question: str) -> Query:
        """Read a question as it would be written with care, and embed that."""
        meant = searched(question, self.catalogue)
        vector = self.embedder.questions([meant])[0]
        return Query(language_of(question), vector, meant)

    def search(
        self, question: str, limit: int = 10, filters: Filters = EVERYTHING
    ) -> tuple[Hit, ...]:
        """The best `limit` chunks for a question that `filters` leave, best first."""
        found = self.find(self.query(question), limit, filters)
        return tuple(item.hit for item in found)

    def find(
        self, query: Query, limit: int = 10, filters: Filters = EVERYTHING
    ) -> list[FoundChunk]:
        """The best `limit` chunks with their vectors, best first, as of one state of the catalogue.

        What another process has ingested since this index was opened is found, what it has removed
        is not. What `filters` leave out takes no place among the `limit`, but its words count as
        the collection's where a word's rarity is taken. Reprints are folded into the hits that they
        repeat; where few are left for that, more candidates are weighed.
        """
        depth = max(CANDIDATES, limit)
        most = limit if self.reranker is None else max(limit, RERANKED)
        widest = depth * _WIDEST
        while True:
            found = self._weighed(query, depth, filters)
            kept = fold(
                [item.hit.chunk for item in found], [item.stored.group for item in found], most
            )
            if len(kept) >= most or len(found) < depth or depth >= widest:
                break
            depth *= 4
        shown = [
            replace(found[at], hit=replace(found[at].hit, copies=copies))
            for at, copies in kept.items()
        ]
        return reranked(shown, query.searched, self.reranker)[:limit]

    def _weighed(self, query: Query, depth: int, filters: Filters) -> list[FoundChunk]:
        """All candidates, best first."""
        with self.catalogue.reading():
            if self.catalogue.settings() != self._settings:
                raise CatalogueError(
                    f"{self.catalogue.path} was rebuilt with other settings. Start this program "
                    "again to answer from it."
                )
            looked_for = wanted(query.searched, query.language, self.catalogue)
            terms = rarest(list(looked_for.stems), self.catalogue)
            lexical = lexical_scores(self.catalogue, terms, depth, filters)
            stored = self.catalogue.chunks(self._candidates(query, lexical, depth, filters))
        if not stored:
            return []
        cosines = [item.sentence_vectors @ query.vector for item in stored]
        parts = features(looked_for, query.vector, stored, cosines)
        pairs = [f"{query.language}-{item.chunk.language}" for item in stored]
        found = scores(parts, pairs)
        likely = probabilities(parts, pairs, [item.text for item in stored])
        return [
            FoundChunk(
                Hit(
                    stored[i].chunk,
                    float(found[i]),
                    float(likely[i]),
                    {name: float(values[i]) for name, values in parts.items()},
                ),
                stored[i],
                cosines[i],
            )
            for i in np.argsort(-found, kind="stable")
        ]

    def _candidates(
        self, query: Query, lexical: dict[str, float], count: int, filters: Filters
    ) -> list[str]:
        opened = self._neighbours()
        near = nearest(
            self.catalogue, opened.neighbours, opened.generation, query.vector, count, filters
        )
        return list(dict.fromkeys([*near, *lexical]))

    def _neighbours(self) -> _Opened:
        """The neighbour index, opened anew where another process has rebuilt the collection.

        A server shows at once what another process has written there.
        """
        if self.catalogue.collection() != self._opened.name:
            self._opened = _open_neighbours(self.config, self.catalogue)
        if self._opened.neighbours is not None and self._opened.neighbours.is_live:
            return replace(self._opened, generation=self.catalogue.indexed())
        return self._opened


def reranked(found: list[FoundChunk], question: str, reranker: Reranker | None) -> list[FoundChunk]:
    """The first `RERANKED` hits in the order in which the reranker puts them, then the others.

    Its logits are kept in `parts`. The scores stay what they are and are dealt out anew, the
    highest to the chunk that is now the first: what reads them knows no other scale.
    """
    read = found[:RERANKED]
    if reranker is None or not read:
        return found
    passages = [passage_of(item.stored.title, item.hit.chunk).text for item in read]
    logits = reranker.scores(question, passages)
    order = np.argsort(-logits, kind="stable")
    better = [
        replace(
            read[i],
            hit=replace(
                read[i].hit,
                score=read[place].hit.score,
                parts={**read[i].hit.parts, "reranker": float(logits[i])},
            ),
        )
        for place, i in enumerate(order)
    ]
    return [*better, *found[RERANKED:]]


def _open_neighbours(config: Config, catalogue: Catalogue) -> _Opened:
    # The generation is read before the neighbour index is opened: what is written in between is
    # taken for newer than it and found all the same.
    generation, name = catalogue.indexed(), catalogue.collection()
    if config.vectors == EMBEDDED and on_read_only_disk(config.home):
        return _Opened(None, name, generation)
    return _Opened(NeighbourIndex.open(config, name, create=False), name, generation)
