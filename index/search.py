"""Finding chunks for a question: candidates by vectors and by words, then ranked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder
from index.errors import CatalogueError, VectorsError
from index.rank import combined, gram_scores, occurrences, rarity_of, shares
from index.rows import StoredChunk
from index.settings import OpenEmbedder, check_embedder, check_settings
from index.text import STOPWORDS, grams, language_of, stem, words
from index.types import Hit, Language
from index.vectors import NeighbourIndex

CANDIDATES = 100
"""How many chunks each of the two searches, by vectors and by words, brings in."""

_LEXICAL_DEPTH = 1000

_MOST_MATCHED, _ALWAYS_MATCHED = 0.2, 20_000
"""The share of a collection's chunks, and the number, that a question's words may match together.

Every match is scored, a million in a second. With less than a fifth quality falls (ARCD, 250
questions, 1,899 chunks: nDCG@10 0.872 with all words, 0.874 with a fifth, 0.865 with a twentieth).
"""


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for searching; `vector` has shape (d,)."""

    text: str
    language: Language
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A hit with what the catalogue holds of it; `cosines` are those of its sentences (n,)."""

    hit: Hit
    stored: StoredChunk
    cosines: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Opened:
    """The neighbour index as it was opened: by which name, and what generation it holds."""

    neighbours: NeighbourIndex
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
        self._opened = opened
        self._settings = catalogue.settings()

    @classmethod
    def open(cls, config: Config, open_embedder: OpenEmbedder) -> Index:
        """Open the collection of `config.home`; raises `DalilError` where that cannot be done."""
        catalogue = Catalogue.open(config.catalogue)
        check_settings(catalogue, config.embedding)
        opened = _open_neighbours(config, catalogue)
        wanted = catalogue.chunk_count() - len(catalogue.chunk_ids(opened.generation))
        if (held := opened.neighbours.count()) < wanted:
            raise VectorsError(
                f"The neighbour index in {config.vectors} holds {held} of {wanted} chunks. "
                "Run: dalil rebuild."
            )
        embedder = open_embedder()
        check_embedder(catalogue, embedder)
        return cls(config, catalogue, opened, embedder)

    def query(self, question: str) -> Query:
        """Embed a question."""
        vector = self.embedder.questions([question])[0]
        return Query(question, language_of(question), vector)

    def search(
        self, question: str, limit: int = 10, exclude: Collection[str] = ()
    ) -> tuple[Hit, ...]:
        """The best `limit` chunks for a question, best first; none from the articles `exclude`."""
        found = self.find(self.query(question), limit, exclude)
        return tuple(item.hit for item in found)

    def find(
        self, query: Query, limit: int = 10, exclude: Collection[str] = ()
    ) -> list[FoundChunk]:
        """The best `limit` chunks with their vectors, best first, as of one state of the catalogue.

        What another process has ingested since this index was opened is found, what it has removed
        is not. None is from the articles `exclude`, but their words count as the collection's where
        a word's rarity is taken.
        """
        with self.catalogue.reading():
            if self.catalogue.settings() != self._settings:
                raise CatalogueError(
                    f"{self.catalogue.path} was rebuilt with other settings. Start this program "
                    "again to answer from it."
                )
            terms = _rarest(_terms(query.text), self.catalogue)
            lexical = self.catalogue.lexical_scores(terms, _LEXICAL_DEPTH)
            hidden = self.catalogue.chunk_count_of(exclude) if exclude else 0
            ids = self._candidates(query, lexical, max(CANDIDATES, limit) + hidden)
            stored = [
                item for item in self.catalogue.chunks(ids) if item.chunk.article_id not in exclude
            ]
            rarity = rarity_of(self.catalogue, query.text)
            question_grams = grams(word.folded for word in words(query.text))
            counts = self.catalogue.gram_counts(set(question_grams))
            total = self.catalogue.chunk_count()
        if not stored:
            return []
        times = occurrences(counts, stored)
        parts = {
            "dense": np.array([item.vector @ query.vector for item in stored], np.float32),
            "stems": np.array([lexical.get(item.chunk.id, 0.0) for item in stored], np.float32),
            "grams": gram_scores(counts, times, stored, total),
            "share": shares(rarity, times, len(stored)),
        }
        cosines = [item.sentence_vectors @ query.vector for item in stored]
        parts["sentence"] = np.array([row.max() for row in cosines], np.float32)
        own = np.array([item.chunk.language == query.language for item in stored])
        scores = combined(parts, own)
        order = np.argsort(-scores, kind="stable")[:limit]
        return [
            FoundChunk(
                Hit(
                    stored[i].chunk,
                    float(scores[i]),
                    parts={name: float(values[i]) for name, values in parts.items()},
                ),
                stored[i],
                cosines[i],
            )
            for i in order
        ]

    def _candidates(self, query: Query, lexical: dict[str, float], count: int) -> list[str]:
        opened = self._neighbours()
        near = opened.neighbours.nearest(query.vector, count)
        fresh = self.catalogue.nearest_since(opened.generation, query.vector, count)
        best_words = sorted(lexical, key=lexical.__getitem__, reverse=True)[:count]
        return list(dict.fromkeys([*near, *fresh, *best_words]))

    def _neighbours(self) -> _Opened:
        """The neighbour index, opened anew where another process has rebuilt the collection."""
        if self.catalogue.collection() != self._opened.name:
            self._opened = _open_neighbours(self.config, self.catalogue)
        return self._opened


def _open_neighbours(config: Config, catalogue: Catalogue) -> _Opened:
    # The generation is read before the neighbour index is opened: what is written in between is
    # taken for newer than it and found all the same.
    generation, name = catalogue.indexed(), catalogue.collection()
    return _Opened(NeighbourIndex.open(config.vectors, name, create=False), name, generation)


def _rarest(terms: list[str], catalogue: Catalogue) -> list[str]:
    """The rarest of some stems, as many as match few enough chunks, and always the first."""
    counts, matched = catalogue.stem_counts(terms), 0
    most = max(_MOST_MATCHED * catalogue.chunk_count(), _ALWAYS_MATCHED)
    kept: list[str] = []
    for term in sorted(terms, key=lambda term: counts.get(term, 0)):
        matched += counts.get(term, 0)
        if kept and matched > most:
            break
        kept.append(term)
    return kept


def _terms(question: str) -> list[str]:
    kept = [word.folded for word in words(question) if word.folded not in STOPWORDS]
    return list(dict.fromkeys(stem(word) for word in kept))
