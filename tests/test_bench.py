"""The bench: three systems on three of the sample articles, each asked the same questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.bench import MEASURES, WHOLE, bench, markdown, paragraphs_of
from eval.dataset import ARTICLES
from eval.peers import (
    INSTALL,
    SYSTEMS,
    Dalil,
    Entry,
    default_embedding,
    load_workload,
    missing,
    process,
)
from eval.provenance import installed
from index.embed import Embedder
from index.errors import EvaluationError
from rag.llm import EMBEDDED, is_ready

THREE = tuple(
    ARTICLES / f"{id_}.md" for id_ in ("beirut-port-ar", "suez-ever-given-en", "hope-probe-en")
)

QUESTIONS = (
    {"id": "1", "question": "متى استقالت حكومة حسان دياب؟", "articles": ["beirut-port-ar"]},
    {"id": "2", "question": "How long is the Ever Given?", "articles": ["suez-ever-given-en"]},
    {"id": "3", "question": "متى وصل مسبار الأمل إلى المريخ؟", "articles": ["hope-probe-en"]},
    {"id": "4", "question": "When did Hassan Diab resign?", "articles": ["beirut-port-ar"]},
    {"id": "5", "question": "Who won the chess Olympiad?", "answerable": False},
    {"id": "6", "question": "Thank you!", "answerable": False, "tags": ["everyday"]},
    {
        "id": "7",
        "question": "And when?",
        "articles": ["hope-probe-en"],
        "history": [{"role": "user", "content": "Did Hope reach Mars?"}],
    },
)

SPEED = {
    "chunks",
    "articles_per_second",
    "chunks_per_second",
    "paragraphs_per_second",
    "query_median_ms",
    "query_p95_ms",
    "cold_start_s",
    "memory_mb",
    "disk_mb",
}

Write = Callable[[Sequence[dict[str, Any]]], Path]


@pytest.fixture
def questions(tmp_path: Path) -> Write:
    """Writes a file of gold questions and returns its path."""

    def write(rows: Sequence[dict[str, Any]]) -> Path:
        path = tmp_path / "questions.jsonl"
        path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A whole bench, each thing done once."""
    path = tmp_path_factory.mktemp("bench") / "three.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in QUESTIONS), "utf-8")
    return bench(THREE, [path], rounds=1, paragraphs=4, report=lambda _: None)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_finds_the_right_article(name: str, tmp_path: Path) -> None:
    if reason := missing(SYSTEMS[name]):
        pytest.skip(reason)
    system = SYSTEMS[name].make()
    assert system.build(THREE, tmp_path / "stored") >= len(THREE)
    query = system.open(tmp_path / "stored", 10)
    for row in QUESTIONS[:2]:
        ranking = query(str(row["question"]))
        assert ranking[0] == row["articles"][0]
        assert sorted(ranking) == sorted(path.stem for path in THREE)


def test_a_stored_collection_is_opened_by_another_instance(tmp_path: Path) -> None:
    Dalil().build(THREE, tmp_path)
    assert Dalil().open(tmp_path, 1)("When did the Hope probe reach Mars?") == ["hope-probe-en"]


def test_all_systems_embed_with_one_model(embedder: Embedder) -> None:
    if reason := missing(SYSTEMS["plain"]):
        pytest.skip(reason)
    text = "ميناء بيروت"
    theirs = default_embedding()
    for role, vector in (
        ("question", theirs.get_query_embedding(text)),
        ("passage", theirs.get_text_embedding(text)),
    ):
        ours = embedder.uncentred([text], "question" if role == "question" else "passage")[0]
        assert float(ours @ np.array(vector)) > 0.99


