"""Ways of typing a question: pure functions of its text and a seeded generator.

One that finds nothing to alter gives the question back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from random import Random

from index.text import ARABIC_LETTER, Word

Alteration = Callable[[str, Random], str]
"""A question, or a word, and chance, to the same as it is typed."""

_KEYBOARDS = ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرلىةوزظ", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _KEYBOARDS
    for place, key in enumerate(row)
}
_ARABIC_DIGITS = {ord("0") + digit: chr(0x0660 + digit) for digit in range(10)}
_VOWELS = "\u064e\u064f\u0650\u0652"
_INVISIBLE = "\u200c\u200d\u200e\u200f\u061c\ufeff"

DIALECTS = {
    "ماذا": ("شنو", "إيش", "وش", "شو"),
    "ما": ("شنو", "إيش", "وش", "شو"),
    "لماذا": ("ليش", "ليه", "علاش"),
    "أين": ("فين", "وين"),
    "متى": ("إمتى", "امتى", "وقتاش"),
    "كيف": ("إزاي", "كيفاش", "شلون"),
    "من": ("مين", "شكون"),
    "كم": ("قديش", "كام", "شحال"),
    "بكم": ("بكام", "بقديش"),
}
"""Standard question words and what Maghrebi, Egyptian, Levantine and Gulf Arabic say for them."""


def _replacing(pattern: str, replacement: str) -> Alteration:
    """All that matches is replaced."""
    return lambda question, _: re.sub(pattern, replacement, question)


def careless(question: str, _: Random) -> str:
    """No hamza on an alef, ه for ة, ي for ى, all at once."""
    return question.translate(str.maketrans("أإآةى", "اااهي"))


def vowelled(question: str, chance: Random) -> str:
    """A vowel sign on every second letter or so."""
    return _after_letters(question, lambda: chance.choice(_VOWELS) if chance.random() < 0.5 else "")


def stretched(question: str, chance: Random) -> str:
    """Letters that join to the next one are stretched here and there."""
    joined = r"(?<=[بتثجحخسشصضطظعغفقكلمنهي])(?=[\u0621-\u064a])"
    return re.sub(joined, lambda _: "ـ" * chance.choice((0, 0, 1, 3)), question)


def invisible(question: str, chance: Random) -> str:
    """Joiners, direction marks and byte order marks in words, the whole in a direction isolate."""
    marked = _after_letters(question, lambda: chance.choice(_INVISIBLE) * (chance.random() < 0.2))
    return f"\u2067{marked}\u2069"


def presentation(question: str, _: Random) -> str:
    """Arabic letters as the shapes that old files hold."""
    return ARABIC_LETTER.sub(lambda letter: _SHAPES.get(letter[0], letter[0]), question)


def dialect(question: str, chance: Random) -> str:
    """The question word as one of the dialects has it; only where the question begins with it."""
    first, space, rest = question.partition(" ")
    said = DIALECTS.get(first)
    return f"{chance.choice(said)}{space}{rest}" if said else question


def neighbour(word: str, chance: Random) -> str:
    """A letter is the one beside it on the keyboard."""
    places = [place for place, letter in enumerate(word.lower()) if letter in _NEIGHBOURS]
    if not places:
        return word
    place = chance.choice(places)
    return word[:place] + chance.choice(_NEIGHBOURS[word[place].lower()]) + word[place + 1 :]


def dropped(word: str, chance: Random) -> str:
    """A letter is missing."""
    place = chance.randrange(len(word))
    return word[:place] + word[place + 1 :]


def doubled(word: str, chance: Random) -> str:
    """A letter is there twice."""
    place = chance.randrange(len(word))
    return word[:place] + word[place] + word[place:]


def swapped(word: str, chance: Random) -> str:
    """A letter and the next have changed places."""
    places = [at for at in range(len(word) - 1) if word[at].lower() != word[at + 1].lower()]
    if not places:
        return word
    at = chance.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


SPELLINGS: Mapping[str, Alteration] = {
    "hamza left out": _replacing("[أإآ]", "ا"),
    "hamza put in": _replacing(r"\bا(?!ل)", "أ"),
    "ه for ة": _replacing("ة", "ه"),
    "ة for ه": _replacing(r"(?<=\w\w)ه\b", "ة"),
    "ى for ي": _replacing(r"ي\b", "ى"),
    "ي for ى": _replacing("ى", "ي"),
    "careless": careless,
    "vowel signs": vowelled,
    "stretched": stretched,
    "invisible characters": invisible,
    "presentation forms": presentation,
    "Arabic digits": lambda question, _: question.translate(_ARABIC_DIGITS),
    "lower case": lambda question, _: question.lower(),
    "upper case": lambda question, _: question.upper(),
    "curly quotes": lambda question, _: question.translate(str.maketrans("'\"", "’”")),
    "no question mark": _replacing(r"\s*[?؟]+\s*$", ""),
    "dialect": dialect,
}

TYPOS: Mapping[str, Alteration] = {
    "neighbour letter": neighbour,
    "dropped letter": dropped,
    "doubled letter": doubled,
    "swapped letters": swapped,
}
"""Errors in one word of a question."""


def mistyped(question: str, word: Word, typo: Alteration, chance: Random) -> str:
    """The question with an error in `word`, one of its own."""
    return (
        question[: word.start]
        + typo(question[word.start : word.end], chance)
        + question[word.end :]
    )


def _after_letters(question: str, mark: Callable[[], str]) -> str:
    return "".join(letter + (mark() if letter.isalpha() else "") for letter in question)


def _shapes() -> dict[str, str]:
    """Arabic letters to one of their presentation forms."""
    shapes = {}
    for code in range(0xFE70, 0xFEFD):
        form = unicodedata.normalize("NFKC", chr(code))
        if len(form) == 1:
            shapes[form] = chr(code)
    return shapes


_SHAPES = _shapes()
