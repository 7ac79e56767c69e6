"""Quotations as an answer: the words that answer come first where the reader is sure of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests_support import article

from index.sentences import sentences
from index.types import Language
from rag import phrases
from rag.compose import MARKED, SURE, surest, with_notes, with_quotations
from rag.evidence import near_the_best
from rag.types import Answer, Evidence, Mark

TEXT = "The probe reached Mars on 9 February 2021."
WORDS = TEXT.index("9"), TEXT.index(".")


def evidence(probability: float | None, text: str = TEXT) -> Evidence:
    item = article(text, text[:5])
    mark = None if probability is None else Mark(*WORDS, probability)
    return Evidence(item, sentences(item.text)[0], 1.0, mark=mark)


def answered(*items: Evidence, text: str = "", language: Language = "en") -> Answer:
    return with_quotations(Answer("answered", text, language), items, surest(items, language))


def test_what_the_reader_is_sure_of_stands_first_with_its_quotation() -> None:
    other = evidence(None, "It carries three instruments on board.")
    answer = answered(other, evidence(SURE))
    assert answer.text.split("\n\n") == [
        "**9 February 2021** [2]",
        "“It carries three instruments on board.” [1]",
        f"“{TEXT}” [2]",
    ]
    assert [citation.marks for citation in answer.citations] == [(), (WORDS,)]


@pytest.mark.parametrize(
    ("probability", "marks"),
    [(SURE - 0.01, (WORDS,)), (MARKED, (WORDS,)), (MARKED - 0.01, ()), (None, ())],
)
def test_what_it_is_not_sure_of_is_marked_at_most(
    probability: float | None, marks: tuple[tuple[int, int], ...]
) -> None:
    answer = answered(evidence(probability))
    assert answer.text == f"“{TEXT}” [1]"
    assert answer.citations[0].marks == marks


@pytest.mark.parametrize(("odds", "shown"), [(None, 2), (1.0, 1)])
def test_far_behind_the_best_nothing_is_shown_that_was_read(odds: float | None, shown: int) -> None:
    scored = [replace(evidence(None), score=score, odds=odds) for score in (9.0, 2.0, 1.0)]
    assert list(near_the_best(scored)) == scored[:shown]
    near = [replace(item, score=8.0) for item in scored]
    assert list(near_the_best([scored[0], *near[1:]])) == [scored[0], *near[1:]]
    assert near_the_best([]) == ()


def test_nothing_is_put_before_what_was_said_or_in_another_language() -> None:
    drafted = answered(evidence(0.99), text="It did in 2021.")
    assert drafted.text.startswith("It did in 2021.\n\n“")
    assert answered(evidence(0.99), language="ar").text == f"“{TEXT}” [1]"


def test_the_surest_is_the_likeliest() -> None:
    likely, likelier = evidence(0.7), evidence(0.9, TEXT + " It was the first.")
    assert surest([likely, likelier], "en") is likelier
    assert surest([], "en") is None


def test_the_note_on_another_language_tells_how_much_is_in_it() -> None:
    arabic = evidence(None, "وصل المسبار إلى المريخ يوم الثلاثاء.")
    for items, said in (((arabic,), "The quotations are"), ((arabic, evidence(None)), "Some of")):
        notes = with_notes(answered(*items), items, ()).notes
        (note,) = (note for note in notes if note.kind == "other_language")
        assert note.text.startswith(said)
        assert note.articles == (arabic.article.id,)


@pytest.mark.parametrize(
    ("language", "title", "expected"),
    [
        ("ar", "الصين «المرشحة الوحيدة»", "«الصين “المرشحة الوحيدة”»"),
        ("en", "Hope, “Al-Amal”, arrives", "“Hope, ‘Al-Amal’, arrives”"),
    ],
)
def test_quotation_marks_of_a_title_stand_within_those_of_the_sentence(
    language: Language, title: str, expected: str
) -> None:
    item = replace(article(TEXT, title=title), truncated=True)
    assert expected in phrases.not_found(language, [item])
    assert expected in phrases.truncated(language, item)
