"""A PDF as an article: letters from pdfminer, put together by their places on the pages.

The places tell the order, because the order within the file tells little: one program writes
Arabic backwards, another forwards. Not seen here: text that is transparent, clipped away or covered
by something that is drawn later, and what optional layers or scripts hide.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdftypes import PDFException, resolve1
from pdfminer.psexceptions import PSException
from pdfminer.utils import apply_matrix_pt, decode_text

from index.colours import Colour, alike
from index.direction import is_arabic
from index.fields import MAX_TEXT_CHARACTERS, RefusedError, one_line, tidied
from index.hidden import SMALLEST, Kind, total
from index.layout import Glyph
from index.paragraphs import Paragraph, paragraphs
from index.parsing import Parsed

if TYPE_CHECKING:
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfpage import PDFPage

MAX_PAGES = 1000
"""The most pages of a PDF."""
_UNSHOWN_MODES = (3, 7)
"""Text rendering modes that draw nothing (ISO 32000-1, 9.3.6)."""
_MOST_UNKNOWN = 0.05
_VOWELS = re.compile(r"[aeiouyà-æè-ïò-öù-ü]", re.I)
_LATIN = re.compile(r"[a-zà-öø-ÿ]", re.I)
_UNNAMED = re.compile("[\ue000-\uf8ff\ufffd]")
_FEWEST_LETTERS = 200
_LEAST_VOWELS, _MOST_VOWELS = 0.25, 0.6
_MOST_TITLE = 300
_LARGER = 1.25


@dataclass(frozen=True, slots=True)
class _Box:
    """Something that was painted: its extent, and its colour, None where that is not one."""

    left: float
    bottom: float
    right: float
    top: float
    colour: Colour | None


class _Device(PDFTextDevice):
    """Collects what is drawn on a page."""

    def __init__(self, manager: PDFResourceManager) -> None:
        super().__init__(manager)
        self.glyphs: dict[tuple[float, float], list[Glyph]] = {}
        self.hidden: list[tuple[Kind, str]] = []
        self.unknown = 0
        self.drawn = 0
        self._boxes: list[_Box] = []
        self._page = (0.0, 0.0, 0.0, 0.0)
        self._mode = 0
        self._ink: Colour | None = None

    def begin_page(self, page: PDFPage, ctm: Any) -> None:
        corners = [apply_matrix_pt(ctm, point) for point in _corners(page.cropbox)]
        across, up = zip(*corners, strict=True)
        self._page = (min(across), min(up), max(across), max(up))
        self.glyphs, self._boxes = defaultdict(list), []

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self._mode = textstate.render
        self._ink = _colour(ncs, graphicstate.ncolor)
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(
        self,
        matrix: Any,
        font: Any,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: Any,
        graphicstate: Any,
    ) -> float:
        width = float(font.char_width(cid) * fontsize * scaling)
        self.drawn += 1
        if self.drawn > 2 * MAX_TEXT_CHARACTERS:
            raise RefusedError(f"It has more than {MAX_TEXT_CHARACTERS:,} characters: split it.")
        try:
            text = font.to_unichr(cid)
        except PDFException:  # the font does not say which letter this is
            self.unknown += 1
            return width
        if not text.isascii() and _UNNAMED.search(text):
            self.unknown += 1
        start, end = (apply_matrix_pt(matrix, (x, rise)) for x in (0.0, width))
        up = apply_matrix_pt(matrix, (0.0, rise + fontsize))
        size = math.hypot(up[0] - start[0], up[1] - start[1])
        if kind := self._unseen(start, size):
            self.hidden.append((kind, text))
        elif text:
            self._keep(text, start, end, size, matrix)
        return width

    def _keep(self, text: str, start: Any, end: Any, size: float, matrix: Any) -> None:
        """Keep a letter by the direction of its baseline, from which its place is counted."""
        length = math.hypot(matrix[0], matrix[1]) or 1.0
        along, up = round(matrix[0] / length, 2), round(matrix[1] / length, 2)
        left, right = (x * along + y * up for x, y in (start, end))
        y = start[1] * along - start[0] * up
        place = Glyph(text, min(left, right), max(left, right), y, max(size, 0.01))
        self.glyphs[along, up].append(place)

    def _unseen(self, place: tuple[float, float], size: float) -> Kind | None:
        """Why a letter is not seen; None where it is, or where that cannot be told."""
        left, bottom, right, top = self._page
        if self._mode in _UNSHOWN_MODES:
            return "display"
        if size <= SMALLEST:
            return "size"
        if not (left - size <= place[0] <= right and bottom - size <= place[1] <= top):
            return "place"
        if self._ink is None:
            return None
        paper = self._paper(place[0] + size / 8, place[1] + size / 8)
        return "colour" if paper is not None and alike(self._ink, paper) else None

    def _paper(self, x: float, y: float) -> Colour | None:
        """The colour of what was painted last at a place."""
        for box in reversed(self._boxes):
            if box.left <= x <= box.right and box.bottom <= y <= box.top:
                return box.colour
        return 255, 255, 255

    def paint_path(self, gstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any) -> None:
        if not fill:
            return
        assert self.ctm is not None  # it is set before anything is painted
        ctm = self.ctm
        points = [
            apply_matrix_pt(ctm, (step[place], step[place + 1]))
            for step in path
            for place in range(1, len(step) - 1, 2)
        ]
        if points:
            self._boxes.append(_box(points, _colour(gstate.ncs, gstate.ncolor)))

    def render_image(self, name: str, stream: Any) -> None:
        assert self.ctm is not None
        points = [apply_matrix_pt(self.ctm, point) for point in _corners((0, 0, 1, 1))]
        self._boxes.append(_box(points, None))


def pages(data: bytes) -> Parsed:
    """The article of a PDF. `RefusedError` where its letters cannot be had."""
    try:
        opened = _opened(data)
        drawn, device = _drawn(opened)
        said = _information(opened)
    except (PDFException, PSException) as error:
        what = str(error) or type(error).__name__
        raise RefusedError(f"It is damaged, or no PDF ({what[:200]}): save it again.") from error
    found = paragraphs(drawn)
    text = tidied("\n\n".join(paragraph.text for paragraph in found))
    _check(text, device)
    fields = _sensible(said, text)
    if "title" not in fields and (title := _heading(found)):
        fields["title"] = title
    hidden: dict[Kind, list[str]] = defaultdict(list)
    for kind, letter in device.hidden:
        hidden[kind].append(letter)
    return Parsed(text, fields, total((kind, "".join(each)) for kind, each in hidden.items()))


def _opened(data: bytes) -> PDFDocument:
    from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.pdfparser import PDFParser

    try:
        opened = PDFDocument(PDFParser(io.BytesIO(data)))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise RefusedError("It is encrypted: save it without a password.") from error
    tree = resolve1(opened.catalog.get("Pages"))
    count = resolve1(tree.get("Count")) if isinstance(tree, dict) else None
    _check_count(count if isinstance(count, int) else 0)
    return opened


def _check_count(count: int) -> None:
    if count > MAX_PAGES:
        raise RefusedError(f"It has {count:,} pages, more than {MAX_PAGES:,}: split it.")


def _drawn(opened: PDFDocument) -> tuple[list[list[Glyph]], _Device]:
    """The letters of every page that are seen; those of each direction by themselves."""
    from pdfminer.pdfpage import PDFPage

    manager = PDFResourceManager()
    device = _Device(manager)
    interpreter = PDFPageInterpreter(manager, device)
    found: list[list[Glyph]] = []
    for number, page in enumerate(PDFPage.create_pages(opened), 1):
        _check_count(number)
        interpreter.process_page(page)
        upright = device.glyphs.pop((1.0, 0.0), [])
        found.append(upright)
        found += [glyphs for glyphs in device.glyphs.values() if len(glyphs) > len(upright)]
    return found, device


def _check(text: str, device: _Device) -> None:
    """`RefusedError` where what was drawn is no text, or not to be told."""
    if device.unknown > _MOST_UNKNOWN * device.drawn:
        raise RefusedError(
            f"Its fonts do not say which letters {device.unknown:,} of {device.drawn:,} signs are: "
            "save its text as .txt or .docx from the program that made it."
        )
    if not any(map(str.isalpha, text)):
        if any(kind == "display" and letter.isalpha() for kind, letter in device.hidden):
            raise RefusedError(
                "All of its text is invisible, as that of scanned pages is after their letters "
                "were recognised: bring the recognised text as .txt, once somebody has read it."
            )
        raise RefusedError(
            "There is no text in it, only pictures, as in a scan: have its letters recognised "
            "(OCR) and bring the text as .txt or .docx."
        )
    if not is_arabic(text):
        raise RefusedError(
            "Its Arabic letters make no Arabic words, forwards or backwards: save its text as "
            ".txt or .docx from the program that made it."
        )
    letters = _LATIN.findall(text)
    vowels = len(_VOWELS.findall(text)) / max(1, len(letters))
    if len(letters) >= _FEWEST_LETTERS and not _LEAST_VOWELS <= vowels <= _MOST_VOWELS:
        raise RefusedError(
            "Its letters make no words, as where a font gives them other names: save its text as "
            ".txt or .docx from the program that made it."
        )


def _information(opened: PDFDocument) -> dict[str, str]:
    """What the PDF says of itself: title and author."""
    said: dict[str, str] = {}
    for information in opened.info:
        for name in ("Title", "Author"):
            value = resolve1(information.get(name))
            if isinstance(value, bytes):
                said[name.lower()] = one_line(decode_text(value))
    return said


def _sensible(said: dict[str, str], text: str) -> dict[str, object]:
    """Title and author where they are such: programs put file names and their users there."""
    words = set(re.findall(r"\w+", text.lower()))
    title, author = said.get("title", ""), said.get("author", "")
    fields: dict[str, object] = {}
    of_title = re.findall(r"\w+", title.lower())
    if of_title and 2 * sum(word in words for word in of_title) > len(of_title):
        fields["title"] = title[:_MOST_TITLE]
    if len(author.split()) > 1 or (author and author.lower() in words):
        fields["author"] = author[:_MOST_TITLE]
    return fields


def _heading(found: Sequence[Paragraph]) -> str:
    """The first paragraph of the page where it is set larger than most of the text."""
    sizes: Counter[float] = Counter()
    for paragraph in found:
        sizes[round(paragraph.size, 1)] += len(paragraph.text)
    if len(found) < 2:
        return ""
    usual, first = sizes.most_common(1)[0][0], found[0]
    larger = first.size > _LARGER * usual and len(first.text) <= _MOST_TITLE
    return first.text if larger else ""


def _colour(space: Any, value: Any) -> Colour | None:
    """A colour of a PDF; None for patterns, spot colours and what is not known."""
    parts = [float(part) for part in _parts(value)]
    name = getattr(space, "name", "DeviceGray")
    if name not in ("DeviceGray", "CalGray", "DeviceRGB", "CalRGB", "DeviceCMYK", "ICCBased"):
        return None
    if len(parts) == 1:
        red = green = blue = parts[0]
    elif len(parts) == 3:
        red, green, blue = parts
    elif len(parts) == 4:
        red, green, blue = ((1 - part) * (1 - parts[3]) for part in parts[:3])
    else:
        return None
    return round(255 * red), round(255 * green), round(255 * blue)


def _parts(value: Any) -> Iterator[float]:
    for part in value if isinstance(value, (tuple, list)) else [value]:
        if isinstance(part, (int, float)):
            yield part


def _corners(box: Sequence[float]) -> list[tuple[float, float]]:
    left, bottom, right, top = box
    return [(left, bottom), (left, top), (right, bottom), (right, top)]


def _box(points: Sequence[tuple[float, float]], colour: Colour | None) -> _Box:
    across, up = zip(*points, strict=True)
    return _Box(min(across), min(up), max(across), max(up), colour)
