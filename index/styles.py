"""What the styles of a web page hide: `take_out_hidden` finds it and takes it out of the tree.

Read are the `style` attribute, the rules of `<style>` whose selectors are a tag, classes and an id,
and the attributes `hidden`, `aria-hidden`, `color` and `bgcolor`. Style sheets that are elsewhere,
longer selectors, scripts and pictures are not looked at: what they hide or show is not known here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from index.colours import Colour, alike, colour
from index.hidden import SMALLEST, Kind, letters

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_FAR = -400.0
"""Pixels to the left or above that nobody scrolls to."""
_FAINTEST = 0.05
_PIXELS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0}
_PIXELS |= {"%": 0.16, "vw": 10.0, "vh": 8.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "pc": 16.0}
_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0}
_FONT_SIZE = re.compile(r"(?<![\w.])([\d.]+(?:px|pt|r?em|%))(?=[\s/])")

_UNSHOWN = {"template", "noscript"}
_UNREAD = {
    *("script", "style", "head", "title", "nav", "header", "footer", "aside", "form", "button"),
    *("select", "option", "svg", "iframe", "dialog", "menu", "object", "audio", "video", "canvas"),
}
"""What is in these is no part of an article, seen or not."""
_BODIES = {"html", "body", "main", "article"}

_MOST_STYLE = 1_000_000
_REMARK = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_RULE_PART = re.compile(r"[^{};]*[{};]")
_SCREEN = re.compile(r"@(?:media\s+(?:all|screen)\s*|layer[^{]*|supports[^{]*)\Z", re.I)
_SELECTOR = re.compile(r"(?:[\w-]+|\*)?(?:[.#][\w-]+)*")
_NOTHING = re.compile(r"scale\(\s*0(?:\.0*)?\s*[,)]")
_CLIPPED = re.compile(r"rect\((?:\s*[01](?:px)?[\s,]*){4}\)")
_INSET = re.compile(r"inset\(\s*(?:50|100)%")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([a-z%]*)", re.I)
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Rule:
    """A simple selector and its declarations."""

    tag: str
    classes: frozenset[str]
    id: str
    declarations: Mapping[str, str]

    @property
    def weight(self) -> tuple[int, int, int]:
        return bool(self.id), len(self.classes), bool(self.tag)


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands on to those within it. `size` is that of its letters, in pixels."""

    shown: bool = True
    size: float = 16.0
    indent: float = 0.0
    ink: Colour = (0, 0, 0)
    paper: Colour | None = (255, 255, 255)
    """None where a picture or a gradient lies behind."""
    unread: bool = False
    gone: Kind | None = None
    """Why nothing within it is seen, whatever that says itself."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """Rules by what they ask for first, each with its place in the page."""

    by_key: dict[str, list[tuple[int, _Rule]]] = field(default_factory=lambda: defaultdict(list))

    def say(self, tag: str) -> bool:
        """Whether a rule is for all elements of a tag."""
        return tag in self.by_key or "*" in self.by_key

    def declarations(self, element: Element) -> dict[str, str]:
        """What the page says of an element: heavier rules over lighter ones, its own over all."""
        classes = frozenset((element.get("class") or "").split())
        id_ = element.get("id") or ""
        keys = (element.tag, "*", f"#{id_}", *(f".{name}" for name in classes))
        matching = [
            (rule.weight, place, rule.declarations)
            for key in keys
            for place, rule in self.by_key.get(key, ())
            if rule.tag in ("", element.tag) and rule.classes <= classes and rule.id in ("", id_)
        ]
        found: dict[str, str] = {}
        for _, _, declared in sorted(matching, key=lambda each: each[:2]):
            found |= declared
        return found | _declarations(element.get("style") or "")


def take_out_hidden(tree: Element) -> list[tuple[Kind, str]]:
    """Take what is hidden out of a page; returns the texts, each with the kind of its hiding.

    What is hidden in menus, headers, footers and the like is taken out and not returned.
    """
    rules = _rules(tree)
    hidden: list[tuple[Kind, str]] = []
    looks: dict[Element, _Look] = {}
    emptied: list[Element] = []
    whole = _letters_of(tree)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue  # a comment or an instruction
        parent = element.getparent()
        around = looks.get(parent, _Look()) if parent is not None else _Look()
        look = _look(element, around, rules, whole)
        looks[element] = look
        why = _unseen(look)
        texts = [("text", element, why)]
        if parent is not None:  # the text behind an element is its parent's
            texts.append(("tail", element, _unseen(around)))
        for part, holder, kind in texts:
            text = getattr(holder, part)
            if kind and text and text.strip():
                if not (look if part == "text" else around).unread:
                    hidden.append((kind, text))
                setattr(holder, part, "")
        if look.gone and element.tag not in _BODIES:
            emptied.append(element)
    for element in emptied:
        _drop(element)
    return hidden


def _letters_of(tree: Element) -> int:
    """The letters of a page beside its scripts; 0 where no attribute makes them matter."""
    if tree.find(".//*[@aria-hidden]") is None:
        return 0
    return sum(
        letters(element.text or "") * (element.tag not in _UNREAD) + letters(element.tail or "")
        for element in tree.iter()
    )


def _drop(element: Element) -> None:
    """Take an element out; what stands behind it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _unseen(look: _Look) -> Kind | None:
    """Why the text of an element is not seen; None where it is."""
    if look.gone:
        return look.gone
    if not look.shown:
        return "display"
    if look.size <= SMALLEST:
        return "size"
    if look.indent <= _FAR:
        return "place"
    return "colour" if look.paper is not None and alike(look.ink, look.paper) else None


