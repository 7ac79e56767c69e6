"""Evaluation results in the terminal and as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.compare import Change, Comparison
from ui.terminal import say

HEADLINES = ("crag_score", "ndcg@10", "evidence_recall", "correctness", "refusal_recall")
"""The measures that are also shown by language pair."""

_TURNS_SHOWN = 20


def show_summary(summary: Mapping[str, Any], folder: Path) -> None:
    """Print every measure with its interval, the headlines by language pair, and where it is."""
    say(", ".join(f"{count} {outcome}" for outcome, count in summary["counts"].items()))
    say()
    _table([(name, *_cells(figure)) for name, figure in summary["metrics"].items()])
    for pair, figures in summary["by"]["pair"].items():
        rows = [(name, *_cells(figures[name])) for name in HEADLINES if name in figures]
        if rows:
            say()
            say(pair)
            _table(rows)
    if judge := summary.get("judge"):
        say()
        say(f"Citations judged by {judge['name']}, κ with gold labels {_figure(judge['kappa'])}.")
    say()
    say(f"Saved in {folder}; to read: {folder / 'report.html'}")


def show_comparison(comparison: Comparison) -> None:
    """Print what changed, the significant first, then the questions that turned."""
    others = comparison.only_before + comparison.only_after
    say(f"{comparison.shared} questions in both runs, {others} in one alone.")
    for key, (before, after) in comparison.configuration.items():
        say(f"{key}: {before} → {after}")
    say()
    changes = sorted(
        (change for change in comparison.changes if change.differing),
        key=lambda change: not change.significant,
    )
    if changes:
        header = ("measure", "before", "after", "difference", "95 %", "p", "test", "")
        _table([header, *(_change_row(change) for change in changes)])
        say()
    say(f"{len(comparison.changes) - len(changes)} measures differ on no question.")
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
    return {**document, "worse": [change.measure for change in comparison.worse]}


def _change_row(change: Change) -> tuple[str, ...]:
    figure = change.difference
    name = f"{change.measure} ({change.pair})" if change.pair else change.measure
    said = ""
    if change.significant:
        said = {True: "better", False: "WORSE", None: "other"}[change.better]
    return (
        name,
        f"{change.before:.3f}",
        f"{change.after:.3f}",
        f"{figure.value:+.3f}",
        f"[{figure.low:+.3f}, {figure.high:+.3f}]",
        f"{change.adjusted:.3f}",
        change.test,
        said,
    )


def _cells(figure: Mapping[str, Any]) -> tuple[str, str, str]:
    if figure["value"] is None:
        return ("n/a", "", "")
    interval = f"[{figure['low']:.3f}, {figure['high']:.3f}]"
    return (f"{figure['value']:.3f}", interval, f"n {figure['n']}")


def _figure(figure: Mapping[str, Any]) -> str:
    return " ".join(_cells(figure))


def _table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
