"""Every measure's arithmetic, and agreement with the libraries that define it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, ndcg_score

from eval.metrics import (
    answer_recall,
    calibration_bins,
    calibration_error,
    citation_precision,
    citation_recall,
    coverage_area,
    coverage_curve,
    exact_match,
    f1,
    kappa,
    normalized,
    numbers_agree,
    refusal_at,
    retrieval_scores,
    token_f1,
    token_recall,
)

UNIT = st.floats(0, 1)


def test_retrieval_by_hand() -> None:
    scores = retrieval_scores(["x", "right", "y", "also", "z"], {"right", "also", "absent"})
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert scores["ndcg@10"] == pytest.approx(gained / ideal)
    assert scores["mrr@10"] == 1 / 2
    assert scores["recall@1"] == 0
    assert scores["recall@5"] == pytest.approx(2 / 3)
    assert scores["recall@100"] == pytest.approx(2 / 3)


def test_nothing_found_is_zero_not_an_error() -> None:
    assert set(retrieval_scores([], {"a"}).values()) == {0.0}


@settings(max_examples=60, deadline=None)
@given(st.permutations([f"d{n}" for n in range(12)]), st.sets(st.integers(0, 11), min_size=1))
def test_retrieval_agrees_with_scikit_learn_and_the_definition(
    ranking: Sequence[str], numbers: set[int]
) -> None:
    relevant = {f"d{n}" for n in numbers}
    scores = retrieval_scores(ranking, relevant)
    gains = [[float(id_ in relevant) for id_ in ranking]]
    order = [[float(-place) for place in range(len(ranking))]]
    assert scores["ndcg@10"] == pytest.approx(ndcg_score(gains, order, k=10))
    first = next(place for place, id_ in enumerate(ranking, 1) if id_ in relevant)
    assert scores["mrr@10"] == pytest.approx(1 / first if first <= 10 else 0)
    for depth in (1, 5, 10, 100):
        found = len(relevant & set(ranking[:depth]))
        assert scores[f"recall@{depth}"] == pytest.approx(found / len(relevant))


def test_answers_are_compared_without_articles_and_spelling() -> None:
    assert normalized("The  Suez Canal, in Egypt.") == ["suez", "canal", "in", "egypt"]
    assert normalized("القاهرةُ ٢٠٢٣") == normalized("قاهره 2023")
    assert exact_match("في القاهرة", ["القاهرة"]) == 0
    assert exact_match("القاهرة.", ["مصر", "القاهره"]) == 1
    assert exact_match("3,958 people", ["3958 people"]) == 1
    assert exact_match("anything", []) is None


def test_token_f1_by_hand() -> None:
    # two of three words said are among the four accepted: P 2/3, R 2/4
    assert token_f1("seven red ships", ["red ships of Egypt"]) == pytest.approx(
        2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4)
    )
    assert token_f1("nothing shared", ["else"]) == 0
    assert token_f1("سبع سفن", ["ست سفن", "سبع سفن"]) == 1
    assert token_f1("anything", []) is None


def test_answer_recall_wants_whole_words_in_order() -> None:
    assert answer_recall("It weighs 83 tonnes in all.", ["83 tonnes"]) == 1
    assert answer_recall("It weighs 183 tonnes.", ["83 tonnes"]) == 0
    assert answer_recall("tonnes 83", ["83 tonnes"]) == 0
    assert answer_recall("بلغ ١٢٠٠ قتيل", ["1200"]) == 1


def test_token_recall_by_hand() -> None:
    assert token_recall("It was a dispute about money.", ["a dispute over compensation"]) == 1 / 3
    assert token_recall("العاصمة التونسية", ["في العاصمه تونس"]) == pytest.approx(2 / 3)
    assert token_recall("in May 1999", ["May 1998", "June 1999"]) == 0.5
    assert token_recall("in May", ["May 1998"]) == 0
    assert token_recall("anything", []) is None


def test_numbers_and_months_agree_across_scripts() -> None:
    assert numbers_agree("قتل ٣٩٥٨ شخصا في أيلول", ["3,958 died in September"]) == 1
    assert numbers_agree("3958 died in May 2023", ["3,958 died in September"]) == pytest.approx(
        1 / 3
    )
    assert numbers_agree("no figure at all", ["12"]) is None


def test_f1_by_hand() -> None:
    assert f1(0.5, 0.25) == pytest.approx(1 / 3)
    assert f1(0, 0) == 0


def test_coverage_curve_by_hand() -> None:
    covered, share = coverage_curve(np.array([0.2, 0.9, 0.6]), np.array([1.0, 1.0, 0.0]))
    assert covered.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert share.tolist() == pytest.approx([1, 1 / 2, 2 / 3])
    area = coverage_area(np.array([0.2, 0.9, 0.6]), np.array([1.0, 1.0, 0.0]))
    assert area == pytest.approx((1 + 1 / 2 + 2 / 3) / 3)


@settings(deadline=None)
@given(st.lists(st.tuples(UNIT, st.booleans()), min_size=1, max_size=40), st.randoms())
def test_the_curve_does_not_depend_on_the_order_of_ties(
    rows: list[tuple[float, bool]], random: object
) -> None:
    rounded = [(round(p, 1), float(right)) for p, right in rows]
    shuffled = list(rounded)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    areas = [coverage_area(*np.array(each).T) for each in (rounded, shuffled)]
    assert areas[0] == pytest.approx(areas[1])
    _, share = coverage_curve(*np.array(rounded).T)
    assert share[-1] == pytest.approx(np.mean([right for _, right in rounded]))


def test_refusal_at_a_share_of_answers_by_hand() -> None:
    """At 0.9 nine of ten are answered, the unlikeliest of them at 0.2: below that is refused."""
    answerable = np.array([0.9, 0.9, 0.8, 0.8, 0.7, 0.7, 0.6, 0.5, 0.2, 0.1])
    unanswerable = np.array([0.95, 0.2, 0.19, 0.0])
    assert refusal_at(answerable, unanswerable, 0.9) == 0.5
    assert refusal_at(answerable, unanswerable, 1.0) == 0.25
    assert refusal_at(answerable, unanswerable, 0.0) == 0.75


@given(st.lists(UNIT, min_size=1, max_size=20), st.lists(UNIT, min_size=1, max_size=20), UNIT)
def test_as_much_is_answered_as_was_asked_for(
    answerable: list[float], unanswerable: list[float], answered: float
) -> None:
    """Asking for more answers never refuses more; whatever is alike is told apart by nothing."""
    likely, rest = np.array(answerable), np.array(unanswerable)
    assert refusal_at(likely, rest, answered) >= refusal_at(likely, rest, 1.0)
    assert refusal_at(likely, likely, answered) <= 1 - answered + 1e-9


def test_calibration_error_by_hand() -> None:
    # twenty questions, ten bins of two: each bin says 0.8 and is right for one of two
    probabilities, right = np.full(20, 0.8), np.array([1.0, 0.0] * 10)
    assert calibration_error(probabilities, right) == pytest.approx(0.3)
    assert [n for *_, n in calibration_bins(probabilities, right)] == [2] * 10
    assert calibration_error(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=30))
def test_kappa_agrees_with_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    first, second = zip(*pairs, strict=True)
    if len({*first, *second}) == 1:
        assert math.isnan(kappa(first, second))
    else:
        assert kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))


def test_citations_by_alce() -> None:
    assert citation_recall([True, False]) == 0.5
    assert citation_recall([]) is None
    alone = {"together": True, "alone": True, "others": False}
    needed = {"together": True, "alone": False, "others": False}
    idle = {"together": True, "alone": False, "others": True}
    false = {"together": False, "alone": False, "others": False}
    assert citation_precision([alone, needed, idle, false]) == 0.5
    assert citation_precision([]) is None
