"""Grounding a draft, sentence by sentence."""

from __future__ import annotations

import pytest
from tests_support import article

from index.embed import Embedder
from index.sentences import sentences
from rag.ground import Checks, Grounded, complete_sentences, ground, is_in_language, says
from rag.types import Evidence

QUOTATIONS = (
    "جنحت السفينة إيفر غيفن في قناة السويس يوم 23 مارس ٢٠٢١ وبلغ طولها 400 متر.",
    "The canal was blocked for six days, and 369 ships were waiting.",
)


def evidence() -> list[Evidence]:
    made = [article(text, id=str(number)) for number, text in enumerate(QUOTATIONS)]
    return [Evidence(item, sentences(item.text)[0], 1.0) for item in made]


def grounded(sentence: str, embedder: Embedder, question: str = "") -> Grounded | None:
    return ground(sentence, evidence(), question or "متى جنحت السفينة؟", Checks(embedder))


@pytest.mark.parametrize(
    ("draft", "finished", "expected"),
    [
        ("جنحت السفينة يوم 23 مارس [1]. وطولها", False, ["جنحت السفينة يوم 23 مارس [1]."]),
        ("It was 3.5 million. [1] Then it", False, ["It was 3.5 million. [1]"]),
        ("It was 3.5 million. [1]", False, []),
        ("It was 3.5 million. [", False, []),
        ("It was 3.5 million. [1]", True, ["It was 3.5 million. [1]"]),
        ("[1] جنحت السفينة.", True, ["[1] جنحت السفينة."]),
        ("Six days [2]", True, ["Six days [2]"]),
        ("", True, []),
    ],
)
def test_a_sentence_of_a_draft_is_whole_with_its_markers(
    draft: str, finished: bool, expected: list[str]
) -> None:
    found = complete_sentences(draft, finished=finished)
    assert [sentence.strip() for sentence in found] == expected


@pytest.mark.parametrize(
    ("sentence", "text", "cited"),
    [
        (
            "جنحت السفينة في القناة يوم 23 مارس 2021 [1].",
            "جنحت السفينة في القناة يوم 23 مارس 2021.",
            0,
        ),
        ("[1] بلغ طول السفينة ٤٠٠ متر.", "بلغ طول السفينة ٤٠٠ متر.", 0),
        ("The canal was blocked for six days. [2][2]", "The canal was blocked for six days.", 1),
        ("The canal was blocked for six days [9][2].", "The canal was blocked for six days.", 1),
        ("The canal was blocked for six days. [2].", "The canal was blocked for six days.", 1),
        ("The canal was blocked for six days [1].", "The canal was blocked for six days.", 1),
        ("The canal was blocked for six days [1][2].", "The canal was blocked for six days.", 1),
    ],
)
def test_what_the_quotation_says_is_kept(
    sentence: str, text: str, cited: int, embedder: Embedder
) -> None:
    assert grounded(sentence, embedder) == Grounded(text, cited)


@pytest.mark.parametrize(
    "sentence",
    [
        "جنحت السفينة في القناة يوم 23 مارس 2021.",
        "جنحت السفينة في القناة يوم 24 مارس 2021 [1].",
        "The canal was blocked for seven weeks by a storm of locusts [2].",
        "The canal was blocked for six days [7].",
        "The canal was blocked for 6 days, see http://example.org [2].",
        "The canal was <b>blocked</b> for six days [2].",
        "![canal](x) The canal was blocked for six days [2].",
        "أعلنت الحكومة إقالة وزير المالية وتعيين خلف له [1].",
        "جنحت السفينة [1].",
        "بلغت كلفة السفينة 400 مليون دينار في القناة [1].",
        "[1]",
    ],
)
def test_what_it_does_not_say_is_dropped(sentence: str, embedder: Embedder) -> None:
    assert grounded(sentence, embedder) is None


def test_a_number_of_the_question_is_no_proof(embedder: Embedder) -> None:
    said = "The canal was blocked for 90 days, and 369 ships were waiting [2]."
    assert grounded(said, embedder, "Was the canal blocked for 90 days?") is None


def test_a_sentence_may_cite_the_other_language(embedder: Embedder) -> None:
    true = grounded("The ship ran aground in the Suez Canal on 23 March 2021 [1].", embedder)
    assert true is not None
    assert true.cited == 0
    assert grounded("The recipe needs butter, sugar and eggs [1].", embedder) is None


@pytest.mark.parametrize(
    ("sentence", "answer", "said"),
    [
        ("جنحت السفينة في الثالث والعشرين من مارس 2021.", "مارس ٢٠٢١", True),
        ("جنحت السفينة في القناة يوم 24 مارس.", "23 مارس", False),
        ("وصل وزير الدفاع سيرغي شويغو أمس.", "الوزير سيرغي شويغو", True),
        ("وصل نائب الوزير أمس.", "سيرغي شويغو", False),
        ("The canal was blocked for six days.", "six days", True),
        ("The canal was blocked for a week.", "six days", False),
        ("It reached 1,000 ships.", "1000", True),
    ],
)
def test_a_sentence_says_the_words_that_answer_or_not(
    sentence: str, answer: str, said: bool
) -> None:
    assert says(sentence, answer) == said


def test_the_language_of_a_sentence_may_hold_foreign_names() -> None:
    assert is_in_language("تدرب الضباط على MiG-29 في Minsk", "ar")
    assert not is_in_language("The ship ran aground.", "ar")
    assert not is_in_language("جنحت السفينة.", "en")


@pytest.mark.parametrize(
    "sentence",
    [
        "جنحت السفينة في القناة في 23/3/2021 [1].",
        "جنحت السفينة في القناة في 23 آذار/مارس 2021 [1].",
        "جنحت السفينة في القناة في مارس 2021 [1].",
        "بلغ طول السفينة أربعمئة متر [1].",
        "The canal was blocked for 6 days [2].",
    ],
)
def test_dates_and_numbers_are_proved_however_they_are_written(
    sentence: str, embedder: Embedder
) -> None:
    assert grounded(sentence, embedder)


@pytest.mark.parametrize(
    "sentence",
    [
        "جنحت السفينة في القناة في 21/3/2021 [1].",
        "جنحت السفينة في القناة في 23 شباط/فبراير 2021 [1].",
        "بلغ طول السفينة 400 ألف متر [1].",
        "بلغ طول السفينة 400 في المئة [1].",
        "The canal was blocked for seven days [2].",
    ],
)
def test_another_date_or_number_is_not(sentence: str, embedder: Embedder) -> None:
    assert grounded(sentence, embedder) is None
