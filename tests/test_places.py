"""Questions written for training: their answers are places, and some only seem to be answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.marked import Example, examples
from eval.places import TRAINING, PlacedQuestion, places_of, questions_of
from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder
from index.errors import ReadError

HOPE = "hope-probe-en"

Write = Callable[..., Path]


@pytest.fixture
def catalogue(sample_home: Config) -> Catalogue:
    return Catalogue.open(sample_home.catalogue)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: dict[str, Any]) -> Path:
        path = tmp_path / TRAINING.name
        path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
        return path

    return written


def row(id: str, question: str, *places: dict[str, Any], about: str = HOPE) -> dict[str, Any]:  # noqa: A002
    return {
        "id": id, "question": question, "language": "en", "event": "hope",
        "about": [about], "places": list(places),
    }  # fmt: skip


def place(catalogue: Catalogue, said: str) -> dict[str, Any]:
    start = catalogue.article(HOPE).text.rindex(said)
    return {"article": HOPE, "start": start, "end": start + len(said)}


def test_the_evidence_is_what_stands_at_the_place(write: Write, catalogue: Catalogue) -> None:
    where = place(catalogue, "Mars")
    path = write(row("a", "Which planet?", where), row("b", "Which moon?"))
    answered, seeming = questions_of(path, catalogue)
    assert (answered.evidence, answered.articles, answered.answerable) == (("Mars",), (HOPE,), True)
    assert (seeming.evidence, seeming.articles, seeming.answerable) == ((), (), False)
    assert isinstance(seeming, PlacedQuestion)
    assert seeming.about == (HOPE,)
    article = catalogue.article(HOPE)
    assert article.text.count("Mars") > 1
    assert places_of(article, answered) == [(where["start"], where["end"])]


def test_questions_about_what_is_not_here_are_left_out(write: Write, catalogue: Catalogue) -> None:
    here, elsewhere = row("a", "Which moon?"), row("b", "Which sun?", about="nowhere")
    assert [each.id for each in questions_of(write(here, elsewhere), catalogue)] == ["a"]
    with pytest.raises(ReadError, match="ingest the articles"):
        questions_of(write(elsewhere), catalogue)


def test_what_seems_to_answer_is_read_without_an_answer(
    write: Write, sample_home: Config, catalogue: Catalogue, embedder: Embedder
) -> None:
    path = write(row("a", "Which planet is it?", place(catalogue, "Mars")), row("b", "Which moon?"))
    found: list[Example] = list(examples(sample_home.home, [path], embedder))
    answered, seeming = found
    marked = [mark.text[start:end] for mark in answered.own for start, end in mark.spans]
    assert marked == ["Mars"]
    assert seeming.own == ()
    text = catalogue.article(HOPE).text
    assert seeming.wrong
    assert all(mark.text in text and not mark.spans for mark in seeming.wrong)
    assert seeming.nearest(2, without=True) == list(seeming.wrong[:2])
    assert seeming.nearest(2) == []


def test_the_shipped_questions_are_whole() -> None:
    rows = [json.loads(line) for line in TRAINING.read_text("utf-8").splitlines()]
    assert (
        len({each["id"] for each in rows}) == len({each["question"] for each in rows}) == len(rows)
    )
    for each in rows:
        assert {place["article"] for place in each["places"]} <= set(each["about"])
        assert all(0 <= place["start"] < place["end"] for place in each["places"])
    assert sum(not each["places"] for each in rows) > 2000
