"""Names of months in the four ways that articles write them."""

from __future__ import annotations

import pytest

from index.months import months


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("في 10 آب 2020", {8}),
        ("سبتمبر/أيلول", {9}),
        ("5 جويلية و30 غشت ثم جانفي", {7, 8, 1}),
        ("بين كانون الثاني وكانون الأول", {1, 12}),
        ("حتى مايو، وفي أبريل أو نيسان", {5, 4}),
        ("on 7 May 2025 and May 8", {5}),
        ("In March 2017 they may march on", {3}),
        ("1 May, 2 March", {5, 3}),
        ("مارس الرياضة في مارس 2017", {3}),
        ("مارس الرياضة", set()),
        ("أب العائلة", set()),
        ("she may leave", set()),
        ("no month", set()),
    ],
)
def test_months(text: str, expected: set[int]) -> None:
    assert months(text) == expected
