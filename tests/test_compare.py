"""Two runs compared: what counts as a change, and what the gate stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from eval.cases import Case
from eval.compare import Comparison, compare
from eval.dataset import question_of
from eval.run import score_run
from eval.score import Record
from eval.store import Run
from index.errors import EvaluationError

TEXT = "The tower is 83 metres high. Nobody knows who built it."
Outcomes = list[str]
Write = Callable[[str, Outcomes], Path]


def saved_answer(outcome: str) -> dict[str, Any]:
    """A quotation that answers, one that does not, or a refusal."""
    start, end = {"right": (0, 28), "wrong": (29, len(TEXT)), "refused": (0, 0)}[outcome]
    citation = {
        "marker": 1, "language": "en", "article": "tower", "quotation": TEXT[start:end],
        "start": start, "end": end, "marks": [],
    }  # fmt: skip
    refused = outcome == "refused"
    return {
        "status": "not_found" if refused else "answered",
        "text": "The articles do not answer." if refused else f"“{TEXT[start:end]}” [1]",
        "language": "en",
        "citations": [] if refused else [citation],
        "notes": [],
        "probability": 0.5,
        "llm": "quotes",
        "seconds": {"total": 0.1},
    }


@pytest.fixture
def run(tmp_path: Path) -> Write:
    """Saves and scores a run with an outcome for every question."""

    def write(name: str, outcomes: Outcomes) -> Path:
        run = Run(tmp_path / name)
        gold = {
            "question": "How high is the tower?",
            "articles": ["tower"],
            "evidence": ["83 metres"],
        }
        cases = [
            Case(
                question_of({"id": f"q{number}", **gold}),
                "file",
                "en-en" if number % 2 else "ar-en",
            )
            for number in range(len(outcomes))
        ]
        run.begin({"llm": name}, cases)
        run.write("articles.jsonl", [{"id": "tower", "text": TEXT, "title": "Tower"}])
        with run.appender("answers.jsonl") as save:
            for case, outcome in zip(cases, outcomes, strict=True):
                record = Record(case.id, ("tower",), (), saved_answer(outcome))
                save(asdict(record))
        score_run(run.folder)
        return run.folder

    return write


def of(comparison: Comparison, measure: str, pair: str | None = None) -> Any:
    return next(c for c in comparison.changes if (c.measure, c.pair) == (measure, pair))


def test_much_worse_is_significant(run: Write) -> None:
    comparison = compare(run("one", ["right"] * 40), run("two", ["right"] * 10 + ["wrong"] * 30))
    change = of(comparison, "evidence_recall")
    assert (change.before, change.after, change.test) == (1, 0.25, "McNemar")
    assert change.p == pytest.approx(2 / 2**30)
    assert change.difference.value == pytest.approx(-0.75)
    assert (change.significant, change.worse, change.better) == (True, True, False)
    assert change in comparison.worse
    assert of(comparison, "evidence_recall", "ar-en").difference.n == 20
    assert of(comparison, "ndcg@10").p == 1
    assert len(comparison.turns) == 30
    assert (comparison.turns[0].before, comparison.turns[0].after) == ("right", "wrong")
    assert comparison.configuration == {"llm": ("one", "two")}


def test_much_better_passes(run: Write) -> None:
    comparison = compare(run("one", ["wrong"] * 30), run("two", ["right"] * 30))
    assert of(comparison, "crag_score").better is True
    assert of(comparison, "crag_score").significant
    assert comparison.worse == ()


def test_a_little_worse_is_chance(run: Write) -> None:
    comparison = compare(run("one", ["right"] * 30), run("two", ["right"] * 28 + ["wrong"] * 2))
    change = of(comparison, "crag_score")
    assert change.after < change.before
    assert not change.significant
    assert comparison.worse == ()
    assert len(comparison.turns) == 2


def test_the_same_run_does_not_differ(run: Write) -> None:
    folder = run("one", ["right", "wrong", "refused"] * 5)
    comparison = compare(folder, folder)
    assert {change.adjusted for change in comparison.changes} == {1.0}
    assert (comparison.turns, comparison.worse, dict(comparison.configuration)) == ((), (), {})


def test_only_shared_questions_are_compared(run: Write) -> None:
    comparison = compare(run("one", ["right"] * 12), run("two", ["right"] * 9))
    assert (comparison.shared, comparison.only_before, comparison.only_after) == (9, 3, 0)
    assert of(comparison, "crag_score").difference.n == 9


def test_measures_that_apply_to_other_questions_are_bootstrapped(run: Write) -> None:
    before = run("one", ["right"] * 20 + ["refused"] * 20)
    after = run("two", ["refused"] * 10 + ["right"] * 20 + ["wrong"] * 10)
    change = of(compare(before, after), "correctness")
    assert (change.before, change.after) == (1, pytest.approx(2 / 3))
    assert change.test == "bootstrap"


def test_what_is_no_run_is_named(run: Write, tmp_path: Path) -> None:
    folder = run("one", ["right"])
    with pytest.raises(EvaluationError, match="no evaluation run"):
        compare(folder, tmp_path)
    scored = json.loads((folder / "summary.json").read_text("utf-8"))
    assert scored["counts"] == {"right": 1}
