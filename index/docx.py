"""A Word document (.docx) as an article: its paragraphs, lists and tables in reading order.

Left out are what was deleted, comments, footnotes, headers and footers, pictures, and the numbers
that Word puts before the items of a list. What is hidden by the document itself or its styles is
left out and reported; styles of tables are not looked at, so that white words in a table that has
one are taken for seen.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.colours import Colour, alike, colour
from index.fields import RefusedError, day, one_line, tidied
from index.hidden import SMALLEST, Kind, total
from index.parsing import Parsed

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MAX_PART_BYTES = 100_000_000
"""The largest part of a document, unpacked."""

_TEXT, _STYLES, _CORE = "word/document.xml", "word/styles.xml", "docProps/core.xml"
_UNREAD = {"Fallback", "del", "moveFrom", "pPr", "rPr", "tblPr", "trPr", "tcPr", "sdtPr"}
_OFF = {"0", "false", "off"}
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TITLE_STYLES = ("title", "heading 1")
_LONGEST_TITLE = 300
_DEEPEST = 20
"""How many styles may be based on one another."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How the letters of a run look, as far as something says so; `size` is in points."""

    vanished: bool = False
    size: float = 11.0
    ink: Colour = (0, 0, 0)
    paper: Colour | None = (255, 255, 255)

    @property
    def unseen(self) -> Kind | None:
        if self.vanished:
            return "display"
        if self.size <= SMALLEST:
            return "size"
        return "colour" if self.paper is not None and alike(self.ink, self.paper) else None


@dataclass(frozen=True, slots=True)
class _Styles:
    """The styles of a document by their ids, and the look of text that has none."""

    by_id: dict[str, Element]
    plain: _Look

    def look(self, id_: str, around: _Look, depth: int = 0) -> _Look:
        """What a style makes of a look, with the styles that it is based on."""
        style = self.by_id.get(id_)
        if style is None or depth > _DEEPEST:
            return around
        base = _child(style, "basedOn")
        if base is not None:
            around = self.look(_value(base), around, depth + 1)
        return _changed(_child(style, "rPr"), _changed(_child(style, "pPr"), around))

    def name(self, id_: str) -> str:
        style = self.by_id.get(id_)
        named = _child(style, "name") if style is not None else None
        return _value(named).lower() if named is not None else ""


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or the row of a table; `tight` is true within a list or table."""

    text: str
    style: str = ""
    tight: bool = False


def document(data: bytes) -> Parsed:
    """The article of a document. `RefusedError` where it is none, or is too large unpacked."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise RefusedError(_no_document(data)) from error
    body = _part(archive, _TEXT)
    if body is None:
        raise RefusedError("It is a zip archive without a Word document: save it as .docx.")
    hidden: list[tuple[Kind, str]] = []
    styles = _styles(_part(archive, _STYLES))
    blocks = [block for block in _blocks(body, styles, styles.plain, hidden) if block.text]
    fields = _properties(_part(archive, _CORE))
    head = next((block for block in blocks[:5] if block.style in _TITLE_STYLES), None)
    if head is not None and len(head.text) <= _LONGEST_TITLE:
        fields["title"] = head.text
        blocks.remove(head)
    text = ""
    for index, block in enumerate(blocks):
        joint = "\n" if block.tight and blocks[index - 1].tight else "\n\n"
        text += block.text if index == 0 else joint + block.text
    return Parsed(tidied(text), fields, total(hidden))


def _no_document(data: bytes) -> str:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "It is encrypted, or a .doc of old: save it without a password as .docx."
    return "It is not a .docx, or damaged: save it again as .docx."


def _part(archive: zipfile.ZipFile, name: str) -> Element | None:
    """A part of the document as XML; None where it has none. Nothing in it is looked up."""
    from lxml import etree

    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.file_size > MAX_PART_BYTES:
        raise RefusedError(
            f"Its {name} unpacks to {info.file_size:,} bytes, more than {MAX_PART_BYTES:,}: "
            "split it."
        )
    try:
        with archive.open(info) as part:
            source = part.read(MAX_PART_BYTES + 1)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True
        )
        root = etree.fromstring(source, parser)
    except RuntimeError as error:  # zipfile's word for a password
        raise RefusedError(f"It cannot be unpacked ({error}): save it again as .docx.") from error
    except (zipfile.BadZipFile, etree.XMLSyntaxError, NotImplementedError, EOFError) as error:
        raise RefusedError(f"It is damaged in {name} ({error}): save it again.") from error
    if root.getroottree().docinfo.doctype:
        raise RefusedError(f"Its {name} declares entities, which no Word document does.")
    return root


def _blocks(
    parent: Element, styles: _Styles, around: _Look, hidden: list[tuple[Kind, str]]
) -> Iterator[_Block]:
    for child in parent:
        name = _name(child)
        if name == "p":
            yield _paragraph(child, styles, around, hidden)
        elif name == "tbl":
            yield from _rows(child, styles, around, hidden)
        elif name not in _UNREAD:
            yield from _blocks(child, styles, around, hidden)


