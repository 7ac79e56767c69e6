"""What articles do not agree on: the number of the dead, the day of something, a person, a place.

Statements are tolls (`rag.tolls`), or, where a question asks when, the date in the words that the
reader is sure to answer. Two differ where nothing agrees with both. What is dated otherwise than
what was found first is on something else, and so is a day far from it. Of 14 questions after tolls
on the samples 3 deserve a note and have it, no other does; of the 579 built-in questions none,
among them 74 that ask when.

Where a question asks who or where, they are the names in the words that the reader finds in
articles in its language. Two differ where neither article tells of the other's name. Of 476
questions of the built-in development set, XQuAD and ARCD that ask so none has such a note. Of 115
on copies of XQuAD's paragraphs, cut down and with another name, 8 have it; in most the copy is
taken for a reprint, or its sentence for a repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import TypeVar

from index.dates import dates
from index.names import keys
from index.text import informative, language_of, stems, words
from rag.evidence import near_the_best
from rag.question import asks_for_name, kind_of
from rag.subject import names_in, shares_name
from rag.tolls import asked_for, statements, subject_of
from rag.types import Amount, Evidence, Naming, Question, Statement

_ON_SUBJECT = 0.5
"""The share of a question's other words that an article on its subject has."""

_ON_SUBJECT_NAMED = 0.75
"""The same where names are compared: at 0.5, 9 of the 476 questions have a note, all wrongly."""

_READ_AS_ANSWER = -2.0
"""The least log odds of a sentence that a name is taken from. Those of its words would not do: the
reader shares them out among all sentences."""

_AROUND = timedelta(days=60)
"""How far apart the days may be that two sentences on one thing tell of."""

_LIKELY = 0.5
"""How likely the words must be to answer in which a date is taken for a statement."""

_NEAR_DAYS = 10
"""How far apart, in days, two dates of one thing may be, or as far as the longer one lasts."""


def differing(question: Question, evidence: Sequence[Evidence]) -> tuple[Statement, ...]:
    """Statements that do not agree on what a question asks for, best first.

    One of each article; reprints of one text are one. The first is evidence that is worth showing
    anyway. Empty where all agree.
    """
    thing = asked_for(question.text)
    if thing is not None:
        return _distinct(
            question,
            evidence,
            subject_of(question.text),
            lambda item: (
                statements(item, thing) if _is_at_one_time(item, evidence[0], question) else ()
            ),
        )
    if kind_of(question.text) == "date":
        return _near(_distinct(question, evidence, question.text, _days_that_answer))
    if asks_for_name(question.text):
        return _distinct(
            question,
            evidence,
            question.text,
            lambda item: _names_that_answer(item, question),
            _ON_SUBJECT_NAMED,
        )
    return ()


_Stated = TypeVar("_Stated", Amount, Naming)


def _distinct(
    question: Question,
    evidence: Sequence[Evidence],
    subject: str,
    stated: Callable[[Evidence], Iterable[_Stated]],
    least: float = _ON_SUBJECT,
) -> tuple[_Stated, ...]:
    kept: dict[int | str, _Stated] = {}
    shown = near_the_best(evidence)
    for item in evidence:
        if not kept and item not in shown:
            break
        if _is_on_subject(item, question, subject, least):
            for each in stated(item):
                if all(each.differs(other) for other in kept.values()):
                    kept.setdefault(item.group or item.article.id, each)
    return tuple(kept.values()) if len(kept) > 1 else ()


def _days_that_answer(item: Evidence) -> Iterator[Amount]:
    """The date in the words that answer, where there is one alone and its year is known."""
    mark = item.mark
    if mark is None or mark.probability < _LIKELY:
        return
    told = [
        each
        for each in dates(item.text, item.article.published)
        if each.start < mark.end and mark.start < each.end
    ]
    if len(told) == 1 and told[0].has_year:
        (day,) = told
        low, high = day.first.toordinal(), day.last.toordinal()
        yield Amount(item, day.start, day.end, low, high)


def _names_that_answer(item: Evidence, question: Question) -> Iterator[Naming]:
    """The words that answer, where they are a name and in the question's language."""
    mark = item.mark
    if mark is None or item.odds is None or item.odds < _READ_AS_ANSWER:
        return
    if item.sentence.language != question.language:
        return
    told = _keys(f"{item.article.title}\n{item.article.text}")
    if named := names_in(item.marked) - _keys(question.text):
        yield Naming(item, mark.start, mark.end, named, told)


def _near(stated: Sequence[Amount]) -> tuple[Amount, ...]:
    """The first and the dates near it, which can be of one thing; empty where there is none."""
    near = [each for each in stated if _is_near_date(stated[0], each)]
    return tuple(near) if len(near) > 1 else ()


def _is_near_date(one: Amount, two: Amount) -> bool:
    longest = max(one.high - one.low, two.high - two.low, _NEAR_DAYS)
    return one.low - two.high <= longest and two.low - one.high <= longest


def _is_on_subject(item: Evidence, question: Question, subject: str, least: float) -> bool:
    """Whether an article has a share of the words of a subject, the `least` or more.

    Across languages: a name of it.
    """
    told = f"{item.article.title}\n{item.article.text}"
    if language_of(question.text) != item.article.language:
        return shares_name(subject, item.article)
    asked = set(informative(subject))
    return bool(asked) and len(asked & set(stems(told))) >= least * len(asked)


def _keys(text: str) -> frozenset[str]:
    """The consonants of every word."""
    return frozenset(key for word in words(text) for key in keys(word.folded))


def _is_at_one_time(item: Evidence, first: Evidence, question: Question) -> bool:
    """Whether evidence is on days that the article of the first, or the question, tells of.

    Its article must have some of these days, or have been published near one, and so must every
    date in the evidence itself.
    """
    known = [*_days(first.article.text, first.article.published), *_days(question.text, None)]
    own = _days(item.text, item.article.published)
    around = _days(item.article.text, item.article.published)
    return any(_is_near(each, known) for each in around) and all(
        _is_near(each, known) for each in own
    )


_Day = tuple[date, date]


def _days(text: str, published: date | None) -> list[_Day]:
    """The days and months that are told of, and the day of publication; years say too little."""
    told = [(each.first, each.last) for each in dates(text, published) if each.has_year]
    short = [(first, last) for first, last in told if last - first < _AROUND]
    return [*short, *([(published, published)] if published else [])]


def _is_near(day: _Day, known: Sequence[_Day]) -> bool:
    first, last = day
    return any(first <= end + _AROUND and last >= begun - _AROUND for begun, end in known)
