"""The bytes of a file as text: byte order mark, UTF-8, what the page says, then a guess.

Arabic is still found in windows-1256 and ISO-8859-6, English with curly quotes in windows-1252.
charset-normalizer tells those three apart when it may choose among them alone and is shown only
the words that are not plain ASCII (the paragraphs of five articles, cut to 30 characters: all
right; free to choose among every encoding it misread two in five ISO-8859-6 lines).
"""

from __future__ import annotations

import codecs
import re

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
_GUESSES = ["cp1256", "iso8859_6", "cp1252"]
_DECLARED = re.compile(rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.I)
_UNUSUAL = re.compile(r"[^\t\n\r -~\u00A0-\u00FF\u0600-\u06FF\u2010-\u203A\uFE70-\uFEFC]")
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
_BYTES_PER_FOREIGN = 10


def binary_kind(data: bytes) -> str:
    """What a file that is not text is ("a PDF"), told by its first bytes; "" for other files."""
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), "")


def byte_order_mark(data: bytes) -> str:
    """The encoding that a byte order mark at the start of `data` names, "" where there is none."""
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")


def decode(data: bytes, *, declares: bool = False) -> str | None:
    """The text of `data`, or None where no encoding gives a plausible one.

    `declares` is true for HTML, where the page may name its encoding. UTF-8 with a few broken
    bytes, such as a file cut in the middle of a letter, is read with U+FFFD in their place.
    """
    if marked := byte_order_mark(data):
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
    # Imported when needed, so that the command line starts fast.
    from charset_normalizer import from_bytes

    words = b" ".join(word for word in data.split() if not word.isascii())
    best = from_bytes(words[:_GUESS_BYTES], cp_isolation=_GUESSES).best()
    if best is not None:
        return _decoded(data, best.encoding)
    # Too few letters to judge by, as in "It’s £5": English with a sign or a quote from Windows.
    foreign = len(data.translate(None, bytes(range(0x80))))
    return _decoded(data, "cp1252") if len(data) > _BYTES_PER_FOREIGN * foreign else None
