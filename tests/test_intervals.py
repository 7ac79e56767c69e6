"""Bootstrap intervals over clusters, paired tests and the correction for many of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap, permutation_test

from eval.intervals import holm, interval, interval_of, paired_means, paired_statistics, values_of


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


def test_copies_of_a_question_add_no_certainty() -> None:
    once = np.random.default_rng(6).random(40)
    copies, clusters = np.repeat(once, 5), np.repeat(np.arange(40), 5)
    alone, clustered = interval(once), interval(copies, [int(each) for each in clusters])
    assert (clustered.value, clustered.low, clustered.high) == (alone.value, alone.low, alone.high)
    naive = interval(copies)
    assert alone.low is not None
    assert naive.low is not None
    assert naive.low > alone.low


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        rates = np.repeat(generator.random(40) ** 2, 3)  # mean 1/3, alike within three
        clusters = [number // 3 for number in range(120)]
        figure = interval((generator.random(120) < rates).astype(float), clusters)
        assert figure.low is not None
        assert figure.high is not None
        covered += figure.low <= 1 / 3 <= figure.high
    assert 178 <= covered <= 200


@pytest.mark.parametrize(("count", "low"), [(1, 0.025), (5, 0.4782), (100, 0.9638)])
def test_all_right_is_not_certain(count: int, low: float) -> None:
    figure = interval(np.ones(count))
    assert (figure.value, figure.high) == (1, 1)
    assert figure.low == pytest.approx(low, abs=1e-4)
    assert interval(np.zeros(count)).high == pytest.approx(1 - low, abs=1e-4)
    assert interval(np.ones(100), [0] * 100).low == pytest.approx(0.025)


def test_a_statistic_that_is_no_mean() -> None:
    values = np.arange(101, dtype=float)
    figure = interval_of(lambda rows: float(np.median(values[rows])), 101)
    assert figure.value == 50
    assert figure.low is not None
    assert figure.high is not None
    assert 30 < figure.low < 50 < figure.high < 70
    assert interval_of(lambda rows: float("nan"), 5).value is None
    assert interval_of(lambda rows: 1.0, 0).n == 0


def test_a_centred_interval_holds_its_own_value() -> None:
    values = np.random.default_rng(8).normal(0, 1, 60)

    def spread(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        return abs(float(values[rows].mean()))  # resampling makes it larger

    plain, centred = interval_of(spread, 60), interval_of(spread, 60, centred=True)
    assert plain.high is not None
    assert centred.high is not None
    assert centred.high < plain.high
    assert centred.low is not None
    assert centred.value is not None
    assert centred.low <= centred.value <= centred.high


def test_the_test_agrees_with_scipy() -> None:
    generator = np.random.default_rng(2)
    before = generator.random(60)
    after = before + generator.normal(0.05, 0.2, 60)
    result = paired_means(before, after)
    expected = permutation_test(
        (before, after),
        lambda x, y, axis: np.mean(y, axis=axis) - np.mean(x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        rng=1,
    )
    assert result.difference.value == pytest.approx(expected.statistic, abs=1e-6)
    assert result.p == pytest.approx(expected.pvalue, abs=0.02)


@pytest.mark.parametrize(("better", "worse"), [(1, 0), (9, 1), (7, 0), (3, 3), (40, 12)])
def test_rights_and_wrongs_are_mcnemars(better: int, worse: int) -> None:
    before = np.array([0.0] * better + [1.0] * worse + [1.0] * 30)
    after = np.array([1.0] * better + [0.0] * worse + [1.0] * 30)
    expected = binomtest(better, better + worse).pvalue
    assert paired_means(before, after).p == pytest.approx(expected, abs=0.01)


def test_few_questions_are_never_significant() -> None:
    for count in (1, 2, 3, 4, 5):
        result = paired_means(np.ones(count), np.full(count, -1.0))
        assert result.p == 2 / 2**count
        assert result.difference.value == -2


def test_a_cluster_swaps_as_one() -> None:
    before, after = np.zeros(30), np.ones(30)
    assert paired_means(before, after, [number // 10 for number in range(30)]).p == 0.25


def test_false_alarms_stay_at_their_level() -> None:
    generator = np.random.default_rng(9)
    alarms = 0
    for _ in range(300):
        before, after = (generator.random((2, 12)) < 0.5).astype(float)
        alarms += paired_means(before, after).p < 0.05
    assert alarms <= 20


def test_measures_that_apply_to_other_questions() -> None:
    before, after = values_of([1.0, None, 0.0, 1.0]), values_of([None, 1.0, 0.0, 1.0])
    result = paired_means(before, after)
    assert result.difference.value == 0
    assert result.p == 1
    assert paired_means(values_of([None]), values_of([1.0])).difference.n == 0


def test_statistics_are_swapped_in_whole_clusters() -> None:
    both = np.concatenate([np.zeros(24), np.ones(24)])

    def mean(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        return float(both[rows].mean())

    assert paired_statistics(mean, 24, [number // 8 for number in range(24)]).p == 0.25
    result = paired_statistics(mean, 24)
    assert result.difference.value == 1
    assert result.p == pytest.approx(0.001, abs=0.0005)


def test_the_same_is_not_tested() -> None:
    values = np.random.default_rng(2).random(50)
    result = paired_means(values, values)
    assert (result.difference.value, result.p, result.testable) == (0, 1, False)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
