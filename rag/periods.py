"""The periods that a question asks about, and whether an article tells of them.

"Between 2014 and 2016", "since May", "last month": what an article says about them need not have
their words. Days of the week and "today" are left aside: they mean the article's day as often as
that of the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from index.dates import dates
from index.periods import Dated
from index.text import fold
from index.types import Article

_BETWEEN = re.compile(r"(?:\bbetween|\bfrom|(?<!\w)و?(?:ما )?بين|(?<!\w)من)(?!\w)[^,،]{0,30}$")
_AND = re.compile(
    r"^[^,،]{0,25}(?:\band|\bto|\buntil|(?<!\w)(?:الي|حتي)(?!\w)|(?<!\w)و|[-–])[^,،]{0,25}$"
)
_PART = r"(?:the )?(?:(?:start|beginning|end|middle|turn|spring|summer|autumn|winter) of )?"
_PART_ARABIC = r"(?:(?:بدايه|مطلع|نهايه|اواخر|اوايل|منتصف|ربيع|صيف|خريف|شتاء|عام|سنه|العام) )*"
_SINCE = re.compile(rf"(?:\bsince {_PART}|(?<!\w)منذ {_PART_ARABIC})$")
_AFTER = re.compile(rf"(?:\bafter {_PART}|(?<!\w)بعد {_PART_ARABIC})$")
_BEFORE = re.compile(rf"(?:\bbefore {_PART}|(?<!\w)قبل {_PART_ARABIC})$")
_PAST_DAYS = frozenset(("yesterday", "امس", "البارحه"))


def periods_of(question: str, today: date) -> list[Dated]:
    """The periods of a question, in order: two dates that a range is made of are one.

    `today`: what "last month" is counted from, and where "since 2024" ends.
    """
    said = [each for each in dates(question, today) if each.has_year and _counts(question, each)]
    found: list[Dated] = []
    while said:
        first, *said = said
        if said and _is_range(question, first, said[0]):
            last, *said = said
            found.append(replace(first, last=last.last, end=last.end))
        else:
            found.append(_open_ended(question, first, today))
    return found


def tells_of(article: Article, periods: Sequence[Dated]) -> Iterator[bool]:
    """Of each period whether an article is from it or names a day, a month or a year of it."""
    named = [each for each in dates(article.text, article.published) if each.has_year]
    for asked in periods:
        published = article.published
        is_from = published is not None and asked.first <= published <= asked.last
        yield is_from or any(_overlaps(each, asked) for each in named)


def _counts(question: str, found: Dated) -> bool:
    """Whether it is a date, or longer than a day, or yesterday."""
    text = fold(question[found.start : found.end])
    return found.first < found.last or text in _PAST_DAYS or any(map(str.isdigit, text))


def _is_range(question: str, first: Dated, last: Dated) -> bool:
    before, between = fold(question[: first.start]), fold(question[first.end : last.start])
    return (
        first.first <= last.last
        and bool(_BETWEEN.search(f"{before.rstrip()} "))
        and bool(_AND.search(between))
    )


def _open_ended(question: str, found: Dated, today: date) -> Dated:
    before = f"{fold(question[: found.start]).rstrip()} "
    if _SINCE.search(before):
        return replace(found, last=max(today, found.last))
    if _AFTER.search(before):
        return replace(found, last=date.max)
    if _BEFORE.search(before):
        return replace(found, first=date.min)
    return found


def _overlaps(said: Dated, asked: Dated) -> bool:
    """Whether days that are named fall into those asked about, or are known no better."""
    return said.first <= asked.last and asked.first <= said.last
