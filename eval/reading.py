"""What a reader is worth on questions whose answers are marked.

    python -m eval.reading HOME:QUESTIONS… [--all] [--card]

For each file of questions and pair of languages, with 95 % intervals: the F1 of its likeliest words
in the three sentences of the right article that are nearest to the question; the area under the
curve that parts these three, where they hold the answer, from the nearest three that do not, also
of articles that only seem to answer; and how often the best sentence of the whole article holds the
answer: by its cosine, by the score that orders evidence, by the reader, and by the score and the
reader together, which is how the product orders the sentences that it reads.
Only the questions that training held out are asked, but for --all. --card writes the table into
the model card, from the root of a checkout.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from eval.intervals import Figure, Rows, interval, interval_of, values_of
from eval.marked import Example, Marked, collected, held_out
from eval.metrics import token_f1
from index.embed import Embedder
from rag.reader import Reader, Reading, worth

SHOWN = 3

WAYS = ("cosine", "score", "reader", "both")
"""What the best sentence of an article is chosen by."""

CARD = Path("rag/READER.md")
_TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=\n<!-- end -->)", re.DOTALL)

Read = Callable[[str, Sequence[str]], Reading]


@dataclass(frozen=True, slots=True)
class Quality:
    """The figures of one group of questions, as the page above tells; `chosen` by way."""

    f1: Figure
    area: Figure
    chosen: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question: F1, the odds with and without the answer's sentence, and the best sentences.

    The odds are None where there are no such sentences; what no article answers has only the last.
    """

    cluster: str
    f1: float | None
    present: float | None
    absent: float | None
    chosen: dict[str, float]


def outcome(read: Read, example: Example) -> Outcome:
    """Ask a reader one example's question."""
    without = example.nearest(SHOWN, without=True)
    absent = _odds(_read(read, example, without)) if without else None
    if not example.own:
        return Outcome(example.cluster, None, None, absent, {})
    shown = example.nearest(SHOWN)
    reading = _read(read, example, shown)
    said = ""
    if reading.marks:
        row, mark = reading.marks[0]
        said = shown[row].text[mark.start : mark.end]
    whole = _read(read, example, example.own)
    scores = np.array([mark.score for mark in example.own])
    odds = np.array(whole.odds)
    cosines = np.array([mark.cosine for mark in example.own])
    values = (cosines, scores, odds, scores + worth(example.pair) * odds)
    return Outcome(
        cluster=example.cluster,
        f1=token_f1(said, example.answers) or 0.0,
        present=_odds(reading) if any(mark.spans for mark in shown) else None,
        absent=absent,
        chosen={
            way: float(bool(example.own[int(each.argmax())].spans))
            for way, each in zip(WAYS, values, strict=True)
        },
    )


def _read(read: Read, example: Example, marked: Sequence[Marked]) -> Reading:
    return read(example.question, [mark.text for mark in marked])


def _odds(reading: Reading) -> float:
    """That any of the sentences answers."""
    return float(np.logaddexp.reduce(reading.odds))


def quality(outcomes: Sequence[Outcome]) -> Quality:
    """The figures of a group, of which there must be some."""
    clusters = [each.cluster for each in outcomes]

    def part(rows: Rows) -> float:
        present = [outcomes[row].present for row in rows]
        absent = [outcomes[row].absent for row in rows]
        odds = [value for value in present if value is not None]
        others = [value for value in absent if value is not None]
        if not odds or not others:
            return float("nan")
        labels = [True] * len(odds) + [False] * len(others)
        return float(roc_auc_score(labels, odds + others))

    return Quality(
        f1=interval(values_of([each.f1 for each in outcomes]), clusters),
        area=interval_of(part, len(outcomes), clusters),
        chosen={
            way: interval(values_of([each.chosen.get(way) for each in outcomes]), clusters)
            for way in WAYS
        },
    )


def grouped(outcomes: Sequence[tuple[Example, Outcome]]) -> dict[str, Quality]:
    """The figures for each file and pair of languages."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for example, each in outcomes:
        folder, _, name = example.file.partition("/")
        source = folder if name.startswith("questions") else name
        groups[f"{source} {example.pair}"].append(each)
    return {name: quality(each) for name, each in sorted(groups.items())}


def table(groups: dict[str, Quality]) -> str:
    """The figures as a table of Markdown."""
    lines = [
        "| questions | n | F1, three sentences | “not here”, area | best sentence: cosine | score "
        "| reader | both |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, each in groups.items():
        figures = [each.f1, each.area, *each.chosen.values()]
        cells = " | ".join(map(_cell, figures))
        lines.append(f"| {name} | {each.f1.n} | {cells} |")
    return "\n".join(lines)


def write_card(figures: str) -> None:
    """Write a table into the model card."""
    CARD.write_text(_TABLE.sub(figures, CARD.read_text("utf-8")), "utf-8")


def _cell(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def main() -> None:
    """Run from the root of a checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="HOME:QUESTIONS")
    parser.add_argument("--all", action="store_true", help="also those it was trained on")
    parser.add_argument("--card", action="store_true", help="write it into the model card")
    given = parser.parse_args()
    embedder = Embedder.open()
    reader = Reader(embedder)
    found = [
        (each, outcome(reader.read, each))
        for each in collected(given.pairs, embedder)
        if given.all or held_out(each.cluster)
    ]
    if not found:
        raise SystemExit("None of these questions was held out by the training; name --all.")
    figures = table(grouped(found))
    print(figures)
    if given.card:
        write_card(figures)


if __name__ == "__main__":
    main()
