"""Tokens that know where they stand in the text as it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.text import embeddable

_RUN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of a text, and for each the start and end of its letters in that text.

    In a word that the model reads otherwise than it is written every token has the whole word's.
    """

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Readable:
    """A text as the model reads it, and where each of its letters stands in the text."""

    text: str
    places: tuple[tuple[int, int], ...]

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where what is read from `start` to `end` begins and ends as it is written."""
        return self.places[start][0], self.places[max(start, end - 1)][1]


def readable(text: str) -> Readable:
    """A text in one line, its letters ordinary: word by word, so that no place is lost."""
    runs = [(run.start(), run.end(), embeddable(run[0])) for run in _RUN.finditer(text)]
    return _joined([run for run in runs if run[2]])


def _joined(runs: Sequence[tuple[int, int, str]]) -> Readable:
    """Words as they are read, with their starts and ends in the text, with spaces between."""
    places: list[tuple[int, int]] = []
    for start, end, read in runs:
        as_written = len(read) == end - start
        if places:
            places.append((start, start))
        places += [
            (start + n, start + n + 1) if as_written else (start, end) for n in range(len(read))
        ]
    return Readable(" ".join(read for *_, read in runs), tuple(places))
