"""Copies: near-identical articles, found without comparing each article with every other.

A text is taken as its shingles, the runs of three folded words that stand in it. How much two texts
share is measured exactly, on their shingles; which texts are worth comparing is told by MinHash:
the smallest hashes of two texts are the same with the probability of their Jaccard similarity, so
articles that agree in a band of such hashes are candidates (Broder, "On the resemblance and
containment of documents", 1997; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4).

A group is an original, the first that came, and the articles that are copies of it. Only originals
and articles that are alone have bands in the catalogue: adding an article costs what its own text
costs, however large the collection or the group.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence, Set
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from index.text import Word, words
from index.types import Chunk, Language

Hashes = NDArray[np.uint64]
"""64-bit hashes (n,), the same in every process."""

SHINGLE = 3
"""Words of a shingle."""

LEAST_CONTAINED = 0.6
"""The share of the shorter copy's shingles that stand in the longer one, at least.

Of the pairs of 1,619 articles and paragraphs (the samples, ARCD, TyDi, NTREX, XQuAD) none lies
between 0.32 and 0.71: below are different texts, dispatches on one event among them (0.30), above
reprints and other cuts of one text.
"""

LEAST_JACCARD = 0.35
"""The share of all their shingles that two copies have in common, at least: a dispatch that a much
longer article holds is none."""

LEAST_HELD = 0.8
"""The share of a chunk's shingles that stand in what is shown already, for it to be folded."""

_FEWEST_SHARED = 20
_FEWEST_WORDS = 2  # of a sentence: one word alone is an agency's name
_BANDS, _ROWS = 40, 3
_AT_ONCE = 4096
_SEEN_OF_BAND = 16
_COMPARED = 8


def shingles(text: str) -> Hashes:
    """The hashes of the shingles of `text`, each once, in ascending order."""
    return np.unique(_runs([word.folded for word in words(text)]))


def are_copies(one: Hashes, other: Hashes) -> bool:
    """Whether two texts, by their shingles, are near-identical.

    Few shared shingles prove nothing, but where the texts are the same word for word.
    """
    shared = len(np.intersect1d(one, other, assume_unique=True))
    both, shorter = len(one) + len(other) - shared, min(len(one), len(other))
    if shared < _FEWEST_SHARED:
        return shared == both > 0
    return shared >= LEAST_JACCARD * both and shared >= LEAST_CONTAINED * shorter


def bands(own: Hashes, language: Language) -> Hashes:
    """The bands (40,) of a text by its shingles: texts with one in common may be copies.

    Texts with a Jaccard similarity s have one in common with probability 1 - (1 - s³)⁴⁰.
    """
    blocks = [own[start : start + _AT_ONCE] for start in range(0, len(own), _AT_ONCE)]
    smallest = np.min([_mixed(_SEEDS[:, np.newaxis] ^ block).min(axis=1) for block in blocks], 0)
    mixed = _SEEDS[:_BANDS] ^ np.uint64(_hash(language))
    for place in range(_ROWS):
        mixed = _mixed(mixed ^ smallest[place * _BANDS : (place + 1) * _BANDS])
    return mixed


def join(connection: sqlite3.Connection, number: int, text: str, language: Language) -> None:
    """Put a stored article into the group of its original, or among those that are alone."""
    own = shingles(text)
    if not len(own):
        return
    keys = _keys(own, language)
    original = _original(connection, keys, own, number)
    if original is None:
        rows = [(key, number) for key in keys]
        connection.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", rows)
    else:
        query = "UPDATE articles SET original = ? WHERE number IN (?, ?)"
        connection.execute(query, (original, original, number))


def leave(connection: sqlite3.Connection, id_: str) -> None:
    """Take an article that is about to go out of its group; what an original leaves forms anew."""
    query = "SELECT number, text, language, original FROM articles WHERE id = ?"
    for number, text, language, original in connection.execute(query, (id_,)).fetchall():
        connection.execute("UPDATE articles SET original = NULL WHERE number = ?", (number,))
        if original in (None, number):
            own = shingles(text)
            keys = [(key, number) for key in _keys(own, language)] if len(own) else []
            connection.executemany("DELETE FROM bands WHERE band = ? AND article = ?", keys)
        if original == number:
            _group_anew(connection, number)
        elif original is not None:
            _end_group_of_one(connection, original)


def _group_anew(connection: sqlite3.Connection, original: int) -> None:
    query = "SELECT number, text, language FROM articles WHERE original = ? ORDER BY number"
    members = connection.execute(query, (original,)).fetchall()
    connection.execute("UPDATE articles SET original = NULL WHERE original = ?", (original,))
    for number, text, language in members:
        join(connection, number, text, language)


