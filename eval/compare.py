"""Two runs side by side: what changed, which way, and whether by more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.cases import Case
from eval.dataset import row_of
from eval.intervals import Figure, Paired, holm, paired_means, paired_statistics, values_of
from eval.score import Score
from eval.store import Run
from eval.summary import MEANS, clusters, means, statistics
from index.errors import EvaluationError

SIGNIFICANT = 0.05
"""The level at which a difference is more than chance, all of the tests taken together."""

PER_PAIR = ("crag_score", "ndcg@10", "evidence_recall", "refusal_recall")
"""The measures that are also tested within every language pair, where there are several."""

JUDGED = ("citation_recall", "citation_precision")

_LOWER_IS_BETTER = frozenset({"calibration_error", "hit_calibration_error", "failed"})
_NEITHER_IS_BETTER = frozenset({"quotations"})
_NO_JUDGE = {"name": None, "weights": None, "prompt": None}


@dataclass(frozen=True, slots=True)
class Change:
    """How one measure changed from one run to the other, on the questions that both answered.

    `difference` is after minus before with its interval. `p` comes from swapping the two runs in
    whole clusters, `adjusted` is made safe for the number of tests (Holm), of which only those
    count that could find anything (`testable`; Tarone 1990). `better` is None where neither
    direction is, or nothing changed.
    """

    measure: str
    pair: str | None
    before: float
    after: float
    difference: Figure
    p: float
    adjusted: float
    testable: bool
    better: bool | None

    @property
    def significant(self) -> bool:
        """Whether it is more than chance."""
        return self.testable and self.adjusted < SIGNIFICANT

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

    `only_before` and `only_after` count the questions of one run alone, `other_gold` those of both
    that were scored by another gold answer or asked in other words; neither is compared. `failed`
    counts the failures of each run, which are compared only as failures. `configuration` holds what
    made the runs differently, as pairs of values; `kappa` is the agreement of the judge of both
    runs with its gold labels, None where none judged both.
    """

    shared: int
    only_before: int
    only_after: int
    other_gold: int
    failed: tuple[int, int]
    changes: tuple[Change, ...]
    turns: tuple[Turn, ...]
    configuration: Mapping[str, tuple[Any, Any]]
    kappa: float | None

    @property
    def worse(self) -> tuple[Change, ...]:
        """What got worse by more than chance."""
        return tuple(change for change in self.changes if change.worse)


def compare(before: Path, after: Path) -> Comparison:
    """Compare two scored runs by a test of whole clusters of questions, each swapped as one.

    Measures of a judge are compared only where one judge made both. Raises `EvaluationError` where
    a folder holds no scored run or the runs share no question.
    """
    runs = (Run(before), Run(after))
    made = [_made(run) for run in runs]
    scores = [scores_of(run) for run in runs]
    common = [id_ for id_ in scores[0] if id_ in scores[1]]
    shared = [id_ for id_ in common if _same(scores[0][id_].case, scores[1][id_].case)]
    if not shared:
        raise EvaluationError(
            f"{before} and {after} share no question with the same gold answer: there is nothing "
            "to compare."
        )
    first, second = ([rows[id_] for id_ in shared] for rows in scores)
    judged_alike = made[0]["judge"] == made[1]["judge"]
    return Comparison(
        shared=len(shared),
        only_before=len(scores[0]) - len(common),
        only_after=len(scores[1]) - len(common),
        other_gold=len(common) - len(shared),
        failed=(_failures(first), _failures(second)),
        changes=tuple(_changes(first, second, judged_alike)),
        turns=tuple(_turns(first, second)),
        configuration={
            key: (made[0].get(key), made[1].get(key))
            for key in sorted({*made[0], *made[1]})
            if made[0].get(key) != made[1].get(key)
        },
        kappa=_kappa(runs[0]) if judged_alike else None,
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
            hit_probability=row.get("hit_probability"),
            hit_supported=row.get("hit_supported"),
            reasons=tuple(row["reasons"]),
        )
        for row in run.rows("scores.jsonl")
    }


