"""Lines of pages as paragraphs, without page numbers and the heads and feet that repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.direction import evidence, reads_right_to_left
from index.layout import Glyph, Line, columns_of


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, in the order in which they are read, and their size in points."""

    text: str
    size: float


_PARAGRAPH_GAP = 1.45
"""In usual distances of baselines."""
_SAME_SIZE = 1.12
_SHORT = 2.5
_INDENT = 0.8
"""In sizes of the letters."""
_EDGE_LINES = 2
_FEWEST_PAGES = 3
_FEWEST_SIGNS = 5

_ENDS = re.compile(r"[.!?؟:…۔][\"'”’»)\]]*$")
_BREAK = re.compile(r"(?<=[^\W\d_])[-\u00AD\u2010]$")
_ITEM = re.compile(r"(?:[•●▪◦–—*-]|\(?\d{1,3}[.)-])\s")
_PAGE_NUMBER = re.compile(r"\W*(?:(?:page|صفحة)\W*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\W{1,5}\d{1,4})?\W*")


def paragraphs(pages: Sequence[Sequence[Glyph]]) -> list[Paragraph]:
    """The paragraphs of pages, without page numbers and the heads and feet that repeat."""
    read = _forwards([columns_of(page) for page in pages])
    texts = [_put_together(column) for page in _without_edges(read) for column in page]
    found: list[Paragraph] = []
    for column in texts:
        if found and column and _goes_on(found[-1], column[0]):
            last = found.pop()
            column[0] = Paragraph(_joined(last.text, column[0].text), last.size)
        found += column
    return found


def _forwards(pages: list[list[list[Line]]]) -> list[list[list[Line]]]:
    """Pages whose Arabic was drawn from left to right, by a program that knows none, as it is."""
    signs = [evidence(" ".join(line.text for column in page for line in column)) for page in pages]
    whole = sum(forward for forward, _ in signs), sum(backward for _, backward in signs)
    found = []
    for page, own in zip(pages, signs, strict=True):
        forward, backward = own if sum(own) >= _FEWEST_SIGNS else whole
        as_drawn = backward > forward and backward >= _FEWEST_SIGNS
        lines = [[replace(line, text=line.drawn) for line in column] for column in page]
        found.append(lines if as_drawn else page)
    return found


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
    usual, size = median(leading or [0.0]), median(line.size for line in column)
    # A single line that sticks out, such as a long address, does not make the column wider.
    aside = len(column) // 10
    left = sorted(line.left for line in column)[aside]
    right = sorted(line.right for line in column)[-1 - aside]
    found = [Paragraph(column[0].text, column[0].size)]
    for index, (above, line) in enumerate(pairwise(column)):
        begins = _begins(above, line, left, right) or (
            leading[index] > _PARAGRAPH_GAP * min(usual, 2 * size) * max(1.0, line.size / size)
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
    if short > _SHORT * line.size and (_ENDS.search(above.text) or short > _room(line)):
        return True
    indent = right - line.right if turned else line.left - left
    before = right - above.right if turned else above.left - left
    return _INDENT * line.size < indent < 0.2 * (right - left) and before < 0.3 * line.size


def _room(line: Line) -> float:
    """What the first word of a line takes, and some more: it would have fitted in a line with that
    much room, had the paragraph gone on there.
    """
    first = line.text.partition(" ")[0]
    return (line.right - line.left) * 1.3 * (len(first) + 1) / len(line.text) + line.size


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
