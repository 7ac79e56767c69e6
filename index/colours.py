"""Colours as web pages and documents write them, and whether two look the same."""

from __future__ import annotations

import re

from index.hidden import ALIKE

Colour = tuple[int, int, int]
"""Red, green and blue, each 0 to 255."""

_NAMES: dict[str, Colour] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "silver": (192, 192, 192),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "navy": (0, 0, 128),
    "maroon": (128, 0, 0),
    "orange": (255, 165, 0),
    "purple": (128, 0, 128),
    "teal": (0, 128, 128),
}
_FUNCTION = re.compile(r"rgba?\(([^)]*)\)")
_PART = re.compile(r"[\d.]+%?")


def colour(said: str) -> tuple[int, int, int, float] | None:
    """Red, green, blue (0 to 255) and strength (0 to 1) of "#fff", "rgb(…)" or a common name;
    None for other words.
    """
    said = said.strip().lower()
    if said == "transparent":
        return 0, 0, 0, 0.0
    if said in _NAMES:
        return (*_NAMES[said], 1.0)
    if said.startswith("#"):
        return _hexadecimal(said[1:])
    if found := _FUNCTION.match(said):
        parts = [_share(part, 255 if place < 3 else 1) for place, part in enumerate(_parts(found))]
        if len(parts) in (3, 4):
            red, green, blue = (min(255, round(part)) for part in parts[:3])
            return red, green, blue, parts[3] if len(parts) == 4 else 1.0
    return None


def alike(one: Colour, other: Colour) -> bool:
    """Whether letters of one colour on the other cannot be seen."""
    return all(abs(a - b) <= ALIKE for a, b in zip(one, other, strict=True))


def _parts(found: re.Match[str]) -> list[str]:
    return _PART.findall(found[1])


def _share(part: str, whole: float) -> float:
    try:
        return float(part[:-1]) / 100 * whole if part.endswith("%") else float(part)
    except ValueError:
        return whole


def _hexadecimal(digits: str) -> tuple[int, int, int, float] | None:
    if len(digits) in (3, 4):
        digits = "".join(2 * digit for digit in digits)
    try:
        parts = [int(digits[place : place + 2], 16) for place in range(0, len(digits), 2)]
    except ValueError:
        return None
    if len(parts) not in (3, 4):
        return None
    return parts[0], parts[1], parts[2], parts[3] / 255 if len(parts) == 4 else 1.0
