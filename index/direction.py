"""Arabic as it is drawn, from left to right, put into the order in which it is read.

A page holds letters at places. Read from left to right they are in visual order: Arabic backwards,
numbers and Latin words within it forwards. `logical` undoes what the bidirectional algorithm of
Unicode (UAX #9) does to a line; `evidence` tells by the letters of words whether that was right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from index.text import ARABIC_LETTER

_MIRRORED = {
    **dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True)),
    "⟨": "⟩",
    "⟩": "⟨",
}
_BETWEEN_DIGITS = ".,:/٫٬"
_OPENING, _CLOSING = "([{", ")]}"
_ARTICLES = ("ال", "وال", "بال", "كال", "فال")
_BACKWARD_ARTICLES = tuple(each[::-1] for each in _ARTICLES)
_LAST = "ةى"
"""Letters that end a word and never begin one."""
_SHORTEST = 4
_WORD = re.compile(r"[\u0621-\u063A\u0641-\u064A]{3,}")
_PERSIAN = re.compile(r"[پچژگکی]")

FEWEST_WORDS = 30
"""With fewer Arabic words nothing is told by their letters."""
_LEAST_SHARE = 0.04
_CLEARLY_MORE = 3


def logical(items: Sequence[str], *, right_to_left: bool) -> str:
    """A line in the order in which it is read.

    `items` are its letters from left to right; one item can be several letters that are drawn as
    one, in the order in which they are read. `right_to_left` is the direction of its paragraph.
    """
    kinds = [_kind(item) for item in items]
    if right_to_left:
        return _turned(items, kinds)
    if "R" not in kinds:
        return "".join(items)
    parts, place = [], 0
    while place < len(items):
        end = _run_end(kinds, place) if kinds[place] == "R" else place + 1
        run = items[place:end]
        parts.append(_turned(run, kinds[place:end]) if kinds[place] == "R" else "".join(run))
        place = end
    return "".join(parts)


def evidence(text: str) -> tuple[int, int]:
    """How many Arabic words of a text look as they should, and how many look backwards.

    Told by the article (ال at the beginning, لا at the end of a long word) and by ة and ى, which
    end words.
    """
    forward = backward = 0
    for word in _WORD.findall(text):
        forward += word[-1] in _LAST or (len(word) >= _SHORTEST and word.startswith(_ARTICLES))
        backward += word[0] in _LAST or (
            len(word) > _SHORTEST and word.endswith(_BACKWARD_ARTICLES)
        )
    return forward, backward


def is_arabic(text: str) -> bool:
    """Whether the Arabic words of a text can be Arabic; true where there are few, or Persian."""
    words = _WORD.findall(text)
    if len(words) < FEWEST_WORDS or 4 * len(_PERSIAN.findall(text)) > len(words):
        return True
    forward, backward = evidence(text)
    return forward >= max(_LEAST_SHARE * len(words), _CLEARLY_MORE * backward)


def reads_right_to_left(texts: Iterable[str]) -> bool:
    """Whether most letters of the lines of a page are Arabic."""
    arabic = letters = 0
    for text in texts:
        arabic += len(ARABIC_LETTER.findall(text))
        letters += sum(map(str.isalpha, text))
    return 2 * arabic > letters


@lru_cache(maxsize=4096)
def _kind(item: str) -> str:
    """R for Arabic, L for other letters, N for digits, S for what stands between digits, else O."""
    if ARABIC_LETTER.search(item):
        return "R"
    if any(map(str.isdecimal, item)):
        return "N"
    if any(map(str.isalpha, item)):
        return "R" if unicodedata.bidirectional(item[0]) in ("R", "AL") else "L"
    return "S" if item and item in _BETWEEN_DIGITS else "O"


def _turned(items: Sequence[str], kinds: Sequence[str]) -> str:
    """The items from the last to the first, runs of Latin and of digits left as they are."""
    parts, place = [], 0
    while place < len(items):
        end = _forward_end(items, kinds, place)
        if end > place:
            parts.append("".join(items[place:end]))
        else:
            end = place + 1
            parts.append(_MIRRORED.get(items[place], items[place]))
        place = end
    return "".join(reversed(parts))


def _forward_end(items: Sequence[str], kinds: Sequence[str], start: int) -> int:
    """Where a run that is read from left to right ends that begins at `start`; `start` for none."""
    if kinds[start] not in "LN":
        return start
    has_letter, end, place = False, start, start
    while place < len(kinds) and kinds[place] != "R":
        if kinds[place] in "LN":
            between = kinds[end:place]
            if between and not has_letter and (between != ["S"] or kinds[place] != "N"):
                break
            has_letter = has_letter or kinds[place] == "L"
            end = place + 1
        place += 1
    inside = "".join(items[start:end])
    opened = sum(map(inside.count, _OPENING)) - sum(map(inside.count, _CLOSING))
    return end + 1 if opened > 0 and end < len(items) and items[end] in _CLOSING else end


def _run_end(kinds: Sequence[str], start: int) -> int:
    """Where a run of Arabic ends within a line of Latin."""
    end = place = start
    while place < len(kinds) and kinds[place] != "L":
        if kinds[place] == "R":
            end = place + 1
        place += 1
    return end
