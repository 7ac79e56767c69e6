"""The summary of a run: every measure with its interval, whole and by group, and the curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from eval import metrics
from eval.intervals import Figure, Rows, Statistic, Values, interval, interval_of, values_of
from eval.score import Score

MEANS = (
    "crag_score",
    "ndcg@10",
    "recall@1",
    "recall@5",
    "recall@10",
    "recall@100",
    "mrr@10",
    "hit@1",
    "evidence_recall",
    "evidence_precision",
    "quotations",
    "exact_match",
    "token_f1",
    "answer_recall",
    "token_recall",
    "marked_recall",
    "answer_language",
    "numbers_agree",
    "citations_exist",
    "citations_exact",
    "citation_recall",
    "citation_precision",
    "coverage",
    "correctness",
    "refusal_precision",
    "refusal_recall",
    "partly_recall",
    "failed",
)
"""The measures that are means over the questions to which they apply, in the order shown."""

CURVE_POINTS = 200

FOREIGN = "foreign"
"""The tag of questions on subjects that the collection does not have."""

ANSWERED = 0.9
"""How much of the answerable is answered where `refusal_at_90` is measured."""

Group = Callable[[Score], Sequence[str]]
GROUPS: Mapping[str, Group] = {
    "language": lambda score: [score.case.gold.language],
    "pair": lambda score: [score.case.pair] if score.case.pair else [],
    "expected": lambda score: [score.case.expected],
    "file": lambda score: [score.case.file],
    "tag": lambda score: score.case.tags,
}


def summarize(
    scores: Sequence[Score], config: Mapping[str, Any], warnings: Sequence[str] = ()
) -> dict[str, Any]:
    """The summary document of a run; `config` is what made it."""
    return {
        "metrics": _figures(scores) | _speed(scores),
        "counts": dict(sorted(Counter(score.outcome for score in scores).items())),
        "by": {name: _by(scores, group, name) for name, group in GROUPS.items()},
        "curves": _curves(scores),
        "warnings": list(warnings),
        "config": dict(config),
    }


def statistics(scores: Sequence[Score]) -> dict[str, tuple[Statistic, int]]:
    """The measures that are not means, each a function of positions among the scores.

    With every one the number of scores that it applies to. Those of confidence are left out where
    it is not known of an answerable question whether it is supported: the unanswerable ones alone
    would make them.
    """
    precision = _values(scores, "refusal_precision")
    recall = _values(scores, "refusal_recall")
    refusals = int((~np.isnan(precision) | ~np.isnan(recall)).sum())

    def refusal_f1(rows: Rows) -> float:
        if np.isnan(recall[rows]).all():
            return float("nan")
        if np.isnan(precision[rows]).all():
            return 0.0
        return metrics.f1(float(np.nanmean(precision[rows])), float(np.nanmean(recall[rows])))

    found: dict[str, tuple[Statistic, int]] = {}
    if refusals:
        found["refusal_f1"] = (refusal_f1, refusals)
    if any(score.outcome == "unknown" for score in scores):
        return found
    answers, hits = confidence(scores), hit_confidence(scores)
    return (
        found
        | _refusal_at(scores)
        | {
            "coverage_area": _of_confidence(answers, metrics.coverage_area),
            "calibration_error": _of_confidence(answers, metrics.calibration_error),
            "hit_calibration_error": _of_confidence(hits, metrics.calibration_error),
        }
    )


def _refusal_at(scores: Sequence[Score]) -> dict[str, tuple[Statistic, int]]:
    """Refusals of what is near the subjects of the collection, at a given share of answers."""
    likely = values_of([score.probability for score in scores])
    missing = np.array([score.case.expected == "not_found" for score in scores], bool)
    left_out = [score.case.expected == "message" or FOREIGN in score.case.tags for score in scores]
    applies = ~np.isnan(likely) & ~np.array(left_out, bool)
    if not (applies & missing).any() or not (applies & ~missing).any():
        return {}

    def statistic(rows: Rows) -> float:
        rows = rows[applies[rows]]
        answerable, rest = likely[rows[~missing[rows]]], likely[rows[missing[rows]]]
        if not len(answerable) or not len(rest):
            return float("nan")
        return metrics.refusal_at(answerable, rest, ANSWERED)

    return {"refusal_at_90": (statistic, int(applies.sum()))}


def _of_confidence(
    known: tuple[Values, Values], formula: Callable[[Values, Values], float]
) -> tuple[Statistic, int]:
    """A figure of probabilities and what was right, over the scores of which both are known."""
    probabilities, right = known
    is_known = ~np.isnan(probabilities)

    def statistic(rows: Rows) -> float:
        rows = rows[is_known[rows]]
        return formula(probabilities[rows], right[rows]) if len(rows) else float("nan")

    return statistic, int(is_known.sum())


def clusters(scores: Sequence[Score]) -> list[str]:
    """Every score's cluster: what varies together is drawn together."""
    return [score.case.gold.cluster for score in scores]


