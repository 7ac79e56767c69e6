"""Evaluation results in the terminal and as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.compare import JUDGED, Change, Comparison
from ui.terminal import say

HEADLINES = ("crag_score", "ndcg@10", "evidence_recall", "correctness", "refusal_recall")
"""The measures that are also shown by language pair."""

_TURNS_SHOWN = 20


def show_summary(summary: Mapping[str, Any], folder: Path) -> None:
    """Print every measure with its interval, the headlines by language pair, and where it is."""
    say(", ".join(f"{count} {outcome}" for outcome, count in summary["counts"].items()))
    for warning in summary["warnings"]:
        say(f"Mind: {warning}")
    say()
    judge = summary.get("judge")
    _table([_figure_row(name, figure, judge) for name, figure in summary["metrics"].items()])
    for pair, figures in summary["by"]["pair"].items():
        rows = [(name, *_cells(figures[name])) for name in HEADLINES if name in figures]
        if rows:
            say()
            say(pair)
            _table(rows)
    if judge:
        say()
        kappa = " ".join(_cells(judge["kappa"]))
        say(f"Citations judged by {judge['name']}, κ with gold labels {kappa}.")
        say(f"It judged {judge['judged']} answers and could not judge {judge['failed']}.")
    say()
    say(f"Saved in {folder}; to read: {folder / 'report.html'}")


def show_comparison(comparison: Comparison) -> None:
    """Print what changed, the significant first, then the questions that turned."""
    others = comparison.only_before + comparison.only_after
    say(f"{comparison.shared} questions in both runs, {others} in one alone.")
    if comparison.other_gold:
        say(f"{comparison.other_gold} in both with another wording or gold answer: left out.")
    if any(comparison.failed):
        say(f"{comparison.failed[0]} failed before, {comparison.failed[1]} after.")
    for key, (before, after) in comparison.configuration.items():
        say(f"{key}: {before} → {after}")
    say()
    changes = sorted(
        (change for change in comparison.changes if change.testable),
        key=lambda change: not change.significant,
    )
    if changes:
        header = ("measure", "before", "after", "difference", "95 %", "p", "adjusted", "")
        _table([header, *(_change_row(change, comparison.kappa) for change in changes)])
        say()
    say(f"{len(comparison.changes) - len(changes)} measures differ nowhere.")
    say(f"{len(comparison.turns)} questions turned.")
    for turn in comparison.turns[:_TURNS_SHOWN]:
        say(f"{turn.id}: {turn.before} → {turn.after}: {turn.question}")
    if len(comparison.turns) > _TURNS_SHOWN:
        say(f"… and {len(comparison.turns) - _TURNS_SHOWN} more; --json has all of them.")


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """A comparison as a JSON document."""
    document = asdict(comparison)
    for row, change in zip(document["changes"], comparison.changes, strict=True):
        row["significant"], row["worse"] = change.significant, change.worse
    return {**document, "worse": [_named(change) for change in comparison.worse]}


def _change_row(change: Change, kappa: float | None) -> tuple[str, ...]:
    figure = change.difference
    said = ""
    if change.significant:
        said = {True: "better", False: "WORSE", None: "other"}[change.better]
    return (
        _judged(_named(change), change.measure, kappa),
        f"{change.before:.3f}",
        f"{change.after:.3f}",
        f"{figure.value:+.3f}",
        f"[{figure.low:+.3f}, {figure.high:+.3f}]",
        f"{change.p:.4f}",
        f"{change.adjusted:.4f}",
        said,
    )


def _cells(figure: Mapping[str, Any]) -> tuple[str, str, str]:
    if figure["value"] is None:
        return ("n/a", "", "")
    interval = f"[{figure['low']:.3f}, {figure['high']:.3f}]"
    return (f"{figure['value']:.3f}", interval, f"n {figure['n']}")


def _figure_row(
    name: str, figure: Mapping[str, Any], judge: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """A measure's line; the judge's own agreement stands beside what it judged."""
    kappa = judge["kappa"]["value"] if judge is not None else None
    return (_judged(name, name, kappa), *_cells(figure))


def _judged(shown: str, measure: str, kappa: float | None) -> str:
    """What is shown of a measure; with the judge's agreement where a judge makes it."""
    return f"{shown} (κ {kappa:.2f})" if kappa is not None and measure in JUDGED else shown


def _named(change: Change) -> str:
    return f"{change.measure} ({change.pair})" if change.pair else change.measure


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
