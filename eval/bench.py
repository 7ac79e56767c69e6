"""Speed and quality side by side: Dalil and its peers, on the same articles, in one run.

Every system is built, asked and measured in turns, so that whatever else the machine does falls on
all of them. Quality is that of a ranking of articles by their best chunks; questions that lean on a
conversation and everyday messages are left out, because nothing but Dalil would know what to do
with them. The language model is loaded last, and only where its weights are there already.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from eval.at_once import at_once
from eval.cases import pair_of
from eval.dataset import ARTICLES, DEVELOPMENT, TEST, GoldQuestion
from eval.intervals import interval
from eval.metrics import RANKING_DEPTH, retrieval_scores
from eval.peers import (
    MEGABYTE,
    SYSTEMS,
    System,
    Workload,
    load_workload,
    missing,
    process,
)
from eval.provenance import machine
from index.config import DEFAULT_EMBEDDING, load_config
from index.embed import Embedder
from index.readers import read
from index.search import Index
from index.sentences import sentences
from index.types import RawArticle
from rag.answer import Assistant

LIMIT = 10
"""How many chunks a question asks for. The ranking of their articles goes on, untimed, with what it
finds when it asks for more; asking for more at once would spoil the first ten of rank fusion."""

PARAGRAPH_LETTERS = 560
MEASURES = ("ndcg@10", "recall@10")
WHOLE = "all"

_WARMING = 10

_ROWS = {
    "articles_per_second": "ingest, articles a second",
    "chunks_per_second": "ingest, chunks a second",
    "paragraphs_per_second": f"ingest, paragraphs of {PARAGRAPH_LETTERS} letters a second",
    "chunks": "chunks",
    "query_median_ms": "query, warm, median, ms",
    "query_p95_ms": "query, warm, 95th percentile, ms",
    "cold_start_s": "a fresh process opens and asks, median, s",
    "memory_mb": "its peak memory, MB",
    "disk_mb": "on disk, MB",
}
_ALONE = {
    "quotations": "quotations shown",
    "quotations_exact": "of these exact at their offsets",
    "ask_median_ms": "ask with quotations, warm, from Python, median, ms",
    "eight_s": "eight ask for quotations at once, the slowest, s",
    "eight_beside_model_s": "the same while the embedded model answers, s",
    "ask_cold_s": "dalil ask --llm quotes, a fresh process, median, s",
    "ask_memory_mb": "its peak memory, MB",
    "help_s": "dalil --help, a fresh process, median, s",
}

Figures = dict[str, Any]
Report = Callable[[str], None]
"""Told in a few words what is being measured."""


def bench(
    articles: Sequence[Path] = (ARTICLES,),
    questions: Sequence[Path] = (DEVELOPMENT, TEST),
    *,
    rounds: int = 3,
    paragraphs: int = 300,
    report: Report | None = None,
) -> Figures:
    """Measure every system that is installed and return the figures as one document.

    Articles are ingested, and fresh processes started, `rounds` times, and medians given;
    `paragraphs` is how many of equal length are ingested besides. Times are in seconds or, where
    the key says so, milliseconds; memory and disk in megabytes of 1,000,000 bytes. `report` is told
    how it goes, by default on standard error. Raises `DalilError`, and `RuntimeError` where a
    process that is measured fails.
    """
    tell = report or (lambda what: print(f"bench: {what}", file=sys.stderr))
    work = load_workload(articles, questions)
    systems = {name: entry.make() for name, entry in SYSTEMS.items() if not missing(entry)}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        parts = (
            _build(systems, work, root, rounds, paragraphs, tell),
            _ask(systems, work, root, tell),
            _open_cold(systems, work, root, rounds, tell),
        )
        alone = _measure_alone(work, root / "dalil", rounds, tell)
    return {
        "articles": len(work.languages),
        "questions": len(work.questions),
        "questions_left_out": dict(work.left_out),
        "files": [path.name for path in (*articles, *questions)],
        "embedding": DEFAULT_EMBEDDING,
        "rounds": rounds,
        "paragraphs": paragraphs,
        "machine": machine({each for entry in SYSTEMS.values() for each in entry.distributions}),
        "systems": {
            name: {
                "title": SYSTEMS[name].title,
                "description": SYSTEMS[name].description,
                "precision": system.precision,
                **{key: value for part in parts for key, value in part[name].items()},
            }
            for name, system in systems.items()
        },
        "systems_left_out": [reason for entry in SYSTEMS.values() if (reason := missing(entry))],
        "dalil_alone": alone,
    }


def markdown(document: Mapping[str, Any]) -> str:
    """A bench document as tables: the systems side by side, then what only Dalil does."""
    systems = document["systems"].values()
    head = ["", *(each["title"] for each in systems)]
    rows = [[what, *(_shown(each[key]) for each in systems)] for key, what in _ROWS.items()]
    for pair, figures in document["systems"]["dalil"]["quality"].items():
        for measure in MEASURES:
            own = [each["quality"][pair][measure] for each in systems]
            rows.append([f"{measure}, {pair}, n = {figures[measure]['n']}", *map(_interval, own)])
    left_out = [f"{n} {what}" for what, n in document["questions_left_out"].items()]
    machine = document["machine"]
    notes = [
        *document["systems_left_out"],
        *(f"{each['title']}: {each['description']}; {each['precision']}." for each in systems),
        f"{document['articles']} articles, {document['questions']} questions"
        f"{' (left out: ' + ', '.join(left_out) + ')' if left_out else ''}, "
        f"{document['embedding']}, {document['rounds']} rounds; {machine['processor']}, "
        f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}.",
    ]
    figures = document["dalil_alone"]
    alone = [[what, _shown(figures[key])] for key, what in _ALONE.items() if key in figures]
    tables = [_table(head, rows), "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join([*tables, _table(["Dalil alone", ""], alone)]) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _shown(value: float) -> str:
    return f"{value:.0f}" if isinstance(value, int) or value >= 100 else f"{value:.3g}"


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def paragraphs_of(articles: Sequence[Path], count: int, path: Path, seed: int = 7) -> Path:
    """Write `count` articles of about 560 letters, whole sentences of one article each."""
    texts = [item.text for item in read(articles) if isinstance(item, RawArticle)]
    chosen, lines = random.Random(seed), []  # noqa: S311
    for number in range(count):
        text, made = chosen.choice(texts), ""
        spans = [text[span.start : span.end] for span in sentences(text)]
        while len(made) < PARAGRAPH_LETTERS:
            made += chosen.choice(spans) + " "
        paragraph = made[:PARAGRAPH_LETTERS].rsplit(" ", 1)[0]
        lines.append(json.dumps({"id": str(number), "text": paragraph}))
    path.write_text("\n".join(lines), "utf-8")
    return path


def _build(
    systems: Mapping[str, System],
    work: Workload,
    root: Path,
    rounds: int,
    paragraphs: int,
    tell: Report,
) -> dict[str, Figures]:
    """Ingest speeds, warm, in turns, and what was stored; the last build stays below `root`."""
    warm = paragraphs_of(work.articles, _WARMING, root / "warm.jsonl")
    equal = paragraphs_of(work.articles, paragraphs, root / "paragraphs.jsonl")
    for name, system in systems.items():
        system.build([warm], root / "warm" / name)
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    found: dict[str, Figures] = {name: {} for name in systems}
    for turn in range(1, rounds + 1):
        for name in _rotated(systems, turn):
            tell(f"{SYSTEMS[name].title}: ingest, {turn} of {rounds}")
            folder = root / (name if turn == rounds else f"{name}-{turn}")
            started = time.perf_counter()
            found[name]["chunks"] = systems[name].build(work.articles, folder)
            seconds[name].append(time.perf_counter() - started)
    for name, system in systems.items():
        tell(f"{SYSTEMS[name].title}: ingest, {paragraphs} paragraphs")
        started = time.perf_counter()
        system.build([equal], root / "paragraphs" / name)
        found[name]["paragraphs_per_second"] = paragraphs / (time.perf_counter() - started)
        median = statistics.median(seconds[name])
        found[name]["articles_per_second"] = len(work.languages) / median
        found[name]["chunks_per_second"] = found[name]["chunks"] / median
        stored = sum(p.stat().st_size for p in (root / name).rglob("*") if p.is_file())
        found[name]["disk_mb"] = stored / MEGABYTE
    return found


def _ask(
    systems: Mapping[str, System], work: Workload, root: Path, tell: Report
) -> dict[str, Figures]:
    """Query times and quality, question by question in turns."""
    timed = {name: system.open(root / name, LIMIT) for name, system in systems.items()}
    deep = {name: system.open(root / name, RANKING_DEPTH) for name, system in systems.items()}
    for gold in work.questions[:_WARMING]:
        for query in timed.values():
            query(gold.question)
    times: dict[str, list[float]] = {name: [] for name in systems}
    scores: dict[str, list[Mapping[str, float]]] = {name: [] for name in systems}
    for number, gold in enumerate(work.questions):
        if number % 100 == 0:
            tell(f"questions, {number} of {len(work.questions)}")
        for name in _rotated(systems, number):
            started = time.perf_counter()
            ranking = timed[name](gold.question)
            times[name].append(1000 * (time.perf_counter() - started))
            if gold.articles:
                whole = dict.fromkeys([*ranking, *deep[name](gold.question)])
                scores[name].append(retrieval_scores(list(whole), gold.articles))
    asked = [gold for gold in work.questions if gold.articles]
    return {
        name: {
            "query_median_ms": statistics.median(taken),
            "query_p95_ms": float(np.percentile(taken, 95)),
            "quality": _quality(scores[name], work, asked),
        }
        for name, taken in times.items()
    }


def _open_cold(
    systems: Mapping[str, System], work: Workload, root: Path, rounds: int, tell: Report
) -> dict[str, Figures]:
    """Seconds and peak memory of fresh processes that open what is stored and ask one question."""
    question = next(gold.question for gold in work.questions if gold.articles)
    code = "import sys; from eval.peers import ask_once; ask_once(*sys.argv[1:])"
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    for turn in range(1, rounds + 1):
        tell(f"fresh processes, {turn} of {rounds}")
        for name in _rotated(systems, turn):
            runs[name].append(process(code, [name, str(root / name), question, str(LIMIT)]))
    return {
        name: {
            "cold_start_s": statistics.median(seconds for seconds, _ in taken),
            "memory_mb": max(megabytes for _, megabytes in taken),
        }
        for name, taken in runs.items()
    }


def _measure_alone(work: Workload, home: Path, rounds: int, tell: Report) -> Figures:
    """What only Dalil does: answers with quotations, and its command, in fresh processes."""
    tell("Dalil: answers by quotations")
    index = Index.open(load_config(home, environment={}), Embedder.open)
    assistant, times, shown, exact = Assistant(index, "quotes"), [], 0, 0
    assistant.ask(work.questions[0].question)
    for gold in work.questions:
        started = time.perf_counter()
        answer = assistant.ask(gold.question, (), gold.as_of)
        times.append(1000 * (time.perf_counter() - started))
        for citation in answer.citations:
            text = index.catalogue.article(citation.article).text
            shown += 1
            exact += text[citation.start : citation.end] == citation.quotation
    tell("Dalil: its command")
    code = "from ui.cli import main; main()"
    ask = ["ask", work.questions[0].question, "--llm", "quotes", "--home", str(home)]
    helped = [process(code, ["--help"])[0] for _ in range(rounds)]
    asked = [process(code, ask) for _ in range(rounds)]
    tell("Dalil: eight questions at once")
    return {
        "quotations": shown,
        "quotations_exact": exact,
        "ask_median_ms": statistics.median(times),
        "ask_cold_s": statistics.median(seconds for seconds, _ in asked),
        "ask_memory_mb": max(megabytes for _, megabytes in asked),
        "help_s": statistics.median(helped),
        **at_once(assistant, [gold.question for gold in work.questions]),
    }


def _quality(
    scores: Sequence[Mapping[str, float]], work: Workload, asked: Sequence[GoldQuestion]
) -> dict[str, dict[str, Figures]]:
    """Means with their intervals, over all questions and over each language pair."""
    rows = [
        (pair_of(gold, work.languages) or WHOLE, gold.cluster, row)
        for gold, row in zip(asked, scores, strict=True)
    ]
    found: dict[str, dict[str, Figures]] = {}
    for pair in (WHOLE, *sorted({own for own, *_ in rows})):
        kept = [(cluster, row) for own, cluster, row in rows if pair in (own, WHOLE)]
        clusters = [cluster for cluster, _ in kept]
        found[pair] = {
            key: asdict(interval(np.array([row[key] for _, row in kept]), clusters))
            for key in MEASURES
        }
    return found


def _rotated(systems: Mapping[str, System], turn: int) -> list[str]:
    """The names of the systems, another one first at each turn."""
    names = list(systems)
    first = turn % len(names)
    return names[first:] + names[:first]
