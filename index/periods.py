"""Periods: the days that a date in a text stands for."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

_LONGEST_MONTH = 31


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in a text, `text[start:end]`: its first and its last day.

    `has_year`: the year is said, or follows; otherwise it is a guess, and is not compared.
    """

    start: int
    end: int
    first: date
    last: date
    has_year: bool = True

    def within(self, other: Dated) -> bool:
        """Whether this one's days are among the other's: a day of a month, a month of a year."""
        if self.has_year and other.has_year:
            return other.first <= self.first and self.last <= other.last
        if max(self._days, other._days) > _LONGEST_MONTH:
            return False
        return (other.first.month, other.first.day) <= (self.first.month, self.first.day) and (
            (self.last.month, self.last.day) <= (other.last.month, other.last.day)
        )

    @property
    def _days(self) -> int:
        return (self.last - self.first).days + 1


Resolve = Callable[[re.Match[str], date | None], Dated | None]
"""From what a pattern found, and the day of publication, to the days; their place is filled in."""


def period(first: date, last: date, *, has_year: bool = True) -> Dated:
    """From one day to another, both with it."""
    return Dated(0, 0, first, last, has_year)


def month_of(year: int, month: int, *, has_year: bool = True) -> Dated:
    """A whole month."""
    last = date(year, month, monthrange(year, month)[1])
    return period(date(year, month, 1), last, has_year=has_year)


def day_of(year: int, month: int, day: int, *, has_year: bool = True) -> Dated | None:
    """One day, or None where there is no such day."""
    try:
        on = date(year, month, day)
    except ValueError:
        return None
    return period(on, on, has_year=has_year)


def either(names: Iterable[str]) -> str:
    """A pattern for any of some names, longer ones first."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
