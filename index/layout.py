"""The letters of a page, each at its place, as lines and columns in the order of reading.

Lengths are in points; `y` grows upwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from statistics import median
from unicodedata import category, normalize

from index.direction import logical, reads_right_to_left
from index.text import ARABIC_LETTER, fold_forms


@dataclass(frozen=True, slots=True)
class Glyph:
    """What is drawn at one place: the letters that it stands for, its extent, baseline and size."""

    text: str
    left: float
    right: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Letters on one baseline of one column; `items` are in the order from left to right."""

    items: tuple[str, ...]
    left: float
    right: float
    y: float
    size: float
    text: str = ""

    @property
    def drawn(self) -> str:
        return "".join(self.items)


_SAME_LINE = 0.35
_WORD_GAP = 0.2
_COLUMN_GAP = 1.6
"""Of baselines, words and columns, in sizes of the letters."""
_FEWEST_LINES = 3
_LEAST_FILLED = 0.55
_MOST_CUTS = 40

_LATIN = re.compile(r"[A-Za-z]")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
"""Of Latin: fi, fl and the like."""
_LAM_ALEF = re.compile(r"[اأإآ]ل")


def columns_of(page: Sequence[Glyph]) -> list[list[Line]]:
    """The columns of a page, their lines put in the order in which they are read."""
    lines = [line for row in _rows(_with_marks(page)) for line in _lines(row)]
    right_to_left = reads_right_to_left(line.drawn for line in lines)
    columns = _columns(lines, right_to_left, _MOST_CUTS)
    return [
        [_turned(column, place, right_to_left) for place in range(len(column))]
        for column in columns
    ]


def _turned(column: Sequence[Line], place: int, page_right_to_left: bool) -> Line:
    """A line as it is read, in the direction of the lines around it."""
    line = column[place]
    if not _LATIN.search(line.drawn):
        right_to_left = page_right_to_left or reads_right_to_left([line.drawn])
    else:
        around = [each.drawn for each in column[max(0, place - 1) : place + 2]]
        right_to_left = bool(ARABIC_LETTER.search(line.drawn)) and (
            reads_right_to_left([line.drawn]) or reads_right_to_left(around)
        )
    text = logical(line.items, right_to_left=right_to_left)
    return replace(line, text=" ".join(text.split()))


