"""What the room for questions shows, without a browser."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.rows import ArticleSummary
from index.types import Article, Language
from rag.types import Answer, Citation, Note
from ui.arrival import Arrival
from ui.conversation import Conversation, Turn, as_json, as_markdown, turn_markdown
from ui.render import (
    OTHER,
    announcement,
    arrival_html,
    article_html,
    article_text_html,
    citation_link,
    citations_html,
    conversation_html,
    examples,
    facts_html,
    header_html,
    llm_label,
    no_article_html,
)
from ui.strings import SAMPLE_QUESTIONS, WORDS, count_of_articles

HOSTILE = "</pre></script><script>alert(1)</script><img src=x onerror='a()'>\"&amp;\x00\u202e\ud800"
both_languages = pytest.mark.parametrize("language", list(OTHER))


def citation(marker: int, article: str = "ship") -> Citation:
    """A quotation from some English article."""
    day = date(2021, 7, 8)
    return Citation(
        marker, article, "A ship", "", "Desk", day, "en", f"The ship left {marker}.", 4, 20
    )


def answered(text: str = "The ship left [1].", language: Language = "en") -> Answer:
    """An answer with one citation that took 0.25 seconds."""
    return Answer("answered", text, language, (citation(1),), seconds={"total": 0.25})


def summary(id: str, language: Language, day: int | None = 1) -> ArticleSummary:  # noqa: A002
    """An article of January 2024."""
    published = date(2024, 1, day) if day else None
    return ArticleSummary(id, f"Title {id}", language, published, "Desk", 3)


def article(text: str, **changes: str) -> Article:
    """An English article with that text."""
    whole = {"id": "ship", "origin": "/ship", "title": "A ship", "language": "en", **changes}
    return Article(text=text, **whole)  # type: ignore[arg-type]


def plain(fragment: str) -> str:
    """What a reader sees of a fragment."""
    return html.unescape(re.sub(r"<[^>]*>", "", fragment))


def marked(fragment: str) -> str:
    """What is highlighted, line after line."""
    lines = [re.findall("<mark>(.*?)</mark>", line) for line in fragment.split("<p ")]
    return "\n".join(html.unescape("".join(marks)) for marks in lines if marks)


DONE = Turn("When did the ship leave?", answered(), phase="done")


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


@both_languages
def test_the_header_says_how_much_there_is_from_when_and_leads_to_the_other_language(
    language: Language,
) -> None:
    other: Language = OTHER[language]
    articles = [summary("a", "en", 9), summary("b", "ar", 2), summary("c", "ar", None)]
    header = header_html(articles, language)
    assert 'datetime="2024-01-02"' in header
    assert 'datetime="2024-01-09"' in header
    assert count_of_articles(3, language) in plain(header)
    assert WORDS[language].purpose in plain(header)
    (link,) = re.findall(r"<a [^>]*>[^<]*</a>", header)
    assert f'href="/{other}/" lang="{other}"' in link
    assert plain(link) == WORDS[language].other_language
    assert "{" not in header


def test_the_header_of_few_articles_names_one_day_or_none() -> None:
    assert "of 1 January 2024." in plain(header_html([summary("a", "en")], "en"))
    assert "بتاريخ 1 يناير 2024." in plain(header_html([summary("a", "en")], "ar"))
    assert "<time" not in header_html([summary("a", "en", None)], "en")
    assert "no articles yet" in header_html([], "en")


def test_sample_articles_bring_their_questions() -> None:
    samples = [summary(article, "ar") for article, _ in SAMPLE_QUESTIONS]
    assert examples(samples) == [question for _, question in SAMPLE_QUESTIONS]


def test_other_articles_are_asked_about_by_title_in_both_languages() -> None:
    made = examples([*(summary(f"e{n}", "en") for n in range(5)), summary("a0", "ar")])
    assert len(made) == 4
    assert sum("ماذا" in question for question in made) == 1
    assert "What do the articles say about “Title e0”?" in made
    assert examples([replace(summary("a", "ar"), title="")]) == []


@both_languages
def test_an_empty_conversation_offers_examples_and_escapes_them(language: Language) -> None:
    welcome = conversation_html((), language, ['متى "فتح" <المتحف>؟'])
    assert 'data-question="متى &quot;فتح&quot; &lt;المتحف&gt;؟"' in welcome
    assert 'dir="rtl"' in welcome
    assert WORDS[language].welcome in welcome
    assert "<button" not in conversation_html((), language)


def test_a_running_turn_shows_that_it_runs_and_offers_nothing_yet() -> None:
    assert WORDS["ar"].searching in conversation_html((Turn("متى غادرت السفينة؟"),), "en")
    page = conversation_html((Turn("When?", answered()),), "en")
    assert 'class="growing"' in page
    assert "data-copy" not in page
    assert "data-again" not in page
    assert "download" not in page


def test_a_turn_that_ended_without_an_answer_does_not_seem_to_run() -> None:
    page = conversation_html((Turn("When?", phase="done"),), "en")
    assert WORDS["en"].stopped in page
    assert "waiting" not in page


@both_languages
def test_what_can_be_done_stands_below_a_finished_turn(language: Language) -> None:
    words = WORDS[language]
    page = conversation_html((DONE, DONE), language)
    assert page.count(f'data-copy="{words.copied}">{words.copy}<') == 2
    assert page.count(f"data-again>{words.again}<") == 1
    assert page.index("data-again") > page.index('id="turn-2"')
    (copied, _) = re.findall("<pre hidden>(.*?)</pre>", page, re.DOTALL)
    assert html.unescape(copied) == turn_markdown(DONE)


def test_a_problem_can_be_asked_again_but_not_copied() -> None:
    failed = Turn("When?", problem="It broke.", phase="done")
    page = conversation_html((failed,), "en")
    assert "data-again" in page
    assert "data-copy" not in page
    assert "download" not in page
    assert "actions" not in conversation_html((replace(failed, question=""),), "en")


@both_languages
def test_the_exported_files_hold_the_conversation(language: Language) -> None:
    turns = (DONE, Turn("متى؟ <b>", answered(language="ar"), phase="stopped"))
    page = conversation_html(turns, language)
    links = re.findall(r'download="(.*?)" href="data:(.*?);charset=utf-8;base64,(.*?)"', page)
    files = {name: base64.b64decode(content).decode() for name, _, content in links}
    assert files == {"dalil.md": as_markdown(turns), "dalil.json": as_json(turns)}
    assert [kind for _, kind, _ in links] == ["text/markdown", "application/json"]
    assert len(json.loads(files["dalil.json"])["turns"]) == 2


def test_the_latest_cards_stand_beside_and_the_older_ones_below_their_answer() -> None:
    turns = (DONE, DONE)
    ids = re.compile(r'id="(citation-\d-\d)"')
    assert ids.findall(citations_html(turns, "en")) == ["citation-2-1"]
    conversation = conversation_html(turns, "ar")
    assert ids.findall(conversation) == ["citation-1-1"]
    assert re.findall(r'href="#(citation-\d-\d)"', conversation) == ["citation-1-1", "citation-2-1"]
    (folded,) = re.findall("<details .*?</details>", conversation)
    assert "اقتباسات هذه الإجابة (1)" in plain(folded)
    assert "citation-1-1" in folded


@both_languages
def test_beside_an_answer_without_cards_it_says_so(language: Language) -> None:
    words = WORDS[language]
    assert words.no_quotations_yet in citations_html((), language)
    assert words.no_quotations_yet in citations_html((Turn("When?"),), language)
    none = Turn("When?", replace(answered(), citations=()), phase="done")
    assert words.no_quotations in citations_html((none,), language)
    assert "<details" not in conversation_html((none, DONE), language)


ID = 'news/2024/السفينة و "ship" #1?.txt'


@both_languages
def test_a_card_leads_into_its_article(language: Language) -> None:
    turns = (replace(DONE, answer=replace(answered(), citations=(citation(7, ID),))),)
    card = citations_html(turns, language)
    found = re.search(r'data-article="(.*?)" data-start="(\d+)" data-end="(\d+)"', card)
    assert found is not None
    assert (html.unescape(found[1]), found[2], found[3]) == (ID, "4", "20")
    assert f"data-open>{WORDS[language].open_article}</button>" in card
    assert f'href="{html.escape(citation_link(ID, 4, 20))}"' in card
    assert f">{WORDS[language].link}</a>" in card


def test_an_id_that_holds_what_nobody_sees_still_finds_its_article() -> None:
    hidden = "\u202bتقرير"
    turns = (replace(DONE, answer=replace(answered(), citations=(citation(1, hidden),))),)
    assert f'data-article="{hidden}"' in citations_html(turns, "en")


@pytest.mark.parametrize("id", ["a", ID, "a b", "a%20b", "a?b#c", "؟", "a&start=9", "\ud800"])
def test_a_link_to_a_quotation_names_its_article_and_its_place(id: str) -> None:  # noqa: A002
    parts = urlsplit(citation_link(id, 12, 345))
    readable = id.encode("utf-8", "replace").decode()
    assert unquote(parts.path) == f"/articles/{readable}"
    assert parts.path.isascii()
    assert " " not in parts.path
    assert parse_qs(parts.query) == {"start": ["12"], "end": ["345"]}
    assert parts.fragment == "quotation"


TEXT = "The <ship> left.\nIt carried 11 & more.  \n\n  وصلت السفينة إلى عدن.\r\nNobody knows why."


@settings(deadline=None)
@given(st.integers(-3, len(TEXT) + 3), st.integers(-3, len(TEXT) + 3))
def test_exactly_the_quotation_is_highlighted(start: int, end: int) -> None:
    fragment = article_html(article(TEXT), start, end, "en")
    quotation = TEXT[max(start, 0) : max(end, 0)]
    seen = "".join(marked(fragment).split())
    assert seen == "".join(quotation.split())
    assert "".join(plain(article_text_html(article(TEXT), start, end)).split()) == "".join(
        TEXT.split()
    )


def test_a_quotation_over_several_lines_is_highlighted_in_each() -> None:
    start, end = TEXT.index("left"), TEXT.index(" إلى")
    fragment = article_text_html(article(TEXT), start, end)
    assert marked(fragment) == "left.\nIt carried 11 & more.\n  وصلت السفينة"
    assert re.findall(r'<p lang="(..)"', fragment) == ["en", "en", "ar", "en"]


@both_languages
def test_an_article_says_what_it_is_and_can_be_closed(language: Language) -> None:
    whole = article("متى؟", language="ar", title="", url="https://www.example.org/x", source="Desk")
    fragment = article_html(whole, 0, 0, language)
    assert f">{WORDS[language].close}</button>" in fragment
    assert "<bdi>example.org</bdi>" in fragment
    seen = plain(fragment)
    assert "ship" in seen
    assert "Desk" in seen
    assert "بلا تاريخ" in seen
    assert WORDS[language].cut not in fragment
    assert "<mark>" not in fragment
    missing = no_article_html(language)
    assert WORDS[language].no_article in missing
    assert "data-close" in missing


@both_languages
def test_a_long_article_is_cut_around_its_quotation_and_leads_to_all_of_it(
    language: Language,
) -> None:
    lines = [f"Line {number} is here." for number in range(9_000)]
    text = "\n".join(lines)
    start = text.index("Line 4500 ")
    fragment = article_html(article(text), start, start + 9, language)
    assert marked(fragment) == "Line 4500"
    shown = re.findall(r"Line (\d+)", plain(fragment))
    assert 1_000 < len(shown) < 4_000
    assert shown == [str(number) for number in range(int(shown[0]), int(shown[-1]) + 1)]
    assert WORDS[language].cut in fragment
    assert html.escape(citation_link("ship", start, start + 9)) in fragment
    for place in (0, len(text) - 9):
        fragment = article_html(article(text), place, place + 4, language)
        assert WORDS[language].cut in fragment
        assert len(fragment) < 120_000


def test_a_very_long_line_is_cut_too() -> None:
    text = "word " * 30_000 + "\nShort end."
    start = text.index("word", 70_000)
    fragment = article_html(article(text), start, start + 9, "en")
    assert marked(fragment) == text[start : start + 9]
    assert 39_000 < len(plain(fragment)) < 42_000
    assert marked(article_text_html(article(text), start, start + 9)) == text[start : start + 9]


def hostile_answer(text: str) -> Answer:
    """An answer all of whose words are that text."""
    quoted = replace(citation(1, text), title=text, source=text, url=text, quotation=text)
    note = Note("truncated", text)
    return Answer("partly", text, "en", (quoted,), (note,), llm=text, seconds={"total": 1})


def hostile_turns(text: str) -> Conversation:
    """A conversation all of whose words are that text."""
    done = Turn(text, hostile_answer(text), text, "done")
    return (done, replace(done, phase="stopped", problem=""), replace(done, phase="done"))


SHOWS: dict[str, Callable[[str, Language], str]] = {
    "header": lambda text, page: header_html([replace(summary("a", "en"), title=text)], page),
    "examples": lambda text, page: conversation_html(
        (), page, [text, *examples([replace(summary("a", "en"), title=text)])]
    ),
    "conversation": lambda text, page: conversation_html(hostile_turns(text), page),
    "citations": lambda text, page: citations_html(hostile_turns(text), page),
    "announcement": lambda text, _: announcement(hostile_turns(text)),
    "growing": lambda text, page: conversation_html((Turn(text, hostile_answer(text)),), page),
    "article": lambda text, page: article_html(
        article(text, id=text, title=text, source=text, url=text), 1, 9, page
    ),
    "untitled": lambda text, page: article_html(article(text, id=text, title=""), 0, 9, page),
    "facts": lambda text, _: facts_html(article("", source=text, url=text)),
    "arrival": lambda text, page: arrival_html(Arrival(problem=text), page),
}


class Read(HTMLParser):
    """What a browser makes of a fragment: its elements with their attributes."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.open: list[str] = []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_harmless(fragment: str, like: str) -> None:
    """Whatever its text is, a fragment has no other parts than one `like` it, and can be sent."""
    assert fragment.isascii() or fragment.encode("utf-8")
    read, known = Read(fragment), Read(like)
    assert read.open == []
    assert read.names <= known.names | ALWAYS