def _look(element: Element, around: _Look, rules: _Rules, whole: int) -> _Look:
    if element.tag in _UNSHOWN:
        return replace(around, gone=around.gone or "markup")
    unread = around.unread or element.tag in _UNREAD
    if unread == around.unread and not element.attrib and not rules.say(element.tag):
        return around  # as most elements
    declared = rules.declarations(element)
    gone = around.gone or _gone(element, declared, whole)
    look = around if (unread, gone) == (around.unread, around.gone) else None
    look = look or replace(around, unread=unread, gone=gone)
    if not declared and not element.get("color") and not element.get("bgcolor"):
        return look
    visibility = declared.get("visibility", "")
    return replace(
        look,
        shown=around.shown if visibility in ("", "inherit") else visibility == "visible",
        size=_size(declared, around.size),
        indent=_pixels(declared.get("text-indent", ""), around.indent),
        ink=_ink(declared.get("color") or element.get("color") or "", around),
        paper=_paper(declared, element.get("bgcolor") or "", around.paper),
    )


def _gone(element: Element, declared: Mapping[str, str], whole: int) -> Kind | None:
    """Why nothing within an element is seen."""
    unshown = (
        declared.get("display") == "none"
        or _pixels(declared.get("opacity", ""), 1) <= _FAINTEST
        or (element.get("hidden") is not None and "display" not in declared)
        or (element.get("aria-hidden", "").lower() == "true" and _is_aside(element, whole))
    )
    if unshown:
        return "display"
    if _is_away(declared):
        return "place"
    shut = declared.get("overflow", "").startswith(("hidden", "clip")) and any(
        _pixels(declared.get(side, ""), 9) <= 1
        for side in ("height", "max-height", "width", "max-width")
    )
    return "size" if shut or _NOTHING.search(declared.get("transform", "")) else None


def _is_away(declared: Mapping[str, str]) -> bool:
    """Whether an element is off the page, or nothing of it is let through."""
    away = _pixels(declared.get("margin-left", ""), 0) <= _FAR
    if declared.get("position") in ("absolute", "fixed"):
        sides = (_pixels(declared.get(side, ""), 0) for side in ("left", "right", "top"))
        away = away or min(sides) <= _FAR or bool(_CLIPPED.match(declared.get("clip", "")))
    return away or bool(_INSET.match(declared.get("clip-path", "")))


