"""What the library shows, without a browser, and the words of all rooms."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_render import HOSTILE, assert_harmless, both_languages, plain

from index.rows import ArticleSummary
from index.types import Language, Refusal
from index.writer import Summary
from ui.hidden import KINDS, hidden_in
from ui.listing import matching
from ui.render import OTHER
from ui.render_library import (
    added_html,
    adding_html,
    counts_html,
    list_html,
    months_of,
    said_html,
)
from ui.strings import WORDS, Words, count_of_articles
from ui.strings_rooms import MEASURES, ROOMS, RoomWords

ROOT = Path(__file__).parents[1]


def listed(
    id: str,  # noqa: A002
    title: str = "",
    language: Language = "en",
    published: date | None = None,
    source: str = "",
) -> ArticleSummary:
    """One article of a collection."""
    return ArticleSummary(id, title, language, published, source, 3)


def rows(fragment: str) -> dict[str, str]:
    """The lines of all tables: what is counted, and how many."""
    found = re.findall(r"<tr><th[^>]*>(.*?)</th><td>(.*?)</td></tr>", fragment)
    return {plain(name): plain(number) for name, number in found}


@pytest.mark.parametrize("words", [WORDS, ROOMS], ids=["words", "rooms"])
def test_every_word_of_the_page_exists_in_both_languages(
    words: dict[Language, Words] | dict[Language, RoomWords],
) -> None:
    for field in fields(words["ar"]):
        arabic, english = (getattr(words[language], field.name) for language in OTHER)
        if field.name == "other_language":
            arabic, english = english, arabic
        assert re.search(r"[\u0620-\u064A]", arabic), field.name
        assert not re.search(r"[\u0620-\u064A]", english), field.name
        if not field.name.startswith("count_"):
            found = [re.findall(r"{\w+}", text) for text in (arabic, english)]
            assert sorted(found[0]) == sorted(found[1]), field.name
    assert list(MEASURES["ar"]) == list(MEASURES["en"])
    assert all(re.search(r"[\u0620-\u064A]", name) for name in MEASURES["ar"].values())


def words_said() -> set[str]:
    """The fields that the page takes from its words, anywhere."""
    said: set[str] = set()
    for path in (ROOT / "ui").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="words"), attr=name):
                    said.add(name)
                case ast.Attribute(
                    value=ast.Subscript(value=ast.Name(id="WORDS" | "ROOMS")), attr=name
                ):
                    said.add(name)
                case ast.Call(func=ast.Name(id="in_both"), args=[ast.Constant(value=str(name))]):
                    said.add(name)
    return said


def test_the_page_says_every_word_that_it_has() -> None:
    known = {field.name for words in (Words, RoomWords) for field in fields(words)}
    assert known - words_said() == set()


@both_languages
def test_articles_are_counted_by_language_and_source(language: Language) -> None:
    articles = [
        listed("a", source="Desk"),
        listed("b", source="Desk", language="ar"),
        listed("c", source="الميناء"),
        listed("d"),
    ]
    assert rows(counts_html(articles, language)) == {
        WORDS[language].arabic: "1",
        WORDS[language].english: "3",
        "Desk": "2",
        "الميناء": "1",
        ROOMS[language].no_source: "1",
    }
    assert rows(counts_html([], language)) == {}


def test_the_sources_that_are_not_named_are_counted_together() -> None:
    articles = [listed(f"{n}-{i}", source=f"Desk {n}") for n in range(15) for i in range(20 - n)]
    found = rows(counts_html(articles, "en"))
    assert found.pop("English") == str(len(articles)) == str(sum(map(int, found.values())))
    assert len(found) == 13
    assert (found["Desk 0"], found["Desk 11"], found["Other sources"]) == ("20", "9", "21")


def test_every_month_is_there_from_the_first_to_the_last() -> None:
    days = [date(2023, 11, 30), None, date(2024, 2, 1), date(2023, 11, 1), date(2024, 2, 29)]
    assert months_of([listed(str(n), published=day) for n, day in enumerate(days)]) == [
        (date(2023, 11, 1), 2),
        (date(2023, 12, 1), 0),
        (date(2024, 1, 1), 0),
        (date(2024, 2, 1), 2),
    ]
    assert months_of([listed("a")]) == months_of([]) == []


@settings(deadline=None)
@given(st.lists(st.dates(date(1990, 1, 1), date(2040, 1, 1)), min_size=1, max_size=4))
def test_months_follow_one_another_and_lose_no_article(days: list[date]) -> None:
    months = months_of([listed(str(n), published=day) for n, day in enumerate(days)])
    assert sum(number for _, number in months) == len(days)
    assert all(number == sum(d.replace(day=1) == month for d in days) for month, number in months)
    counted = [12 * month.year + month.month for month, _ in months]
    assert counted == list(range(counted[0], counted[0] + len(counted)))


def test_the_last_month_of_all_is_a_month() -> None:
    assert months_of([listed("a", published=date.max)]) == [(date(9999, 12, 1), 1)]
    assert "9999-12: 1" in counts_html([listed("a", published=date.max)], "en")


@both_languages
def test_the_plot_says_in_words_what_it_shows(language: Language) -> None:
    days = [date(2023, 11, 30), date(2024, 2, 1), date(2024, 2, 2), None]
    fragment = counts_html([listed(str(n), published=d) for n, d in enumerate(days)], language)
    (label,) = re.findall(r'role="img" direction="ltr" aria-label="(.*?)"', fragment)
    assert label == f"{ROOMS[language].by_month}: 2023-11: 1; 2024-02: 2"
    assert re.findall("<title>(.*?)</title>", fragment) == ["2023-11: 1", "2024-02: 2"]
    heights = [float(height) for height in re.findall(r'<rect .*? height="(.*?)">', fragment)]
    assert heights[1] == 2 * heights[0] > 0
    assert re.findall("<text .*?>(.*?)</text>", fragment) == ["2024"]
    assert f"{ROOMS[language].undated}: <bdi>1</bdi>" in fragment


def test_a_plot_within_a_year_names_it_and_one_of_nothing_is_not_there() -> None:
    months = [listed(str(month), published=date(2024, month, 5)) for month in (3, 5)]
    assert re.findall("<text .*?>(.*?)</text>", counts_html(months, "en")) == ["2024"]
    assert "<svg" not in counts_html([listed("a")], "en")
    years = [listed(str(year), published=date(year, 6, 5)) for year in (1900, 2024)]
    assert 8 <= counts_html(years, "en").count("<text") <= 12


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", "museum ship-2 harbour"),
        ("  ", "museum ship-2 harbour"),
        ("متحف", "museum"),
        ("المُتْحَف", "museum"),
        ("احمد", "museum"),
        ("ship-2", "ship-2"),
        ("SHIP desk", "ship-2"),
        ("desk ship", "ship-2"),
        ("desk", "ship-2 harbour"),
        ("١١", "harbour"),
        ("ship harbour", ""),
    ],
)
def test_articles_are_found_by_words_however_they_are_spelled(typed: str, found: str) -> None:
    articles = [
        listed("museum", "افتتاح المتحف: أحمد", "ar"),
        listed("ship-2", "The Vessel", source="Desk"),
        listed("harbour", "Quay 11", source="Desk"),
    ]
    assert [each.id for each in matching(articles, typed)] == found.split()


@both_languages
def test_a_listed_article_can_be_read_and_removed(language: Language) -> None:
    words, id_ = ROOMS[language], "news/\u202b'1'.txt"
    day = date(2024, 1, 5)
    fragment = list_html([listed(id_, 'A "ship"', "en", day, "Desk")], "", language)
    read, remove = re.findall(r"<button [^>]*>.*?</button>", fragment)
    assert html.unescape(re.findall(' data-article="(.*?)"', read)[0]) == id_
    assert html.unescape(re.findall(' data-article="(.*?)"', remove)[0]) == id_
    assert "data-open" in read
    assert html.unescape(read).count(f'{words.open}: A "ship"') == 1
    question = words.remove_question.format(title='A "ship"')
    assert html.unescape(re.findall('data-remove="(.*?)"', remove)[0]) == question
    for part in ('A "ship"', "Desk", "2024"):
        assert part in plain(fragment)
    assert "A title" not in list_html([listed("untitled")], "", language)
    assert "untitled" in plain(list_html([listed("untitled")], "", language))


@both_languages
def test_a_long_list_is_cut_and_says_so(language: Language) -> None:
    articles = [listed(str(number), f"Title {number}") for number in range(201)]
    fragment = list_html(articles, "", language)
    assert fragment.count("<li>") == 200
    assert ROOMS[language].shown.format(shown=200, total=201) in fragment
    assert count_of_articles(201, language) in plain(fragment)
    fragment = list_html(articles, "title 200", language)
    assert fragment.count("<li>") == 1
    assert "class='quiet'>" + ROOMS[language].shown[:4] not in fragment
    assert count_of_articles(1, language) in plain(fragment)


@both_languages
def test_adding_shows_how_far_it_is(language: Language) -> None:
    fragment = adding_html(3, 4, language)
    assert plain(fragment) == ROOMS[language].adding.format(done=3, total=4)
    assert "width: 75%" in fragment
    assert "width: 0%" in adding_html(0, 0, language)


@both_languages
def test_what_was_added_is_told_by_what_became_of_it(language: Language) -> None:
    words = ROOMS[language]
    refused = (Refusal("upload:picture.png", "Its ending '.png' is not known."),)
    summary = Summary(("a", "ب"), ("c",), ("d",), refused=refused, copies={"ب": "a"})
    fragment = added_html(summary, language)
    seen = plain(fragment)
    assert f"{words.added} (2): a, ب" in seen
    assert f"{words.changed} (1): c" in seen
    assert f"{words.unchanged} (1): d" in seen
    assert words.copy_of.format(copy="ب", original="a") in seen
    assert f"{words.refused} (1)picture.pngIts ending '.png' is not known." in seen
    assert "arrival failed" in fragment
    hidden = added_html(Summary(("a",), hidden={"a": {"size": 7, "display": 30}}), language)
    assert hidden_in("a", {"display": 30, "size": 7}, language) in plain(hidden)
    assert f"{KINDS[language]['display']} (30)" in plain(hidden)
    fragment = added_html(Summary(("a",)), language)
    assert plain(fragment) == f"{words.added} (1): a"
    assert "failed" not in fragment


def test_one_thing_is_said_in_its_own_direction() -> None:
    assert said_html("حُذفت.", "en") == (
        '<div class="arrival" role="status"><p lang="ar" dir="rtl">حُذفت.</p></div>'
    )
    assert "arrival failed" in said_html("No.", "ar", problem=True)


def summary_of(text: str) -> Summary:
    """What adding did, all of whose words are that text."""
    ids = (text,)
    return Summary(
        ids,
        ids,
        ids,
        refused=(Refusal(text, text),),
        copies={text: text},
        hidden={text: {text: 1, "display": 2}},
    )


SHOWS: dict[str, Callable[[str, Language], str]] = {
    "counts": lambda text, page: counts_html([listed(text, text, source=text)], page),
    "list": lambda text, page: list_html([listed(text, text, source=text)], "", page),
    "untitled": lambda text, page: list_html([listed(text)], "", page),
    "added": lambda text, page: added_html(summary_of(text), page),
    "said": lambda text, page: said_html(text, page, problem=True),
}


@both_languages
@pytest.mark.parametrize("text", [HOSTILE, '" onclick="a()', "' x='", "<b>", "{0} {title} %s"])
def test_nothing_that_is_shown_is_read_as_html(text: str, language: Language) -> None:
    for show in SHOWS.values():
        assert_harmless(show(text, language), show("plain", language))


@settings(deadline=None)
@given(st.text(st.sampled_from("<>\"'&;=/ a1[]{}*«»“”ا\n\x00\x0b\u202e\ud800"), max_size=12))
def test_no_text_becomes_html(text: str) -> None:
    for show in SHOWS.values():
        assert_harmless(show(text, "ar"), show("plain", "ar"))