ALWAYS = {"a", "p", "b", "bdi", "strong", "mark", "p class"}
ALWAYS |= {f"a {name}" for name in ("href", "class", "aria-label", "target", "rel")}
ALWAYS |= {f"{tag} {name}" for tag in ("p", "bdi") for name in ("lang", "dir")}
"""What a plain text may become: paragraphs, isolated words, links to its quotations or the web."""


@both_languages
@pytest.mark.parametrize("text", [HOSTILE, '" onclick="a()', "' x='", "<b>", "{0} {title} %s"])
def test_nothing_that_is_shown_is_read_as_html(text: str, language: Language) -> None:
    for show in SHOWS.values():
        assert_harmless(show(text, language), show("plain [1]", language))


@settings(deadline=None)
@given(st.text(st.sampled_from("<>\"'&;=/ a1[]{}*«»“”ا\n\x00\x0b\u202e\ud800"), max_size=12))
def test_no_text_becomes_html(text: str) -> None:
    for show in SHOWS.values():
        assert_harmless(show(text, "ar"), show("plain [1]", "ar"))


def test_a_problem_is_shown_below_what_was_already_answered() -> None:
    turn = Turn("When?", answered(), "The model <b>broke</b>.", phase="done")
    page = conversation_html((turn,), "ar")
    assert "The ship left" in page
    assert "The model &lt;b&gt;broke&lt;/b&gt;." in page
    assert WORDS["en"].failed in page