def _is_aside(element: Element, whole: int) -> bool:
    """Whether `aria-hidden` hides words here: a page under an open dialog has it all around."""
    if element.tag in _BODIES or element.find(".//article") is not None:
        return False
    text = "".join(element.itertext())
    return len(text.split()) >= _FEWEST_WORDS and 2 * letters(text) < whole


def _ink(said: str, around: _Look) -> Colour:
    """The colour of letters; that of the paper where they let it through."""
    found = colour(said)
    if found is None:
        return around.ink
    red, green, blue, strength = found
    if strength <= _FAINTEST and around.paper is not None:
        return around.paper
    return red, green, blue


def _paper(declared: Mapping[str, str], attribute: str, around: Colour | None) -> Colour | None:
    said = declared.get("background-color") or declared.get("background") or attribute
    if re.search(r"url\(|gradient\(", f"{said} {declared.get('background-image', '')}"):
        return None
    for word in re.findall(r"#\w+|rgba?\([^)]*\)|[a-z]+", said):
        found = colour(word)
        if found is not None:
            return around if found[3] <= _FAINTEST else found[:3]
    return around


def _size(declared: Mapping[str, str], around: float) -> float:
    said = declared.get("font-size", "")
    if not said and (found := _FONT_SIZE.search(declared.get("font", ""))):
        said = found[1]
    if said in _SIZES:
        return _SIZES[said]
    number = _NUMBER.fullmatch(said)
    if number is not None and number[2] in ("em", "%"):
        return around * float(number[1]) / (1 if number[2] == "em" else 100)
    return _pixels(said, around)


def _pixels(said: str, otherwise: float) -> float:
    """A length in pixels, or a bare number; `otherwise` where it is none."""
    number = _NUMBER.fullmatch(said)
    if number is None or number[2].lower() not in _PIXELS:
        return otherwise
    return float(number[1]) * _PIXELS[number[2].lower()]


def _rules(tree: Element) -> _Rules:
    """The rules of the page's `<style>` elements that have a simple selector."""
    rules = _Rules()
    source = "".join(element.text or "" for element in tree.iter("style"))[:_MOST_STYLE]
    for place, (selectors, declared) in enumerate(_blocks(_REMARK.sub("", source))):
        declarations = _declarations(declared)
        for selector in map(str.strip, selectors.split(",")) if declarations else ():
            if not selector or not _SELECTOR.fullmatch(selector):
                continue
            tag = re.split(r"[.#]", selector)[0].lower().replace("*", "")
            classes = frozenset(re.findall(r"\.([\w-]+)", selector))
            id_ = "".join(re.findall(r"#([\w-]+)", selector)[:1])
            key = f"#{id_}" if id_ else f".{min(classes)}" if classes else tag or "*"
            rules.by_key[key].append((place, _Rule(tag, classes, id_, declarations)))
    return rules


def _blocks(source: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of a style sheet; those for print or narrow screens left out."""
    around: list[bool] = []  # of the at-rules that are open: whether what they hold applies
    selectors = ""
    parts: list[str] = []
    for found in _RULE_PART.finditer(source):
        part, end = found[0][:-1].strip(), found[0][-1]
        if end == "{" and part.startswith("@"):
            around.append(bool(_SCREEN.match(part)))
        elif end == "{":
            selectors, parts = part, []
        elif selectors:
            parts.append(part)
            if end == "}":
                if all(around):
                    yield selectors, ";".join(parts)
                selectors = ""
        elif end == "}" and around:
            around.pop()


def _declarations(source: str) -> dict[str, str]:
    """Properties and their values in small letters; "!important" is not weighed."""
    found = {}
    for part in source.lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found
