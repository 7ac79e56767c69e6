"""Two runs side by side: what changed, which way, and whether by more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.cases import Case
from eval.intervals import Figure, Values, difference, holm, mcnemar, mean_difference
from eval.score import Score
from eval.store import Run
from eval.summary import MEANS, means, statistics
from index.errors import EvaluationError

SIGNIFICANT = 0.05
"""The level at which a difference is more than chance, all of the tests taken together."""

PER_PAIR = ("crag_score", "ndcg@10", "evidence_recall", "refusal_recall")
"""The measures that are also tested within every language pair."""

_LOWER_IS_BETTER = frozenset({"calibration_error"})
_NEITHER_IS_BETTER = frozenset({"quotations"})


@dataclass(frozen=True, slots=True)
class Change:
    """How one measure changed from one run to the other, on the questions that both asked.

    `difference` is after minus before with its interval. `p` is what the test named gives, and
    `adjusted` the same made safe for the number of tests (Holm), of which only those count that
    could find anything: where no question differs (`differing`), nothing is tested (Tarone 1990).
    `better` is None where neither direction is.
    """

    measure: str
    pair: str | None
    before: float
    after: float
    difference: Figure
    test: str
    p: float
    adjusted: float
    better: bool | None
    differing: bool

    @property
    def significant(self) -> bool:
        """Whether it is more than chance."""
        return self.adjusted < SIGNIFICANT

    @property
    def worse(self) -> bool:
        """Whether it got worse by more than chance."""
        return self.significant and self.better is False


@dataclass(frozen=True, slots=True)
class Turn:
    """A question whose outcome is another in the second run."""

    id: str
    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs compared on the questions that both asked.

    `only_before` and `only_after` count the others; `configuration` holds what made the runs
    differently, as pairs of values.
    """

    shared: int
    only_before: int
    only_after: int
    changes: tuple[Change, ...]
    turns: tuple[Turn, ...]
    configuration: Mapping[str, tuple[Any, Any]]

    @property
    def worse(self) -> tuple[Change, ...]:
        """What got worse by more than chance."""
        return tuple(change for change in self.changes if change.worse)


def compare(before: Path, after: Path) -> Comparison:
    """Compare two scored runs.

    McNemar's exact test where every value is a right or a wrong, the paired bootstrap elsewhere.
    Raises `EvaluationError` where a folder holds no scored run or the runs share no question.
    """
    runs = (Run(before), Run(after))
    scores = [scores_of(run) for run in runs]
    shared = [id_ for id_ in scores[0] if id_ in scores[1]]
    if not shared:
        raise EvaluationError(
            f"{before} and {after} share no question: there is nothing to compare."
        )
    first, second = ([rows[id_] for id_ in shared] for rows in scores)
    configs = [run.config() for run in runs]
    return Comparison(
        shared=len(shared),
        only_before=len(scores[0]) - len(shared),
        only_after=len(scores[1]) - len(shared),
        changes=tuple(_changes(first, second)),
        turns=tuple(_turns(first, second)),
        configuration={
            key: (configs[0].get(key), configs[1].get(key))
            for key in sorted({*configs[0], *configs[1]})
            if configs[0].get(key) != configs[1].get(key)
        },
    )


def scores_of(run: Run) -> dict[str, Score]:
    """The scores of a run by case; raises `EvaluationError` where it was not scored."""
    run.summary()
    cases: dict[str, Case] = {case.id: case for case in run.cases()}
    return {
        row["id"]: Score(
            case=cases[row["id"]],
            status=row["status"],
            outcome=row["outcome"],
            metrics=row["metrics"],
            seconds=row["seconds"],
            probability=row["probability"],
            supported=row["supported"],
            reasons=tuple(row["reasons"]),
        )
        for row in run.rows("scores.jsonl")
    }


def _changes(before: Sequence[Score], after: Sequence[Score]) -> list[Change]:
    """Every measure that both runs have, whole and, for some, by language pair."""
    changes = [*_means(before, after, None, MEANS), *_others(before, after)]
    for pair in sorted({score.case.pair for score in before if score.case.pair}):
        rows = [row for row, score in enumerate(before) if score.case.pair == pair]
        first, second = ([scores[row] for row in rows] for scores in (before, after))
        changes += _means(first, second, pair, PER_PAIR)
    levels = iter(holm([change.p for change in changes if change.differing]))
    return [replace(c, adjusted=next(levels)) if c.differing else c for c in changes]


def _means(
    before: Sequence[Score], after: Sequence[Score], pair: str | None, measures: Sequence[str]
) -> Iterator[Change]:
    columns = (means(before), means(after))
    for measure in measures:
        if measure in columns[0] and measure in columns[1]:
            first, second = columns[0][measure], columns[1][measure]
            figure, p = mean_difference(first, second)
            test = "bootstrap"
            if _are_rights_and_wrongs(first, second):
                test, p = "McNemar", mcnemar(first, second)
            differing = not np.array_equal(first, second, equal_nan=True)
            yield _change(measure, pair, float(np.nanmean(first)), figure, test, p, differing)


def _others(before: Sequence[Score], after: Sequence[Score]) -> Iterator[Change]:
    second = statistics(after)
    for measure, (statistic, _) in statistics(before).items():
        figure, p = difference(statistic, second[measure][0], len(before))
        if figure.value is not None:
            value = statistic(np.arange(len(before)))
            yield _change(measure, None, value, figure, "bootstrap", p, bool(figure.value))


def _change(
    measure: str,
    pair: str | None,
    before: float,
    figure: Figure,
    test: str,
    p: float,
    differing: bool,
) -> Change:
    """A change, not yet adjusted for the others."""
    value = figure.value or 0.0
    better: bool | None = None
    if value and measure not in _NEITHER_IS_BETTER:
        better = (value > 0) != (measure in _LOWER_IS_BETTER)
    return Change(measure, pair, before, before + value, figure, test, p, p, better, differing)


def _are_rights_and_wrongs(before: Values, after: Values) -> bool:
    """Whether both hold zeros and ones alone, for the same questions."""
    known = ~np.isnan(before)
    return bool(
        (known == ~np.isnan(after)).all()
        and np.isin(before[known], (0.0, 1.0)).all()
        and np.isin(after[known], (0.0, 1.0)).all()
    )


def _turns(before: Sequence[Score], after: Sequence[Score]) -> Iterator[Turn]:
    for first, second in zip(before, after, strict=True):
        if first.outcome != second.outcome:
            yield Turn(first.case.id, first.case.gold.question, first.outcome, second.outcome)
