"""Quotations that point at the sentence before them are shown with it."""

from __future__ import annotations

import pytest
from tests_support import article

from index.sentences import sentences
from rag.answer import Assistant
from rag.antecedents import needs_antecedent, with_antecedent
from rag.types import Evidence, Mark


@pytest.mark.parametrize(
    "text",
    [
        "It got stuck at about 7:40.",
        "“Their report rated the danger as medium.",
        "That changed in 2017.",
        "وهو أول بلد عربي يستضيفه.",
        "وأضافت أن نحو ألف منهم بقوا.",
        "وأشار إلى أنه سيعود.",
        "قال إنهم رحلوا.",
    ],
)
def test_what_points_back(text: str) -> None:
    assert needs_antecedent(text)


@pytest.mark.parametrize(
    "text",
    [
        "Italy won.",
        "Thatcher resigned in 1990.",
        "The ship got stuck.",
        "وقال الوزير إن السفينة عادت.",
        "هذان البلدان الأولان.",
        "هويدا وصلت.",
        "",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not needs_antecedent(text)


def evidence(text: str, position: int, mark: Mark | None = None) -> Evidence:
    """The sentence at a position of a text."""
    whole = article(text)
    return Evidence(whole, sentences(text)[position], 1.0, mark=mark)


def test_the_sentence_before_stands_in_front_and_marks_move() -> None:
    text = "The Ever Given came from the south.\n\nIt got stuck at 7:40. It was freed later."
    item = evidence(text, 1, Mark(13, 20, 0.9))
    assert item.marked == "at 7:40"
    more = with_antecedent(item)
    assert more.text == "The Ever Given came from the south.\n\nIt got stuck at 7:40."
    assert more.marked == item.marked


def test_what_can_be_read_alone_or_begins_stays() -> None:
    first = evidence("It began at noon. The ship was free.", 0)
    second = evidence("It began at noon. The ship was free.", 1)
    assert with_antecedent(first) is first
    assert with_antecedent(second) is second


def test_an_answer_names_what_it_is_about(assistant: Assistant) -> None:
    answer = assistant.ask("At what hour of the morning did the Ever Given get stuck?")
    (quoted,) = [c for c in answer.citations if "7:40" in c.quotation]
    assert "It got stuck" in quoted.quotation
    assert not needs_antecedent(quoted.quotation)
    text = assistant.index.catalogue.article(quoted.article).text
    assert text[quoted.start : quoted.end] == quoted.quotation
    ((start, end),) = quoted.marks
    assert "7:40" in quoted.quotation[start:end]