def test_every_figure_is_there(document: dict[str, Any]) -> None:
    ready = [name for name, entry in SYSTEMS.items() if not missing(entry)]
    assert list(document["systems"]) == ready
    assert len(document["systems_left_out"]) == len(SYSTEMS) - len(ready)
    for figures in document["systems"].values():
        assert all(figures[key] > 0 for key in SPEED)
        assert figures["precision"] in ("float32", "bfloat16", "float16")
    alone = document["dalil_alone"]
    assert alone["quotations_exact"] == alone["quotations"] > 0
    assert all(alone[key] > 0 for key in ("ask_median_ms", "ask_cold_s", "ask_memory_mb", "help_s"))
    assert alone["eight_s"] > alone["ask_median_ms"] / 1000
    assert ("eight_beside_model_s" in alone) == is_ready(EMBEDDED)
    assert json.loads(json.dumps(document)) == document


def test_quality_is_told_by_language_pair(document: dict[str, Any]) -> None:
    asked = {WHOLE: 4, "ar-ar": 1, "ar-en": 1, "en-ar": 1, "en-en": 1}
    for figures in document["systems"].values():
        quality = figures["quality"]
        assert {pair: measured["ndcg@10"]["n"] for pair, measured in quality.items()} == asked
        for pair in ("ar-ar", "en-en"):
            assert quality[pair]["ndcg@10"]["value"] == 1
        # Every article is in a ranking of three.
        assert [measured["recall@10"]["value"] for measured in quality.values()] == [1] * 5


def test_what_is_left_out_is_counted(document: dict[str, Any]) -> None:
    assert (document["articles"], document["questions"]) == (3, 5)
    assert document["questions_left_out"] == {"everyday messages": 1, "follow-ups": 1}


def test_the_tables_hold_what_was_measured(document: dict[str, Any]) -> None:
    left_out = "Fusion was left out: it needs bm25s."
    text = markdown(document | {"systems_left_out": [left_out]})
    side_by_side, notes, alone = text.split("\n\n")
    lines = side_by_side.splitlines()
    columns = len(document["systems"]) + 1
    assert {line.count(" | ") for line in lines} == {columns - 1}
    assert len(lines) == 2 + len(SPEED) + 5 * len(MEASURES)
    assert "| ndcg@10, ar-ar, n = 1 | 1.000 (0.025–1.000) |" in side_by_side
    assert f"- {left_out}" in notes
    assert "1 follow-ups" in notes
    assert f"| {document['dalil_alone']['quotations']} |" in alone
    assert "| eight ask for quotations at once, the slowest, s |" in alone
    without = dict(document["dalil_alone"])
    without.pop("eight_beside_model_s", None)
    assert "embedded model" not in markdown(document | {"dalil_alone": without})


def test_a_system_that_is_not_installed_says_what_to_install() -> None:
    entry = Entry("Another", "", ("numpy", "no-such-thing"), Dalil)
    assert missing(entry) == f"Another was left out: it needs no-such-thing. Run: {INSTALL}"
    assert installed("numpy")


def test_questions_must_fit_the_articles(questions: Write) -> None:
    with pytest.raises(EvaluationError, match=r"'1' names the article 'beirut-port-ar'.* 2 art"):
        load_workload(THREE[1:], [questions(QUESTIONS)])
    with pytest.raises(EvaluationError, match="stands alone"):
        load_workload(THREE, [questions(QUESTIONS[4:])])


def test_paragraphs_are_the_same_every_time(tmp_path: Path) -> None:
    one, two = (paragraphs_of(THREE, 5, tmp_path / name).read_text() for name in ("1", "2"))
    assert one == two
    texts = [json.loads(line)["text"] for line in one.splitlines()]
    assert all(400 < len(text) <= 560 for text in texts)


def test_a_process_is_measured_or_fails_loudly() -> None:
    seconds, megabytes = process("import sys; assert sys.argv[1:] == ['a']", ["a"])
    assert seconds > 0
    assert 1 < megabytes < 1000
    with pytest.raises(RuntimeError, match="out of coffee"):
        process("raise SystemExit('out of coffee')", [])
