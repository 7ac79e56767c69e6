"""Tolls: the numbers of people that news counts, the dead, the injured, the missing, fighters.

A statement is a number that counts these people: "3,958 dead", "killed 218 people", "عدد القتلى في
درنة بلغ 11300". What agrees with it goes by what is said around it ("about", "at least"). A range
is no statement, nor are "others"; and whoever asks for somebody's figure asks for no toll.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from index.dates import dates
from index.numbers import Number, numbers
from index.text import STOPWORDS, Word, fold, stem, words
from rag.types import Amount, Evidence

_NOUNS = {
    "dead": "قتيل قتلى قتيلا القتلى وفاة الوفيات وفيات ضحايا ضحية"
    " dead deaths fatalities victims killed",
    "injured": "جريح جريحا جرحى الجرحى مصاب مصابا مصابين مصابون المصابين إصابة"
    " injured wounded injuries",
    "missing": "مفقود مفقودا مفقودين المفقودين مفقودون missing",
    "fighters": "مقاتل مقاتلا مقاتلين المقاتلين مقاتلي عنصر عنصرا عناصر جندي جنديا جنود مرتزق"
    " مرتزقة fighters troops soldiers mercenaries",
}
"""Whom news counts, by the nouns that stand behind a number."""

_VERBS = {
    "dead": "قتل قتلت قتلوا مقتل مصرع حتفهم بحياة حصيلة حصيلتهم died die kill kills killing death"
    " toll perished lives",
    "injured": "أصيب أصيبوا إصابة injuring wounding injures",
    "missing": "فقد فقدان",
    "fighters": "",
}
"""And by what else tells whom a number counts: before the number, or behind the people."""


def _forms(things: dict[str, str]) -> dict[str, str]:
    """English words as they are, Arabic ones by their stems."""
    said = [(fold(word), thing) for thing, found in things.items() for word in found.split()]
    return {word if word.isascii() else stem(word): thing for word, thing in said}


_BEHIND = _forms(_NOUNS)
_BEFORE = _forms(_NOUNS) | _forms(_VERBS)
_WITH_WAW = frozenset(fold(word) for word in ("وفاة", "وفيات"))
_PEOPLE = frozenset(fold(word) for word in ("شخص", "شخصا", "أشخاص", "إنسان", "people", "persons"))
_COUNTING = frozenset(["many", "number", "toll", "عدد", "حصيله", "بلغ", "بلغت", "يبلغ", "تبلغ"])

_HOW_MANY = re.compile(
    r"(?:^|(?<=\s))(?:و|ف|ب)?كم\s+(?:(?:بلغ|بلغت|يبلغ|تبلغ|كان|كانت)\s+)?(?:عدد\s+)?"
    r"|(?:^|(?<=\s))عدد\s+|\bhow many\s+|\bnumber of\s+|(?=\b(?:death )?toll\b)|(?=(?<!\w)حصيله)"
)
_WHOSE = re.compile(
    r"(?<!\w)(?:بحسب|وفق|وفقا|لدي|روايه|قال|تقول|يقول|ذكر|توقع|قدر|يخشا\w*|احصي|اعلن\w*)(?!\w)"
    r"|\baccording to\b|\b(?:say|says|said|give|gives|gave|fear|fears|feared|estimate[sd]?"
    r"|report(?:s|ed)?|count(?:s|ed)?)\b"
)
_ABOUT = re.compile(
    r"(?<!\w)(?:ب?نحو|حوالي|قرابه|زهاء|ما يقرب من|ما يقارب|about|around|nearly|almost|some|roughly"
    r"|close to|approximately)\s*$"
)
_LEAST = re.compile(
    r"(?<!\w)(?:ب?اكثر من|لا يقل عن|يزيد علي|يزيد عن|تجاوزت?|يتجاوز|ازيد من|more than|over"
    r"|at least|exceed\w*|above|upwards of)\s*$"
)
_MOST = re.compile(
    r"(?<!\w)(?:اقل من|لا يزيد (?:علي|عن)|(?:لا|لم|لن) (?:يتجاوز|تتجاوز)|حتي|up to|as many as"
    r"|less than|fewer than|under|ما يصل الي|(?:not|never) exceed\w*|no more than)\s*$"
)
_LEAST_BEHIND = re.compile(r"^(?:\W+\w+)?\W+(?:علي الاقل|at least|or more)(?!\w)")
_RANGE_BEFORE = re.compile(r"(?<!\w)(?:بين|between|from)\s*$")
_RANGE = re.compile(r"^\s*(?:\w+\s+)?(?:الي|او|to|or|[-–])\s*$")
_PARTS = re.compile(r"(?<!\w)(?:منهم|بينهم|(?:of|among) (?:whom|them))(?!\w)")
_OTHERS = re.compile(r"(?<!\w)(?:اخر(?:ين|ون)|others?|another)(?!\w)")
_CLAUSE = re.compile(r"[.,:;!?،؛؟()«»“”\"]|\band\b")

_FEW_LETTERS = 30
"""How far around a number others, or parts of a whole, are told of."""

_NEAR = 6
"""How many words before a number tell whom it counts."""

_YEARS = range(1900, 2101)

_ROUNDED = 0.1
"""How far "about" may be from what is meant."""


def asked_for(question: str) -> str | None:
    """Whose number is asked for: "dead", "injured", "missing" or "fighters"; else None."""
    folded = fold(question)
    found = _HOW_MANY.search(folded)
    if found is None or _WHOSE.search(folded):
        return None
    asked = [word for word in words(folded[found.end() :]) if word.folded not in STOPWORDS]
    if not asked:
        return None
    first, *others = asked[:4]
    if first.folded in _PEOPLE:
        return next((thing for word in others if (thing := _thing(word, _BEFORE))), None)
    # "The toll of the injured" counts these, "the death toll" and a toll by itself the dead.
    named = _thing(others[0], _BEHIND) if others and _thing(first, _BEFORE) == "dead" else None
    return named or _thing(first, _BEFORE)


def _thing(word: Word, things: dict[str, str]) -> str | None:
    return things.get(word.folded if word.folded.isascii() else stem(word.folded))


def subject_of(question: str) -> str:
    """The words of a question after a toll that do not ask for it: what it is about."""
    return " ".join(
        question[word.start : word.end]
        for word in words(question)
        if not _thing(word, _BEFORE) and word.folded not in _PEOPLE and word.folded not in _COUNTING
    )


def statements(item: Evidence, thing: str) -> Iterator[Amount]:
    """The figures in evidence that count a thing."""
    text = item.text
    said, dated = words(text), dates(text, item.article.published)
    counts = numbers(text)
    for place, number in enumerate(counts):
        before = text[counts[place - 1].end if place else 0 : number.start]
        behind = text[number.end : counts[place + 1].start if place + 1 < len(counts) else None]
        if (
            number.is_share
            or number.value % 1
            or any(day.start <= number.start < day.end for day in dated)
            or _is_of_range(text, counts, place)
            or _OTHERS.search(fold(before)[-_FEW_LETTERS:])
            or _OTHERS.search(fold(behind)[:_FEW_LETTERS])
            or _PARTS.search(fold(before)[-_FEW_LETTERS:])
        ):
            continue
        if _counted(said, number, before, behind) == thing:
            low, high = _bounds(fold(before), fold(behind), number.value)
            # Without an "and" that is joined to it.
            joined = text[number.start : number.end].startswith("و")
            bare = numbers(text[number.start + joined : number.end])
            start = number.start + (joined and [each.value for each in bare] == [number.value])
            yield Amount(item, start, number.end, low, high)


def _is_of_range(text: str, counts: Sequence[Number], place: int) -> bool:
    """Whether a number is one end of a range."""
    start = max(0, place - 1)
    if any(_RANGE_BEFORE.search(fold(text[: each.start])) for each in counts[start : place + 1]):
        return True
    gaps = [
        text[one.end : two.start]
        for one, two in zip(counts[start:], counts[start + 1 : place + 2], strict=False)
    ]
    return any(_RANGE.match(fold(gap)) for gap in gaps)


def _counted(said: Sequence[Word], number: Number, before: str, behind: str) -> str | None:
    """What a number counts.

    The noun behind it; or, where nobody else is named there, the last word for it before it, or
    behind the people: "killed 40 people", "40 people were killed".
    """
    clause = _CLAUSE.search(behind)
    end = number.end + (clause.start() if clause else len(behind))
    after = [word for word in said if number.end <= word.start < end]
    joined = next((at for at, word in enumerate(after) if _is_joined(word)), len(after))
    after = after[:joined]
    is_people = bool(after) and after[0].folded in _PEOPLE
    nouns = after[is_people : is_people + 1]
    if nouns and (noun := _thing(nouns[0], _BEHIND)) and not _is_verb(nouns[0], number, behind):
        return noun
    if (after and not is_people) or (not is_people and number.value in _YEARS):
        return None
    start = number.start - len(before)
    earlier = [word for word in said if start <= word.start < number.start][-_NEAR:]
    near = [*reversed(earlier), *after[1:4]]
    return next((thing for word in near if (thing := _thing(word, _BEFORE))), None)


def _is_joined(word: Word) -> bool:
    """Whether an Arabic word begins another clause with "and"."""
    return word.folded.startswith("و") and word.folded not in _WITH_WAW


def _is_verb(word: Word, number: Number, behind: str) -> bool:
    """Whether a word has another number for its object: "Flight 752 killed 176"."""
    return word.end - number.end == len(behind.rstrip()) < len(behind)


def _bounds(before: str, behind: str, value: float) -> tuple[float, float]:
    """What agrees with a number, by what is said around it."""
    if _MOST.search(before):
        return 0.0, value
    if _LEAST.search(before) or _LEAST_BEHIND.match(behind):
        return value, math.inf
    if _ABOUT.search(before):
        return value * (1 - _ROUNDED), value * (1 + _ROUNDED)
    return value, value
