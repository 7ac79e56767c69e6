"""The README's table of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.dataset import load_questions
from eval.marked import held_out
from eval.table import COLUMNS, Row, held_out_of, markdown, rows_of


def figure(value: float | None, n: int = 10) -> dict[str, Any]:
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return {"value": value, "low": low, "high": high, "n": n}


def summary(*pairs: str) -> dict[str, Any]:
    figures = {"crag_score": figure(-0.25), "ndcg@10": figure(0.5, 9), "coverage": figure(None)}
    figures["failed"] = figure(0.0)
    return {
        "counts": {"right": 3, "wrong": 7},
        "metrics": figures,
        "by": {"pair": dict.fromkeys(pairs, figures)},
    }


def test_pairs_are_shown_where_there_are_several() -> None:
    assert [row.name for row in rows_of("set", summary("ar-ar"))] == ["set"]
    rows = list(rows_of("set", summary("ar-ar", "en-ar")))
    assert [(row.name, row.cases) for row in rows] == [
        ("set", 10), ("set, ar-ar", 10), ("set, en-ar", 10),
    ]  # fmt: skip


def test_what_does_not_apply_is_empty_not_zero() -> None:
    lines = markdown([Row("set", 10, summary()["metrics"])]).splitlines()
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|") == len(COLUMNS) + 3
    cells = [cell.strip() for cell in lines[2].split("|")]
    assert "-0.25 [-0.35, -0.15]" in cells
    assert "0.50 [0.40, 0.60]" in cells
    assert cells.count("") == 2 + len(COLUMNS) - 2


def test_what_training_held_out_is_kept(tmp_path: Path) -> None:
    events = [f"event {number}" for number in range(50)]
    rows = [{"id": event, "question": "كم؟", "event": event} for event in events]
    questions = tmp_path / "set.questions.jsonl"
    questions.write_text("\n\n".join(map(json.dumps, rows)), "utf-8")
    kept = load_questions(held_out_of(questions, tmp_path / "out"))
    assert [gold.id for gold in kept] == [event for event in events if held_out(event)]
    assert 0 < len(kept) < len(events)
