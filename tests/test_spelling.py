"""Questions read as they would be written with care."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.alterations import careless
from eval.dataset import GoldQuestion
from eval.spellings import listed
from index.search import Index
from index.spelling import corrected, near, written
from index.text import fold
from rag.answer import Assistant


@pytest.fixture
def index(assistant: Assistant) -> Index:
    return assistant.index


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("متي وصلت القوات الي القاعده العسكريه", "متى وصلت القوات إلى القاعدة العسكرية"),
        ("أين وقع الإتحاد", "أين وقع الاتحاد"),
        ("من هو علي عبد الله؟", "من هو علي عبد الله؟"),
        ("لماذا إن", "لماذا إن"),
        ("كَـــتَبَ ٢٠٢٣", "كتب 2023"),
        ("Who is Ali?", "Who is Ali?"),
        ("WHERE IS THE PORT OF BEIRUT?", "where is the port of beirut?"),
        ("NATO G20?", "NATO G20?"),
        ("ما هو حلف NATO؟", "ما هو حلف NATO؟"),
    ],
)
def test_words_are_spelt_as_most_people_do(typed: str, meant: str) -> None:
    assert written(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("شنو هو أكبر ميناء؟", "ما هو أكبر ميناء؟"),
        ("إزاي وصلت؟", "كيف وصلت؟"),
        ("ليش انسحبت القوات؟", "لماذا انسحبت القوات؟"),
        ("بكام التذكرة؟", "بكم التذكرة؟"),
        ("حفتر راح فين؟", "حفتر راح أين؟"),
        ("من هو برنارد شو؟", "من هو برنارد شو؟"),
        ("أين تقع ولاية مين؟", "أين تقع ولاية مين؟"),
        ("اسم الرئيس إيه؟", "اسم الرئيس ما؟"),
        ("أية دولة فازت؟", "أية دولة فازت؟"),
        ("آية الله السيستاني ماذا قال؟", "آية الله السيستاني ماذا قال؟"),
        ("هل فاز الممثل مين بالجائزة", "هل فاز الممثل مين بالجائزة"),
    ],
)
def test_dialects_ask_as_the_written_language_does(typed: str, meant: str) -> None:
    assert written(typed) == meant


def test_careless_typing_of_listed_words_is_undone(gold: list[GoldQuestion]) -> None:
    arabic = [each.question for each in gold if each.language == "ar"]
    typed = [careless(question, Random(0)) for question in arabic]
    moved = [i for i, question in enumerate(arabic) if typed[i] != written(question)]
    undone = [i for i in moved if written(typed[i]) == written(arabic[i])]
    assert len(undone) > len(moved) / 2


@given(st.text(alphabet="اأإآبتةهويى ءئؤمن12؟ab'", max_size=30))
def test_reading_again_changes_no_word(text: str) -> None:
    once = written(text)
    assert fold(written(once)) == fold(once)


def test_one_error_is_near_and_two_are_not() -> None:
    assert {"حفتر", "فتر"} <= near("حتفر") | near("حفتر")
    assert "حفتر" in near("حفترر") & near("حفر") & near("حقتر") & near("فحتر")
    assert "haftar" in near("haftra") & near("hatar") & near("hafttar") & near("haftsr")
    assert "haftar" not in near("hatra") | near("haftar")


@pytest.mark.parametrize(
    ("asked", "typed", "meant"),
    [
        ("When did {} visit Moscow and meet Putin?", "Haftra", "Haftar"),
        ("متى زار حفتر {}؟", "موسسكو", "موسكو"),
    ],
)
def test_a_mistyped_word_becomes_the_collections(
    index: Index, asked: str, typed: str, meant: str
) -> None:
    assert corrected(asked.format(typed), index.catalogue) == asked.format(meant)


@pytest.mark.parametrize(
    "asked",
    [
        "When did Haftar visit Moscow?",
        "Who met Ptn in Moscow?",
        "What is the Zorblaxian tax?",
        "Which blast did Haftar visit in Moscow?",
        "متى زار حفتر موسكو والتقى ببوتين؟",
    ],
)
def test_known_short_far_common_and_inflected_words_stay(index: Index, asked: str) -> None:
    assert corrected(asked, index.catalogue) == asked


def test_the_question_keeps_what_was_typed(index: Index) -> None:
    typed = "متي زار حفتر روسيا"
    query = index.query(typed)
    assert query.searched == "متى زار حفتر روسيا"


def test_spelling_moves_no_hit(index: Index) -> None:
    with_care, without = (
        [hit.chunk.id for hit in index.search(question)]
        for question in ("متى وصلت القوات إلى القاعدة؟", "متي وصلت القوات الي القاعده؟")
    )
    assert with_care == without


def test_rare_words_and_careless_spellings_are_not_listed() -> None:
    frequencies = {"أين": 1e-4, "اين": 3e-5, "أن": 1e-2, "إن": 2e-3, "على": 1e-2, "علي": 1e-3}
    assert listed(frequencies) == ["أن", "على", "إن", "علي", "أين"]
    assert listed({"نادر": 1e-7, "hello": 1e-2, "don't": 1e-2, "و": 1e-1}) == ["hello"]
