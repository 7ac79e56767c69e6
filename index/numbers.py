"""Numbers in Arabic and English text, in digits or words: where they stand, and their values.

١٩, 19 and "nineteen" are one, and so are "خمسة وعشرون ألفا", "25 thousand" and 25,000. An Arabic
dual counts what it names: يومين is two days. What only tells of a size ("thousands", "مئات") is no
number, and neither is "one" by itself, which is mostly a pronoun.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.text import Word, fold, words


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text, `text[start:end]`, and its value.

    `is_share`: per cent, which belongs to it.
    """

    start: int
    end: int
    value: float
    is_share: bool = False


def numbers(text: str) -> list[Number]:
    """The numbers of a text, in order. The parts of a date are numbers as well."""
    found = words(text)
    return list(_numbers(text, found))


def _folded(values: Mapping[str, float]) -> dict[str, float]:
    return {fold(name): value for names, value in values.items() for name in names.split()}


_ONE = _folded({"one واحد واحدة أحد إحدى": 1})
_SMALL = _folded(
    {
        "two اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي إثنان إثنين": 2,
        "three ثلاثة ثلاث": 3,
        "four أربعة أربع": 4,
        "five خمسة خمس": 5,
        "six ستة ست": 6,
        "seven سبعة سبع": 7,
        "eight ثمانية ثماني ثمان": 8,
        "nine تسعة تسع": 9,
        "ten عشرة عشر": 10,
        "eleven": 11,
        "twelve": 12,
        "thirteen": 13,
        "fourteen": 14,
        "fifteen": 15,
        "sixteen": 16,
        "seventeen": 17,
        "eighteen": 18,
        "nineteen": 19,
        "twenty عشرون عشرين": 20,
        "thirty ثلاثون ثلاثين": 30,
        "forty أربعون أربعين": 40,
        "fifty خمسون خمسين": 50,
        "sixty ستون ستين": 60,
        "seventy سبعون سبعين": 70,
        "eighty ثمانون ثمانين": 80,
        "ninety تسعون تسعين": 90,
        "مئتان مئتين مائتان مائتين مئتا مئتي مائتا مائتي": 200,
        "ثلاثمئة ثلاثمائة": 300,
        "أربعمئة أربعمائة": 400,
        "خمسمئة خمسمائة": 500,
        "ستمئة ستمائة": 600,
        "سبعمئة سبعمائة": 700,
        "ثمانمئة ثمانمائة ثمانيمئة ثمانيمائة": 800,
        "تسعمئة تسعمائة": 900,
        "half نصف": 0.5,
    }
)
_SCALES = _folded(
    {
        "hundred مئة مائة": 1e2,
        "thousand ألف ألفا آلاف": 1e3,
        "million مليون مليونا ملايين": 1e6,
        "billion مليار مليارا مليارات بليون": 1e9,
        "trillion تريليون تريليونا تريليونات": 1e12,
    }
)
_TWICE = _folded(
    {
        "ألفان ألفين ألفا ألفي": 2e3,
        "مليونان مليونين مليونا مليوني": 2e6,
        "ملياران مليارين مليارا ملياري": 2e9,
    }
)
_DUALS = frozenset(
    map(
        fold,
        (
            *("يومان", "يومين", "أسبوعان", "أسبوعين", "شهران", "شهرين", "عامان", "عامين"),
            *("سنتان", "سنتين", "ساعتان", "ساعتين", "دقيقتان", "دقيقتين", "مرتان", "مرتين"),
            *("عقدان", "عقدين", "قرنان", "قرنين"),
        ),
    )
)

_LONGEST = 6
"""Words that a number is looked ahead into."""

_INDEFINITE = frozenset(fold(word) for word in ["آلاف", "ملايين", "مليارات", "تريليونات"])
"""What by itself tells of a size alone."""

_PREFIXES = "وفبلك"
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_TOGETHER = re.compile(r"[\s\u00a0\u200c-\u200f-]*")
_PER_CENT = re.compile(
    r"\s*(?:[%٪]|per ?cent\b|percent|(?:في|ب)\s?ال(?:مئة|مائة|مئه|مائه|ميه|مية)(?!\w))"
)
_AND = {"and", "a", "و"}


def _numbers(text: str, found: Sequence[Word]) -> Iterator[Number]:
    at = 0
    while at < len(found):
        value, after = _read(text, found, at)
        if value is None:
            at += 1
            continue
        start, end = found[at].start, found[after - 1].end
        share = _PER_CENT.match(text, end)
        yield Number(start, end, value, share is not None)
        at = after


