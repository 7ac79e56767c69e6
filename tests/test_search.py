"""Searching the sample articles, and seeing what another process has ingested."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eval.dataset import GoldQuestion
from index.build import ingest, remove
from index.config import Config
from index.embed import Embedder
from index.filters import Filters
from index.rank import combined
from index.search import Index
from rag.answer import Assistant

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(("tag", "least"), [("within", 0.93), ("cross", 0.74)])
def test_the_article_that_answers_is_among_the_first_five(
    assistant: Assistant, gold: list[GoldQuestion], tag: str, least: float
) -> None:
    asked = [question for question in gold if tag in question.tags and not question.history]
    assert len(asked) >= 60
    found = 0
    for question in asked:
        ids = [hit.chunk.article_id for hit in assistant.search(question.question, 60)]
        found += not set(question.articles).isdisjoint(list(dict.fromkeys(ids))[:5])
    assert found / len(asked) >= least


def test_hits_are_ordered_and_whole(assistant: Assistant) -> None:
    hits = assistant.search("متى جنحت السفينة في قناة السويس؟", 4)
    assert len(hits) == 4
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        article = assistant.index.catalogue.article(hit.chunk.article_id)
        assert article.text[hit.chunk.start : hit.chunk.end] == hit.chunk.text
        assert set(hit.parts) == {"dense", "sentence", "stems", "grams", "share"}


@pytest.mark.parametrize(
    "typed", ["متي جنحت السفينه في قناه السويس", "مَتَى جنحت السفيـــنة فى قناة السويس؟"]
)
def test_how_people_type_does_not_change_what_is_found(assistant: Assistant, typed: str) -> None:
    (written,) = assistant.search("متى جنحت السفينة في قناة السويس؟", 1)
    assert assistant.search(typed, 1)[0].chunk.id == written.chunk.id


def test_articles_can_be_held_out(assistant: Assistant) -> None:
    question = "متى جنحت السفينة في قناة السويس؟"
    (best,) = assistant.index.search(question, 1)
    found = assistant.index.search(question, 10, filters=Filters(exclude=(best.chunk.article_id,)))
    assert best.chunk.article_id not in {hit.chunk.article_id for hit in found}
    assert found


def test_scores_are_combined_as_documented() -> None:
    parts = {
        "dense": np.array([1, 3], np.float32),
        "sentence": np.array([2, 2], np.float32),
        "stems": np.array([4, 0], np.float32),
        "grams": np.array([0, 8], np.float32),
        "share": np.array([0.9, 0.15], np.float32),
    }
    # z(dense) = -1, 1; z(sentence) = 0, 0; z(stems) = 1, -1; z(grams) = -1, 1
    expected = [-1 + 0 + (1 - 1) / 4 + 2 * (0.9 - 0.4), 1 + 0 + (-1 + 1) / 4 + 2 * (0.15 - 0.4)]
    assert combined(parts, np.array([True, True])).tolist() == pytest.approx(expected, abs=1e-6)
    # The other language is judged by vectors alone; one chunk by itself has no spread.
    expected = [-1 + 2 * (0.9 - 0.4), 1]
    assert combined(parts, np.array([True, False])).tolist() == pytest.approx(expected, abs=1e-6)


def test_a_collection_of_one_chunk_is_searched(
    home: Config, write: Write, embedder: Embedder
) -> None:
    ingest([write("one.txt", "جملة واحدة عن الميناء.")], home, lambda: embedder)
    (hit,) = Index.open(home, lambda: embedder).search("ماذا عن الميناء؟")
    assert hit.chunk.article_id == "one"


def test_an_open_reader_sees_what_another_process_ingests_and_removes(
    home: Config, write: Write, embedder: Embedder
) -> None:
    ingest([write("port.txt", "وقع الانفجار في المرفأ صباحا.")], home, lambda: embedder)
    reader = Index.open(home, lambda: embedder)
    question = "Who won the chess tournament in the village?"
    assert [hit.chunk.article_id for hit in reader.search(question)] == ["port"]

    write("chess.txt", "A girl of eleven won the chess tournament in the village.")
    _in_another_process("ingest", str(home.home.parent / "articles"), "--home", str(home.home))
    assert reader.search(question)[0].chunk.article_id == "chess"

    _in_another_process("articles", "remove", "port", "--home", str(home.home))
    assert [hit.chunk.article_id for hit in reader.search("الانفجار في المرفأ")] == ["chess"]

    remove(["chess"], home)
    assert reader.search(question) == ()


def _in_another_process(*arguments: str) -> None:
    command = [sys.executable, "-c", "from ui.cli import main; main()", *arguments]
    root = Path(__file__).parents[1]
    subprocess.run(command, check=True, cwd=root, capture_output=True, timeout=120)
