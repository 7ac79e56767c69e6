"""Questions that were written for training: their answers are places in articles, not texts.

Each line of `eval/data/training.jsonl` is a question about an article, or about one and its
translation (`about`), with the places of its answer there (`places`: article, start, end), or with
none: they seem to answer it and do not. The articles themselves are not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.dataset import DATA, GoldQuestion, load_questions
from index.catalogue import Catalogue
from index.errors import ReadError
from index.types import Article

TRAINING = DATA / "training.jsonl"


@dataclass(frozen=True, slots=True)
class Place:
    """Characters `start` to `end` of the text of an article."""

    article: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlacedQuestion(GoldQuestion):
    """A gold question with the articles that it was written about and its evidence in them."""

    about: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


def questions_of(path: Path, catalogue: Catalogue) -> Sequence[GoldQuestion]:
    """The questions of a file of gold questions; of `TRAINING` those about articles in `catalogue`.

    Raises `ReadError` naming what is wrong with the file.
    """
    if path.name != TRAINING.name:
        return load_questions(path)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = [_placed(row, catalogue) for row in rows if catalogue.digest(row["about"][0])]
    if not found:
        raise ReadError(
            f"{path} has no question about what is in {catalogue.path}; ingest the articles that "
            "the questions were written about."
        )
    return found


def places_of(article: Article, gold: GoldQuestion) -> list[tuple[int, int]]:
    """Where an article holds the evidence of a question, else an accepted answer of it."""
    if isinstance(gold, PlacedQuestion):
        return [(place.start, place.end) for place in gold.places if place.article == article.id]
    return [
        (start, start + len(said))
        for said in gold.evidence or gold.answers
        for start in _occurrences(article.text, said)
    ]


def _placed(row: Mapping[str, Any], catalogue: Catalogue) -> PlacedQuestion:
    places = tuple(Place(**place) for place in row["places"])
    said = [catalogue.article(each.article).text[each.start : each.end] for each in places]
    return PlacedQuestion(
        id=row["id"],
        question=row["question"],
        language=row["language"],
        answerable=bool(places),
        articles=tuple(row["about"]) if places else (),
        evidence=tuple(said),
        event=row["event"],
        about=tuple(row["about"]),
        places=places,
    )


def _occurrences(text: str, said: str) -> Iterator[int]:
    at = text.find(said)
    while at >= 0:
        yield at
        at = text.find(said, at + 1)
