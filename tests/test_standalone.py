"""Follow-ups and parts take along what they lean on, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eval.dataset import GoldQuestion
from index.filters import Filters
from rag.answer import Assistant
from rag.question import leans_on_history
from rag.standalone import CARRIED, standing_alone, understood
from rag.types import Message

SHIP = "When did the Ever Given run aground in the Suez Canal?"


def said(*questions: str) -> tuple[Message, ...]:
    """A conversation in which these were asked."""
    return tuple({"role": "user", "content": each} for each in questions)


@pytest.mark.parametrize(
    "asked", ["And how long is it from bow to stern?", "Where was it heading?", "كم بلغ طولها؟"]
)
def test_a_follow_up_takes_words_along(assistant: Assistant, asked: str) -> None:
    question = understood(assistant.index, asked, said(SHIP))
    carried, _, rest = question.text.partition(": ")
    assert (question.asked, rest) == (asked, asked)
    assert {"Ever", "Given"} & set(carried.split())
    assert len(carried.split()) <= CARRIED
    assert not {"the", "in", "When", "did"} & set(carried.split())


@pytest.mark.parametrize(
    "asked",
    [
        "When did the Hope probe reach Mars?",
        "من فاز بكأس العالم في قطر عام 2022؟",
        "متى استقالت حكومة حسان دياب؟",
    ],
)
def test_a_new_subject_leaves_the_conversation_alone(assistant: Assistant, asked: str) -> None:
    assert understood(assistant.index, asked, said(SHIP)).text == asked


def test_without_a_conversation_a_question_is_itself(assistant: Assistant) -> None:
    assert understood(assistant.index, "  Why   was it? ").text == "Why was it?"
    assert standing_alone(assistant.index, "Why?", "") == "Why?"
    with pytest.raises(ValueError, match="ask something"):
        understood(assistant.index, "؟", said(SHIP))


def test_a_subject_is_carried_over_several_turns(assistant: Assistant) -> None:
    history = said(SHIP, "And where was it heading?", "Thanks!")
    text = understood(assistant.index, "How long is it from bow to stern?", history).text
    assert {"Ever", "Given"} & set(text.split(":")[0].split())


def test_only_what_the_filters_leave_tells(assistant: Assistant) -> None:
    nothing = Filters(articles=("none",))
    asked = "How many containers were stacked on the deck?"
    assert understood(assistant.index, asked, said(SHIP)).text != asked
    assert understood(assistant.index, asked, said(SHIP), nothing).text == asked


@pytest.mark.parametrize("asked", ["Who is Haftar?", "من هو حفتر؟", "ما عاصمة لبنان؟"])
def test_a_short_question_with_a_name_leans_on_nothing(asked: str) -> None:
    assert not leans_on_history(asked)


def test_a_follow_up_goes_on_asking_for_the_latest(assistant: Assistant) -> None:
    history = said("What is the latest death toll of the flood in Derna?")
    assert understood(assistant.index, "And who counted them?", history).latest
    assert not understood(assistant.index, "When did Hope reach Mars?", history).latest


def test_the_built_in_follow_ups_find_their_articles(
    assistant: Assistant, gold: Sequence[GoldQuestion]
) -> None:
    index = assistant.index
    asked = [each for each in gold if each.history]
    found = [
        index.search(understood(index, each.question, each.history).text, 1)[0] for each in asked
    ]
    right = [hit.chunk.article_id in each.articles for each, hit in zip(asked, found, strict=True)]
    assert len(right) == 12
    assert sum(right) >= 11
