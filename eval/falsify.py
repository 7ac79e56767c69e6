"""Sentences that say something else in one place: who did it, whether, how much, when, who said so.

They use the sentence's own words, or those of its article, wherever they can, so that words alone
do not tell. `claims.json` has the words that are exchanged for others. What comes of it is clumsy
at times, and now and then says the same as before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from random import Random
from typing import Any

from index.months import MONTHS
from index.names import keys
from index.text import STOPWORDS, fold, words
from index.types import Language


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in both languages, with the sentences before and after it, and names near it."""

    texts: Mapping[Language, str]
    beside: Mapping[Language, tuple[str, ...]]
    names: Mapping[Language, tuple[str, ...]]


_Alter = Callable[["Said", str, Language, Random], str | None]

_NAME = re.compile(r"(?<=[\w,;] )(?!I\b)[A-Z][\w'’-]+(?: (?:of |al-|de )?[A-Z][\w'’-]+)*")
_PHRASE = re.compile(
    r"\b(?:the|a|an|his|her|their|its)\s(?!same\b|first\b|last\b)\w{3,}(?:\s\w{4,}(?=\s(?:of|in|to|from|by|for|and|was|is|has)\b))?"
    r"|(?<=[\w,;] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*"
)
_ARABIC_NOUN = re.compile(r"(?<!\w)(?P<clitic>[وفب]?)(?P<noun>ال\w{3,})")

_AUXILIARY = re.compile(
    r"\b(is|was|are|were|has|have|had|will|would|can|could|should|may|might|must)\b(?! not|n['’]t)"
)
_PAST = re.compile(r"\b([a-z]{3,})ed\b")
_NOT = {
    "en": re.compile(r"\b(?:not|never|no longer|hardly) |n['’]t\b"),
    "ar": re.compile(r"(?<!\w)(?:لا|لم|لن|ليس|ليست|غير|دون)\s"),
}
_IMPERFECT = re.compile(r"(?<!\w)(?P<and>[وف]?)(?P<verb>ي(?!وم|نا|ول|ون|د\b|مين|سار|ابان)\w{3,})")
_DIGITS = re.compile(r"(?<![\w.,])\d[\d.,]*\d|(?<![\w.,])\d(?!\w)")
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")
_SPEECH: Mapping[Language, re.Pattern[str]] = {
    "en": re.compile(r",? (?:\w+ ){0,3}(?:said|says|added|told \w+)(?= that|,|\.|:|$)(?: that)?"),
    "ar": re.compile(
        r"^(?:و)?(?:قال|قالت|ذكر|ذكرت|أضاف|أضافت|أفاد|أفادت|أكد|أكدت)\s.{3,60}?\s(?:أن|إن|أنه|إنه|بأن)\s"
    ),
}


@lru_cache(maxsize=2)
def _tables(language: Language) -> dict[str, Any]:
    """The words of a language that are exchanged for others."""
    text = resources.files("eval").joinpath("claims.json").read_text("utf-8")
    tables: dict[str, Any] = json.loads(text)[language]
    return tables


def number_words(language: Language) -> list[str]:
    """The names of numbers from two on, and of tens."""
    return _listed(language, "numbers")


def _listed(language: Language, name: str) -> list[str]:
    found: list[str] = _tables(language)[name]
    return found


def _pairs(language: Language, name: str) -> list[list[str]]:
    found: list[list[str]] = _tables(language)[name]
    return found


def names_of(arabic: Sequence[str], english: Sequence[str]) -> dict[Language, tuple[str, ...]]:
    """The names in the lines of a text in two languages, each once."""
    found: dict[Language, list[str]] = {"ar": [], "en": []}
    for lines in zip(arabic, english, strict=True):
        said = Said(dict(zip(("ar", "en"), lines, strict=True)), {}, {})
        for language, text in said.texts.items():
            found[language] += [text[a:b] for a, b in _names_in(said, text, language)]
    return {language: tuple(dict.fromkeys(names)) for language, names in found.items()}


