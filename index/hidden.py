"""Text that a reader of an article does not see, and the kinds of it.

Whoever writes an article can put words in it for machines alone: instructions to a language model,
or words to be found by. What is hidden is left out and reported, by kind and with its characters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Literal

Kind = Literal["display", "colour", "size", "place", "markup", "characters"]
"""Said not to be shown; in the colour of what is behind it; too small to read; off the page; in
markup that is not shown (comments, templates, what is for browsers without scripts); characters
that are not drawn."""

SMALLEST = 2.0
"""The largest size of letters, in pixels or points, that nobody can read."""
ALIKE = 12
"""How far two colours may be apart, of 255 in each of red, green and blue, and look the same."""

# An ordinary text has single ones: between letters (ZWNJ, ZWJ), beside numbers (LRM, RLM), where a
# line may break. Three in a row spell something; variation selectors do, too.
_UNDRAWN = (
    r"\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2060-\u2065\u206A-\u206F"
    r"\u3164\uFE00-\uFE0F\uFEFF\uFFA0\U000E0100-\U000E01EF"
)
_TAGS, _TURNS = r"\U000E0000-\U000E007F", r"\u202A-\u202E\u2066-\u2069"
_CHARACTERS = re.compile(rf"[{_TAGS}]+|[{_TURNS}]+|[{_UNDRAWN}]{{3,}}")
_SUSPECT = re.compile(rf"[{_TAGS}{_TURNS}{_UNDRAWN}]")
"""Any of these: looked for first, because most texts have none."""
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{1,6}\U000e007f")


def undrawn(texts: Iterable[str]) -> int:
    """How many characters are there to hide something: tag characters, changes of direction, and
    the zero-width where three or more stand together. The flags of Scotland and Wales are none.
    """
    return sum(
        len(found[0])
        for text in texts
        if not text.isascii() and _SUSPECT.search(text)
        for found in _CHARACTERS.finditer(_FLAG.sub("", text))
    )


def letters(text: str) -> int:
    """How many letters and digits a text has: white space alone hides nothing."""
    return sum(map(str.isalnum, text))


def total(parts: Iterable[tuple[Kind, str]]) -> dict[str, int]:
    """The characters of hidden texts by their kind, those without letters left out."""
    found: Counter[str] = Counter()
    for kind, text in parts:
        found[kind] += len(" ".join(text.split())) if letters(text) else 0
    return {kind: count for kind, count in sorted(found.items()) if count}
