"""Bootstrap intervals, paired tests and the correction for many of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap

from eval.intervals import (
    difference,
    holm,
    interval,
    interval_of,
    mcnemar,
    mean_difference,
    values_of,
)


def test_the_interval_of_a_mean_agrees_with_scipy() -> None:
    values = np.random.default_rng(3).normal(0.6, 0.2, 300)
    figure = interval(values)
    other = bootstrap((values,), np.mean, method="percentile", rng=1).confidence_interval
    assert figure.value == pytest.approx(values.mean(), abs=1e-6)
    assert figure.low == pytest.approx(other.low, abs=0.004)
    assert figure.high == pytest.approx(other.high, abs=0.004)
    assert figure.n == 300


def test_what_does_not_apply_is_left_out_of_the_mean() -> None:
    figure = interval(values_of([1.0, None, 0.0, None, 1.0, 0.0]))
    assert (figure.value, figure.n) == (0.5, 4)
    assert interval(values_of([None, None])).value is None


def test_intervals_repeat() -> None:
    values = np.random.default_rng(1).random(50)
    assert interval(values) == interval(values)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        figure = interval((generator.random(80) < 0.3).astype(float))
        assert figure.low is not None
        assert figure.high is not None
        covered += figure.low <= 0.3 <= figure.high
    assert 180 <= covered <= 200


def test_a_statistic_that_is_no_mean() -> None:
    values = np.arange(101, dtype=float)
    figure = interval_of(lambda rows: float(np.median(values[rows])), 101)
    assert figure.value == 50
    assert figure.low is not None
    assert figure.high is not None
    assert 30 < figure.low < 50 < figure.high < 70
    assert interval_of(lambda rows: float("nan"), 5).value is None
    assert interval_of(lambda rows: 1.0, 0).n == 0


def test_a_difference_is_paired() -> None:
    before = np.random.default_rng(2).random(200)
    after = before + 0.01
    figure, p = difference(
        lambda rows: float(before[rows].mean()), lambda rows: float(after[rows].mean()), 200
    )
    assert figure.value == pytest.approx(0.01)
    assert figure.low == pytest.approx(0.01)
    assert figure.high == pytest.approx(0.01)
    assert p < 0.01


def test_the_difference_of_means_is_the_same_by_either_way() -> None:
    generator = np.random.default_rng(4)
    before, after = generator.random(40), generator.random(40)
    before[3] = after[7] = np.nan
    figure, p = difference(
        lambda rows: float(np.nanmean(before[rows])),
        lambda rows: float(np.nanmean(after[rows])),
        40,
    )
    assert mean_difference(before, after) == (figure, p)


def test_no_difference_is_not_significant() -> None:
    values = np.random.default_rng(2).random(100)
    figure, p = difference(
        lambda rows: float(values[rows].mean()), lambda rows: float(values[rows].mean()), 100
    )
    assert (figure.value, p) == (0, 1)


def test_mcnemar_by_hand() -> None:
    before = np.array([0.0] * 9 + [1.0] + [1.0] * 30)
    after = np.array([1.0] * 9 + [0.0] + [1.0] * 30)
    # of ten that changed nine got better: 2 * (C(10,9) + C(10,10)) / 2^10
    assert mcnemar(before, after) == pytest.approx(2 * 11 / 1024)
    assert mcnemar(before, before) == 1


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