def _end_group_of_one(connection: sqlite3.Connection, original: int) -> None:
    query = "SELECT number FROM articles WHERE original = ? LIMIT 2"
    if len(connection.execute(query, (original,)).fetchall()) == 1:
        connection.execute("UPDATE articles SET original = NULL WHERE number = ?", (original,))


def _keys(own: Hashes, language: Language) -> list[int]:
    """The bands as SQLite's signed integers."""
    keys: list[int] = bands(own, language).view(np.int64).tolist()
    return keys


def _original(
    connection: sqlite3.Connection, keys: Sequence[int], own: Hashes, own_number: int
) -> int | None:
    """The original that a text is a copy of, the likest of those that share most bands with it."""
    query = "SELECT article FROM bands WHERE band = ? LIMIT ?"
    near: Counter[int] = Counter()
    for key in keys:
        near.update(n for (n,) in connection.execute(query, (key, _SEEN_OF_BAND)))
    best, most = None, 0.0
    for number, _ in near.most_common(_COMPARED):
        rows = connection.execute("SELECT text FROM articles WHERE number = ?", (number,))
        row = rows.fetchone()
        if row is None or number == own_number:
            continue  # a band that an article has left when its text was folded in another way
        other = shingles(row[0])
        likeness = len(np.intersect1d(own, other)) / len(np.union1d(own, other))
        if likeness > most and are_copies(own, other):
            best, most = number, likeness
    return best


def fold(
    chunks: Sequence[Chunk], groups: Sequence[int | None], limit: int
) -> dict[int, tuple[str, ...]]:
    """The first `limit` of some chunks, best first, without those that repeat what is kept.

    Returns the positions of those that are kept, each with the articles that are folded into it.
    `groups` says for each chunk to which group its article belongs. A chunk is folded into a kept
    chunk of another article of its group, the one that shares most with it, where nothing in it is
    new: its shingles stand in what is kept of those articles, of every sentence at least half the
    words do, and so does every number. What a copy adds or changes is therefore still found.
    """
    copies: dict[int, dict[str, None]] = {}
    shown: dict[int, list[tuple[int, set[int]]]] = {}
    for position, (chunk, group) in enumerate(zip(chunks, groups, strict=True)):
        if group is None or (group not in shown and len(copies) >= limit):
            if len(copies) < limit:
                copies[position] = {}
            continue
        found = words(chunk.text)
        runs: list[int] = _runs([word.folded for word in found]).tolist()
        others = [
            (place, held)
            for place, held in shown.get(group, ())
            if chunks[place].article_id != chunk.article_id
        ]
        if _holds_nothing_new(chunk, found, runs, set().union(*(held for _, held in others))):
            place, _ = max(others, key=lambda other: len(other[1].intersection(runs)))
            copies[place][chunk.article_id] = None
        elif len(copies) < limit:
            copies[position] = {}
            shown.setdefault(group, []).append((position, set(runs)))
    return {position: tuple(ids) for position, ids in copies.items()}


def _holds_nothing_new(
    chunk: Chunk, found: Sequence[Word], runs: Sequence[int], held: Set[int]
) -> bool:
    """Whether a chunk with the words `found` and their runs says only what `held` holds."""
    known = np.array([run in held for run in runs])
    if not known.any() or known.mean() < LEAST_HELD:
        return False
    covered = np.zeros(len(found), np.bool_)
    for place in range(len(found) - len(runs) + 1):
        covered[place : place + len(runs)] |= known
    if any(word.folded[0].isdigit() and not covered[i] for i, word in enumerate(found)):
        return False
    starts = np.array([word.start for word in found]) + chunk.start
    inside = [covered[(starts >= s.start) & (starts < s.end)] for s in chunk.sentences]
    return all(len(sentence) < _FEWEST_WORDS or sentence.mean() >= 0.5 for sentence in inside)


def _runs(folded: Sequence[str]) -> Hashes:
    """The hashes of the runs of three words, in order; of all the words where they are fewer."""
    hashes = np.array([_hash(word) for word in folded], np.uint64)
    size = min(SHINGLE, len(hashes))
    mixed = np.zeros(len(hashes) - size + 1 if size else 0, np.uint64)
    for place in range(size):
        mixed = _mixed(mixed ^ hashes[place : place + len(mixed)])
    return mixed


@lru_cache(maxsize=65_536)
def _hash(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _mixed(values: Hashes) -> Hashes:
    """Each value mixed as SplitMix64 does (Steele, Lea and Flood, 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_SEEDS: Hashes = _mixed(np.arange(_BANDS * _ROWS, dtype=np.uint64))
