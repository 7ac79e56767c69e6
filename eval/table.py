"""The README's table of results, made anew.

    python -m eval.table [--data DIR] [--held-out] [--out DIR]

The default set-up is asked the built-in test questions: by quotations all of them, with the
embedded language model a fixed sample; and, for the table of goals that is printed first
(`eval.goals`), by quotations without the articles that answer as well. Every collection in `--data`
is asked by quotations, and again with each question's own articles held out: `X.articles.jsonl`
with all `X.*questions.jsonl`, as `dalil eval import` writes them; with `--held-out` only what the
reader's training held out. Runs that are there and complete are not made again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import goals
from eval.builtin import build_builtin, builtin_home
from eval.dataset import TEST, load_questions
from eval.marked import cluster_of
from eval.marked import held_out as is_held_out
from eval.provenance import code_of, sha256
from eval.run import evaluate
from index.build import ingest
from index.config import Config, load_config
from index.embed import Embedder
from index.errors import DalilError
from index.search import Index
from rag.answer import Assistant
from rag.llm import EMBEDDED, QUOTES

SAMPLE = 60

COLUMNS: Mapping[str, str] = {
    "ndcg@10": "nDCG@10",
    "evidence_recall": "a quotation holds the evidence",
    "correctness": "right, of those answered",
    "coverage": "answered, of those answerable",
    "refusal_recall": "refused, of those unanswerable",
    "crag_score": "score",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was asked, in how many cases, and its figures."""

    name: str
    cases: int
    figures: Mapping[str, Mapping[str, Any]]


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; a measure that does not apply is left empty."""
    lines = [
        f"| asked | cases | {' | '.join(COLUMNS.values())} |",
        "|---|---|" + "---|" * len(COLUMNS),
    ]
    for row in rows:
        cells = [_cell(row.figures.get(name)) for name in COLUMNS]
        lines.append(f"| {row.name} | {row.cases} | {' | '.join(cells)} |")
    return "\n".join(lines)


def rows_of(name: str, summary: Mapping[str, Any]) -> Iterator[Row]:
    """A run's whole, then its language pairs where there are several."""
    yield Row(name, sum(summary["counts"].values()), summary["metrics"])
    pairs = summary["by"]["pair"]
    if len(pairs) > 1:
        for pair, figures in pairs.items():
            cases = figures["failed"]["n"]
            yield Row(f"{name}, {pair}", cases, figures)


def main() -> None:
    """Make every run that is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder of imported question sets")
    parser.add_argument("--held-out", action="store_true", help="what the reader did not train on")
    parser.add_argument("--out", type=Path, default=Path(".dalil/eval"), help="where runs are kept")
    options = parser.parse_args()
    try:
        embedder = Embedder.open()
        index = _builtin_index(embedder)
        rows = list(_builtin(index, options.out))
        reached = _goals(index, options.out)
        if options.data is not None:
            rows += _imported(embedder, options.data, options.out, held_out=options.held_out)
    except DalilError as error:
        sys.exit(f"eval.table: {error}")
    print(f"{reached}\n\n{markdown(rows)}")


def _builtin_index(embedder: Embedder) -> Index:
    config = load_config(builtin_home())
    build_builtin(config, lambda: embedder)
    return Index.open(config, lambda: embedder)


def _goals(index: Index, out: Path) -> str:
    """The table of goals; the run of the embedded model is the one of the table of results."""
    say("the built-in test questions, by quotations, with and without the articles that answer")
    quotes = Assistant(index, QUOTES)
    whole = evaluate(quotes, [TEST], out / "test-hold-out", hold_out=True, progress=_progress)
    drafted = evaluate(
        Assistant(index, EMBEDDED), [TEST], _embedded(out), sample=SAMPLE, progress=_progress
    )
    return goals.markdown(whole, drafted)


def _embedded(out: Path) -> Path:
    return out / f"test-embedded-{SAMPLE}"


def _builtin(index: Index, out: Path) -> Iterator[Row]:
    say("the built-in test questions, by quotations")
    summary = evaluate(Assistant(index, QUOTES), [TEST], out / "test-quotes", progress=_progress)
    yield from rows_of("test questions, quotations", summary)
    say(f"{SAMPLE} of them, by the embedded language model")
    assistant = Assistant(index, EMBEDDED)
    summary = evaluate(assistant, [TEST], _embedded(out), sample=SAMPLE, progress=_progress)
    yield Row(f"{SAMPLE} of them, embedded model", SAMPLE, summary["metrics"])
    say("the same by quotations")
    folder = out / f"test-quotes-{SAMPLE}"
    summary = evaluate(Assistant(index, QUOTES), [TEST], folder, sample=SAMPLE, progress=_progress)
    yield Row("the same, quotations", SAMPLE, summary["metrics"])


def _imported(embedder: Embedder, data: Path, out: Path, *, held_out: bool) -> Iterator[Row]:
    for articles in sorted(data.glob("*.articles.jsonl")):
        name = articles.name.removesuffix(".articles.jsonl")
        version = sha256(articles.read_bytes(), code_of("index").encode())
        config = load_config(out / "homes" / f"{name}-{version[:12]}")
        ingest([articles], config, lambda: embedder)
        questions = sorted(data.glob(f"{name}.*questions.jsonl"))
        if held_out:
            questions = [held_out_of(path, out / "held-out") for path in questions]
        say(f"{name}, by quotations, with and without the articles that answer")
        yield from rows_of(name, _asked(config, embedder, questions, out / name))


def held_out_of(questions: Path, folder: Path) -> Path:
    """The questions of a file that the reader's training held out, as a file in a folder."""
    kept = {gold.id for gold in load_questions(questions) if is_held_out(cluster_of(gold))}
    rows = [row for row in questions.read_text("utf-8").splitlines() if row.strip()]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / questions.name
    target.write_text("".join(f"{row}\n" for row in rows if json.loads(row)["id"] in kept), "utf-8")
    return target


def _asked(
    config: Config, embedder: Embedder, questions: Sequence[Path], out: Path
) -> dict[str, Any]:
    assistant = Assistant(Index.open(config, lambda: embedder), QUOTES)
    return evaluate(assistant, questions, out, hold_out=True, progress=_progress)


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return ""
    return f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def say(text: str) -> None:
    """Tell on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)


def _progress(done: int, total: int) -> None:
    if done % 100 == 0:
        say(f"  {done} of {total}")


if __name__ == "__main__":
    main()
