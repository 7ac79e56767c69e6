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
from ui.results import show_comparison

TEXT = "The tower is 83 metres high. Nobody knows who built it."
Outcomes = list[str]
Write = Callable[..., Path]


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
    """Saves and scores a run with an outcome for every question, each an event of its own."""

    def write(name: str, outcomes: Outcomes, event: str = "", evidence: str = "83 metres") -> Path:
        run = Run(tmp_path / name)
        gold = {
            "question": "How high is the tower?",
            "articles": ["tower"],
            "evidence": [evidence],
        }
        cases = [
            Case(
                question_of({"id": f"q{number}", "event": event or f"e{number}", **gold}),
                "file",
                "en-en" if number % 2 else "ar-en",
            )
            for number in range(len(outcomes))
        ]
        run.begin({"llm": name, "doubts": []}, cases)
        run.write("articles.jsonl", [{"id": "tower", "text": TEXT, "title": "Tower"}])
        with run.appender("answers.jsonl") as save:
            for case, outcome in zip(cases, outcomes, strict=True):
                if outcome == "failed":
                    save(asdict(Record(case.id, error="broken")))
                else:
                    save(asdict(Record(case.id, ("tower",), answer=saved_answer(outcome))))
        score_run(run.folder)
        return run.folder

    return write


def of(comparison: Comparison, measure: str, pair: str | None = None) -> Any:
    return next(c for c in comparison.changes if (c.measure, c.pair) == (measure, pair))


def test_much_worse_is_significant(run: Write) -> None:
    comparison = compare(run("one", ["right"] * 40), run("two", ["right"] * 10 + ["wrong"] * 30))
    change = of(comparison, "evidence_recall")
    assert (change.before, change.after) == (1, 0.25)
    assert change.p < 0.001
    assert change.difference.value == pytest.approx(-0.75)
    assert (change.significant, change.worse, change.better) == (True, True, False)
    assert change in comparison.worse
    assert not of(comparison, "ndcg@10").testable
    assert of(comparison, "evidence_recall", "ar-en").difference.n == 20
    assert len(comparison.turns) == 30
    assert (comparison.turns[0].before, comparison.turns[0].after) == ("right", "wrong")
    assert dict(comparison.configuration) == {"llm": ("one", "two")}


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
    assert not any(change.testable for change in comparison.changes)
    assert (comparison.turns, comparison.worse, dict(comparison.configuration)) == ((), (), {})


def test_only_shared_questions_are_compared(run: Write) -> None:
    comparison = compare(run("one", ["right"] * 12), run("two", ["right"] * 9))
    assert (comparison.shared, comparison.only_before, comparison.only_after) == (9, 3, 0)
    assert of(comparison, "crag_score").difference.n == 9


def test_measures_that_apply_to_other_questions(run: Write) -> None:
    before = run("one", ["right"] * 20 + ["refused"] * 20)
    after = run("two", ["refused"] * 10 + ["right"] * 20 + ["wrong"] * 10)
    change = of(compare(before, after), "correctness")
    assert (change.before, change.after) == (1, pytest.approx(2 / 3))
    assert change.difference.value == pytest.approx(-1 / 3, abs=1e-6)


def test_two_questions_are_no_proof(run: Write) -> None:
    comparison = compare(run("one", ["right"] * 2), run("two", ["wrong", "refused"]))
    assert of(comparison, "crag_score").difference.value == -1.5
    assert comparison.worse == ()


def test_a_cluster_of_questions_is_one_proof(run: Write) -> None:
    together = compare(run("one", ["right"] * 12), run("two", ["wrong"] * 12))
    assert of(together, "crag_score").significant
    together = compare(
        run("three", ["right"] * 12, event="one"), run("four", ["wrong"] * 12, event="one")
    )
    assert of(together, "crag_score").p == 1


def test_failing_does_not_make_a_run_better(run: Write) -> None:
    before = run("one", ["right"] * 20 + ["wrong"] * 20)
    after = run("two", ["right"] * 20 + ["failed"] * 20)
    comparison = compare(before, after)
    assert comparison.failed == (0, 20)
    assert not of(comparison, "crag_score").testable
    assert [change.measure for change in comparison.worse] == ["failed"]
    nothing_left = compare(before, run("three", ["failed"] * 40))
    assert [change.measure for change in nothing_left.worse] == ["failed"]


def test_questions_with_another_gold_answer_are_left_out(run: Write) -> None:
    before = run("one", ["right"] * 12)
    after = run("two", ["wrong"] * 12, evidence="who built it")
    with pytest.raises(EvaluationError, match="share no question"):
        compare(before, after)


def test_figures_of_two_judges_are_not_compared(run: Write) -> None:
    folders = run("one", ["right"] * 20), run("two", ["right"] * 20)
    for folder, name, value in zip(folders, ("kind", "strict"), (1.0, 0.0), strict=True):
        made = Run(folder)
        summary = made.summary()
        kappa = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9}
        judge = {"name": name, "weights": None, "prompt": "p", "kappa": kappa}
        made.write_summary({**summary, "judge": judge})
        rows = made.rows("scores.jsonl")
        for row in rows:
            row["metrics"]["citation_recall"] = value
        made.write("scores.jsonl", rows)
    comparison = compare(*folders)
    assert "citation_recall" not in {change.measure for change in comparison.changes}
    assert comparison.configuration["judge"][0]["name"] == "kind"
    assert comparison.worse == ()


def test_what_is_no_run_is_named(run: Write, tmp_path: Path) -> None:
    folder = run("one", ["right"])
    with pytest.raises(EvaluationError, match="no evaluation run"):
        compare(folder, tmp_path)
    (run("two", ["right"]) / "summary.json").unlink()
    with pytest.raises(EvaluationError, match="dalil eval score"):
        compare(folder, tmp_path / "two")
    scored = json.loads((folder / "summary.json").read_text("utf-8"))
    assert scored["counts"] == {"right": 1}


def test_one_judges_agreement_stands_beside_its_figures(
    run: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = run("one", ["right"] * 20), run("two", ["right"] * 20)
    kappa = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9}
    judge = {"name": "kind", "weights": None, "prompt": "p", "kappa": kappa}
    for folder, value in zip(folders, (1.0, 0.0), strict=True):
        made = Run(folder)
        made.write_summary({**made.summary(), "judge": judge})
        rows = [dict(row) for row in made.rows("scores.jsonl")]
        for row in rows:
            row["metrics"]["citation_recall"] = value
        made.write("scores.jsonl", rows)
    comparison = compare(*folders)
    assert comparison.kappa == 0.5
    assert [change.measure for change in comparison.worse] == ["citation_recall"]
    show_comparison(comparison)
    assert "citation_recall (κ 0.50)" in capsys.readouterr().out