def confidence(scores: Sequence[Score]) -> tuple[Values, Values]:
    """The probability of every score, and whether what it would quote holds evidence.

    Both NaN where either is not known.
    """
    return _both([score.probability for score in scores], [score.supported for score in scores])


def hit_confidence(scores: Sequence[Score]) -> tuple[Values, Values]:
    """The same of the first hit: its probability, and whether it holds evidence."""
    return _both(
        [score.hit_probability for score in scores], [score.hit_supported for score in scores]
    )


def _both(
    probabilities: Sequence[float | None], right: Sequence[float | None]
) -> tuple[Values, Values]:
    likely, held = values_of(probabilities), values_of(right)
    unknown = np.isnan(likely) | np.isnan(held)
    likely[unknown] = held[unknown] = np.nan
    return likely, held


def means(scores: Sequence[Score]) -> dict[str, Values]:
    """The values of every mean measure that applies to any of the scores."""
    values = {name: _values(scores, name) for name in MEANS}
    return {name: column for name, column in values.items() if not np.isnan(column).all()}


def _by(scores: Sequence[Score], group: Group, name: str) -> dict[str, dict[str, Any]]:
    members: dict[str, list[Score]] = {}
    for score in scores:
        for key in dict.fromkeys(group(score)):
            members.setdefault(key, []).append(score)
    return {key: _figures(members[key], whole=name != "tag") for key in sorted(members)}


def _figures(scores: Sequence[Score], *, whole: bool = True) -> dict[str, Any]:
    """Every measure; without `whole` only the means, which small groups still support."""
    together = clusters(scores)
    figures: dict[str, Figure] = {
        name: interval(column, together) for name, column in means(scores).items()
    }
    if whole:
        for name, (statistic, n) in statistics(scores).items():
            centred = name.endswith("calibration_error")
            figure = interval_of(statistic, len(scores), together, centred=centred)
            figures[name] = replace(figure, n=n)
    return {name: asdict(figure) for name, figure in figures.items() if figure.n}


def _speed(scores: Sequence[Score]) -> dict[str, Any]:
    """Median and 95th percentile of the seconds of every stage."""
    figures = {}
    for stage in dict.fromkeys(stage for score in scores for stage in score.seconds):
        timed = [score for score in scores if stage in score.seconds]
        seconds = np.array([score.seconds[stage] for score in timed])
        for name, percent in (("median", 50), ("p95", 95)):
            figure = interval_of(_percentile(seconds, percent), len(seconds), clusters(timed))
            figures[f"seconds_{stage}_{name}"] = asdict(figure)
    return figures


def _percentile(seconds: Values, percent: int) -> Statistic:
    return lambda rows: float(np.percentile(seconds[rows], percent))


def _curves(scores: Sequence[Score]) -> dict[str, Any]:
    probabilities, right = confidence(scores)
    known = ~np.isnan(probabilities)
    if not known.any() or any(score.outcome == "unknown" for score in scores):
        return {"coverage": [], "calibration": []}
    probabilities, right = probabilities[known], right[known]
    covered, share = metrics.coverage_curve(probabilities, right)
    shown = np.unique(np.linspace(0, len(covered) - 1, CURVE_POINTS).round().astype(int))
    bins = metrics.calibration_bins(probabilities, right)
    return {
        "coverage": [[round(float(covered[i]), 4), round(float(share[i]), 4)] for i in shown],
        "calibration": [
            {"probability": round(mean, 4), "share": round(part, 4), "n": n}
            for mean, part, n in bins
        ],
    }


def _values(scores: Sequence[Score], name: str) -> Values:
    return values_of([score.metrics.get(name) for score in scores])