def _made(run: Run) -> dict[str, Any]:
    """What made a run and its scores, its judge among it."""
    summary = run.summary()
    judge = summary.get("judge", _NO_JUDGE)
    return {**summary["config"], "judge": {key: judge[key] for key in _NO_JUDGE}}


def _kappa(run: Run) -> float | None:
    judge = run.summary().get("judge")
    return judge["kappa"]["value"] if judge else None


def _same(before: Case, after: Case) -> bool:
    return before.held_out == after.held_out and row_of(before.gold) == row_of(after.gold)


def _failures(scores: Sequence[Score]) -> int:
    return sum(score.outcome == "failed" for score in scores)


def _changes(before: Sequence[Score], after: Sequence[Score], judged_alike: bool) -> list[Change]:
    """Every measure that both runs have, whole and, for some, by language pair."""
    found = [_failed(before, after)]
    kept = [
        row
        for row, pair in enumerate(zip(before, after, strict=True))
        if "failed" not in (pair[0].outcome, pair[1].outcome)
    ]
    first, second = ([scores[row] for row in kept] for scores in (before, after))
    measures = [m for m in MEANS if m != "failed" and (judged_alike or m not in JUDGED)]
    found += [*_means(first, second, None, measures), *_others(first, second)]
    pairs = sorted({score.case.pair for score in first if score.case.pair})
    for pair in pairs if len(pairs) > 1 else ():
        rows = [row for row, score in enumerate(first) if score.case.pair == pair]
        own = [[scores[row] for row in rows] for scores in (first, second)]
        found += _means(own[0], own[1], pair, PER_PAIR)
    levels = iter(holm([change.p for change in found if change.testable]))
    return [replace(c, adjusted=next(levels)) if c.testable else c for c in found]


def _failed(before: Sequence[Score], after: Sequence[Score]) -> Change:
    """The share of questions that failed, over all of them."""
    columns = [values_of([s.metrics["failed"] for s in scores]) for scores in (before, after)]
    paired = paired_means(columns[0], columns[1], clusters(before))
    return _change("failed", None, float(columns[0].mean()), paired)


def _means(
    before: Sequence[Score], after: Sequence[Score], pair: str | None, measures: Sequence[str]
) -> Iterator[Change]:
    columns = (means(before), means(after))
    for measure in measures:
        if measure in columns[0] and measure in columns[1]:
            first, second = columns[0][measure], columns[1][measure]
            value = float(np.nanmean(first))
            yield _change(measure, pair, value, paired_means(first, second, clusters(before)))


def _others(before: Sequence[Score], after: Sequence[Score]) -> Iterator[Change]:
    alone = statistics(before)
    for measure, (statistic, _) in statistics([*before, *after]).items():
        paired = paired_statistics(statistic, len(before), clusters(before))
        if measure in alone and paired.difference.value is not None:
            everything = np.arange(len(before))
            yield _change(measure, None, statistic(everything), paired)


def _change(measure: str, pair: str | None, before: float, paired: Paired) -> Change:
    """A change, not yet adjusted for the others."""
    value = paired.difference.value or 0.0
    better: bool | None = None
    if value and measure not in _NEITHER_IS_BETTER:
        better = (value > 0) != (measure in _LOWER_IS_BETTER)
    return Change(
        measure=measure,
        pair=pair,
        before=before,
        after=before + value,
        difference=paired.difference,
        p=paired.p,
        adjusted=paired.p,
        testable=paired.testable,
        better=better,
    )


def _turns(before: Sequence[Score], after: Sequence[Score]) -> Iterator[Turn]:
    for first, second in zip(before, after, strict=True):
        if first.outcome != second.outcome:
            yield Turn(first.case.id, first.case.gold.question, first.outcome, second.outcome)
