"""The names of the months: Egyptian and Gulf, Levantine and Iraqi, Maghrebi, English; and Hijri."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

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
_HIJRI_NAMES = (
    ("محرم", "المحرم", "muharram"),
    ("صفر", "safar"),
    ("ربيع الأول", "rabi al-awwal", "rabi i"),
    ("ربيع الآخر", "ربيع الثاني", "rabi al-thani", "rabi ii"),
    ("جمادى الأولى", "jumada al-awwal", "jumada i"),
    ("جمادى الآخرة", "جمادى الثانية", "jumada al-thani", "jumada ii"),
    ("رجب", "rajab"),
    ("شعبان", "shaban", "sha'ban"),
    ("رمضان", "ramadan"),
    ("شوال", "shawwal"),
    ("ذو القعدة", "ذي القعدة", "dhu al-qadah", "dhu al-qa'dah"),
    ("ذو الحجة", "ذي الحجة", "dhu al-hijjah"),
)


def _numbered(names: Sequence[Sequence[str]]) -> dict[str, int]:
    return {fold(name): number for number, same in enumerate(names, 1) for name in same}


MONTHS: Mapping[str, int] = _numbered(_NAMES)
"""Folded names, and numbers from 1 to 12."""

HIJRI_MONTHS: Mapping[str, int] = _numbered(_HIJRI_NAMES)
"""Folded names of the Islamic calendar, and numbers from 1 to 12."""

AMBIGUOUS_MONTHS = frozenset({fold("آب"), fold("ماي"), fold("مارس"), "may", "march"})
_LONGEST_FIRST = "|".join(sorted(MONTHS, key=len, reverse=True))
_MONTH = re.compile(
    r"(?<!\w)(?P<before>\d{1,2}\s+)?(?:[وفبل]|لل)?"
    rf"(?P<name>{_LONGEST_FIRST})(?!\w)(?=(?P<after>,?\s+\d)?)"
)


def months(text: str) -> set[int]:
    """The months that a text names, 1 to 12.

    Those that are also other words, such as أب, مارس and may, only beside a number.
    """
    return {
        MONTHS[match["name"]]
        for match in _MONTH.finditer(fold(text))
        if match["name"] not in AMBIGUOUS_MONTHS or match["before"] or match["after"]
    }
