"""Importing SQuAD-shaped question sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.dataset import load_questions
from eval.marked import text_of
from eval.run import evaluate
from eval.squad import import_squad
from index.build import ingest
from index.config import Config
from index.embed import Embedder
from index.errors import ReadError
from index.search import Index
from rag.answer import Assistant

FIRST = "بني البرج عام 1998. ويبلغ ارتفاعه 83 مترا، وعدد درجاته 1998 درجة."
SECOND = "The library holds 90,000 books. It was opened by the mayor in 1921."


def asked(id_: str, question: str, context: str, answer: str, at: int = 0) -> dict[str, Any]:
    """A question whose answer is the `at`th occurrence in its context."""
    start = -1
    for _ in range(at + 1):
        start = context.index(answer, start + 1)
    return {"id": id_, "question": question, "answers": [{"text": answer, "answer_start": start}]}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    impossible = {"id": "no", "question": "Who burnt it?", "answers": [], "is_impossible": True}
    misplaced = {**asked("bad", "How many?", SECOND, "90,000"), "answers": [
        {"text": "90,000", "answer_start": 3}
    ]}  # fmt: skip
    document = {
        "version": "1.1",
        "data": [
            {
                "title": "Tower",
                "paragraphs": [
                    {
                        "context": FIRST,
                        "qas": [
                            asked("year", "متى بني البرج؟", FIRST, "1998"),
                            asked("steps", "كم درجة في البرج؟", FIRST, "1998", 1),
                            asked("en", "How tall is the tower?", FIRST, "83 مترا"),
                        ],
                    }
                ],
            },
            {
                "paragraphs": [
                    {
                        "context": SECOND,
                        "qas": [asked("books", "How many books?", SECOND, "90,000"), impossible],
                    },
                    {"context": SECOND, "qas": [misplaced]},
                ]
            },
        ],
    }
    path = tmp_path / "set.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_paragraphs_become_articles_and_answers_evidence(source: Path, tmp_path: Path) -> None:
    imported = import_squad(source, tmp_path / "out")
    assert (imported.articles, imported.questions, imported.left_out) == (2, 5, 1)
    golds = {
        gold.id.removeprefix("set."): gold for gold in load_questions(Path(imported.question_file))
    }
    assert golds["year"].answers == ("1998",)
    assert golds["year"].evidence[0] in FIRST
    assert FIRST.count(golds["year"].evidence[0]) == FIRST.count(golds["steps"].evidence[0]) == 1
    assert FIRST.index(golds["year"].evidence[0]) < 20 < FIRST.index(golds["steps"].evidence[0])
    assert (golds["en"].language, golds["en"].evidence) == ("en", ("83 مترا",))
    assert golds["books"].evidence == ("90,000",)
    assert (golds["no"].answerable, golds["no"].articles) == (False, ())


def test_what_is_imported_can_be_ingested_and_asked(
    source: Path, tmp_path: Path, home: Config, embedder: Embedder
) -> None:
    imported = import_squad(source, tmp_path / "out")
    summary = ingest([Path(imported.article_file)], home, lambda: embedder)
    assert len(summary.added) == 2
    assistant = Assistant(Index.open(home, lambda: embedder), "quotes")
    result = evaluate(assistant, [Path(imported.question_file)], tmp_path / "run")
    assert set(result["by"]["pair"]) == {"ar-ar", "en-ar", "en-en"}
    assert result["metrics"]["recall@5"]["value"] == 1
    assert result["metrics"]["citations_exact"]["value"] == 1


def test_paragraphs_of_a_text_are_held_out_together(source: Path, tmp_path: Path) -> None:
    texts = []
    for language in ("ar", "en"):
        named = source.rename(source.with_name(f"towers.{language}.json"))
        imported = import_squad(named, tmp_path / "out")
        rows = Path(imported.article_file).read_text("utf-8").splitlines()
        ids = [json.loads(row)["id"] for row in rows]
        assert ids == [f"towers.{language}-000-00", f"towers.{language}-001-00"]
        texts.append([text_of(id_) for id_ in ids])
        source = named
    assert texts == [["towers-000", "towers-001"]] * 2


def test_a_parallel_set_lends_its_wording(source: Path, tmp_path: Path) -> None:
    parallel = tmp_path / "english.json"
    qas = [asked("year", "When was the tower built?", SECOND, "1921")]
    paragraphs = [{"context": SECOND, "qas": qas}]
    parallel.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    own = import_squad(source, tmp_path / "out")
    imported = import_squad(source, tmp_path / "out", parallel)
    assert imported.article_file == own.article_file
    assert (imported.questions, imported.left_out) == (1, 5)
    (gold,) = load_questions(Path(imported.question_file))
    (original,) = (g for g in load_questions(Path(own.question_file)) if g.id == "set.year")
    assert (gold.question, gold.language) == ("When was the tower built?", "en")
    assert (gold.answers, gold.articles) == (original.answers, original.articles)
    assert gold.id != original.id


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "as JSON"), ('{"data": [{}]}', "SQuAD's form"), ("[]", "SQuAD's form")],
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "set.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ReadError, match=said):
        import_squad(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
