"""The README's table of goals: what is reached, what is short, what was not measured."""

from __future__ import annotations

from typing import Any

from eval.goals import GOALS, markdown
from eval.report import GROUPS
from eval.summary import MEANS


def _summary(value: float) -> dict[str, Any]:
    figure = {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 7}
    figures = {goal.measure: figure for goal in GOALS}
    groups = {"ar-ar": figures, "ar-en": {}, "en-ar": figures}
    return {"metrics": figures, "by": {"pair": groups, "tag": {"foreign": figures}}}


def _lines(value: float) -> list[str]:
    return markdown(_summary(value), _summary(value)).splitlines()[2:]


def test_what_is_short_of_its_bar_is_said_to_be() -> None:
    """A thousand is too much where the bar is a most; nought is too little everywhere else."""
    for line, goal in zip(_lines(0.0), GOALS, strict=True):
        assert ("short" in line) == (not goal.most and "ar-en" not in goal.what)
    for line, goal in zip(_lines(1000.0), GOALS, strict=True):
        assert ("short" in line) == goal.most


def test_what_no_question_tells_is_not_measured() -> None:
    (line,) = [line for line in _lines(1.0) if "ar-en" in line]
    assert line.endswith("| not measured | 0 |")


def test_every_goal_is_a_measure_of_the_evaluation() -> None:
    known = {*MEANS, *(name for group in GROUPS.values() for name in group)}
    assert {goal.measure for goal in GOALS if "seconds" not in goal.measure} <= known
