"""Dates in Arabic and English text: where they stand, and which days they are.

A date is a period: a day, a month, a year. Months go by the names of `index.months` (Egyptian and
Gulf, Levantine, Maghrebi, English; also doubled, as in "تشرين الثاني/نوفمبر") or by the Islamic
ones, which `hijridate` converts. What is said without a year ("26 September"), or from where the
writer stands ("yesterday", "الأحد الماضي"), is resolved against the day of publication; without
one, the former is given the likeliest year for today's reader, and the latter is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise

from hijridate import Hijri

from index.months import AMBIGUOUS_MONTHS, HIJRI_MONTHS, MONTHS
from index.periods import Dated, Resolve, day_of, either, month_of, period
from index.relative import RELATIVE
from index.text import Word, fold, words


def dates(text: str, published: date | None = None) -> list[Dated]:
    """The dates of a text, in order, none inside another.

    `published`: the day that what is said without a year, or as "yesterday", is counted from.
    """
    return list(_dates(text, published, date.today()))


@lru_cache(maxsize=256)
def _dates(text: str, published: date | None, _today: date) -> tuple[Dated, ...]:
    """The same, kept: what is found in an article is compared with the dates of another, one
    sentence after the other. `_today`: what is guessed from it is not kept till tomorrow."""
    line = _Line.of(text)
    found: list[Dated] = []
    taken: list[tuple[int, int]] = []
    for pattern, resolve in _PATTERNS:
        for match in pattern.finditer(line.text):
            start, end = line.place(text, match)
            if _GROUPED.search(text, start, end):  # 2,059 is no year
                continue
            if any(start < last and end > first for first, last in taken):
                continue
            taken.append((start, end))
            resolved = resolve(match, published)
            if resolved is not None:
                found.append(replace(resolved, start=start, end=end))
    return tuple(sorted(found, key=lambda each: each.start))


@dataclass(frozen=True, slots=True)
class _Line:
    """The folded words of a text with what stands between them, as the patterns read it."""

    text: str
    words: tuple[Word, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> _Line:
        found = words(text)
        parts, starts, at = [], [], 0
        for word, following in pairwise([*found, None]):
            assert word is not None
            between = "" if following is None else _between(text[word.end : following.start])
            starts.append(at)
            parts.append(word.folded + between)
            at += len(parts[-1])
        return cls("".join(parts), tuple(found), tuple(starts))

    def place(self, text: str, match: re.Match[str]) -> tuple[int, int]:
        """Start and end in `text` of what a pattern calls the date."""
        first = bisect_right(self.starts, match.start("date")) - 1
        last = bisect_right(self.starts, match.end("date") - 1) - 1
        start = self.words[first].start
        joined = match.start("date") - self.starts[first]  # letters of a prefix, such as "and"
        while len(fold(text[self.words[first].start : start])) < joined:
            start += 1
        return start, self.words[last].end


def _between(gap: str) -> str:
    """What stands between two words: a joint of a date, or a bar that no date spans."""
    folded = " ".join(fold(gap).replace("–", "-").replace("،", ",").split(" "))
    return re.sub(r"\s+", " ", folded) if _JOINT.fullmatch(folded) else " | "


_GROUPED = re.compile(r"\d[,٬]\d{3}")
_JOINT = re.compile(r"[\s/(),.-]*")
_SHORT = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_ALL_MONTHS: Mapping[str, int] = {**MONTHS, **_SHORT}
_UNITS = (
    "الاول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع",
    "العاشر",
)  # fmt: skip
_ORDINALS: Mapping[str, int] = {
    **{name: number for number, name in enumerate(_UNITS, 1)},
    "الحادي عشر": 11,
    **{f"{name} عشر": 10 + number for number, name in enumerate(_UNITS[:9], 1) if number > 1},
    **{f"{name} والعشرين": 20 + n for n, name in enumerate(("الحادي", *_UNITS[1:9]), 1)},
    "العشرين": 20,
    "الثلاثين": 30,
    "الحادي والثلاثين": 31,
}
_BEFORE = r"(?<!\w)(?:[وفبل]|لل)?"
_DAY = rf"(?:(?P<day>[0-3]?\d)(?:st|nd|rd|th)?|(?P<ordinal>{either(_ORDINALS)}))"
_YEAR = r"(?P<year>1\d{3}|20\d{2})(?![\w.]|\s?-\s?\d)"
_OF_YEAR = rf"(?:,?\s(?:من\s)?(?:عام\s|سنه\s|of\s)?{_YEAR})"
_NAME = rf"(?P<month>{either(_ALL_MONTHS)})(?!\w)\.?"
_DOUBLED = rf"{_NAME}(?:\s?[/(-]\s?(?:{either(MONTHS)})(?!\w)(?:\s?\))?)?"
_HIJRI = rf"(?P<month>{either(HIJRI_MONTHS)})(?!\w)"
_HIJRI_YEAR = r"(?P<year>1[34]\d{2})(?!\d)(?:\s?(?:هجريه?|هجري|ه|ah)(?!\w))?"
_SAID_YEAR = (
    r"(?:(?:لل?|ب|ال)?(?:عامي?|سنه|سنتي|العام|العامين|سنوات|اعوام|صيف|شتاء|ربيع|خريف)|في|منذ|حتي|الي|بين|قبل|بعد|مطلع"
    r"|نهايه|بحلول|اواخر|اوائل|منتصف|بدايه|in|since|circa|of|from|until|till|to|by|during|year|between|before"
    r"|after|late|early|mid|spring|summer|autumn|fall|winter|and)"
)


def _numeric(match: re.Match[str], _: date | None) -> Dated | None:
    """2023-09-26 and 26/9/2023; the month first only where it cannot be otherwise."""
    year, one, two = (int(match[name]) for name in ("year", "one", "two"))
    if match.re is _YEAR_FIRST:
        return day_of(year, one, two)
    return day_of(year, two, one) or day_of(year, one, two)


def _named(match: re.Match[str], published: date | None) -> Dated | None:
    """A month with a day, a year, both or, where the name is nothing else, neither."""
    said = match.groupdict()
    month = _ALL_MONTHS[said["month"]]
    day = int(said["day"]) if said.get("day") else _ORDINALS.get(said.get("ordinal") or "")
    if said.get("year") is not None:
        year = int(said["year"])
        return day_of(year, month, day) if day else month_of(year, month)
    if day is None and said["month"] in AMBIGUOUS_MONTHS:
        return None
    near = published or date.today()  # a guess, and told to be one
    guesses = [
        guess
        for year in (near.year - 1, near.year, near.year + 1)
        if (guess := _guessed(year, month, day))
    ]
    return min(guesses, key=lambda each: _far(each, near), default=None)


def _guessed(year: int, month: int, day: int | None) -> Dated | None:
    if day is None:
        return month_of(year, month, has_year=False)
    return day_of(year, month, day, has_year=False)


def _far(each: Dated, near: date) -> int:
    """How far a date is from the day of publication; what is told is oftener past than to come."""
    days = (each.first - near).days
    return -days if days < 0 else 2 * days


def _islamic(match: re.Match[str], _: date | None) -> Dated | None:
    year, month = int(match["year"]), HIJRI_MONTHS[match["month"]]
    day = match["day"] and int(match["day"])
    try:
        first = Hijri(year, month, day or 1)
        last = first if day else Hijri(year, month, first.month_length())
    except (ValueError, OverflowError):
        return None
    return period(date(*first.to_gregorian().datetuple()), date(*last.to_gregorian().datetuple()))


def _islamic_year(match: re.Match[str], _: date | None) -> Dated | None:
    year = int(match["year"])
    try:
        last = Hijri(year, 12, Hijri(year, 12, 1).month_length())
        first = Hijri(year, 1, 1)
    except (ValueError, OverflowError):
        return None
    return period(date(*first.to_gregorian().datetuple()), date(*last.to_gregorian().datetuple()))


def _year(match: re.Match[str], _: date | None) -> Dated:
    return period(date(int(match["year"]), 1, 1), date(int(match["year"]), 12, 31))


def _decade(match: re.Match[str], _: date | None) -> Dated:
    first = int(match["year"])
    return period(date(first, 1, 1), date(first + 9, 12, 31))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?P<date>{text})")


_SEPARATED = r"(?P<joint>[-/.])"
_YEAR_FIRST = _pattern(
    rf"(?P<year>[12]\d{{3}}){_SEPARATED}(?P<one>\d{{1,2}})(?P=joint)(?P<two>\d{{1,2}})(?!\w)"
)
_YEAR_LAST = _pattern(
    rf"(?P<one>\d{{1,2}}){_SEPARATED}(?P<two>\d{{1,2}})(?P=joint)(?P<year>[12]\d{{3}})(?!\w)"
)
_PATTERNS: tuple[tuple[re.Pattern[str], Resolve], ...] = (
    (_YEAR_FIRST, _numeric),
    (_YEAR_LAST, _numeric),
    (
        _pattern(
            rf"(?:{_DAY}\s(?:من\s|of\s)?)?(?:شهر\s)?{_HIJRI},?\s(?:عام\s|سنه\s)?{_HIJRI_YEAR}"
        ),
        _islamic,
    ),
    (_pattern(rf"{_DAY}\s(?:من\s|of\s)?(?:شهر\s)?{_DOUBLED}{_OF_YEAR}?"), _named),
    (_pattern(rf"{_NAME}\s(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?!\w){_OF_YEAR}?"), _named),
    (_pattern(rf"{_DOUBLED}{_OF_YEAR}?"), _named),
    (_pattern(r"(?P<year>1[34]\d{2})\s?(?:هجريه?|ه|ah)(?!\w)"), _islamic_year),
    (_pattern(r"(?P<year>(?:1\d|20)\d0)s(?!\w)"), _decade),
    (re.compile(rf"{_BEFORE}{_SAID_YEAR}\s(?:عام\s|سنه\s)?(?P<date>{_YEAR})"), _year),
    (re.compile(rf"(?<=\d{{4}} )(?:و|-|and\s|to\s)(?P<date>{_YEAR})"), _year),
    (re.compile(rf"\(\s?(?P<date>{_YEAR})\s?\)"), _year),
    *((_pattern(text), resolve) for text, resolve in RELATIVE),
)