def falsified(said: Said, text: str, language: Language, random: Random) -> tuple[str, str] | None:
    """A text that says something else in one place, and the kind of change; None where none can be.

    `text`: of `said` in that language, or made of it.
    """
    kinds = list(ALTERATIONS)
    random.shuffle(kinds)
    for kind in kinds:
        changed = ALTERATIONS[kind](said, text, language, random)
        if changed is not None and _words(changed) != _words(text):
            return changed, kind
    return None


def _words(text: str) -> list[str]:
    return [word.folded for word in words(text)]


def _exchange(text: str, one: tuple[int, int], two: tuple[int, int]) -> str:
    """With two places of it exchanged."""
    (a, b), (c, d) = sorted((one, two))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _roles(said: Said, text: str, language: Language, random: Random) -> str | None:
    """Two phrases exchanged."""
    if language == "en":
        found = [match.span() for match in _PHRASE.finditer(text)]
    else:
        found = [match.span("noun") for match in _ARABIC_NOUN.finditer(text)]
        found += _names_in(said, text, language)
    found = _apart(found)
    pairs = [
        (one, two)
        for place, one in enumerate(found)
        for two in found[place + 1 :]
        if fold(text[slice(*one)]) != fold(text[slice(*two)])
    ]
    if not pairs:
        return None
    named = [pair for pair in pairs if all(_is_named(text, span) for span in pair)]
    return _exchange(text, *random.choice(named if named and random.random() < 0.6 else pairs))


def _is_named(text: str, span: tuple[int, int]) -> bool:
    return text[span[0]].isupper() or not text[span[0] : span[1]].startswith(("ال", "the ", "a "))


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for span in sorted(set(spans)):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _names_in(said: Said, text: str, language: Language) -> list[tuple[int, int]]:
    """Where names of the sentence stand; Arabic ones are those that the English text has."""
    if language == "en":
        return [match.span() for match in _NAME.finditer(text)]
    wanted = {
        key
        for match in _NAME.finditer(said.texts["en"])
        for word in words(match[0])
        for key in keys(word.folded)
        if len(key) > 2
    }
    return [
        (word.start, word.end)
        for word in words(text)
        if word.folded not in STOPWORDS and wanted & keys(word.folded)
    ]


def _name(said: Said, text: str, language: Language, random: Random) -> str | None:
    """A name by another one of the article."""
    places = _names_in(said, text, language)
    others = [name for name in said.names[language] if fold(name) not in fold(text)]
    if not places or not others:
        return None
    start, end = random.choice(places)
    return text[:start] + random.choice(others) + text[end:]


def _counterpart(table: str) -> _Alter:
    """A word by the other one of its pair in a table."""

    def alter(_: Said, text: str, language: Language, random: Random) -> str | None:
        pairs = _pairs(language, table)
        both = [*pairs, *([two, one] for one, two in pairs)]
        random.shuffle(both)
        for one, two in both:
            places = list(re.finditer(rf"(?<!\w){re.escape(one)}(?!\w)", text))
            if places:
                match = random.choice(places)
                return text[: match.start()] + two + text[match.end() :]
        return None

    return alter


def _negation(_: Said, text: str, language: Language, random: Random) -> str | None:
    """A negation put in, or taken out."""
    there = list(_NOT[language].finditer(text))
    if there:
        match = random.choice(there)
        return text[: match.start()] + text[match.end() :]
    if language == "ar":
        return _denied(text, random)
    places = list(_AUXILIARY.finditer(text))
    if places:
        match = random.choice(places)
        return (
            f"{text[: match.end()]} {random.choice(('not', 'not', 'never'))}{text[match.end() :]}"
        )
    past = _PAST.search(text)
    if past is None:
        return None
    bare = past[1] if past[1].endswith(("n", "t", "k", "w", "d", "r", "l", "h")) else f"{past[1]}e"
    return f"{text[: past.start()]}did not {bare}{text[past.end() :]}"


