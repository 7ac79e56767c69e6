"""Ways of typing a question, and what the ranking loses by them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from eval.alterations import SPELLINGS, TYPOS, dialect, mistyped
from eval.cases import Case
from eval.dataset import GoldQuestion
from eval.robustness import altered, measured, rarest
from index.search import Index
from index.text import fold, stems, words
from rag.answer import Assistant

ARABIC = "متى زار أحمد القاهرة في 2023 أو إلى أين ذهب هو؟"
SAME_WORDS = ("vowel signs", "stretched", "invisible characters", "presentation forms")


@pytest.fixture
def index(assistant: Assistant) -> Index:
    return assistant.index


def typed(way: str, question: str, seed: int = 0) -> str:
    return SPELLINGS[way](question, Random(seed))


@pytest.mark.parametrize(
    ("way", "question", "expected"),
    [
        ("hamza left out", "أين إلى آب", "اين الى اب"),
        ("hamza put in", "اسم المدينة انتخابات", "أسم المدينة أنتخابات"),
        ("ه for ة", "القاهرة", "القاهره"),
        ("ة for ه", "كتابه هو", "كتابة هو"),
        ("ى for ي", "في ليبيا علي", "فى ليبيا على"),
        ("ي for ى", "على", "علي"),
        ("careless", "أين القاهرة ومتى", "اين القاهره ومتي"),
        ("Arabic digits", "عام 2023", "عام ٢٠٢٣"),
        ("lower case", "Who is Ali?", "who is ali?"),
        ("upper case", "Who is Ali?", "WHO IS ALI?"),
        ("curly quotes", "Haftar's visit", "Haftar’s visit"),
        ("no question mark", "أين ؟", "أين"),
    ],
)
def test_each_way_alters_as_it_says(way: str, question: str, expected: str) -> None:
    assert typed(way, question) == expected


@pytest.mark.parametrize("way", SAME_WORDS)
def test_what_only_looks_different_keeps_its_words(way: str) -> None:
    for seed in range(20):
        text = typed(way, ARABIC, seed)
        assert text != ARABIC
        assert stems(text) == stems(ARABIC)


@pytest.mark.parametrize("way", ["hamza left out", "ه for ة", "ى for ي", "careless"])
def test_folding_undoes_careless_spelling(way: str) -> None:
    assert fold(typed(way, ARABIC)) == fold(ARABIC)


def test_dialects_stand_for_the_first_word_only() -> None:
    said = {dialect("لماذا سأل لماذا", Random(seed)) for seed in range(30)}
    assert said == {"ليش سأل لماذا", "ليه سأل لماذا", "علاش سأل لماذا"}
    assert dialect("هل سأل؟", Random(0)) == "هل سأل؟"


@pytest.mark.parametrize(("way", "longer"), [("dropped letter", -1), ("doubled letter", 1)])
def test_errors_that_change_the_length(way: str, longer: int) -> None:
    assert {len(TYPOS[way]("haftar", Random(seed))) - 6 for seed in range(20)} == {longer}


def test_errors_that_keep_the_length() -> None:
    for seed in range(20):
        assert sorted(TYPOS["swapped letters"]("hafter", Random(seed))) == sorted("hafter")
        near = TYPOS["neighbour letter"]("حفتر", Random(seed))
        assert sum(a != b for a, b in zip(near, "حفتر", strict=True)) == 1


def test_an_error_stays_in_its_word() -> None:
    question = "من زار موسكو؟"
    word = words(question)[2]
    assert mistyped(question, word, TYPOS["doubled letter"], Random(1))[: word.start] == "من زار "


def test_the_rarest_word_is_a_name(index: Index) -> None:
    word = rarest("What did Putin say about Hegra?", index.catalogue)
    assert word is not None
    assert word.folded == "hegra"
    assert rarest("ما هو؟", index.catalogue) is None


def test_every_altered_question_differs_and_repeats(index: Index, gold: list[GoldQuestion]) -> None:
    ways = dict.fromkeys((*SPELLINGS, *TYPOS), 0)
    for each in gold:
        found = altered(each.question, index.catalogue)
        assert found == altered(each.question, index.catalogue)
        assert each.question not in found.values()
        for way in found:
            ways[way] += 1
    assert min(ways.values()) > 0


def test_nothing_is_lost_where_spelling_is_undone(index: Index, gold: list[GoldQuestion]) -> None:
    asked = [each for each in gold if each.articles and each.language == "ar"][:3]
    unanswered = replace(asked[0], id="none", answerable=False)
    cases = [Case(each, "dev") for each in (*asked, unanswered)]
    figures = measured(index, cases)
    before, after, pair = figures["vowel signs"]
    assert before.n == len(asked)
    assert before.value == after.value
    assert pair.difference.value == 0