def _rows(page: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """The glyphs of a page by their baselines, from the top to the bottom."""
    row: list[Glyph] = []
    for glyph in sorted(page, key=lambda each: -each.y):
        if row and row[0].y - glyph.y > _SAME_LINE * max(row[0].size, glyph.size):
            yield row
            row = []
        row.append(glyph)
    if row:
        yield row


def _lines(row: Sequence[Glyph]) -> Iterator[Line]:
    """The parts of one baseline: a wide gap is that between two columns."""
    part: list[Glyph] = []
    for glyph in sorted(row, key=lambda each: each.left):
        if not glyph.text.strip():
            continue  # gaps tell where words end
        if part and glyph.left - part[-1].right > _COLUMN_GAP * max(part[-1].size, glyph.size):
            yield _line(part)
            part = []
        # Some programs make letters bold by drawing them twice.
        doubled = part and part[-1].text == glyph.text and glyph.right > glyph.left
        if not (doubled and glyph.left - part[-1].left < 0.1 * glyph.size):
            part.append(glyph)
    if part:
        yield _line(part)


def _line(glyphs: Sequence[Glyph]) -> Line:
    items: list[str] = []
    for index, glyph in enumerate(glyphs):
        if index and glyph.left - glyphs[index - 1].right > _WORD_GAP * glyph.size:
            items.append(" ")
        items.append(_ordinary(glyph.text))
    size = median(glyph.size for glyph in glyphs)
    return Line(tuple(items), glyphs[0].left, glyphs[-1].right, glyphs[0].y, size)


@lru_cache(maxsize=4096)
def _ordinary(text: str) -> str:
    """The letters that a glyph stands for; no font joins an alef to a lam, but a lam to an alef."""
    text = _LIGATURES.sub(lambda found: normalize("NFKC", found[0]), fold_forms(text))
    return text[::-1] if _LAM_ALEF.fullmatch(text) else text


@lru_cache(maxsize=4096)
def _is_mark(text: str) -> bool:
    text = _ordinary(text)
    return bool(text) and all(category(letter) == "Mn" for letter in text)


def _with_marks(page: Sequence[Glyph]) -> list[Glyph]:
    """A page's letters with the vowel signs that are drawn over or under them.

    A sign stands before its letter where the file goes from left to right, else behind it; its own
    place tells less, because it has no width and is drawn beside it.
    """
    found: list[Glyph] = []
    waiting = ""
    for index, glyph in enumerate(page):
        if _is_mark(glyph.text):
            after = next(
                (each for each in page[index + 1 : index + 4] if not _is_mark(each.text)), None
            )
            if found and (after is None or after.left <= found[-1].left):
                found[-1] = replace(found[-1], text=found[-1].text + _ordinary(glyph.text))
            else:
                waiting += _ordinary(glyph.text)
        else:
            found.append(replace(glyph, text=glyph.text + waiting) if waiting else glyph)
            waiting = ""
    return found


def _columns(lines: list[Line], right_to_left: bool, cuts: int) -> list[list[Line]]:
    """Lines in the order of reading, column by column: cut where nothing stands, again and again
    (Nagy, Seth and Viswanathan, "A prototype document image analysis system", 1992).
    """
    if cuts and len(lines) >= 2 * _FEWEST_LINES:
        gutter = _gutter(lines)
        if gutter is not None:
            parts = (
                [line for line in lines if line.right <= gutter],
                [line for line in lines if line.left >= gutter],
            )
            ordered = reversed(parts) if right_to_left else parts
            return [each for part in ordered for each in _columns(part, right_to_left, cuts - 1)]
        below = _widest_gap(lines)
        if below is not None:
            top = [line for line in lines if line.y > below]
            bottom = [line for line in lines if line.y <= below]
            above = _columns(top, right_to_left, cuts - 1)
            under = _columns(bottom, right_to_left, cuts - 1)
            if len(above) + len(under) > 2:
                return above + under
    beside = -1 if right_to_left else 1
    return [_merged(sorted(lines, key=lambda line: (-line.y, beside * line.left)), beside)]


def _merged(lines: Sequence[Line], beside: int) -> list[Line]:
    """Parts of one baseline within a column, such as the cells of a table, as one line."""
    merged: list[Line] = []
    for line in lines:
        if merged and abs(merged[-1].y - line.y) <= _SAME_LINE * line.size:
            last = merged.pop()
            first, second = (last, line) if beside > 0 else (line, last)
            items = (*first.items, " ", " ", *second.items)
            left, right = min(last.left, line.left), max(last.right, line.right)
            merged.append(Line(items, left, right, last.y, last.size))
        else:
            merged.append(line)
    return merged


def _gutter(lines: Sequence[Line]) -> float | None:
    """A place between two columns of running text, where there is one."""
    spans = sorted((line.left, line.right) for line in lines)
    reach = spans[0][1]
    for left, right in spans[1:]:
        if left > reach and _are_columns(lines, middle := (left + reach) / 2):
            return middle
        reach = max(reach, right)
    return None


def _are_columns(lines: Sequence[Line], middle: float) -> bool:
    """Whether both sides are columns and not the cells of a table, whose lines are short."""
    for side in (
        [line for line in lines if line.right <= middle],
        [line for line in lines if line.left >= middle],
    ):
        if len(side) < _FEWEST_LINES:
            return False
        width = max(line.right for line in side) - min(line.left for line in side)
        filled = median(line.right - line.left for line in side)
        words = median(line.drawn.count(" ") for line in side)
        if filled < _LEAST_FILLED * width or words < 2:
            return False
    return True


def _widest_gap(lines: Sequence[Line]) -> float | None:
    """The middle of the largest gap between lines, where a heading may stand over columns."""
    heights = sorted({line.y for line in lines}, reverse=True)
    gaps = [(above - below, (above + below) / 2) for above, below in pairwise(heights)]
    return max(gaps)[1] if gaps else None
