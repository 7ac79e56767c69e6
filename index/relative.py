"""Dates that are counted from the day of publication: yesterday, الأحد الماضي, two years ago."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from index.periods import Dated, Resolve, either, month_of, period
from index.text import fold

_COUNTED: Mapping[str, int] = {
    "يومين": 2, "اسبوعين": 2, "شهرين": 2, "عامين": 2, "سنتين": 2,
    "يوم": 1, "اسبوع": 1, "شهر": 1, "عام": 1, "سنه": 1,
}  # fmt: skip
_WEEKDAYS: Mapping[str, int] = {
    **{
        fold(name): number
        for number, name in enumerate(
            ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
        )
    },
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5,
    "sunday": 6,
}  # fmt: skip
_PAST, _NOW, _COMING = (
    r"(?:ال)?(?:ماضيه?|فاي?ته?|منصرمه?|سابقه?)",
    r"(?:ال)?(?:جاريه?|حاليه?)",
    r"(?:ال)?(?:مقبله?|قادمه?)",
)
_ARABIC_SPANS = {"week": "الاسبوع", "month": "الشهر", "year": "(?:العام|السنه)"}
_AGO: Mapping[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "a": 1, "an": 1,
    "ثلاثه": 3, "ثلاث": 3, "اربعه": 4, "اربع": 4, "خمسه": 5, "خمس": 5, "سته": 6, "ست": 6,
    "سبعه": 7, "سبع": 7, "ثمانيه": 8, "ثماني": 8, "تسعه": 9, "تسع": 9, "عشره": 10, "عشر": 10,
}  # fmt: skip


def _away(days: int) -> Resolve:
    def resolve(_: re.Match[str], published: date | None) -> Dated | None:
        if published is None:
            return None
        on = published + timedelta(days)
        return period(on, on)

    return resolve


def _weekday(match: re.Match[str], published: date | None) -> Dated | None:
    """The last such day, the day of publication with it; where it is said to come, the next one."""
    if published is None:
        return None
    back = (published.weekday() - _WEEKDAYS[match["weekday"]]) % 7
    if match["coming"] or match["coming_"]:
        back -= 7
    elif match["past"] or match["past_"]:
        back = back or 7
    on = published - timedelta(back)
    return period(on, on)


def _span(unit: str, away: int) -> Resolve:
    """This week, month or year, or the one so many before or after; weeks begin on Monday."""

    def resolve(_: re.Match[str], published: date | None) -> Dated | None:
        if published is None:
            return None
        if unit == "week":
            first = published - timedelta(published.weekday() - 7 * away)
            return period(first, first + timedelta(6))
        if unit == "month":
            months = published.year * 12 + published.month - 1 + away
            return month_of(months // 12, months % 12 + 1)
        year = published.year + away
        return period(date(year, 1, 1), date(year, 12, 31))

    return resolve


def _ago(match: re.Match[str], published: date | None) -> Dated | None:
    """Three days ago; of weeks, months and years the one that it falls into."""
    if published is None:
        return None
    said = match["count"] or ""
    count = int(said) if said.isdigit() else _AGO.get(said, _COUNTED.get(match["unit"], 1))
    unit = next(name for name, names in _UNIT_NAMES.items() if match["unit"] in names)
    if unit == "day":
        return _away(-count)(match, published)
    return _span(unit, -count)(match, published)


_UNIT_NAMES = {
    "day": ("day", "days", "يوم", "يومين", "ايام", "يوما"),
    "week": ("week", "weeks", "اسبوع", "اسبوعين", "اسابيع", "اسبوعا"),
    "month": ("month", "months", "شهر", "شهرين", "اشهر", "شهور", "شهرا"),
    "year": ("year", "years", "عام", "عامين", "سنه", "سنتين", "اعوام", "سنوات", "عاما"),
}
_UNIT = rf"(?P<unit>{'|'.join(name for names in _UNIT_NAMES.values() for name in names)})(?!\w)"
_COUNT = rf"(?P<count>\d{{1,2}}|{either(_AGO)})"
_AWAY = {
    "(?:اول (?:من )?امس|امس الاول)": -2,
    "(?:امس|البارحه|yesterday)": -1,
    "(?:today|tonight)": 0,
    "(?:غدا|tomorrow)": 1,
}
_WEEKDAY = either(_WEEKDAYS)
RELATIVE: tuple[tuple[str, Resolve], ...] = (
    *((rf"{word}(?!\w)", _away(days)) for word, days in _AWAY.items()),
    (
        rf"(?:يوم\s|on\s)?(?:(?P<past>last)\s|(?P<coming>next)\s)?(?P<weekday>{_WEEKDAY})(?!\w)"
        rf"(?:\s(?:(?P<past_>{_PAST})|(?P<coming_>{_COMING}))(?!\w))?",
        _weekday,
    ),
    *(
        (rf"{name}\s{which}(?!\w)", _span(unit, away))
        for unit, name in _ARABIC_SPANS.items()
        for which, away in ((_PAST, -1), (_NOW, 0), (_COMING, 1))
    ),
    *(
        (rf"{which}\s{unit}(?!\w)", _span(unit, away))
        for unit in _ARABIC_SPANS
        for which, away in (("last", -1), ("this", 0), ("next", 1))
    ),
    (rf"(?:قبل|منذ)\s(?:{_COUNT}\s)?{_UNIT}(?!\s\d)", _ago),
    (rf"{_COUNT}\s{_UNIT}\sago(?!\w)", _ago),
)
