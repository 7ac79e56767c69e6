"""The evaluation runs of a home, as the page lists and compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eval.compare import Change, Comparison, compare
from eval.store import Run
from index.errors import EvaluationError
from index.types import Language
from rag.html import inline, span, turned
from ui.strings_rooms import MEASURES, ROOMS


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run: its folder's name, its language model, and its summary, None where it has none."""

    name: str
    llm: str
    summary: Mapping[str, Any] | None


def runs_of(home: Path) -> list[RunFigures]:
    """The runs below a home, the newest name first; folders that hold none are left out."""
    found = []
    for folder in sorted((home / "runs").glob("*/"), reverse=True):
        try:
            config = Run(folder).config()
        except EvaluationError:
            continue
        found.append(RunFigures(folder.name, str(config.get("llm", "")), _summary_of(folder)))
    return found


def _summary_of(folder: Path) -> Mapping[str, Any] | None:
    """The summary of a run; None where it was not scored, or what is there is no summary."""
    try:
        summary = Run(folder).summary()
    except EvaluationError:
        return None
    parts = (summary.get(name) for name in ("counts", "metrics"))
    return summary if all(isinstance(part, dict) for part in parts) else None


def report_of(home: Path, name: str) -> Path:
    """The report of the run of that name; raises `KeyError` where there is none."""
    path = home / "runs" / name / "report.html"
    if not name or Path(name).name != name or name == "..":
        raise KeyError(name)
    try:
        found = path.is_file()
    except OSError:
        found = False  # such as a name that is longer than any
    if not found:
        raise KeyError(name)
    return path


def compared(home: Path, before: str, after: str) -> Comparison:
    """Two runs of a home beside one another; raises `EvaluationError` where that cannot be."""
    for name in (before, after):
        if name not in {run.name for run in runs_of(home)}:
            raise EvaluationError(f"There is no run {name!r} in {home.name}.")
    return compare(home / "runs" / before, home / "runs" / after)


def runs_html(runs: Sequence[RunFigures], language: Language) -> str:
    """A table of the runs with their headline figures, each linked to its report."""
    words, measures = ROOMS[language], MEASURES[language]
    if not runs:
        return f"<p class='quiet' {turned(language)}>{words.no_runs}</p>"
    heads = (words.run, words.run_questions, *measures.values(), words.report)
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    rows = "".join(_run_row(run, language) for run in runs)
    return _table(words.runs, head, rows, language)


def comparison_html(comparison: Comparison, language: Language) -> str:
    """What changed between two runs: the headline figures, and whatever changed for certain."""
    words, measures = ROOMS[language], MEASURES[language]
    shown = [
        change
        for change in comparison.changes
        if change.significant or (change.pair is None and change.measure in measures)
    ]
    heads = ("", words.before, words.after, words.difference, "95 %", words.verdict)
    head = "".join(f'<th scope="col">{each}</th>' if each else "<td></td>" for each in heads)
    rows = "".join(_change_row(change, language) for change in shown)
    shared = words.shared.format(number=comparison.shared)
    return f"<p {turned(language)}>{shared}</p>" + _table(words.compare, head, rows, language)


def _table(caption: str, head: str, rows: str, language: Language) -> str:
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="figures" {turned(language)}><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _run_row(run: RunFigures, language: Language) -> str:
    words = ROOMS[language]
    name = f'<th scope="row">{span(run.name)} <span class="quiet">{span(run.llm)}</span></th>'
    if run.summary is None:
        empty = len(MEASURES[language]) + 2
        return f'<tr>{name}<td colspan="{empty}">{words.not_scored}</td></tr>'
    asked = sum(run.summary["counts"].values())
    figures = [run.summary["metrics"].get(each) for each in MEASURES[language]]
    path = quote(run.name, errors="replace")
    link = f'<a href="/runs/{path}" target="_blank" rel="noopener">{words.report}</a>'
    cells = "".join(f"<td>{cell}</td>" for cell in (asked, *map(_figure, figures), link))
    return f"<tr>{name}{cells}</tr>"


def _figure(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    low, high = f"{figure['low']:.2f}", f"{figure['high']:.2f}"
    return f'<bdi dir="ltr">{figure["value"]:.2f} <small>[{low}, {high}]</small></bdi>'


def _change_row(change: Change, language: Language) -> str:
    words = ROOMS[language]
    measure = MEASURES[language].get(change.measure, change.measure)
    name = f"{measure} ({change.pair})" if change.pair else measure
    verdict = words.same
    if change.significant:
        verdict = {True: words.better, False: words.worse, None: words.other}[change.better]
    numbers = (
        f"{change.before:.3f}",
        f"{change.after:.3f}",
        f"{change.difference.value:+.3f}",
        f"[{change.difference.low:+.3f}, {change.difference.high:+.3f}]",
    )
    cells = "".join(f'<td><bdi dir="ltr">{number}</bdi></td>' for number in numbers)
    return f'<tr><th scope="row">{inline(name, language)}</th>{cells}<td>{verdict}</td></tr>'
