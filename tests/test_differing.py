"""Articles that do not agree are shown beside one another, and said not to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests_support import scripted

from index.build import ingest
from index.config import Config
from index.embed import Embedder
from index.filters import Filters
from index.search import Index
from index.text import language_of
from index.types import Article, Sentence
from rag.answer import Assistant
from rag.differing import differing
from rag.findings import findings, quotable
from rag.question import asks_for_name, prepare
from rag.tolls import asked_for, statements
from rag.types import Evidence, Mark, Note

DIFFERING = (
    ("How many people were killed by the flood in Derna?", ("3,958", "11300")),
    ("كم عدد قتلى فيضان درنة؟", ("11300", "3,958")),
    ("How many people died in the Beirut port explosion?", ("218", "78")),
)
AGREEING = (
    # Another toll of another earthquake, of other days or of others is found as well.
    "كم عدد قتلى الزلزال في سوريا؟",
    "How many died in the Morocco earthquake?",
    "كم عدد قتلى زلزال المغرب؟",
    "كم عدد المفقودين في درنة؟",
    "أي حصيلة للقتلى كان يخشاها رئيس بلدية درنة؟",
    "What is the death toll of the Turkey earthquake?",
    "متى وقع انفجار مرفأ بيروت؟",
)


def _notes(assistant: Assistant, question: str) -> list[Note]:
    return [note for note in assistant.ask(question).notes if note.kind == "differing"]


@pytest.mark.parametrize(("question", "figures"), DIFFERING)
def test_figures_that_differ_are_all_quoted_and_named(
    assistant: Assistant, question: str, figures: tuple[str, ...]
) -> None:
    """Each with where and when it was published."""
    answer = assistant.ask(question)
    (note,) = [each for each in answer.notes if each.kind == "differing"]
    for figure, article in zip(figures, note.articles, strict=True):
        assert figure in note.text
        (cited,) = [c for c in answer.citations if c.article == article and figure in c.quotation]
        assert cited.published is not None
        assert str(cited.published.year) in note.text


def test_the_newest_is_said_to_be_newer(assistant: Assistant) -> None:
    """The count of 2023 overtakes that of the day after."""
    (note,) = _notes(assistant, DIFFERING[2][0])
    assert note.text.endswith("The newest of them is from 24 January 2023.")


@pytest.mark.parametrize("question", AGREEING)
def test_what_is_on_something_else_does_not_differ(assistant: Assistant, question: str) -> None:
    """Nothing is said where the figures are on different things."""
    assert not _notes(assistant, question)


def test_a_draft_has_the_others_quoted_beneath_it(assistant: Assistant) -> None:
    """What a note tells of stands there to be read, whoever wrote the answer."""
    question, figures = DIFFERING[1]
    first = assistant.ask(question).citations[0]
    answer = scripted(assistant, f"{first.quotation} [1]").ask(question)
    assert answer.llm == "Scripted"
    assert answer.text.startswith(f"{first.quotation} [1]")
    (note,) = [each for each in answer.notes if each.kind == "differing"]
    assert "single_source" not in {each.kind for each in answer.notes}
    for figure in figures:
        assert figure in note.text
        assert any(figure in each.quotation for each in answer.citations)


def test_where_nothing_is_found_nothing_is_worth_showing(assistant: Assistant) -> None:
    nowhere = Filters(articles=("there is none",))
    found = findings(assistant.index, prepare(DIFFERING[0][0]), nowhere, assistant.reader)
    assert quotable(found, 3) == ()


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("What was the death toll in Derna?", "dead"),
        ("ما حصيلة فيضان درنة؟", "dead"),
        ("ما حصيلة الجرحى؟", "injured"),
        ("كم شخصا قتل في درنة؟", "dead"),
        ("How many people were killed in the country?", "dead"),
        ("كم عدد مقاتلي فاغنر في ليبيا؟", "fighters"),
        ("How many people missed the ceremony?", None),
        ("How many people attended the funeral of the flood victims?", None),
        ("How many people does the UN say the flood killed?", None),
        ("How many ships sank?", None),
    ],
)
def test_whose_number_is_asked_for(question: str, thing: str | None) -> None:
    assert asked_for(question) == thing


@pytest.mark.parametrize(
    ("text", "thing", "figures"),
    [
        ("The blast killed 218 and injured 7,000.", "dead", {"218": (218, 218)}),
        ("The blast killed 218 and injured 7,000.", "injured", {"7,000": (7000, 7000)}),
        ("بلغ عدد القتلى 3,958 والمفقودين 8 آلاف.", "missing", {"8 آلاف": (8000, 8000)}),
        ("The 6.8-magnitude earthquake killed 2,900.", "dead", {"2,900": (2900, 2900)}),
        ("The 2020 explosion killed at least 218.", "dead", {"218": (218, math.inf)}),
        ("Flight 752 killed 176.", "dead", {"176": (176, 176)}),
        ("A man, 35, was killed.", "dead", {}),
        ("The flood killed hundreds and swept away 25 buildings.", "dead", {}),
        ("مقتل 40 شخصا بينهم 5 أطفال.", "dead", {"40": (40, 40)}),
        ("مقتل 40 شخصا على الأقل.", "dead", {"40": (40, math.inf)}),
        ("لم يتجاوز عددهم 40، ومقتل نحو 50 شخصا.", "dead", {"50": (45, 55)}),
        ("The deaths did not exceed 40.", "dead", {"40": (0, 40)}),
        ("15 to 20 people were killed.", "dead", {}),
        ("Another 40 people were killed, and 20 others.", "dead", {}),
        ("قتل خمسة عشر وخمسون.", "injured", {}),
    ],
)
def test_what_a_number_counts_and_what_agrees_with_it(
    text: str, thing: str, figures: dict[str, tuple[float, float]]
) -> None:
    language = language_of(text)
    item = Evidence(Article("a", "", "", text, language), Sentence(0, len(text), language), 0.0)
    found = {each.text: (each.low, each.high) for each in statements(item, thing)}
    assert found == {figure: pytest.approx(bounds) for figure, bounds in figures.items()}


def _evidence(id_: str, text: str, day: str, published: date, likely: float = 0.9) -> Evidence:
    """A sentence, an article by itself, with the words marked that answer."""
    language = language_of(text)
    article = Article(id_, "", "", text, language, published=published)
    start = text.index(day)
    mark = Mark(start, start + len(day), likely)
    return Evidence(article, Sentence(0, len(text), language), 1.0, odds=1.0, mark=mark)


def _stated(question: str, *evidence: Evidence) -> list[str]:
    return [each.text for each in differing(prepare(question), evidence)]


OPENED = "When was the bridge of Sirte opened?"
SATURDAY = ("a", "The bridge of Sirte was opened on 5 May 2012.", "on 5 May 2012", date(2012, 6, 1))
SUNDAY = ("b", "The bridge of Sirte opened on 6 May 2012.", "6 May 2012", date(2020, 1, 1))
IN_ARABIC = ("c", "افتتح جسر سرت في 7 أيار/مايو 2012.", "7 أيار/مايو 2012", date(2013, 1, 1))
IN_MAY = ("d", "The bridge of Sirte was opened in May 2012.", "May 2012", date(2015, 1, 1))
YEARS_LATER = (
    "e",
    "The bridge of Sirte was opened on 1 June 2017.",
    "1 June 2017",
    date(2017, 6, 1),
)


def test_days_that_differ() -> None:
    """In either language; the articles may be years apart."""
    found = _stated(OPENED, *(_evidence(*each) for each in (SATURDAY, SUNDAY, IN_ARABIC)))
    assert found == ["5 May 2012", "6 May 2012", "7 أيار/مايو 2012"]


@pytest.mark.parametrize("other", [IN_MAY, YEARS_LATER, SATURDAY])
def test_days_that_agree_or_are_of_something_else(other: tuple[str, str, str, date]) -> None:
    """A month holds its days, and what is years away is another opening."""
    assert _stated(OPENED, _evidence(*SATURDAY), _evidence(*other)) == []


def test_days_that_are_not_asked_for_or_unsure() -> None:
    """Nor are days compared that the reader is unsure of, or that a question does not ask for."""
    both = [_evidence(*SATURDAY), _evidence(*SUNDAY)]
    assert _stated(OPENED, *both)
    assert _stated("Who opened the bridge of Sirte?", *both) == []
    assert _stated(OPENED, both[0], _evidence(*SUNDAY, 0.3)) == []
    assert _stated("When did the hospital in Tobruk open?", *both) == []


HEADING = "Where is the cargo ship Sarina heading?"
TO_ROTTERDAM = (
    "a",
    "The cargo ship Sarina left Alexandria on Saturday with a load of cotton. The ship is heading"
    " for Rotterdam, where it is expected in ten days.",
    "Rotterdam",
    date(2024, 3, 2),
)
TO_HAMBURG = (
    "b",
    "A load of Egyptian cotton left aboard the Sarina. The Sarina, a cargo ship, is heading for"
    " Hamburg, according to the port authority.",
    "Hamburg",
    date(2024, 3, 3),
)
BY_ROTTERDAM = (
    "c",
    "The cargo ship Sarina is heading for Antwerp. On its way it calls at Rotterdam.",
    "Antwerp",
    date(2024, 3, 4),
)
ANOTHER_SHIP = ("d", "The tanker Marja is heading for Genoa.", "Genoa", date(2024, 3, 4))
TO_ANTWERP_IN_ARABIC = (
    "e",
    "تتجه سفينة الشحن سارينا إلى أنتويرب.",
    "أنتويرب",
    date(2024, 3, 4),
)


def test_names_that_differ() -> None:
    found = _stated(HEADING, _evidence(*TO_ROTTERDAM), _evidence(*TO_HAMBURG))
    assert found == ["Rotterdam", "Hamburg"]


@pytest.mark.parametrize("other", [BY_ROTTERDAM, ANOTHER_SHIP, TO_ROTTERDAM, TO_ANTWERP_IN_ARABIC])
def test_names_that_agree_or_are_of_something_else(other: tuple[str, str, str, date]) -> None:
    """Nor do two that an article tells both of; names in the other script are not compared."""
    assert _stated(HEADING, _evidence(*TO_ROTTERDAM), _evidence(*other)) == []


def test_names_that_are_not_asked_for_or_that_a_question_gives() -> None:
    both = [_evidence(*TO_ROTTERDAM), _evidence(*TO_HAMBURG)]
    assert _stated("Is the cargo ship Sarina heading north?", *both) == []
    assert _stated("Where in Hamburg is the cargo ship Sarina?", *both) == []
    unlikely = replace(both[1], odds=-3.0)
    assert _stated(HEADING, both[0], unlikely) == []


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who runs the port?", True),
        ("Who are the owners of the port?", False),
        ("To which port is it heading?", True),
        ("When did it leave?", False),
        ("من يدير الميناء؟", True),
        ("من هم ملاك الميناء؟", False),
        ("من أين جاءت السفينة؟", True),
        ("من أي شيء تشكو؟", False),
        ("ما اسم السفينة؟", True),
    ],
)
def test_whether_one_name_is_asked_for(question: str, asks: bool) -> None:
    assert asks_for_name(question) is asks


def test_articles_that_name_different_places_are_quoted_beside_one_another(
    home: Config, embedder: Embedder, write: Callable[[str, str], Path]
) -> None:
    """From files to the answer."""
    files = [
        write(f"{id_}.md", f"---\npublished: {day}\nsource: Desk {id_}\n---\n{text}\n")
        for id_, text, _, day in (TO_ROTTERDAM, TO_HAMBURG)
    ]
    ingest(files, home, lambda: embedder)
    answer = Assistant(Index.open(home, lambda: embedder), "quotes").ask(HEADING)
    (note,) = [each for each in answer.notes if each.kind == "differing"]
    assert note.text == (
        "The articles do not agree: Hamburg (Desk b, 3 March 2024); Rotterdam (Desk a, 2 March"
        " 2024). The newest of them is from 3 March 2024."
    )
    quoted = " ".join(each.quotation for each in answer.citations)
    assert "Rotterdam" in quoted
    assert "Hamburg" in quoted
