"""What times a question asks about, and whether an article tells of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests_support import article

from index.build import ingest
from index.config import Config
from index.embed import Embedder
from index.periods import period
from index.search import Index
from rag.decide import features_of
from rag.evidence import gather
from rag.periods import periods_of, tells_of
from rag.question import prepare

TODAY = date(2026, 5, 20)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What did they sign between 2014 and 2016?", date(2014, 1, 1), date(2016, 12, 31)),
        ("ماذا وقعوا بين عامي 2014 و2016؟", date(2014, 1, 1), date(2016, 12, 31)),
        ("كم رحلة سُيرت بين خريف ٢٠١٩ وصيف ٢٠٢٠؟", date(2019, 1, 1), date(2020, 12, 31)),
        ("من بداية 2020 إلى نهاية 2021 ماذا جرى؟", date(2020, 1, 1), date(2021, 12, 31)),
        ("Who came from 3 May 2023 to 5 June 2024?", date(2023, 5, 3), date(2024, 6, 5)),
        ("Since the start of 2024, who was jailed?", date(2024, 1, 1), TODAY),
        ("كم حاجا جاء منذ عام 2024؟", date(2024, 1, 1), TODAY),
        ("Who led it after 2019?", date(2019, 1, 1), date.max),
        ("من زار موسكو قبل عام 2020؟", date.min, date(2020, 12, 31)),
        ("What happened in Libya last month?", date(2026, 4, 1), date(2026, 4, 30)),
        ("ماذا حدث في ليبيا الشهر الماضي؟", date(2026, 4, 1), date(2026, 4, 30)),
        ("ما الذي جرى أمس؟", date(2026, 5, 19), date(2026, 5, 19)),
        ("Who won in July 2023?", date(2023, 7, 1), date(2023, 7, 31)),
    ],
)
def test_a_question_asks_about_a_period(question: str, first: date, last: date) -> None:
    (found,) = periods_of(question, TODAY)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "question",
    [
        "Who bought 40 buses?",
        "What happened on Sunday?",
        "ماذا يفعل اليوم؟",
        "Why is 6 June the day of the language?",
    ],
)
def test_what_names_no_period_asks_about_none(question: str) -> None:
    assert periods_of(question, TODAY) == []


def test_two_dates_that_are_no_range_are_two_periods() -> None:
    found = periods_of("How many came in 2023, and how many in 2025?", TODAY)
    assert [each.first.year for each in found] == [2023, 2025]


def test_a_number_within_a_period_is_no_number_of_its_own(embedder: Embedder, home: Config) -> None:
    """An article from the period answers, though it has none of the question's years."""
    path = home.home.parent / "lander.md"
    path.write_text(
        "---\ntitle: The lander\npublished: 2019-09-08\n---\nThe Indian lander crashed.\n",
        "utf-8",
    )
    ingest([path], home, lambda: embedder)
    index = Index.open(home, lambda: embedder)
    missing = [
        features_of(question, gather(index, question))["numbers_missing"]
        for question in map(
            prepare,
            (
                "What happened to the Indian lander between 2018 and 2020?",
                "What happened to the Indian lander between 2021 and 2022?",
                "What happened to the Indian lander in 2019?",
                "What happened to the 12 Indian landers in 2019?",
            ),
        )
    ]
    assert missing == [0, 1, 0, 0.5]


def test_an_article_tells_of_a_period_it_is_from_or_names() -> None:
    item = replace(article("It crashed on 7 September 2019."), published=date(2023, 8, 24))
    asked = [
        period(date(2018, 1, 1), date(2020, 12, 31)),
        period(date(2023, 8, 1), date(2023, 8, 31)),
        period(date(2021, 1, 1), date(2022, 12, 31)),
    ]
    assert list(tells_of(item, asked)) == [True, True, False]
