"""Figures with their uncertainty, and whether two runs differ by more than chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

RESAMPLES = 1000
PAIRED_RESAMPLES = 10_000
"""More than for an interval: many tests of one family ask for small p-values."""

_SEED = 20261121

Values = NDArray[np.float64]
"""One figure a question, shape (n,); NaN where a measure does not apply."""

Statistic = Callable[[NDArray[np.int64]], float]
"""A figure of the questions at some positions, which may repeat; NaN where it has none."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its bootstrap 95 % interval over `n` questions; None where it has none."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def values_of(figures: Sequence[float | None]) -> Values:
    """Figures as an array, None as NaN."""
    return np.array([np.nan if figure is None else figure for figure in figures], np.float64)


def interval(values: Values) -> Figure:
    """The mean of what applies, with its percentile interval (Efron and Tibshirani 1993).

    Questions are drawn again with replacement 1,000 times, with a fixed seed.
    """
    applicable = values[~np.isnan(values)]
    if not len(applicable):
        return Figure(None, None, None, 0)
    means = np.concatenate([applicable[draw].mean(axis=1) for draw in _draws(len(applicable))])
    return _figure(float(applicable.mean()), means, len(applicable))


def interval_of(statistic: Statistic, n: int) -> Figure:
    """The same for a statistic that is not a mean, over `n` questions."""
    if not n or np.isnan(value := statistic(np.arange(n))):
        return Figure(None, None, None, 0)
    drawn = [statistic(row) for draw in _draws(n) for row in draw]
    return _figure(value, np.array(drawn), n)


def difference(before: Statistic, after: Statistic, n: int) -> tuple[Figure, float]:
    """`after` minus `before` on the same `n` questions, and the two-sided p-value.

    Paired bootstrap (Berg-Kirkpatrick et al. 2012, with the share of resamples on the far side of
    zero), 10,000 draws: both are computed on the same draw each time.
    """
    value = after(np.arange(n)) - before(np.arange(n)) if n else float("nan")
    if np.isnan(value):
        return Figure(None, None, None, 0), 1.0
    draws = _draws(n, PAIRED_RESAMPLES)
    return _tested(value, np.array([after(row) - before(row) for draw in draws for row in draw]), n)


def mean_difference(before: Values, after: Values) -> tuple[Figure, float]:
    """The same for the means of what applies."""
    n = len(before)
    value = float(np.nanmean(after) - np.nanmean(before))
    draws = _draws(n, PAIRED_RESAMPLES)
    return _tested(value, np.concatenate([_means(after[d]) - _means(before[d]) for d in draws]), n)


def mcnemar(before: Values, after: Values) -> float:
    """The exact two-sided p-value for paired rights and wrongs, 1 and 0 (McNemar 1947)."""
    better, worse = int((after > before).sum()), int((after < before).sum())
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of one family, made so that any false alarm stays at their level (Holm 1979)."""
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = highest
    return adjusted


def _tested(value: float, drawn: Values, n: int) -> tuple[Figure, float]:
    drawn = drawn[~np.isnan(drawn)]
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return _figure(value, drawn, n), min(1.0, 2 * (beyond + 1) / (len(drawn) + 1))


def _means(values: NDArray[np.float64]) -> Values:
    """The mean of what applies of every row, NaN where nothing does; shape (rows, n)."""
    known = ~np.isnan(values)
    counts = known.sum(axis=1)
    totals: Values = np.where(known, values, 0.0).sum(axis=1)
    totals[counts == 0] = np.nan
    averages: Values = totals / np.maximum(counts, 1)
    return averages


def _draws(n: int, count: int = RESAMPLES) -> Iterator[NDArray[np.int64]]:
    """All resamples, a hundred at a time, so that large runs stay small in memory."""
    generator = np.random.default_rng(_SEED)
    for _ in range(count // 100):
        yield generator.integers(0, n, (100, n))


def _figure(value: float, drawn: Values, n: int) -> Figure:
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Figure(round(value, 6), round(float(low), 6), round(float(high), 6), n)