def _rows(
    table: Element, styles: _Styles, around: _Look, hidden: list[tuple[Kind, str]]
) -> Iterator[_Block]:
    properties = _child(table, "tblPr")
    styled = properties is not None and _child(properties, "tblStyle") is not None
    for row in _all(table, "tr"):
        cells = []
        for cell in _all(row, "tc"):
            look = replace(around, paper=None) if styled else around
            look = _changed(_child(cell, "tcPr"), look)
            blocks = _blocks(cell, styles, look, hidden)
            cells.append(" ".join(" ".join(block.text.split()) for block in blocks).strip())
        yield _Block(" | ".join(cells) if any(cells) else "", tight=True)


def _paragraph(
    paragraph: Element, styles: _Styles, around: _Look, hidden: list[tuple[Kind, str]]
) -> _Block:
    properties, style, tight = _child(paragraph, "pPr"), "", False
    if properties is not None:
        named = _child(properties, "pStyle")
        style = _value(named) if named is not None else ""
        tight = _child(properties, "numPr") is not None or "list" in styles.name(style)
    look = _changed(properties, styles.look(style, around))
    text = "".join(_words(paragraph, styles, look, hidden)).strip()
    return _Block(text, styles.name(style), tight)


def _words(
    parent: Element, styles: _Styles, around: _Look, hidden: list[tuple[Kind, str]]
) -> Iterator[str]:
    for child in parent:
        name = _name(child)
        if name == "r":
            properties = _child(child, "rPr")
            named = _child(properties, "rStyle") if properties is not None else None
            look = styles.look(_value(named), around) if named is not None else around
            yield from _seen(child, styles, _changed(properties, look), hidden)
        elif name not in _UNREAD:
            yield from _words(child, styles, around, hidden)


def _seen(
    run: Element, styles: _Styles, look: _Look, hidden: list[tuple[Kind, str]]
) -> Iterator[str]:
    for child in run:
        name = _name(child)
        text = (child.text or "") if name == "t" else _MARKS.get(name, "")
        if text and look.unseen:
            hidden.append((look.unseen, text))
        elif text:
            yield text
        elif name in ("drawing", "pict", "AlternateContent"):  # a box of text
            for block in _blocks(child, styles, styles.plain, hidden):
                yield f"\n{block.text}\n" if block.text else ""


def _changed(properties: Element | None, look: _Look) -> _Look:
    """A look after the properties of a run, paragraph, cell or style."""
    for each in properties if properties is not None else ():
        name, value = _name(each), _value(each)
        if name in ("vanish", "specVanish"):
            look = replace(look, vanished=value not in _OFF)
        elif name == "sz" and value.replace(".", "", 1).isdecimal():
            look = replace(look, size=float(value) / 2)
        elif name == "color" and (ink := colour(f"#{value}")):
            look = replace(look, ink=ink[:3])
        elif name == "shd" and (paper := colour(f"#{_value(each, 'fill')}")):
            look = replace(look, paper=paper[:3])
        elif name == "highlight" and value != "none":
            named = colour(value)
            look = replace(look, paper=named[:3] if named else None)
    return look


def _styles(root: Element | None) -> _Styles:
    plain = _Look()
    by_id: dict[str, Element] = {}
    for element in root if root is not None else ():
        if _name(element) == "style":
            by_id[_value(element, "styleId")] = element
        elif _name(element) == "docDefaults":
            for properties in element.iter():
                plain = _changed(properties, plain) if _name(properties) == "rPr" else plain
    return _Styles(by_id, plain)


def _properties(root: Element | None) -> dict[str, object]:
    """What the document says of itself; the day it was begun is no day of publication."""
    said = {_name(each): one_line(each.text) for each in root} if root is not None else {}
    begun = day(said.get("created", ""))
    fields = {
        "title": said.get("title", ""),
        "author": said.get("creator", ""),
        "created": begun.isoformat() if begun else "",
    }
    return {name: value for name, value in fields.items() if value}


def _name(element: Element) -> str:
    """The name of an element, whatever the edition of the format calls its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "comment"


def _value(element: Element, name: str = "val") -> str:
    return next(
        (str(value) for key, value in element.items() if key.rpartition("}")[2] == name), ""
    )


def _child(parent: Element, name: str) -> Element | None:
    return next((child for child in parent if _name(child) == name), None)


def _all(parent: Element, name: str) -> Iterator[Element]:
    """The children of that name, also those within content controls and the like."""
    for child in parent:
        if _name(child) == name:
            yield child
        elif _name(child) in ("sdt", "sdtContent", "customXml", "ins", "moveTo"):
            yield from _all(child, name)
