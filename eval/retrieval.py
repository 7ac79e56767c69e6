"""How well articles are found beside other systems: `python -m eval.retrieval --data DIR`.

Every collection in DIR, `X.articles.jsonl` with all `X.*questions.jsonl` as `dalil eval import`
writes them, is built by every system of `eval.peers` that is installed and asked the questions that
stand alone. It prints one line for each file, pair of languages and measure, with intervals, and
what Dalil has more than each of the others, question by question.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.cases import pair_of
from eval.intervals import Figure, interval, paired_means
from eval.metrics import RANKING_DEPTH, retrieval_scores
from eval.peers import SYSTEMS, Query, Workload, load_workload, missing
from index.errors import DalilError

MEASURES = ("ndcg@10", "hit@1", "recall@10")
DALIL = "dalil"


@dataclass(frozen=True, slots=True)
class Row:
    """A measure of one file and pair: figures by system, and Dalil's difference to each other."""

    file: str
    pair: str
    measure: str
    figures: Mapping[str, Figure]
    differences: Mapping[str, Figure]


def compared(articles: Path, questions: Sequence[Path], folder: Path) -> Iterator[Row]:
    """Build one collection by every system below `folder`, and ask each of some files."""
    works = [load_workload([articles], [path]) for path in questions]
    asked: dict[str, tuple[Query, Query]] = {}
    for name, entry in SYSTEMS.items():
        if reason := missing(entry):
            say(reason)
            continue
        say(f"{articles.name}: {entry.title}")
        system = entry.make()
        system.build([articles], folder / name)
        # What is found among ten comes first: asking for more would spoil rank fusion.
        asked[name] = system.open(folder / name, 10), system.open(folder / name, RANKING_DEPTH)
    for path, work in zip(questions, works, strict=True):
        say(f"{path.name}: {len(work.questions)} questions")
        yield from _rows(path.name, work, asked)


def _rows(file: str, work: Workload, asked: Mapping[str, tuple[Query, Query]]) -> Iterator[Row]:
    golds = [gold for gold in work.questions if gold.articles]
    pairs = [pair_of(gold, work.languages) or "" for gold in golds]
    scores = {
        name: [
            retrieval_scores(
                list(dict.fromkeys([*near(gold.question), *deep(gold.question)])), gold.articles
            )
            for gold in golds
        ]
        for name, (near, deep) in asked.items()
    }
    for pair in sorted(set(pairs)):
        rows = [row for row, each in enumerate(pairs) if each == pair]
        clusters = [golds[row].cluster for row in rows]
        for measure in MEASURES:
            values = {
                name: np.array([found[row][measure] for row in rows])
                for name, found in scores.items()
            }
            yield Row(
                file,
                pair,
                measure,
                {name: interval(column, clusters) for name, column in values.items()},
                {
                    name: paired_means(column, values[DALIL], clusters).difference
                    for name, column in values.items()
                    if name != DALIL
                },
            )


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    names = list(rows[0].figures)
    others = [name for name in names if name != DALIL]
    head = ["asked", "measure", *(SYSTEMS[name].title for name in names)]
    head += [f"more than {SYSTEMS[name].title}" for name in others]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        n = row.figures[DALIL].n
        cells = [f"{row.file.removesuffix('.jsonl')}, {row.pair}, n = {n}", row.measure]
        cells += [_shown(row.figures[name], "") for name in names]
        cells += [_shown(row.differences[name], "+") for name in others]
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _shown(figure: Figure, sign: str) -> str:
    if figure.value is None:
        return ""
    low, high = (f"{each:{sign}.3f}" for each in (figure.low, figure.high))
    return f"{figure.value:{sign}.3f} [{low}, {high}]"


def say(text: str) -> None:
    """Tell on standard error what is being done."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Compare every collection and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of imported sets")
    data = parser.parse_args().data
    rows: list[Row] = []
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            for articles in sorted(data.glob("*.articles.jsonl")):
                name = articles.name.removesuffix(".articles.jsonl")
                questions = sorted(data.glob(f"{name}.*questions.jsonl"))
                rows += compared(articles, questions, Path(folder) / name)
    except DalilError as error:
        sys.exit(f"eval.retrieval: {error}")
    if not rows:
        sys.exit(f"eval.retrieval: {data} has no X.articles.jsonl with X.questions.jsonl.")
    print(markdown(rows))


if __name__ == "__main__":
    main()
