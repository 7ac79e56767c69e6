"""How far unrelated articles move what the product is sure of.

    python -m eval.stability --home HOME --others HOME --chunks 10000 QUESTIONS…

The questions are asked of a copy of HOME, then again after so many chunks were added to it that are
made of the articles of another home, whose subjects nobody asks about (`eval.perturb`). It prints
by how much the probabilities of the first hit and of the answer move on average, and how many
questions have another first hit. `DALIL_READER=none` leaves the reader out.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from eval.dataset import GoldQuestion, load_questions
from eval.perturb import Prepared, perturbed, source_of
from index.catalogue import Catalogue
from index.config import Config, load_config
from index.embed import Embedder
from index.lock import writing
from index.mend import duplicate
from index.search import Index
from index.writer import Writer
from rag.answer import Assistant


@dataclass(frozen=True, slots=True)
class Moved:
    """Mean distances of probabilities before and after, and the share of new first hits."""

    questions: int
    added: int
    hit: float
    answer: float
    new_first: float


def moved(
    home: Path, others: Path, chunks: int, golds: Sequence[GoldQuestion], embedder: Embedder
) -> Moved:
    """Ask, add about `chunks` chunks made of `others` to a copy of `home`, and ask again."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        config = load_config(Path(folder) / "home")
        duplicate(load_config(home, environment={}), config)
        first, before = _asked(config, golds, embedder)
        added = _add(config, load_config(others, environment={}), chunks)
        second, after = _asked(config, golds, embedder)
    distances = np.abs(after - before).mean(axis=0)
    changed = np.mean([one != other for one, other in zip(first, second, strict=True)])
    return Moved(len(golds), added, float(distances[0]), float(distances[1]), float(changed))


def _asked(
    config: Config, golds: Sequence[GoldQuestion], embedder: Embedder
) -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """The first hits, and the probabilities (n, 2) of first hit and answer."""
    assistant = Assistant(Index.open(config, lambda: embedder), "quotes")
    answers = [assistant.ask(gold.question, gold.history) for gold in golds]
    rows = [(answer.hits[0].probability, answer.probability) for answer in answers]
    return [answer.hits[0].chunk.id for answer in answers], np.array(rows, np.float64)


def _add(config: Config, others: Config, chunks: int) -> int:
    source = source_of(Catalogue.open(others.catalogue))
    catalogue = Catalogue.open(config.catalogue)
    made, before = (perturbed(source, number) for number in count()), catalogue.chunk_count()
    prepared = Prepared(catalogue.settings(), source)
    with writing(config.home, "ingest"), Writer(config, lambda: prepared, None) as writer:
        while writer.chunks < chunks:
            writer.take(next(made))
        writer.flush()
    return catalogue.chunk_count() - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--others", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("questions", nargs="+", type=Path)
    given = parser.parse_args()
    golds = [gold for path in given.questions for gold in load_questions(path)]
    found = moved(given.home, given.others, given.chunks, golds, Embedder.open())
    print(
        f"{found.questions} questions, {found.added} chunks added: the probability of the first "
        f"hit moves by {found.hit:.4f} on average, that of the answer by {found.answer:.4f}; "
        f"{found.new_first:.3f} have another first hit."
    )


if __name__ == "__main__":
    main()
