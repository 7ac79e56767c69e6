"""Dates in text: where they stand, and which days they are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dates import dates
from index.numbers import numbers
from index.periods import Dated

PUBLISHED = date(2023, 9, 28)
"""A Thursday."""


@pytest.mark.parametrize(
    ("text", "said", "first", "last"),
    [
        ("في 26 سبتمبر 2023 زار", "26 سبتمبر 2023", "2023-09-26", "2023-09-26"),
        ("وفي ٢٦/٩/٢٠٢٣ زار", "٢٦/٩/٢٠٢٣", "2023-09-26", "2023-09-26"),
        ("on 2023-09-26", "2023-09-26", "2023-09-26", "2023-09-26"),
        ("am 26.9.2023", "26.9.2023", "2023-09-26", "2023-09-26"),
        ("9/26/2023", "9/26/2023", "2023-09-26", "2023-09-26"),
        ("26 أيلول/سبتمبر 2023", "26 أيلول/سبتمبر 2023", "2023-09-26", "2023-09-26"),
        ("7 أكتوبر (تشرين الأول) 2023", "7 أكتوبر (تشرين الأول) 2023", "2023-10-07", "2023-10-07"),
        ("وفي تشرين الثاني/نوفمبر 2022", "تشرين الثاني/نوفمبر 2022", "2022-11-01", "2022-11-30"),
        ("5 جويلية 1962", "5 جويلية 1962", "1962-07-05", "1962-07-05"),
        ("30 غشت 2021", "30 غشت 2021", "2021-08-30", "2021-08-30"),
        (
            "السادس والعشرين من سبتمبر 2023",
            "السادس والعشرين من سبتمبر 2023",
            "2023-09-26",
            "2023-09-26",
        ),
        (
            "الحادي عشر من سبتمبر عام 2001",
            "الحادي عشر من سبتمبر عام 2001",
            "2001-09-11",
            "2001-09-11",
        ),
        ("on September 26, 2023,", "September 26, 2023", "2023-09-26", "2023-09-26"),
        ("the 26th of September 2023", "26th of September 2023", "2023-09-26", "2023-09-26"),
        ("In May 2021", "May 2021", "2021-05-01", "2021-05-31"),
        ("15 رمضان 1444 هـ", "15 رمضان 1444 هـ", "2023-04-06", "2023-04-06"),
        ("في رمضان 1444", "رمضان 1444", "2023-03-23", "2023-04-20"),
        ("عام 1445هـ", "1445هـ", "2023-07-19", "2024-07-06"),
        ("منذ عام 2019", "2019", "2019-01-01", "2019-12-31"),
        ("in 2011", "2011", "2011-01-01", "2011-12-31"),
        ("the 1990s", "1990s", "1990-01-01", "1999-12-31"),
        ("وقال أمس إنه", "أمس", "2023-09-27", "2023-09-27"),
        ("أول من أمس", "أول من أمس", "2023-09-26", "2023-09-26"),
        ("He said yesterday", "yesterday", "2023-09-27", "2023-09-27"),
        ("وصل الثلاثاء إلى", "الثلاثاء", "2023-09-26", "2023-09-26"),
        ("الخميس الماضي", "الخميس الماضي", "2023-09-21", "2023-09-21"),
        ("يوم الأحد المقبل", "يوم الأحد المقبل", "2023-10-01", "2023-10-01"),
        ("on Sunday", "on Sunday", "2023-09-24", "2023-09-24"),
        ("next Monday", "next Monday", "2023-10-02", "2023-10-02"),
        ("الأسبوع الماضي", "الأسبوع الماضي", "2023-09-18", "2023-09-24"),
        ("الشهر الجاري", "الشهر الجاري", "2023-09-01", "2023-09-30"),
        ("last year", "last year", "2022-01-01", "2022-12-31"),
        ("قبل ثلاثة أيام", "قبل ثلاثة أيام", "2023-09-25", "2023-09-25"),
        ("قبل شهرين", "قبل شهرين", "2023-07-01", "2023-07-31"),
        ("two years ago", "two years ago", "2021-01-01", "2021-12-31"),
    ],
)
def test_a_date_is_found_where_it_stands(text: str, said: str, first: str, last: str) -> None:
    (found,) = dates(text, PUBLISHED)
    assert text[found.start : found.end] == said
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert found.has_year


@pytest.mark.parametrize(
    "text",
    [
        "2000 مقاتل",
        "they may leave",
        "مارس الرياضة",
        "31 فبراير 2023",
        "1443 جنديا",
        "a score of 5-3",
        "2,012 dead and 2,059 injured",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates(text, PUBLISHED) == []


@pytest.mark.parametrize(
    ("text", "published", "first"),
    [
        ("26 سبتمبر", date(2023, 9, 28), date(2023, 9, 26)),
        ("26 December", date(2024, 1, 3), date(2023, 12, 26)),
        ("في 3 يناير", date(2023, 12, 20), date(2024, 1, 3)),
        ("29 February", date(2023, 3, 1), date(2024, 2, 29)),
    ],
)
def test_a_year_that_is_not_said_is_the_nearest(text: str, published: date, first: date) -> None:
    (found,) = dates(text, published)
    assert found.first == first
    assert not found.has_year


def test_what_is_counted_from_an_unknown_day_is_no_date() -> None:
    assert dates("قال أمس، ويوم الأحد، والشهر الماضي؛ two years ago, on Sunday, yesterday") == []


def test_several_dates_stand_in_order() -> None:
    text = "بين 2014 و2016، ثم في 26 أيلول/سبتمبر 2023، وأمس."
    assert [text[each.start : each.end] for each in dates(text, PUBLISHED)] == [
        "2014",
        "2016",
        "26 أيلول/سبتمبر 2023",
        "أمس",
    ]


def _one(text: str) -> Dated:
    (found,) = dates(text, PUBLISHED)
    return found


def test_a_day_is_within_its_month_and_its_year_and_not_the_other_way() -> None:
    day, month, year = _one("26/9/2023"), _one("سبتمبر 2023"), _one("in 2023")
    assert day.within(month)
    assert month.within(year)
    assert day.within(_one("26 September 2023"))
    assert not month.within(day)
    assert not day.within(_one("September 2022"))


def test_without_a_year_days_are_compared_in_any() -> None:
    assert _one("26 September").within(_one("26/9/2021"))
    assert _one("26/9/2021").within(_one("September"))
    assert not _one("27 September").within(_one("26/9/2023"))
    assert not _one("26 September").within(_one("in 2023"))


PIECES = (
    *(
        "في",
        "26",
        "سبتمبر",
        "2023",
        "و",
        "١٩",
        "مليون",
        "ونصف",
        "ألفا",
        "مئة",
        "half",
        "a",
        "million",
    ),
    *("and", "1445هـ", "رمضان", "أمس", "next", "Sunday", "last", "31/12/9999", "0/0/0000", "99"),
    *("years", "ago", "قبل", "٩٩", "سنة", "12.5.2020", "1.2.3.4", "¼", "²", "%", "في المئة", "،"),
    *("/", "-", "(", ")"),
)


@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=9).map(" ".join),
    st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2099, 12, 31))),
)
def test_any_text_is_read(text: str, published: date | None) -> None:
    for each in dates(text, published):
        assert 0 <= each.start < each.end <= len(text)
        assert each.first <= each.last
    for number in numbers(text):
        assert 0 <= number.start < number.end <= len(text)


def test_the_same_words_are_another_day_in_another_article() -> None:
    said = "It was on 26 September."
    years = {year: date(year, 10, 1) for year in (2019, 2023)}
    for _ in range(2):
        for year, published in years.items():
            found = dates(said, published)
            assert [each.first for each in found] == [date(year, 9, 26)]
            found.clear()
