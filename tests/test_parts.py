"""Two things asked at once, and what is found for each."""

from __future__ import annotations

import pytest

from rag.answer import Assistant
from rag.findings import findings, quotable
from rag.parts import parts_of
from rag.question import prepare


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When did it sink, and why?", ("When did it sink", "why?")),
        ("Who is Haftar? When was he born?", ("Who is Haftar?", "When was he born?")),
        ("Which ship sank and in which port?", ("Which ship sank", "in which port?")),
        (
            "At the summit in Cairo, who spoke first and who spoke last?",
            ("At the summit in Cairo, who spoke first", "who spoke last?"),
        ),
        ("من هو حفتر ومتى ولد؟", ("من هو حفتر", "متى ولد؟")),
        ("كم ضابطا يتدرب في روسيا، وما أسماؤهم؟", ("كم ضابطا يتدرب في روسيا", "ما أسماؤهم؟")),
        ("من رئيس مصر، ومن رئيس تونس؟", ("من رئيس مصر", "من رئيس تونس؟")),
        ("مَن صمّم المتحف، وبكم تذكرة الأجانب؟", ("مَن صمّم المتحف", "بكم تذكرة الأجانب؟")),
        ("كم طول التمثال، ومن أين جاءت المسلة؟", ("كم طول التمثال", "من أين جاءت المسلة؟")),
        ("هل استقالت الحكومة ولماذا؟", ("هل استقالت الحكومة", "لماذا؟")),
    ],
)
def test_each_thing_that_is_asked_is_a_part(question: str, parts: tuple[str, ...]) -> None:
    assert parts_of(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "متى وأين وقع الانفجار؟",
        "When and where did it happen?",
        "كم عدد القادمين من مصر ومن ليبيا؟",
        "ماذا قال الوزير وما زال يقول؟",
        "Apart from Lukashenko, who did Haftar meet in Belarus?",
        "Which languages use the Arabic alphabet, besides Arabic and Persian?",
        "لماذا غضبت مصر والسودان من ملء السد؟",
        "Which player got a penalty, which gave the others a new set of downs?",
        "When a power changes the customs of a state, what is it called?",
        "إلى جانب الحرارة الناتجة من الاحتراق، ما هو نوع الطاقة؟",
        "من بين سكان وارسو في عام 1901، كم كانت نسبة الكاثوليك؟",
        "اعتبارا من يناير 2016، كم عدد الأرقام؟",
        "",
    ],
)
def test_one_thing_stays_one(question: str) -> None:
    assert parts_of(question) == (question,)


def test_endless_questions_stay_whole() -> None:
    for endless in ("Who? " * 20_000, "Who came, and why? " * 5, ", " * 50_000, "." * 100_000):
        assert parts_of(endless) == (endless,)
        assert prepare(f"Who {endless}").asked


def test_what_nothing_answers_is_said(assistant: Assistant) -> None:
    asked = "When did the Hope probe reach Mars, and what did its captain have for breakfast?"
    answer = assistant.ask(asked)
    assert answer.status == "partly"
    assert any("9 February 2021" in citation.quotation for citation in answer.citations)
    (note,) = [note for note in answer.notes if note.kind == "missing"]
    assert "“what did its captain have for breakfast”" in note.text


def test_both_parts_are_quoted(assistant: Assistant) -> None:
    asked = "When did the government of Hassan Diab resign, and when did Hope reach Mars?"
    answer = assistant.ask(asked)
    assert answer.status == "answered"
    quoted = " ".join(citation.quotation for citation in answer.citations)
    assert "Diab" in quoted or "دياب" in quoted
    assert "2021" in quoted
    assert len(answer.citations) <= assistant.index.config.quotations


def test_the_parts_take_turns(assistant: Assistant) -> None:
    found = findings(
        assistant.index, prepare("When did Hope reach Mars, and when did Diab resign?")
    )
    assert len(found) == 2
    firsts = [each.gathered.evidence[0].text for each in found]
    assert [item.text for item in quotable(found, 2)] == firsts
    assert quotable(found, 0) == ()


def test_a_question_of_which_no_part_is_answered_is_refused(assistant: Assistant) -> None:
    answer = assistant.ask("What is the boiling point of ethanol, and who measured it?")
    assert (answer.status, answer.citations) == ("not_found", ())
