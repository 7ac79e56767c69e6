"""The letters of pages, each at its place, as lines, columns and paragraphs.

Lengths are in points; `y` grows upwards.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.direction import evidence, logical, reads_right_to_left
from index.text import fold_forms


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


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, in the order in which they are read, and their size."""

    text: str
    size: float


_SAME_LINE = 0.35
_WORD_GAP = 0.2
_COLUMN_GAP = 1.6
_PARAGRAPH_GAP = 1.45
_SAME_SIZE = 1.12
_SHORT = 2.5
_INDENT = 0.8
"""In sizes of the letters."""
_FEWEST_LINES = 3
_LEAST_FILLED = 0.55
_MOST_CUTS = 40
_EDGE_LINES = 2
_FEWEST_PAGES = 3
_FEWEST_SIGNS = 5

_LAM_ALEF = re.compile(r"[اأإآ]ل")
_ENDS = re.compile(r"[.!?؟:…۔][\"'”’»)\]]*$")
_BREAK = re.compile(r"(?<=[^\W\d_])[-\u00AD\u2010]$")
_ITEM = re.compile(r"(?:[•●▪◦–—*-]|\(?\d{1,3}[.)-])\s")
_PAGE_NUMBER = re.compile(r"\W*(?:(?:page|صفحة)\W*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\W{1,5}\d{1,4})?\W*")


def paragraphs(pages: Sequence[Sequence[Glyph]]) -> list[Paragraph]:
    """The paragraphs of pages, without page numbers and the heads and feet that repeat."""
    read = [_read(page) for page in pages]
    texts = [_put_together(column) for page in _without_edges(read) for column in page]
    found: list[Paragraph] = []
    for column in texts:
        if found and column and _goes_on(found[-1], column[0]):
            last = found.pop()
            column[0] = Paragraph(_joined(last.text, column[0].text), last.size)
        found += column
    return found


def _read(page: Sequence[Glyph]) -> list[list[Line]]:
    """The columns of a page, their lines put in the order in which they are read."""
    lines = [line for row in _rows(_with_marks(page)) for line in _lines(row)]
    right_to_left = reads_right_to_left(line.drawn for line in lines)
    columns = _columns(lines, right_to_left, _MOST_CUTS)
    turned = [[_turned(line, right_to_left) for line in column] for column in columns]
    forward, backward = evidence(" ".join(line.text for column in turned for line in column))
    if backward <= forward or backward < _FEWEST_SIGNS:
        return turned
    # Arabic that was drawn from left to right by a program that knows none.
    return [[replace(line, text=line.drawn) for line in column] for column in columns]


def _turned(line: Line, page_right_to_left: bool) -> Line:
    latin = any(item.isascii() and item.isalpha() for item in line.items)
    own = reads_right_to_left([line.drawn])
    text = logical(
        line.items,
        right_to_left=own
        or (page_right_to_left and not latin)
        or (page_right_to_left and _has_arabic(line)),
    )
    return replace(line, text=" ".join(text.split()))


def _has_arabic(line: Line) -> bool:
    return any("\u0600" <= item[0] <= "\u06ff" for item in line.items if item)


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
        doubled = part and part[-1].text == glyph.text
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


def _ordinary(text: str) -> str:
    """The letters that a glyph stands for; no font joins an alef to a lam, but a lam to an alef."""
    text = fold_forms(text)
    return text[::-1] if _LAM_ALEF.fullmatch(text) else text


def _is_mark(glyph: Glyph) -> bool:
    text = _ordinary(glyph.text)
    return bool(text) and all(unicodedata.category(letter) == "Mn" for letter in text)


def _with_marks(page: Sequence[Glyph]) -> list[Glyph]:
    """A page's letters with the vowel signs that are drawn over or under them.

    A sign stands before its letter where the file goes from left to right, else behind it; its own
    place tells less, because it has no width and is drawn beside it.
    """
    found: list[Glyph] = []
    waiting = ""
    for index, glyph in enumerate(page):
        if _is_mark(glyph):
            after = next((each for each in page[index + 1 : index + 4] if not _is_mark(each)), None)
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


def _without_edges(pages: list[list[list[Line]]]) -> list[list[list[Line]]]:
    """Pages without page numbers, and without what stands at the top or foot of most of them."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_shape(line) for line in _edges(page)})
    most = max(_FEWEST_PAGES, len(pages) // 2 + 1)
    running = {shape for shape, count in seen.items() if count >= most}
    left = []
    for page in pages:
        gone = {
            id(line)
            for line in _edges(page)
            if _shape(line) in running
            or (len(pages) > 1 and _PAGE_NUMBER.fullmatch(line.text.lower()))
        }
        left.append([[line for line in column if id(line) not in gone] for column in page])
    return left


def _edges(page: list[list[Line]]) -> list[Line]:
    lines = sorted((line for column in page for line in column), key=lambda line: line.y)
    return lines if len(lines) <= 2 * _EDGE_LINES else lines[:_EDGE_LINES] + lines[-_EDGE_LINES:]


def _shape(line: Line) -> str:
    """A line whatever its numbers and the place of its words, which differ on facing pages."""
    return " ".join(sorted(re.sub(r"\d+", "#", line.text).split()))


def _put_together(column: Sequence[Line]) -> list[Paragraph]:
    """The paragraphs of a column."""
    if not column:
        return []
    leading = [above.y - below.y for above, below in pairwise(column)]
    usual = median(leading) if leading else 0.0
    left, right = min(line.left for line in column), max(line.right for line in column)
    found = [Paragraph(column[0].text, column[0].size)]
    for index, (above, line) in enumerate(pairwise(column)):
        begins = _begins(above, line, left, right) or (
            leading[index] > _PARAGRAPH_GAP * min(usual, 2 * line.size)
        )
        if begins:
            found.append(Paragraph(line.text, line.size))
        else:
            found[-1] = Paragraph(_joined(found[-1].text, line.text), found[-1].size)
    return [paragraph for paragraph in found if paragraph.text]


def _begins(above: Line, line: Line, left: float, right: float) -> bool:
    """Whether a paragraph begins here, by size, an item's mark, a short line or an indent."""
    if max(above.size, line.size) > _SAME_SIZE * min(above.size, line.size):
        return True
    if _ITEM.match(line.text):
        return True
    turned = reads_right_to_left([above.text])
    short = above.left - left if turned else right - above.right
    indent = right - line.right if turned else line.left - left
    before = right - above.right if turned else above.left - left
    indented = _INDENT * line.size < indent < 0.2 * (right - left) and before < 0.3 * line.size
    return indented or (short > _SHORT * line.size and bool(_ENDS.search(above.text)))


def _goes_on(last: Paragraph, first: Paragraph) -> bool:
    """Whether a paragraph goes on in the next column or on the next page."""
    alike = max(last.size, first.size) <= _SAME_SIZE * min(last.size, first.size)
    return (
        alike
        and len(last.text) > 60
        and not _ENDS.search(last.text)
        and (not _ITEM.match(first.text) and not first.text[:1].isupper())
    )


def _joined(above: str, line: str) -> str:
    if _BREAK.search(above) and line[:1].islower():
        return above[:-1] + line
    return f"{above} {line}" if above and line else above + line
