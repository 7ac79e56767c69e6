"""Reading questions."""

from __future__ import annotations

import pytest

from rag.question import asks_something, asks_yes_or_no, kind_of, prepare


@pytest.mark.parametrize("text", ["", "  \n", "؟", "!!! …"])
def test_an_empty_question_is_a_wrong_argument(text: str) -> None:
    with pytest.raises(ValueError, match="ask something"):
        prepare(text)


def test_spaces_are_made_one() -> None:
    question = prepare("  متى   جنحت السفينة؟ ")
    assert (question.text, question.language) == ("متى جنحت السفينة؟", "ar")


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


@pytest.mark.parametrize(
    "asked",
    [
        "ما آخر حصيلة معلنة لقتلى فيضان درنة؟",
        "ما آخر ما قاله حفتر؟",
        "كم مصابا خلّف الزلزال بحسب آخر الأرقام الرسمية؟",
        "كم عدد القتلى وفقا لآخر إحصاء؟",
        "متى كانت آخر زيارة لحفتر إلى موسكو؟",
        "ما هو أحدث تقرير عن السد؟",
        "ماذا تقول أحدث الأرقام؟",
        "ما نتائج الانتخابات الأخيرة في تونس؟",
        "ماذا حدث في درنة مؤخرًا؟",
        "من رئيس لبنان حالياً؟",
        "من هو الرئيس الحالي؟",
        "كم بلغ عدد القتلى حتى الآن؟",
        "What's the latest number of dead?",
        "Why did he go, going by the newest report?",
        "What is the most recent contact between them?",
        "Who is currently in charge of the inquiry?",
        "Who is the current president of Lebanon?",
        "When was Haftar's last visit to Moscow?",
        "Where is she now?",
    ],
)
def test_a_question_that_asks_for_the_latest(asked: str) -> None:
    assert prepare(asked).latest


@pytest.mark.parametrize(
    "asked",
    [
        "هل قتل رجل آخر في الحادث؟",
        "ماذا قال الوزير من جانب آخر؟",
        "ما حدث في آخر المطاف؟",
        "أين دفن الآخر؟",
        "ما الذي أحدث الانفجار؟",
        "كيف تغير المناخ في السنوات الأخيرة؟",
        "بماذا رد هذا الأخير؟",
        "هل وجدوا شخصا آخر على السفينة؟",
        "من قتل الآلاف؟",
        "How long does the course last?",
        "What happened last week?",
        "Was she freed at last?",
        "What happened in the last years of the kingdom?",
        "How many died in the last two weeks?",
        "When must they pay at the latest?",
        "Who knows the way?",
        "How strong is the electric current?",
        "When did the canal open?",
    ],
)
def test_words_that_only_look_as_if_they_asked_for_the_latest(asked: str) -> None:
    assert not prepare(asked).latest


@pytest.mark.parametrize("asked", ["من هو؟", "What is it?", "هل من ذلك؟"])
def test_function_words_alone_ask_for_nothing(asked: str) -> None:
    assert not asks_something(prepare(asked))


def test_a_question_with_a_greeting_asks_something() -> None:
    assert asks_something(prepare("مرحبا، من هو حفتر؟"))
    assert asks_something(prepare("Thanks. When did the Hope probe reach Mars?"))


@pytest.mark.parametrize(
    ("question", "asked", "language"),
    [
        ("Who is Haftar? Answer in Arabic.", "Who is Haftar?", "ar"),
        ("Answer in English: من هو حفتر؟", "من هو حفتر؟", "en"),
        ("من هو حفتر؟ أجب بالإنجليزية", "من هو حفتر؟", "en"),
        ("من هو حفتر، اكتب لي باللغة الانكليزية من فضلك", "من هو حفتر", "en"),
        ("Who is Haftar (please reply in Arabic)", "Who is Haftar", "ar"),
        ("Who spoke in Arabic?", "Who spoke in Arabic?", "en"),
        ("من أجاب بالإنجليزية؟", "من أجاب بالإنجليزية؟", "ar"),
        ("Answer in Arabic", "Answer in Arabic", "ar"),
    ],
)
def test_the_language_of_the_answer(question: str, asked: str, language: str) -> None:
    prepared = prepare(question)
    assert (prepared.asked, prepared.answered_in) == (asked, language)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Did they meet?", True),
        ("And hasn't it opened?", True),
        ("Do you know when they met?", False),
        ("Which is open?", False),
        ("هل التقيا؟", True),
        ("وهل فُتح السد؟", True),
        ("هل ما زال السد مغلقا؟", True),
        ("هل تعرف ما اسم السد؟", False),
        ("هل تعرف متى التقيا؟", False),
        ("متى التقيا؟", False),
    ],
)
def test_whether_no_words_can_answer(question: str, asks: bool) -> None:
    assert asks_yes_or_no(question) is asks
