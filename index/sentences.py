"""Sentence spans of Arabic and English text, with exact offsets and a bounded length.

Sentences end at . ! ? ؟ ۔ … and at line ends, unless a line was only wrapped. Scraped news has long
stretches without a full stop: a sentence longer than `LONGEST` is cut at the best place before the
bound (؛ ; then ، , then a conjunction, then any space). Titles and abbreviations (د. أحمد, Dr.
Smith, U.S.), initials and decimal points do not end a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from index.text import language_of
from index.types import Language, Sentence

LONGEST = 400
"""The longest sentence, in letters."""

_SHORTEST_PART = 60
_NARROWEST_MARGIN, _WIDEST_MARGIN = 45, 120
_LIST_ITEM = re.compile(r"\s*(?:[-*•–—]|[\d٠-٩]{1,3}[.)-])\s")

_CLOSERS = "\"'”’»)]}›"
_END = re.compile(
    rf"(?:[!?؟۔]+|\.{{1,3}}|…)(?:\s?[{re.escape(_CLOSERS)}])*(?=\s|$|[\u0621-\u064A])"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[«“\"'\-–])"
    r"(?:[A-Za-z]|(?:[A-Z]\.)+[A-Z]|Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Maj|Capt|Sgt|Adm|Gov|Sen|Rep|Rev|Hon"
    r"|St|Jr|Sr|No|Nos|vs|etc|e\.g|i\.e|cf|al|Fig|Vol|pp|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug"
    r"|Sep|Sept|Oct|Nov|Dec|approx|est"
    r"|د|أ|م|ا|ص|ج|ق|هـ|ه|ت|ط|ب|ص\.ب|ق\.م|أ\.د|ا\.د|أ\.ف|د\.ب)$"
)
_NUMBERED = re.compile(r"(?:^|\n)\s*[\d٠-٩]{1,2}$")
_CUTS = (
    re.compile(r"[؛;]\s"),
    re.compile(r"[،,:]\s|\s[–—-]\s"),
    re.compile(r"\s(?=(?:و(?!ال)\w{2,}|لكن|حيث|بينما|فيما|كما|and|but|while|which|who)\s)"),
    re.compile(r"\s"),
)


def sentences(text: str, language: Language | None = None) -> list[Sentence]:
    """The sentences of `text` in order; between two of them there is only white space.

    Each is at most `LONGEST` letters and told its own language; one without letters takes
    `language`, else that of the whole text. Joined with what stands between, they give `text` back.
    """
    article_language = language or language_of(text)
    return [
        Sentence(start, end, language_of(text[start:end], article_language))
        for line_start, line_end in _lines(text)
        for whole_start, whole_end in _split(text, line_start, line_end)
        for start, end in _bounded(text, whole_start, whole_end)
    ]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines of `text`; lines that were wrapped at a margin count as one."""
    for block in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|$))+", text):
        lines = list(re.finditer(r"[^\n]+", block[0]))
        widest = max(len(line[0].rstrip()) for line in lines)
        start = block.start()
        for line, following in pairwise(lines):
            if not _wrapped(line[0].rstrip(), following[0], widest):
                yield start, block.start() + line.end()
                start = block.start() + following.start()
        yield start, block.start() + lines[-1].end()


def _wrapped(line: str, following: str, widest: int) -> bool:
    """Whether the next line's first word was moved there only because it did not fit."""
    first_word = following.split(maxsplit=1)[0]
    fits = len(line) + 1 + len(first_word) <= widest
    margin = _NARROWEST_MARGIN <= widest <= _WIDEST_MARGIN
    ended = line[-1] in ".!?؟:…" or bool(_LIST_ITEM.match(following))
    return margin and not fits and not ended


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans between full stops in `text[start:end]`, without white space at their ends."""
    begin = start
    for match in _END.finditer(text, start, end):
        if match[0] == "." and _inside_sentence(text, begin, match.start(), match.end()):
            continue
        if _continues(text, match.end(), end):
            continue
        yield from _trimmed(text, begin, match.end())
        begin = match.end()
    yield from _trimmed(text, begin, end)


def _inside_sentence(text: str, begin: int, dot: int, after: int) -> bool:
    before = text[max(begin, dot - 12) : dot]
    if _ABBREVIATION.search(before):
        return True
    return bool(_NUMBERED.search(text[max(0, dot - 4) : dot])) and not text[after:].startswith("\n")


def _continues(text: str, position: int, end: int) -> bool:
    """Whether what follows is not a new sentence: a lower-case Latin letter or a stray mark."""
    rest = text[position:end].lstrip()
    return bool(rest) and ((rest[0].islower() and rest[0].isascii()) or rest[0] in "،؛,;-–؟?!.")


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        yield left, right


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        cut = _best_cut(text, start)
        yield from _trimmed(text, start, cut)
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end


def _best_cut(text: str, start: int) -> int:
    for pattern in _CUTS:
        places = [m.end() for m in pattern.finditer(text, start + _SHORTEST_PART, start + LONGEST)]
        if places:
            return places[-1]
    return start + LONGEST
