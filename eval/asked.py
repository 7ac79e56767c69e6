"""Gold questions asked of a collection for a fit: the candidates, and which of them are right.

They are the best hundred by the weights that are in use, so a fit depends a little on the one
before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from eval.dataset import GoldQuestion, load_questions
from index import rank
from index.config import load_config
from index.embed import Embedder
from index.filters import Filters
from index.search import FoundChunk, Index
from index.text import words
from index.types import Chunk
from rag.question import prepare
from rag.types import Question

FOLDS = 5
_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its candidates; `right` marks chunks that hold its evidence.

    `file` names the home and the file of questions.

    `figures` (n, features) are in the order of `rank.FEATURES`, `pairs` of every candidate.
    """

    golds: Sequence[GoldQuestion]
    question: Question
    file: str
    looked_for: rank.Wanted
    found: Sequence[FoundChunk]
    right: NDArray[np.bool_]
    figures: NDArray[np.float64]
    pairs: Sequence[str]

    @property
    def fold(self) -> int:
        """The same for all questions on one event or article."""
        return crc32(self.golds[0].cluster.encode()) % FOLDS

    @property
    def articles(self) -> frozenset[str]:
        """The articles that answer."""
        return frozenset(id_ for gold in self.golds for id_ in gold.articles)


def collect(home: Path, files: Sequence[Path], embedder: Embedder) -> Iterator[Asked]:
    """Ask a home every question of some files that stands alone."""
    index = Index.open(load_config(home, environment={}), lambda: embedder)
    answers: dict[str, list[tuple[str, GoldQuestion]]] = defaultdict(list)
    for path in files:
        for gold in load_questions(path):
            if gold.articles and gold.expected in ("answered", "partly") and not gold.history:
                answers[gold.question].append(
                    (f"{home.name}: {path.parent.name}/{path.name}", gold)
                )
    for same in answers.values():
        file, gold = same[0]
        golds = [each for _, each in same]
        question = prepare(gold.question)
        query = index.query(question.text)
        found = index.find(query, _CANDIDATES, Filters(as_of=gold.as_of))
        right = np.array([any(_holds(each, item.hit.chunk) for each in golds) for item in found])
        if right.any():
            yield Asked(
                golds,
                question,
                file,
                rank.wanted(query.searched, query.language, index.catalogue),
                found,
                right,
                np.array([[item.hit.parts[name] for name in rank.FEATURES] for item in found]),
                [f"{query.language}-{item.hit.chunk.language}" for item in found],
            )


def _holds(gold: GoldQuestion, chunk: Chunk) -> bool:
    return says(gold, chunk.article_id, chunk.text)


def says(gold: GoldQuestion, article: str, text: str) -> bool:
    """Whether a text of a right article holds evidence, else an accepted answer."""
    if article not in gold.articles:
        return False
    folded = f" {_folded(text)} "
    wanted = [_folded(each) for each in gold.evidence or gold.answers]
    return not wanted or any(each in folded for each in wanted)


def _folded(text: str) -> str:
    return " ".join(word.folded for word in words(text))
