"""Measures speed, memory and the gold questions in one run, and prints them as a table.

    python -m eval.bench [--articles PATH…] [--questions FILE] [--paragraphs N]

Without arguments it takes the sample articles and their gold questions. Everything is measured on
quotations; the language model is not loaded.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from eval.dataset import GoldQuestion, holds_evidence, load_questions
from eval.peers import plain_llamaindex
from index.build import ingest
from index.config import load_config
from index.embed import Embedder
from index.readers import read
from index.sentences import sentences
from index.types import RawArticle
from rag.answer import Assistant
from rag.types import Answer

PARAGRAPH_LETTERS = 560
_COLD_RUNS = 3


@dataclass(slots=True)
class Gold:
    """Counts over the gold questions of one kind."""

    asked: int = 0
    right: int = 0
    quotations: int = 0
    exact: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Run every measurement and print the table."""
    given = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            *_ingest_rows(given.articles, given.paragraphs, Path(folder)),
            *_question_rows(given.articles, given.questions, Path(folder) / "home"),
            *_process_rows(given.questions, Path(folder) / "home"),
        ]
    print("| what | measured |\n|---|---|")
    for what, measured in rows:
        print(f"| {what} | {measured} |")


def _arguments() -> argparse.Namespace:
    data = Path(str(resources.files("eval").joinpath("data")))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", nargs="+", type=Path, default=[data / "articles"])
    parser.add_argument("--questions", type=Path, default=data / "questions.jsonl")
    parser.add_argument("--paragraphs", type=int, default=300)
    return parser.parse_args()


def paragraphs(articles: Sequence[Path], count: int, seed: int = 7) -> list[str]:
    """`count` paragraphs of about 560 letters, made of whole sentences of one article each."""
    texts = [item.text for item in read(articles) if isinstance(item, RawArticle)]
    chosen = random.Random(seed)  # noqa: S311
    made = []
    for _ in range(count):
        text = chosen.choice(texts)
        spans = [text[span.start : span.end] for span in sentences(text)]
        paragraph = ""
        while len(paragraph) < PARAGRAPH_LETTERS:
            paragraph += chosen.choice(spans) + " "
        made.append(paragraph[:PARAGRAPH_LETTERS].rsplit(" ", 1)[0])
    return made


def _ingest_rows(articles: Sequence[Path], count: int, folder: Path) -> list[tuple[str, str]]:
    texts = paragraphs(articles, count)
    source = folder / "paragraphs.jsonl"
    lines = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts)]
    source.write_text("\n".join(lines), "utf-8")
    embedder = Embedder.open()
    warm = folder / "warm.txt"
    warm.write_text("\n\n".join(texts[:50]), "utf-8")
    ingest([warm], load_config(folder / "warm"), lambda: embedder)
    started = time.perf_counter()
    ingest([source], load_config(folder / "paragraphs"), lambda: embedder)
    ours = time.perf_counter() - started
    plain = plain_llamaindex(texts, folder / "plain")
    letters = f"paragraphs of {PARAGRAPH_LETTERS} letters"
    return [
        (
            f"ingest, {letters}, chunk and sentence vectors",
            _rate(count, ours),
        ),
        (f"plain LlamaIndex and Chroma, {letters}, chunk vectors, float32", _rate(count, plain)),
    ]


def _rate(count: int, seconds: float) -> str:
    return f"{count / seconds:.1f} a second"


def _question_rows(articles: Sequence[Path], questions: Path, home: Path) -> list[tuple[str, str]]:
    embedder = Embedder.open()
    ingest(articles, load_config(home), lambda: embedder)
    assistant = Assistant.open(home, "quotes")
    assistant.ask("warm?")
    counts: dict[str, Gold] = defaultdict(Gold)
    for gold in load_questions(questions):
        started = time.perf_counter()
        answer = assistant.ask(gold.question, gold.history)
        seconds = time.perf_counter() - started
        kind = "refused where nothing answers"
        if gold.answerable:
            across = ", across languages" if {"cross"} & set(gold.tags) else ""
            kind = f"a quotation holds the evidence, asked in {gold.language}{across}"
        _count(counts[kind], gold, answer, assistant, seconds)
    rows = [(kind, f"{item.right} of {item.asked}") for kind, item in sorted(counts.items())]
    shown, exact = (
        sum(getattr(c, key) for c in counts.values()) for key in ("quotations", "exact")
    )
    times = [1000 * value for item in counts.values() for value in item.seconds]
    return [
        *rows,
        ("quotations that are exact at their offsets", f"{exact} of {shown}"),
        ("ask with quotations, warm, from Python, median", f"{statistics.median(times):.0f} ms"),
    ]


def _count(
    item: Gold, gold: GoldQuestion, answer: Answer, assistant: Assistant, seconds: float
) -> None:
    item.asked += 1
    item.seconds.append(seconds)
    for citation in answer.citations:
        text = assistant.index.catalogue.article(citation.article).text
        item.quotations += 1
        item.exact += text[citation.start : citation.end] == citation.quotation
    if gold.answerable:
        item.right += any(holds_evidence(gold, c.quotation) for c in answer.citations)
    else:
        item.right += answer.status == "not_found"


def _process_rows(questions: Path, home: Path) -> list[tuple[str, str]]:
    question = load_questions(questions)[0].question
    command = [sys.executable, "-c", "from ui.cli import main; main()"]
    ask = [*command, "ask", question, "--llm", "quotes", "--home", str(home)]
    help_seconds = [_run([*command, "--help"])[0] for _ in range(_COLD_RUNS * 2)]
    cold = [_run(ask) for _ in range(_COLD_RUNS)]
    return [
        ("dalil --help, a cold process, median", f"{statistics.median(help_seconds):.2f} s"),
        (
            "dalil ask --llm quotes, a cold process, median",
            f"{statistics.median(s for s, _ in cold):.1f} s",
        ),
        ("peak memory of that process", f"{max(m for _, m in cold):.0f} MB"),
    ]


# A process that a large one starts is charged with the memory of its parent; this one is small.
_LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss / 1024, status)
"""


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak megabytes (resident) of a process."""
    launcher = [sys.executable, "-c", _LAUNCHER, *command]
    printed = subprocess.run(launcher, check=True, capture_output=True, text=True).stdout
    seconds, megabytes, status = printed.split()
    if status != "0":
        raise RuntimeError(f"{command} ended with status {status}")
    return float(seconds), float(megabytes)


if __name__ == "__main__":
    main()
