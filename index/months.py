"""The names of the months: Egyptian and Gulf, Levantine and Iraqi, Maghrebi, English."""

from __future__ import annotations

import re

from index.text import fold

_NAMES = (
    ("يناير", "كانون الثاني", "جانفي", "january"),
    ("فبراير", "شباط", "فيفري", "february"),
    ("مارس", "آذار", "march"),
    ("أبريل", "إبريل", "نيسان", "أفريل", "april"),
    ("مايو", "أيار", "ماي", "may"),
    ("يونيو", "حزيران", "جوان", "june"),
    ("يوليو", "تموز", "جويلية", "يوليوز", "july"),
    ("أغسطس", "آب", "أوت", "غشت", "august"),
    ("سبتمبر", "أيلول", "شتنبر", "september"),
    ("أكتوبر", "تشرين الأول", "october"),
    ("نوفمبر", "تشرين الثاني", "نونبر", "november"),
    ("ديسمبر", "كانون الأول", "دجنبر", "december"),
)
_NUMBERS = {fold(name): number for number, names in enumerate(_NAMES, 1) for name in names}
_AMBIGUOUS = frozenset({fold("آب"), fold("ماي"), fold("مارس"), "may", "march"})
_LONGEST_FIRST = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_MONTH = re.compile(
    r"(?<!\w)(?P<before>\d{1,2}\s+)?(?:[وفبل]|لل)?"
    rf"(?P<name>{_LONGEST_FIRST})(?!\w)(?=(?P<after>,?\s+\d)?)"
)


def months(text: str) -> set[int]:
    """The months that a text names, 1 to 12.

    Those that are also other words, such as أب, مارس and may, only beside a number.
    """
    return {
        _NUMBERS[match["name"]]
        for match in _MONTH.finditer(fold(text))
        if match["name"] not in _AMBIGUOUS or match["before"] or match["after"]
    }
