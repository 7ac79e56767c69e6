"""Reading questions."""

from __future__ import annotations

import pytest

from rag.question import kind_of, prepare
from rag.types import Message

HISTORY: tuple[Message, ...] = (
    {"role": "user", "content": "متى جنحت السفينة إيفر غيفن؟"},
    {"role": "assistant", "content": "يوم 23 مارس 2021 [1]"},
)


@pytest.mark.parametrize("text", ["", "  \n", "؟", "!!! …"])
def test_an_empty_question_is_a_wrong_argument(text: str) -> None:
    with pytest.raises(ValueError, match="ask something"):
        prepare(text)


def test_a_question_stands_alone_without_a_history() -> None:
    question = prepare("  متى   جنحت السفينة؟ ")
    assert (question.text, question.language) == ("متى جنحت السفينة؟", "ar")


@pytest.mark.parametrize("asked", ["وكم بلغ طولها؟", "ولماذا؟", "And when was it freed?", "Why?"])
def test_a_follow_up_takes_the_question_before_it_along(asked: str) -> None:
    assert prepare(asked, HISTORY).text == f"{HISTORY[0]['content']} {asked}"


@pytest.mark.parametrize(
    "asked",
    [
        "من فاز بكأس العالم في قطر عام 2022؟",
        "How many tombs are there at Madain Saleh?",
        "When was Hegra inscribed?",
    ],
)
def test_a_new_subject_leaves_the_history_alone(asked: str) -> None:
    assert prepare(asked, HISTORY).text == asked


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("كم عدد القتلى؟", "number"),
        ("وكم بلغ طولها؟", "number"),
        ("How many ships waited?", "number"),
        ("متى وقع الانفجار؟", "date"),
        ("في أي عام أطلق المسبار؟", "date"),
        ("When did it reach Mars?", "date"),
        ("من قال ذلك؟", "other"),
        ("ما حكمك؟", "other"),
        ("Who won?", "other"),
    ],
)
def test_the_kind_of_thing_asked_for(question: str, kind: str) -> None:
    assert kind_of(question) == kind
