"""What Dalil is to reach with its default models, beside what it does: a table for the README.

The first figures are of the built-in test questions by quotations, each asked with and without the
articles that answer; the others of a sample of them with the embedded language model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """A measure, of a group of questions or of all, and its bar: at least, or where `most` at most.

    `group`: the kind of group and its name, as a summary has them.
    """

    what: str
    measure: str
    bar: float
    group: tuple[str, str] | None = None
    most: bool = False
    embedded: bool = False

    def figure(self, quotations: Summary, embedded: Summary) -> Mapping[str, Any] | None:
        """The measure with its interval, None where no question has it."""
        summary = embedded if self.embedded else quotations
        if self.group is None:
            found: Mapping[str, Any] | None = summary["metrics"].get(self.measure)
            return found
        kind, name = self.group
        group: Mapping[str, Mapping[str, Any]] = summary["by"][kind].get(name, {})
        return group.get(self.measure)


def _by_pair(what: str, measure: str, bars: Mapping[str, float]) -> Iterator[Goal]:
    for pair, bar in bars.items():
        yield Goal(f"{what}, {pair}", measure, bar, ("pair", pair))


GOALS: Sequence[Goal] = (
    *_by_pair("a quotation holds the evidence", "evidence_recall", {"ar-ar": 0.95, "en-ar": 0.80}),
    *(
        Goal(f"quotations shown, {pair}", "quotations", 3.0, ("pair", pair), most=True)
        for pair in ("ar-ar", "en-ar")
    ),
    *_by_pair(
        "the marked words hold the answer, where any are marked",
        "marked_recall",
        {"ar-ar": 0.80, "en-ar": 0.60},
    ),
    *_by_pair(
        "unanswerable ones refused, at 0.90 of the answerable answered",
        "refusal_at_90",
        {"ar-ar": 0.85, "en-ar": 0.75, "ar-en": 0.75},
    ),
    *_by_pair("unanswerable ones refused, as it is set", "refusal_recall", {"ar-ar": 0.85}),
    *_by_pair("answerable ones answered, as it is set", "coverage", {"ar-ar": 0.90}),
    Goal("what is foreign to the collection refused", "refusal_recall", 0.98, ("tag", "foreign")),
    Goal("citations exact", "citations_exact", 1.0),
    Goal("citations exist", "citations_exist", 1.0),
    Goal("answers in the right language", "answer_language", 0.99),
    Goal("quotations: whole answer, median, seconds", "seconds_total_median", 0.2, most=True),
    Goal(
        "embedded model: first sentence, median, seconds",
        "seconds_first_median",
        10.0,
        most=True,
        embedded=True,
    ),
    Goal(
        "embedded model: whole answer, median, seconds",
        "seconds_drafted_median",
        20.0,
        most=True,
        embedded=True,
    ),
)


def markdown(quotations: Summary, embedded: Summary) -> str:
    """The goals as a Markdown table, each with what was reached and over how many questions."""
    lines = ["| what | bar | reached | questions |", "|---|---|---|---|"]
    for goal in GOALS:
        figure = goal.figure(quotations, embedded)
        bar = f"{'at most ' if goal.most else ''}{goal.bar:.2f}"
        if figure is None or figure["value"] is None:
            lines.append(f"| {goal.what} | {bar} | not measured | 0 |")
            continue
        value = figure["value"]
        reached = value <= goal.bar if goal.most else value >= goal.bar
        said = f"{value:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"
        lines.append(
            f"| {goal.what} | {bar} | {said}{'' if reached else ', **short**'} | {figure['n']} |"
        )
    return "\n".join(lines)
