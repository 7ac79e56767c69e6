"""What the page shows, without a browser."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date

import pytest

from index.rows import ArticleSummary
from index.types import Language
from rag.types import Answer, Citation
from ui.arrival import Arrival
from ui.render import (
    Turn,
    announcement,
    arrival_html,
    citations_html,
    conversation_html,
    examples,
    header_html,
    history_of,
)
from ui.strings import SAMPLE_QUESTIONS, WORDS, count_of_articles


def citation(marker: int) -> Citation:
    """A quotation from some English article."""
    day = date(2021, 7, 8)
    return Citation(
        marker, "ship", "A ship", "", "Desk", day, "en", f"The ship left {marker}.", 0, 16
    )


def answered(text: str = "The ship left [1].", language: Language = "en") -> Answer:
    """An answer with one citation that took 0.25 seconds."""
    return Answer("answered", text, language, (citation(1),), seconds={"total": 0.25})


def summary(id: str, language: Language, day: int | None = 1) -> ArticleSummary:  # noqa: A002
    """An article of January 2024."""
    published = date(2024, 1, day) if day else None
    return ArticleSummary(id, f"Title {id}", language, published, "Desk", 3)


DONE = Turn("When did the ship leave?", answered(), phase="done")


def test_every_word_of_the_page_exists_in_both_languages() -> None:
    for field in fields(WORDS["ar"]):
        arabic, english = getattr(WORDS["ar"], field.name), getattr(WORDS["en"], field.name)
        assert re.search(r"[\u0620-\u064A]", arabic), field.name
        assert arabic != english
        assert set(re.findall(r"{\w+}", arabic)) <= set(re.findall(r"{\w+}", english))


@pytest.mark.parametrize(
    ("number", "arabic", "english"),
    [
        (0, "لا مقالات بعد", "no articles yet"),
        (1, "مقالة واحدة", "1 article"),
        (2, "مقالتان", "2 articles"),
        (5, "5 مقالات", "5 articles"),
        (16, "16 مقالة", "16 articles"),
        (103, "103 مقالات", "103 articles"),
        (200, "200 مقالة", "200 articles"),
    ],
)
def test_articles_are_counted_as_the_language_counts(
    number: int, arabic: str, english: str
) -> None:
    assert count_of_articles(number, "ar") == arabic
    assert count_of_articles(number, "en") == english


def test_the_header_says_how_much_there_is_and_from_when() -> None:
    header = header_html([summary("a", "en", 9), summary("b", "ar", 2), summary("c", "ar", None)])
    assert 'datetime="2024-01-02"' in header
    assert 'datetime="2024-01-09"' in header
    assert "articles" in header
    assert "مقالات" in header


def test_history_is_the_answered_part_of_the_conversation() -> None:
    failed = Turn("And then?", problem="It broke.", phase="done")
    assert history_of((DONE, failed)) == [
        {"role": "user", "content": "When did the ship leave?"},
        {"role": "assistant", "content": "The ship left [1]."},
    ]


def test_sample_articles_bring_their_questions() -> None:
    samples = [summary(article, "ar") for article, _ in SAMPLE_QUESTIONS]
    assert examples(samples) == [question for _, question in SAMPLE_QUESTIONS]


def test_other_articles_are_asked_about_by_title_in_both_languages() -> None:
    made = examples([*(summary(f"e{n}", "en") for n in range(5)), summary("a0", "ar")])
    assert len(made) == 4
    assert sum("ماذا" in question for question in made) == 1
    assert "What do the articles say about “Title e0”?" in made


def test_an_empty_conversation_offers_examples_and_escapes_them() -> None:
    welcome = conversation_html((), ['متى "فتح" <المتحف>؟'])
    assert 'data-question="متى &quot;فتح&quot; &lt;المتحف&gt;؟"' in welcome
    assert 'dir="rtl"' in welcome


def test_a_running_turn_shows_that_it_runs() -> None:
    assert WORDS["ar"].searching in conversation_html((Turn("متى غادرت السفينة؟"),))
    growing = Turn("When?", answered())
    assert 'class="growing"' in conversation_html((growing,))
    assert announcement((growing,)) == ""
    assert "The ship left" in announcement((DONE,))


def test_the_latest_cards_stand_beside_and_the_older_ones_below_their_answer() -> None:
    turns = (DONE, DONE)
    assert re.findall(r'id="(citation-\d-\d)"', citations_html(turns)) == ["citation-2-1"]
    conversation = conversation_html(turns)
    assert re.findall(r'id="(citation-\d-\d)"', conversation) == ["citation-1-1"]
    assert re.findall(r'href="#(citation-\d-\d)"', conversation) == ["citation-1-1", "citation-2-1"]


def test_a_question_of_a_person_is_never_html() -> None:
    page = conversation_html((Turn("<img src=x onerror=alert(1)> ${alert(1)} {{x}}"),))
    assert "<img" not in page


def test_a_problem_is_shown_below_what_was_already_answered() -> None:
    turn = Turn("When?", answered(), "The model <b>broke</b>.", phase="done")
    page = conversation_html((turn,))
    assert "The ship left" in page
    assert "The model &lt;b&gt;broke&lt;/b&gt;." in page
    assert WORDS["en"].failed in page


def test_a_stopped_answer_says_so() -> None:
    turns = (Turn("When?", answered(), phase="stopped"),)
    assert WORDS["en"].stopped in conversation_html(turns)
    assert WORDS["en"].stopped in announcement(turns)


def test_what_made_an_answer_and_how_long_it_took_is_told() -> None:
    assert "0.25" in conversation_html((DONE,))
    assert WORDS["en"].by_quotations in conversation_html((DONE,))


def test_no_news_of_the_model_is_nothing() -> None:
    assert arrival_html(Arrival()) == ""


def test_the_model_on_its_way_shows_how_far_it_is() -> None:
    fragment = arrival_html(Arrival(active=True, done=370, total=1000))
    assert fragment.count(">37%<") == 2
    assert "width: 37%" in fragment
    assert "0%" in arrival_html(Arrival(active=True))


def test_a_model_that_does_not_come_says_why() -> None:
    fragment = arrival_html(Arrival(problem="No space. Set DALIL_CACHE to <another> disk."))
    assert "&lt;another&gt;" in fragment
    assert WORDS["ar"].arrival_failed in fragment
    assert WORDS["en"].arrival_failed in fragment