def _denied(text: str, random: Random) -> str | None:
    denials = _pairs("ar", "denials")
    for yes, no in random.sample(denials, len(denials)):
        match = re.search(rf"(?<!\w)([وف]?){yes}(?!\w)", text)
        if match:
            return f"{text[: match.start()]}{match[1]}{no}{text[match.end() :]}"
    verb = _IMPERFECT.search(text)
    if verb is None:
        return None
    return f"{text[: verb.start()]}{verb['and']}لا {verb['verb']}{text[verb.end() :]}"


def _number(said: Said, text: str, language: Language, random: Random) -> str | None:
    """A number by another, of its neighbours or made up; two of the sentence exchanged."""
    places = [match.span() for match in _DIGITS.finditer(text)]
    if len(places) > 1 and random.random() < 0.4:
        return _exchange(text, *random.sample(places, 2))
    if places:
        start, end = random.choice(places)
        near = [n for each in said.beside[language] for n in _DIGITS.findall(each)]
        made = _other_number(text[start:end], random)
        return (
            text[:start]
            + (random.choice(near) if near and random.random() < 0.4 else made)
            + text[end:]
        )
    table = number_words(language)
    there = [(word, match) for word in table for match in re.finditer(rf"\b{word}\b", text)]
    if not there:
        return None
    word, match = random.choice(there)
    other = random.choice([each for each in table if each != word])
    return text[: match.start()] + other + text[match.end() :]


def _other_number(said: str, random: Random) -> str:
    digits = [place for place, letter in enumerate(said) if letter.isdigit()]
    place = random.choice(digits)
    digit = str((int(said[place]) + random.randrange(1, 9)) % 10)
    return said[:place] + (digit if digit != "0" or place else "1") + said[place + 1 :]


def _date(_: Said, text: str, language: Language, random: Random) -> str | None:
    """Another month, day of the week or year."""
    months = [
        name for name in MONTHS if (re.match("[a-z]", name) is not None) == (language == "en")
    ]
    found = [
        (match.span(), months)
        for match in re.finditer(r"(?<!\w)[^\W\d]+(?!\w)", text)
        if fold(match[0]) in months and (language == "ar" or match[0][0].isupper())
    ]
    weekdays = _listed(language, "weekdays")
    days = [fold(day) for day in weekdays]
    found += [
        (match.span(), weekdays)
        for match in re.finditer(r"(?<!\w)[^\W\d]+(?!\w)", text)
        if fold(match[0]) in days
    ]
    years = [match.span() for match in _YEAR.finditer(text)]
    if years and (not found or random.random() < 0.5):
        start, end = random.choice(years)
        return (
            text[:start]
            + str(int(text[start:end]) + random.choice((-10, -2, -1, 1, 2, 10)))
            + text[end:]
        )
    if not found:
        return None
    (start, end), names = random.choice(found)
    other = random.choice([name for name in names if fold(name) != fold(text[start:end])])
    return text[:start] + (other.title() if language == "en" else other) + text[end:]


def _attribution(said: Said, text: str, language: Language, random: Random) -> str | None:
    """Told as a fact where somebody said it, or said by somebody where it was told as a fact."""
    speech = _SPEECH[language].search(text)
    if speech and random.random() < 0.5:
        left = f"{text[: speech.start()]}{text[speech.end() :]}".strip(" ,")
        return left if len(words(left)) > 4 else None
    others = [name for name in said.names[language] if fold(name) not in fold(text)]
    if not others or speech:
        return None
    return random.choice(_listed(language, "sayings")).format(name=random.choice(others)) + text


ALTERATIONS: Mapping[str, _Alter] = {
    "roles": _roles,
    "negation": _negation,
    "number": _number,
    "date": _date,
    "unit": _counterpart("units"),
    "degree": _counterpart("opposites"),
    "name": _name,
    "attribution": _attribution,
}
