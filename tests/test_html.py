"""Fragments: nothing is read as HTML, everything has a direction, marks stay where they belong."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from index.types import Language
from rag.html import (
    DARK,
    LIGHT,
    answer_html,
    citation_html,
    date_html,
    escape,
    inline,
    notes_html,
    paragraphs,
    quotation_html,
    safe_link,
    verbatim,
)
from rag.types import Answer, Citation, Claim, Note

CITATION = Citation(
    marker=1,
    article="museum",
    title="افتتاح المتحف",
    url="https://www.example.org/museum?a=1&b=2",
    source="Cairo Desk",
    published=date(2025, 11, 5),
    language="ar",
    quotation="فتح المتحف أبوابه الثلاثاء 4 نوفمبر 2025.",
    start=10,
    end=51,
    marks=((19, 40),),
)


def plain(fragment: str) -> str:
    """What a reader sees of a fragment."""
    return html.unescape(re.sub(r"<[^>]*>", "", fragment))


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "**a** [b](c) `d` & e"]
)
def test_nothing_is_read_as_html_or_markdown(text: str) -> None:
    citation = replace(CITATION, title=text, source=text, quotation=text, marks=((0, 3),))
    note = Note("single_source", text)
    answer = Answer("answered", text, "en", (citation,), (note,))
    for fragment in (paragraphs(text), citation_html(citation), answer_html(answer)):
        assert "<script" not in fragment
        assert "<img" not in fragment
        assert "<strong" not in fragment
        assert text in plain(fragment)


def test_a_short_answer_is_emphasised_and_nothing_else_is() -> None:
    shown = paragraphs("**في 2022** [1]", "ar", {1})
    assert shown.startswith('<p class="short" lang="ar" dir="rtl"><strong>في ')
    assert "</strong> <bdi" in shown
    assert "*" not in shown
    assert "<script>" not in paragraphs("**<script>** [1]", "en", {1})
    for text in ("He wrote **bold** words.", "** [1]", "**a** [1] and more", "“**a**” [1]"):
        assert "<strong>" not in paragraphs(text, "en", {1})


def test_characters_that_steer_direction_are_left_out() -> None:
    assert escape("a\u202eb\u2066c\u2069\u0007") == "abc"
    assert escape("a\ud800b") == "ab"


def test_an_attribute_for_a_script_leaves_nothing_out() -> None:
    assert html.unescape(verbatim("a\u202e\"'<&>\x07")) == "a\u202e\"'<&>\x07"
    assert verbatim("\"'<>") == "&quot;&#x27;&lt;&gt;"
    assert verbatim("\ud800") == "?"
    hidden = "\u202bتقرير"
    assert f'data-article="{hidden}" data-start="10" data-end="51"' in citation_html(
        replace(CITATION, article=hidden)
    )


@pytest.mark.parametrize(
    ("line", "direction"),
    [
        ("متى فتح المتحف أبوابه؟", "rtl"),
        ("When did it open?", "ltr"),
        ("Ever Given سفينة حاويات جنحت في قناة السويس قبل سنوات", "rtl"),
        ("محمد is a name in this longer English sentence", "ltr"),
        ("Nearest: “عرض عسكري في بنغازي: سلاح روسي على الأرض”; “افتتاح المتحف المصري”.", "ltr"),
        ("أقرب المقالات: «Grand Egyptian Museum opens at last»؛ «Hope reaches Mars».", "rtl"),
        ("«The museum opened its doors on Tuesday.» [1]", "ltr"),
        ("“فتح المتحف أبوابه الثلاثاء.” [1]", "rtl"),
    ],
)
def test_a_paragraph_has_the_direction_of_most_of_its_letters(line: str, direction: str) -> None:
    assert f'dir="{direction}"' in paragraphs(line)


def test_every_line_has_a_direction_of_its_own() -> None:
    fragment = paragraphs("سؤال بالعربية\n\nan English line\n2021", "ar")
    assert re.findall(r'<p lang="(..)" dir="(...)">', fragment) == [
        ("ar", "rtl"),
        ("en", "ltr"),
        ("ar", "rtl"),
    ]


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("سفينة Ever Given التي جنحت", ["Ever Given"]),
        ("بلغ 3,958 قتيلا، أي 50% منهم", ["3,958", "50%"]),
        (
            "«Dubai climate summit: ends, with a call» عنوان",
            ["Dubai climate summit: ends, with a call"],
        ),
        ("نُشرت في (2023-12-31).", ["2023-12-31"]),
        ("انظر https://example.org/a?b=c.", ["https://example.org/a?b=c"]),
    ],
)
def test_numbers_addresses_and_latin_names_are_isolated(text: str, isolated: list[str]) -> None:
    fragment = inline(text, "ar")
    assert [plain(run) for run in re.findall(r'<bdi dir="ltr">(.*?)</bdi>', fragment)] == isolated
    assert plain(fragment) == text


def test_an_arabic_title_in_english_text_stays_in_one_piece() -> None:
    title = "المغرب يدشن محطة «نور 1» للطاقة الشمسية"
    assert f'<bdi dir="rtl">{title}</bdi>' in inline(f"The nearest: “{title}”; “Dubai”.", "en")


def test_markers_are_isolated_links_where_there_is_such_a_citation() -> None:
    fragment = inline("جملة [1][2] [9]", "ar", markers={1, 2}, prefix="citation-3")
    links = re.findall(
        r'<bdi dir="ltr"><a class="marker" href="#(.+?)".*?>(.+?)</a></bdi>', fragment
    )
    assert links == [("citation-3-1", "[1]"), ("citation-3-2", "[2]")]
    assert '<bdi dir="ltr">[9]</bdi>' in fragment


def test_marks_cover_exactly_their_words() -> None:
    fragment = quotation_html(CITATION.quotation, CITATION.marks, "ar")
    marked = "".join(re.findall(r"<mark>(.*?)</mark>", fragment))
    start, end = CITATION.marks[0]
    assert marked == CITATION.quotation[start:end]
    assert plain(fragment) == CITATION.quotation
    assert '<blockquote lang="ar" dir="rtl">' in fragment


def test_marks_count_characters_and_not_their_escapes() -> None:
    text = "a & b <c> d"
    assert "&lt;c&gt; <mark>d</mark>" in quotation_html(text, ((10, 11),), "en")


def test_marks_may_overlap_or_reach_beyond_the_text() -> None:
    fragment = quotation_html("one two three", ((4, 9), (8, 99), (0, 3)), "en")
    assert plain(fragment) == "one two three"
    assert "".join(re.findall(r"<mark>(.*?)</mark>", fragment)) == "onetwo three"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVA\nSCRIPT:alert(1)",
        "data:text/html,x",
        "//example.org",
        "https://",
        "http://[::1",
        "file:///etc/passwd",
        "https://a.b/ onclick=x",
        "",
    ],
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    assert safe_link(url, "en") == ""
    assert "<a " not in citation_html(replace(CITATION, url=url))


def test_a_link_is_escaped_and_keeps_its_page_from_the_opened_one() -> None:
    fragment = safe_link('https://www.example.org/?q="><script>&x=1', "en")
    assert 'href="https://www.example.org/?q=&quot;&gt;&lt;script&gt;&amp;x=1"' in fragment
    assert 'rel="noopener noreferrer"' in fragment
    assert "<bdi>example.org</bdi>" in fragment


def test_a_card_says_what_is_quoted_and_from_where() -> None:
    fragment = citation_html(CITATION, "citation-2")
    assert 'id="citation-2-1"' in fragment
    seen = plain(fragment)
    for part in ("[1]", CITATION.title, CITATION.source, "5 نوفمبر 2025", CITATION.quotation):
        assert part in seen


def test_a_card_without_title_is_called_by_its_article() -> None:
    assert "museum" in plain(citation_html(replace(CITATION, title="", published=None)))


def test_dates_are_written_out_in_both_languages() -> None:
    assert "8 July 2021" in date_html(date(2021, 7, 8), "en")
    assert "8 يوليو 2021" in date_html(date(2021, 7, 8), "ar")
    assert date_html(None, "ar") == "بلا تاريخ"


def test_an_answer_states_its_status_in_words_and_its_notes() -> None:
    note = Note("single_source", "The answer rests on a single article.")
    answer = Answer("not_found", "Nothing.", "en", notes=(note,))
    seen = plain(answer_html(answer, facts="0.02 s"))
    assert "Not in the articles" in seen
    assert "0.02 s" in seen
    assert note.text in seen


CLAIMS = (
    Claim("8,500 officials", "derna-en", "Derna", "Desk", date(2023, 9, 20)),
    Claim("11300 قتيل", "derna-ar", "درنة", "", date(2024, 1, 5)),
    Claim("many", "derna-old", "", "", None),
)


def table(fragment: str) -> list[list[str]]:
    """What stands in each line of a table, its head first."""
    lines = re.findall("<tr>(.*?)</tr>", fragment)
    return [[plain(cell) for cell in re.findall("<t[hd].*?</t[hd]>", line)] for line in lines]


@pytest.mark.parametrize(
    ("language", "text", "caption", "lines"),
    [
        (
            "en",
            "The articles do not agree: …",
            "The articles do not agree",
            [
                ["Who", "What", "When"],
                ["Desk", "8,500 officials", "20 September 2023"],
                ["درنة", "11300 قتيل", "5 January 2024 (the newest)"],
                ["derna-old", "many", "undated"],
            ],
        ),
        (
            "ar",
            "لا تتفق المقالات: …",
            "المقالات لا تتفق",
            [
                ["من قال", "ماذا قال", "متى"],
                ["Desk", "8,500 officials", "20 سبتمبر 2023"],
                ["درنة", "11300 قتيل", "5 يناير 2024 (الأحدث)"],
                ["derna-old", "many", "بلا تاريخ"],
            ],
        ),
    ],
)
def test_claims_that_differ_are_a_table_of_who_says_what_and_when(
    language: Language, text: str, caption: str, lines: list[list[str]]
) -> None:
    fragment = notes_html([Note("differing", text, (), CLAIMS)], language)
    assert table(fragment) == lines
    assert f"<caption>{caption}</caption>" in fragment
    assert fragment.count('<th scope="col">') == 3
    assert text not in plain(fragment)
    assert '<bdi lang="ar" dir="rtl">' in fragment


@pytest.mark.parametrize("days", [(None, None), (date(2024, 1, 5),) * 2, (None, date(2024, 1, 5))])
def test_none_is_the_newest_where_the_days_do_not_differ(days: tuple[date | None, ...]) -> None:
    claims = tuple(replace(CLAIMS[0], published=day) for day in days)
    fragment = notes_html([Note("differing", "They differ.", (), claims)], "en")
    assert "newest" not in fragment
    assert len(table(fragment)) == 3


def test_every_claim_of_the_newest_day_is_among_the_newest() -> None:
    fragment = notes_html([Note("differing", "", (), (*CLAIMS, CLAIMS[1]))], "en")
    assert fragment.count("(the newest)") == 2


def test_claims_are_never_html() -> None:
    hostile = "<script>alert(1)</script>"
    named = ((hostile, "", ""), ("a", hostile, ""))
    claims = tuple(Claim(hostile, *names, None) for names in named)
    fragment = notes_html([Note("differing", hostile, (), claims)], "en")
    assert "<script" not in fragment
    assert plain(fragment).count(hostile) == 4


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(colours: dict[str, str]) -> None:
    """WCAG 2.2 AA: a contrast of at least 4.5 to 1 for text of ordinary size."""
    pairs = [
        (ink, ground)
        for ink in ("ink", "quiet", "accent", "warn")
        for ground in ("ground", "paper", "soft")
    ]
    for ink, ground in [*pairs, ("on-accent", "accent"), ("ink", "mark")]:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    """(L1 + 0.05) / (L2 + 0.05), L the relative luminance as WCAG 2.2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """0.2126 R + 0.7152 G + 0.0722 B of linear light, for #rrggbb."""
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
