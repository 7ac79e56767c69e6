"""Different figures for the thing that a question asks the number of.

A statement is a number that counts something: the dead, the missing, ships. Two differ where no
number is both, with what is said before them ("about", "more than", "at least"). A statement that
is dated otherwise than what was found first is on something else, as is one on "others"; a range
is compared with nothing, and whoever asks for somebody's figure is not told of another's.
Of 14 questions after tolls on the samples 3 deserve a note and have it, no other does; of the 579
built-in questions none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from index.dates import dates
from index.names import keys
from index.numbers import Number, numbers
from index.text import STOPWORDS, Word, fold, informative, language_of, stem, stems, words
from rag.evidence import near_the_best
from rag.types import Evidence, Question

_COUNTED = {
    "dead": "قتيل قتلى قتيلا القتلى قتل قتلت قتلوا مقتل وفاة الوفيات وفيات ضحايا ضحية ضحاياه مصرع"
    " حتفهم أرواح dead died die deaths death killed kill kills fatalities victims perished",
    "injured": "جريح جريحا جرحى الجرحى مصاب مصابا مصابين مصابون المصابين إصابة injured wounded"
    " hurt injuries",
    "missing": "مفقود مفقودا مفقودين المفقودين مفقودون missing unaccounted",
    "fighters": "مقاتل مقاتلا مقاتلين المقاتلين مقاتلي عنصر عنصرا عناصر جندي جنديا جنود مرتزق"
    " مرتزقة fighters troops soldiers mercenaries",
}
"""What news counts, by the words for it in both languages."""

_THINGS = {stem(fold(word)): thing for thing, said in _COUNTED.items() for word in said.split()}
_PEOPLE = frozenset(map(stem, map(fold, ("شخص", "شخصا", "أشخاص", "إنسان", "people", "persons"))))

_HOW_MANY = re.compile(
    r"(?:^|(?<=\s))(?:و|ف|ب)?كم\s+(?:(?:بلغ|بلغت|يبلغ|تبلغ|كان|كانت)\s+)?(?:عدد\s+)?"
    r"|(?:^|(?<=\s))عدد\s+|\bhow many\s+|\bnumber of\s+|\btoll\b|حصيله\s+"
)
_WHOSE = re.compile(
    r"(?<!\w)(?:بحسب|وفق|وفقا|لدي|روايه|قال|تقول|يقول|ذكر|توقع|قدر|يخشا\w*|احصي|اعلن\w*)(?!\w)"
    r"|\baccording to\b|\b(?:say|says|said|give|gave|fear|feared|estimate\w*|report\w*|count\w*)\b"
)
_ABOUT = re.compile(
    r"(?:نحو|حوالي|قرابه|زهاء|ما يقرب من|ما يقارب|about|around|nearly|almost|some|roughly"
    r"|close to|approximately)\s*$"
)
_LEAST = re.compile(
    r"(?:اكثر من|ما لا يقل عن|لا يقل عن|علي الاقل|تجاوز|تجاوزت|يتجاوز|ازيد من|more than|over"
    r"|at least|exceed\w*|above|upwards of)\s*$"
)
_MOST = re.compile(r"(?:اقل من|up to|as many as|less than|fewer than|under|ما يصل الي|حتي)\s*$")
_RANGE = re.compile(r"(?<!\w)(?:ما )?(?:بين|between|from)\s*$")
_OTHERS = re.compile(
    r"(?<!\w)(?:اخر(?:ين|ون|ي|ا)?|others?|another|(?:of|among) (?:whom|them)|منهم|بينهم)(?!\w)"
)

_BESIDE = 3
"""How many words behind a number, or before it, tell what it counts."""

_ROUNDED = 0.1
"""How far "about" may be from what is meant."""

_ON_SUBJECT = 0.6
"""The share of a question's other words that an article on its subject has."""

_SHORTEST_NAME = 3
"""Consonants of a name that is looked for across languages."""

_AROUND = timedelta(days=60)
"""How far apart the days may be that two sentences on one thing tell of."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure in evidence for what is asked; anything from `low` to `high` agrees with it."""

    evidence: Evidence
    number: Number
    low: float
    high: float

    @property
    def text(self) -> str:
        """The figure as it is written."""
        return self.evidence.text[self.number.start : self.number.end]

    def differs(self, other: Statement) -> bool:
        """Whether no figure is both."""
        return self.high < other.low or other.high < self.low