@dataclass(slots=True)
class _Sum:
    """What a number has come to: whole groups, the group that is being read, the last scale."""

    total: float = 0.0
    group: float | None = None
    scale: float = 1.0

    def value(self) -> float:
        return self.total + (self.group or 0.0)

    def take(self, word: str, *, joined: bool, first: bool) -> bool:
        """Add a word; False where the number ended before it. `joined`: by "and" or a hyphen."""
        if word[:1].isdigit():
            return self._digits(word, joined=joined, first=first)
        if word in _SCALES and not (first and word in _TWICE):
            return self._scaled(word, first=first)
        if word in _TWICE and first:
            self.total, self.scale = _TWICE[word], _TWICE[word] / 2
            return True
        if word in _ONE or word in _SMALL:
            return self._small(word, _ONE.get(word) or _SMALL[word], joined=joined, first=first)
        return False

    def _digits(self, word: str, *, joined: bool, first: bool) -> bool:
        if not _DECIMAL.fullmatch(word) or not (first or (joined and self.total)):
            return False
        self.group = float(word)
        return True

    def _scaled(self, word: str, *, first: bool) -> bool:
        if first and word in _INDEFINITE:
            return False
        scale = _SCALES[word]
        if word in _HUNDRED:
            self.group = (self.group or 1.0) * scale
        else:
            self.total += (1.0 if self.group is None else self.group) * scale
            self.group, self.scale = None, scale
        return True

    def _small(self, word: str, value: float, *, joined: bool, first: bool) -> bool:
        if first:
            self.group = value
        elif value == 0.5:
            if not joined:
                return False
            self.total += value * self.scale
        elif word in _TEN and self.group is not None and self.group < 10 and not joined:
            self.group += 10
        elif joined or (word.isascii() and self._has_room(value)):
            self.group = (self.group or 0.0) + value
        else:
            return False
        return True

    def _has_room(self, value: float) -> bool:
        """Whether an English number goes on: "twenty five", "two hundred twelve"."""
        if self.group is None:
            return True
        return self.group % 100 == 0 if value >= 10 else self.group >= 20 and self.group % 10 == 0


_HUNDRED = frozenset(fold(word) for word in ("hundred", "مئة", "مائة"))
_TEN = frozenset(fold(word) for word in ("عشرة", "عشر"))


def _first_scale(text: str, found: Sequence[Word], place: int) -> float:
    """The first scale of the number that a word begins: 1,000 in "25 thousand"; 1 for none."""
    so_far = _Sum()
    for at in range(place, min(place + _LONGEST, len(found))):
        if at > place and not _TOGETHER.fullmatch(text[found[at - 1].end : found[at].start]):
            break
        word = found[at].folded
        if word in _AND:
            continue
        bare = word[1:] if word[0] == "و" and word not in _ONE else word
        if bare in _SCALES and bare not in _HUNDRED:
            return _SCALES[bare]
        if not so_far.take(bare, joined=at > place, first=at == place):
            break
    return 1.0


def _read(text: str, found: Sequence[Word], at: int) -> tuple[float | None, int]:
    """The number that begins with a word, and where the next word is; None where none does."""
    word = found[at].folded
    if word in _DUALS or word[1:] in _DUALS:
        return 2.0, at + 1
    so_far = _Sum()
    for first in (word, word[1:] if word[0] in _PREFIXES else ""):
        if first and so_far.take(first, joined=False, first=True):
            break
    else:
        return None, at
    last, place = at + 1, at + 1
    joined = False
    while place < len(found) and _TOGETHER.fullmatch(
        text[found[place - 1].end : found[place].start]
    ):
        following = found[place].folded
        if following in _AND:
            joined, place = True, place + 1
            continue
        if so_far.total and _first_scale(text, found, place) >= so_far.scale:
            break  # "18 thousand and 25 thousand" are two
        hyphen = "-" in text[found[place - 1].end : found[place].start]
        taken = so_far.take(following, joined=joined or hyphen, first=False) or (
            following[0] == "و" and so_far.take(following[1:], joined=True, first=False)
        )
        if not taken:
            break
        joined, place = False, place + 1
        last = place
    if last == at + 1 and so_far.value() == 1 and not word[0].isdigit():
        return None, at
    return so_far.value(), last
