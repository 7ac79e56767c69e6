"""Claims that a quotation proves, and ones that say something else in one place."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from tests_support import article

from eval.claims import claim, parallel
from eval.falsify import ALTERATIONS, Said, falsified, names_of
from index.text import words
from index.types import Article, Language

ARABIC = [
    "قال الوزير سمير ناصر يوم الأحد إن المصنع باع 300 طن إلى الشركة في مايو 2019.",
    "وأعلن كريم سليم أن المصنع الجديد لن يغلق قبل نهاية العام، وفق بيان الشركة.",
]
ENGLISH = [
    "The minister Samir Nasser said on Sunday that the factory sold 300 tons to the company in "
    "May 2019.",
    "Later, Karim Salim announced that the new factory will not close before the end of the year.",
]


def texts() -> list[Article]:
    return [
        article("\n".join(lines), id=f"one-{language}-1")
        for language, lines in (("ar", ARABIC), ("en", ENGLISH))
    ]


@pytest.fixture
def said() -> list[Said]:
    (found,) = parallel(texts())
    return found


def test_two_texts_are_told_line_by_line(said: list[Said]) -> None:
    assert [each.texts for each in said] == [
        {"ar": one, "en": two} for one, two in zip(ARABIC, ENGLISH, strict=True)
    ]
    assert said[0].beside == {"ar": (ARABIC[1],), "en": (ENGLISH[1],)}


def test_texts_of_different_lengths_are_left_out() -> None:
    arabic, english = texts()
    assert parallel([arabic]) == []
    assert parallel([arabic, replace(english, text=ENGLISH[0])]) == []


def test_names_are_told_by_capitals_and_in_arabic_by_their_consonants() -> None:
    found = names_of(ARABIC, ENGLISH)
    assert "Samir Nasser" in found["en"]
    assert {"سمير", "ناصر", "كريم"} <= set(found["ar"])


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("kind", ALTERATIONS)
def test_an_alteration_changes_some_words(kind: str, language: Language, said: list[Said]) -> None:
    changed = [
        altered
        for each in said
        for seed in range(5)
        if (altered := ALTERATIONS[kind](each, each.texts[language], language, Random(seed)))
    ]
    assert changed
    for each in said:
        assert _words(each.texts[language]) not in map(_words, changed)


def _words(text: str) -> list[str]:
    return [word.folded for word in words(text)]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("negation", "The factory was closed.", "The factory was not closed."),
        ("negation", "The factory was not closed.", "The factory was closed."),
        ("negation", "أعلن المصنع الإضراب.", "لم يعلن المصنع الإضراب."),
        ("roles", "the factory sold it to the company", "the company sold it to the factory"),
        ("unit", "It cost 3 million.", "It cost 3 billion."),
        ("degree", "وصل قبل الظهر", "وصل بعد الظهر"),
    ],
)
def test_what_is_altered_says_something_else(kind: str, before: str, after: str) -> None:
    language: Language = "en" if before.isascii() else "ar"
    alone = Said({"ar": before, "en": before}, {"ar": (), "en": ()}, {"ar": (), "en": ()})
    made = {ALTERATIONS[kind](alone, before, language, Random(seed)) for seed in range(30)}
    assert after in made


def test_nothing_to_alter_is_nothing() -> None:
    alone = Said({"ar": "نعم", "en": "Yes"}, {"ar": (), "en": ()}, {"ar": (), "en": ()})
    assert falsified(alone, "Yes", "en", Random(1)) is None


def test_claims_are_true_and_altered_about_as_asked_for_and_repeat(said: list[Said]) -> None:
    def drawn() -> list[str]:
        random = Random(7)
        return [claim(said[0], said[1:], random, altered=0.5).kind for _ in range(400)]

    kinds = drawn()
    assert kinds == drawn()
    assert 150 < kinds.count("") < 250
    assert set(ALTERATIONS) <= set(kinds)
