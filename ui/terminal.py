"""What a person sees in the terminal: progress on standard error, answers on standard output.

Arabic is left to the terminal: every paragraph is a line of its own, unwrapped and without frames,
so that a terminal that orders Arabic can tell its direction.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from index.config import Config
from rag import phrases
from rag.plain import within_marks
from rag.types import Answer, Citation

if TYPE_CHECKING:
    from index.check import Report

Fetching = Callable[[int, int], None]

_MOST_NAMED = 20
_STATES = {"well": "ok     ", "note": "note   ", "wrong": "WRONG  "}

console = Console(stderr=True, highlight=False, markup=False)


@contextmanager
def fetching() -> Iterator[Fetching]:
    """A progress bar for bytes that appears at the first report; one line where there is no tty."""
    progress = _progress(BarColumn(), DownloadColumn(), TimeRemainingColumn())
    tasks: dict[int, TaskID] = {}

    def report(done: int, total: int) -> None:
        if total not in tasks:
            console.print(f"Fetching a model, {total / 1e6:,.0f} MB; this happens once.")
            tasks[total] = progress.add_task("fetching", total=total)
            if console.is_terminal:
                progress.start()
        # The whole may be reported more than once: all bytes are there, then they are checked.
        progress.update(tasks[total], completed=done, visible=done < total)
        if done >= total:
            progress.stop()

    try:
        yield report
    finally:
        if console.is_terminal:
            progress.stop()


@contextmanager
def indexing() -> Iterator[Callable[[int, int, int], None]]:
    """A progress bar of articles with chunks a second and the time left."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with _progress(*columns) as progress:
        task = progress.add_task("reading", total=None)
        started = time.monotonic()

        def report(articles: int, total: int, chunks: int) -> None:
            rate = chunks / max(time.monotonic() - started, 0.001)
            told = f"{chunks:,} chunks, {rate:,.0f} a second"
            progress.update(task, completed=articles, total=max(total, articles), description=told)

        yield report


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for things done, of a number known."""
    with _progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as progress:
        task = progress.add_task(what, total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield report


def _progress(*columns: ProgressColumn) -> Progress:
    """What was done, on standard error; nothing where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    )


def say(text: str = "") -> None:
    """Print a line to standard output, as it is."""
    print(text)


def complain(text: str) -> None:
    """Print a line to standard error, as it is."""
    print(text, file=sys.stderr)


def next_steps(config: Config) -> str:
    """What can be done now with the collection of a home, in a few lines."""
    from index.catalogue import Catalogue  # heavy: brings NumPy

    if not config.catalogue.exists():
        lines = [f"There is no collection in {config.home} yet. Begin with:"]
        lines += ["  dalil ingest FOLDER      read your articles (.txt, .md, .html, .pdf, .docx…)"]
    else:
        number = Catalogue.open(config.catalogue).article_count()
        lines = [f"The collection in {config.home} has {number:,} articles. Go on with:"]
        lines += ["  dalil serve              ask them in the browser, at http://127.0.0.1:7860"]
        lines += ['  dalil ask "QUESTION"     ask them here, in Arabic or English']
        lines += ["  dalil ingest FOLDER      read more articles"]
    return "\n".join([*lines, "  dalil --help             see every command"])


def report_lines(report: Report) -> Iterator[str]:
    """What was found in a home: a line for each thing, what to do about it below."""
    yield from report.mended
    for found in report.findings:
        yield f"{_STATES[found.state]} {found.part}: {found.text}"
        if found.remedy:
            yield f"        {found.remedy}"
    if report.readable:
        yield f"        {len(report.readable)} articles can still be read:"
        more = ", … (--json names them all)" if len(report.readable) > _MOST_NAMED else ""
        yield f"        {', '.join(report.readable[:_MOST_NAMED])}{more}"
    yield "Nothing is wrong." if report.is_sound else "Something is wrong."


def show_growing(answers: Iterator[Answer]) -> Answer | None:
    """Print an answer as it grows, then its citations and notes; returns the whole of it."""
    shown, answer = "", None
    for answer in answers:
        text = phrases.SHORT.sub(_short, answer.text)
        print(text[len(shown) :], end="", flush=True)
        shown = text
    if answer is None:
        return None
    print()
    for citation in answer.citations:
        say()
        say(_heading(citation))
        if within_marks(citation.quotation, citation.language) not in answer.text:
            say(" ".join(citation.quotation.split()))
    for number, note in enumerate(answer.notes):
        if number == 0:
            say()
        say(f"({note.text})")
    return answer


def _short(line: re.Match[str]) -> str:
    text = typer.style(line["text"], bold=True) if sys.stdout.isatty() else line["text"]
    return f"{text} {line['marker']}"


def _heading(citation: Citation) -> str:
    published = citation.published.isoformat() if citation.published else ""
    facts = [citation.title, citation.source, published, citation.article]
    return f"[{citation.marker}] " + " · ".join(fact for fact in facts if fact)