def test_a_stopped_answer_says_so() -> None:
    turns = (Turn("When?", answered(), phase="stopped"),)
    assert WORDS["en"].stopped in conversation_html(turns, "ar")
    assert WORDS["en"].stopped in announcement(turns)


def test_an_answer_is_announced_once_it_is_complete() -> None:
    assert announcement(()) == announcement((DONE, Turn("When?", answered()))) == ""
    assert plain(announcement((DONE,))) == "The ship left [1]."
    failed = Turn("متى؟", answered(), "تعذّر.", phase="done")
    assert announcement((DONE, failed)) == '<p lang="ar" dir="rtl">تعذّر.</p>'


def test_what_made_an_answer_and_how_long_it_took_is_told() -> None:
    page = plain(conversation_html((DONE,), "ar"))
    assert f"{WORDS['en'].by_quotations} · 0.25 s" in page
    drafted = replace(DONE, answer=replace(answered(), llm="qwen3"))
    assert "Language model: qwen3 · 0.25 s" in plain(conversation_html((drafted,), "ar"))
    greeting = replace(DONE, answer=Answer("message", "Hello.", "en"))
    assert WORDS["en"].by_quotations not in conversation_html((greeting,), "ar")


@both_languages
def test_language_models_are_called_by_what_they_are(language: Language) -> None:
    names = [llm_label(name, language) for name in ("quotes", "embedded", "qwen3")]
    assert names == [WORDS[language].llm_quotes, WORDS[language].llm_embedded, "qwen3"]


def test_no_news_of_the_model_is_nothing() -> None:
    assert arrival_html(Arrival(), "en") == ""


@both_languages
def test_the_model_on_its_way_shows_how_far_it_is(language: Language) -> None:
    fragment = arrival_html(Arrival(active=True, done=370, total=1000), language)
    assert WORDS[language].arriving.format(percent="37%") in plain(fragment)
    assert "width: 37%" in fragment
    assert "width: 0%" in arrival_html(Arrival(active=True), language)


@both_languages
def test_a_model_that_does_not_come_says_why(language: Language) -> None:
    problem = "No space. Set DALIL_CACHE to <another> disk."
    fragment = arrival_html(Arrival(problem=problem), language)
    assert "&lt;another&gt;" in fragment
    assert WORDS[language].arrival_failed in fragment