def differing(question: Question, evidence: Sequence[Evidence]) -> tuple[Statement, ...]:
    """Statements that do not agree on the number a question asks for, best first.

    One of each article; reprints of one text are one. The first is evidence that is worth showing
    anyway. Empty where all agree.
    """
    thing = _asked(question.text)
    if thing is None:
        return ()
    kept: dict[int | str, Statement] = {}
    shown = near_the_best(evidence)
    for item in evidence:
        if not kept and item not in shown:
            break
        if _is_on_subject(item, question) and _is_at_one_time(item, evidence[0], question):
            for each in _statements(item, thing):
                if all(each.differs(other) for other in kept.values()):
                    kept.setdefault(_report(item), each)
    return tuple(kept.values()) if len(kept) > 1 else ()


def _report(item: Evidence) -> int | str:
    return item.group or item.article.id


def _asked(question: str) -> str | None:
    """The thing whose number is asked for, of `_COUNTED`; None for any other or none."""
    folded = fold(question)
    found = _HOW_MANY.search(folded)
    if found is None or _WHOSE.search(folded):
        return None
    asked = informative(question)
    counted = next((each for each in informative(folded[found.end() :])), "")
    if counted in _PEOPLE or not counted:
        return next((_THINGS[each] for each in asked if each in _THINGS), None)
    return _THINGS.get(counted)


def _statements(item: Evidence, thing: str) -> Iterator[Statement]:
    text = item.text
    said, dated = words(text), dates(text, item.article.published)
    counts = [
        number
        for number in numbers(text)
        if not number.is_share and not any(d.start <= number.start < d.end for d in dated)
    ]
    for place, number in enumerate(counts):
        end = counts[place + 1].start if place + 1 < len(counts) else len(text)
        begin = counts[place - 1].end if place else 0
        after = [w for w in said if number.end <= w.start < end][:_BESIDE]
        before = [w for w in said if begin <= w.start < number.start][-2 * _BESIDE :]
        counted = _things(after)
        known = counted.intersection(_COUNTED)
        if thing not in counted and (known or thing not in _things(before)):
            continue
        if _OTHERS.search(" ".join(w.folded for w in (*before[-_BESIDE:], *after))):
            continue
        beside = counts[max(0, place - 1) : place + 1]
        if any(_RANGE.search(fold(text[: each.start])) for each in beside):
            continue
        low, high = _bounds(fold(text[begin : number.start]), number.value)
        yield Statement(item, number, low, high)


def _things(said: Sequence[Word]) -> set[str]:
    """The things that words tell of; a word for none of them stands for itself."""
    stems = [stem(word.folded) for word in said if word.folded not in STOPWORDS]
    return {_THINGS.get(each, each) for each in stems if each not in _PEOPLE}


def _bounds(before: str, value: float) -> tuple[float, float]:
    """What agrees with a number, by what is said before it."""
    if _ABOUT.search(before):
        return value * (1 - _ROUNDED), value * (1 + _ROUNDED)
    if _LEAST.search(before):
        return value, math.inf
    if _MOST.search(before):
        return 0.0, value
    return value, value


def _is_on_subject(item: Evidence, question: Question) -> bool:
    """Whether an article has most words of the question; in the other language, a name of it."""
    told = f"{item.article.title}\n{item.article.text}"
    if language_of(question.text) == item.article.language:
        asked = {each for each in informative(question.text) if each not in _THINGS} - _PEOPLE
        return len(asked & set(stems(told))) >= _ON_SUBJECT * len(asked)
    names = [_names(word) for word in words(question.text) if word.folded not in STOPWORDS]
    held = frozenset().union(*map(_names, words(told)))
    return any(not held.isdisjoint(name) for name in names)


def _names(word: Word) -> frozenset[str]:
    return frozenset(key for key in keys(word.folded) if len(key) >= _SHORTEST_NAME)


def _is_at_one_time(item: Evidence, first: Evidence, question: Question) -> bool:
    """Whether what evidence tells of other days is also told, near enough, where the first stands.

    That is in the article of the first, or in the question.
    """
    day, text = first.article.published, first.article.text
    known = [*_days(text, day), *_days(question.text, None), *([(day, day)] if day else [])]
    return all(
        any(start <= last + _AROUND and end >= begun - _AROUND for begun, last in known)
        for start, end in _days(item.text, item.article.published)
    )


def _days(text: str, published: date | None) -> list[tuple[date, date]]:
    return [(each.first, each.last) for each in dates(text, published) if each.has_year]
