"""Everyday messages: what kind they are, and what the catalogue replies to them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eval.dataset import GoldQuestion
from index.filters import Filters
from rag.answer import Assistant
from rag.everyday import Everyday, everyday


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("مرحبا", "greeting"),
        ("السلام عليكم ورحمة الله", "greeting"),
        ("كيف حالك؟", "greeting"),
        ("Good morning!", "greeting"),
        ("شكرا جزيلا لك", "thanks"),
        ("Hello, thanks a lot!", "thanks"),
        ("مع السلامة", "farewell"),
        ("Bye", "farewell"),
        ("من أنت؟", "help"),
        ("ماذا تستطيع أن تفعل؟", "help"),
        ("ما اسمك؟", "help"),
        ("What can you do?", "help"),
        ("Hi, who are you?", "help"),
        ("لا", "courtesy"),
        ("كم الساعة الآن؟", "courtesy"),
        ("ok", "courtesy"),
    ],
)
def test_courtesies_are_known(message: str, kind: str) -> None:
    assert everyday(message) == Everyday(kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ("ماذا لديك عن قناة السويس؟", "قناه السويس"),
        ("مرحبا، هل عندك مقالات عن لبنان؟", "لبنان"),
        ("ما المقالات الموجودة حول حفتر", "حفتر"),
        ("شو عندك عن مصر", "مصر"),
        ("What do you have on Haftar's trip?", "haftar's trip"),
        ("Hello, do you have any articles about Petra, please?", "petra"),
        ("List all the articles about the dam.", "the dam"),
    ],
)
def test_what_the_collection_has_on_a_subject(message: str, subject: str) -> None:
    assert everyday(message) == Everyday("about", subject)


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ("لخّص لي المقالة عن البتراء", "البترا"),
        ("من فضلك لخص هذا المقال", ""),
        ("Summarise the article about Hegra for me, please.", "hegra"),
        ("Can you summarize the story on the Suez Canal?", "the suez canal"),
        ("summarise this article", ""),
    ],
)
def test_an_article_to_be_summarised(message: str, subject: str) -> None:
    assert everyday(message) == Everyday("summary", subject)


@pytest.mark.parametrize(
    "message",
    [
        "مرحبا، من هو حفتر؟",
        "Thanks. When did the Hope probe reach Mars?",
        "ماذا قال الوزير عن ليبيا؟",
        "هل هناك قتلى في الحادث؟",
        "ما عنوان المقالة عن الوشق؟",
        "What are the articles of the treaty about?",
        "Which articles of the constitution are about religion?",
        "What can you tell me about the dam?",
        "What do you have on " + "," * 50_000,
        "Who summarised the report?",
        "",
    ],
)
def test_questions_to_the_articles_are_none(message: str) -> None:
    assert everyday(message) is None


def test_the_built_in_questions_are_told_apart(gold: Sequence[GoldQuestion]) -> None:
    found = {each.id for each in gold if everyday(" ".join(each.question.split()))}
    assert found == {each.id for each in gold if "everyday" in each.tags}


def test_a_greeting_is_told_what_the_collection_holds(assistant: Assistant) -> None:
    for message, count in (("مرحبا", "30"), ("Hello!", "30 in English")):
        answer = assistant.ask(message)
        assert (answer.status, answer.citations, answer.hits) == ("message", (), ())
        assert count in answer.text
        assert "2015" in answer.text
    assert assistant.ask("شكرا").text.startswith("على الرحب")


def test_articles_on_a_subject_are_listed(assistant: Assistant) -> None:
    answer = assistant.ask("ماذا لديك عن قناة السويس؟")
    assert answer.status == "message"
    found = {citation.article for citation in answer.citations}
    assert {"suez-ever-given-ar", "suez-canal-history-ar", "suez-ever-given-en"} <= found
    assert all(id_.startswith("suez") for id_ in found)
    for citation in answer.citations:
        assert f"[{citation.marker}]" in answer.text
        text = assistant.index.catalogue.article(citation.article).text
        assert text[citation.start : citation.end] == citation.quotation


def test_a_subject_that_no_article_is_on(assistant: Assistant) -> None:
    for message in ("ماذا لديك عن صيد السمك؟", "Summarise the article about quantum physics."):
        answer = assistant.ask(message)
        assert (answer.status, answer.citations) == ("message", ())
    assert answer.text == "The collection has no articles on this subject."


def test_a_summary_is_sentences_of_the_article_in_its_order(assistant: Assistant) -> None:
    answer = assistant.ask("Summarise the article about Hegra")
    assert {citation.article for citation in answer.citations} == {"hegra-unesco-en"}
    assert len(answer.citations) == 3
    starts = [citation.start for citation in answer.citations]
    assert starts == sorted(starts)
    assert starts[0] == 0


def test_this_article_is_the_one_that_is_left(assistant: Assistant) -> None:
    only = Filters(articles=("suez-canal-history-ar",))
    answer = assistant.ask("لخص هذه المقالة", filters=only)
    assert {citation.article for citation in answer.citations} == set(only.articles)
    history = ({"role": "user", "content": "When did the Hope probe reach Mars?"},)
    unknown = assistant.ask("Summarise this article", filters=Filters(articles=("none",)))
    assert (unknown.status, unknown.citations) == ("message", ())
    answer = assistant.ask("Summarise this article", history)  # type: ignore[arg-type]
    assert {citation.article for citation in answer.citations} == {"hope-probe-en"}
