"""The bytes of a file as text: byte order mark, UTF-8, what the page says, then a guess.

Arabic is still found in windows-1256 and ISO-8859-6, English with curly quotes in windows-1252.
The guess is made among those three by the words that are not plain ASCII: in the wrong encoding
they mix scripts, are accented letters throughout, or lack the letters that Arabic is made of.
"""

from __future__ import annotations

import codecs
import re

from index.fields import RefusedError, tidied

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32 comes first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_ARABIC = ("cp1256", "iso8859-6")
# Where two are equally likely, as for a text with quotes alone, the first is taken.
_GUESSES = ("cp1252", "cp1256", "iso8859-6")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.I)
_UNUSUAL = re.compile(r"[^\t\n\r -~\u00A0-\u00FF\u0600-\u06FF\u2010-\u203A\uFE70-\uFEFC]")
_WORD = re.compile(r"(?:[^\W\d_]|[\u064B-\u0652])+")
_ARABIC_WORD = re.compile(r"[\u0621-\u064A\u0671-\u06D3][\u0621-\u0652\u0671-\u06D3]+|و")
_VOWEL_SIGN = re.compile(r"[\u064E-\u0652]")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸƒ]{2,}|[Àà]")
_FREQUENT = frozenset("ابةتدرسعفلمنهويأى")
"""The commonest Arabic letters, four in five of a text."""
_SIGNATURES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x1f\x8b", "a gzip archive"),
)

_HEAD_BYTES = 4096
_GUESS_BYTES = 100_000
_UNUSUAL_SHARE = 0.1
_SOUND_PER_BROKEN = 10
_ASCII_SHARE = 0.3
_LEAST_LIKELY = 0.6


def binary_kind(data: bytes) -> str:
    """What a file that is not text is ("a PDF"), told by its first bytes; "" for other files."""
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), "")


def readable(data: bytes, *, declares: bool = False) -> str:
    """The tidied text of a file; `declares` as in `decode`. `RefusedError` where it is no text."""
    if kind := binary_kind(data):
        raise RefusedError(
            f"It is {kind}, not text: give its name the ending of what it is, or save its text as "
            ".txt, .md or .html."
        )
    text = decode(data, declares=declares)
    if text is None:
        what = "binary, not text" if b"\x00" in data else "in an unknown encoding"
        raise RefusedError(f"It is {what}: save it as UTF-8 text.")
    return tidied(text)


def decode(data: bytes, *, declares: bool = False) -> str | None:
    """The text of `data`, or None where no encoding gives a plausible one.

    `declares` is true for HTML, where the page may name its encoding. UTF-8 with a few broken
    bytes, such as a file cut in the middle of a letter, is read with U+FFFD in their place.
    """
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return _decoded(data, marked)
    if b"\x00" in data:
        return _wide(data)
    text = _decoded(data, "utf-8")
    if text is None:
        text = _nearly_utf8(data)
    if text is None and declares:
        text = _as_declared(data)
    return _guessed(data) if text is None else text


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _wide(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: the only text whose bytes hold zeros."""
    for encoding in _UNMARKED:
        text = _decoded(data, encoding)
        if text and len(_UNUSUAL.findall(text)) < _UNUSUAL_SHARE * len(text):
            return text
    return None


def _nearly_utf8(data: bytes) -> str | None:
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if sound >= _SOUND_PER_BROKEN * broken else None


def _as_declared(data: bytes) -> str | None:
    """The text in the Arabic encoding that the page names.

    A Latin one is not believed: many old windows-1256 pages call themselves iso-8859-1.
    """
    declared = _DECLARED.search(data[:_HEAD_BYTES])
    if declared is None:
        return None
    try:
        encoding = codecs.lookup(declared[1].decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return None
    return _decoded(data, encoding) if encoding in _ARABIC else None


def _guessed(data: bytes) -> str | None:
    foreign = b" ".join(word for word in data.split() if not word.isascii())[:_GUESS_BYTES]
    likelihoods = {}
    for encoding in _GUESSES:
        sample = _decoded(foreign, encoding)
        likelihoods[encoding] = -1.0 if sample is None else _likelihood(sample)
    best = max(_GUESSES, key=likelihoods.__getitem__)
    return _decoded(data, best) if likelihoods[best] >= _LEAST_LIKELY else None


def _likelihood(text: str) -> float:
    """The share, 0 to 1, of the letters of foreign words that speaks for Arabic or accented Latin.

    1 where no word has a letter beyond ASCII.
    """
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = sum(len(_VOWEL_SIGN.sub("", word)) for word in words)
    return sum(_likely_letters(word) for word in words) / letters if letters else 1.0


def _likely_letters(word: str) -> int:
    if _ARABIC_WORD.fullmatch(word):
        letters = _VOWEL_SIGN.sub("", word)
        # A word with the article (ال) counts in full.
        return len(letters) if "ال" in word else sum(letter in _FREQUENT for letter in letters)
    plain = sum(letter.isascii() for letter in word)
    is_likely = plain >= _ASCII_SHARE * len(word) or word in "àÀ"
    return len(word) if is_likely and _LATIN_WORD.fullmatch(word) else 0
