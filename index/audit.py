"""What can be wrong with a catalogue: its pages, its rows, its counts, and the spans in it.

Words and counts can be derived again from the texts, see `index.derived`. Vectors and spans cannot
without the embedding model; a damaged file cannot at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np

from index.catalogue import Catalogue
from index.database import salvaging
from index.errors import CatalogueError
from index.text import grams

Kind = Literal["file", "derived", "content"]
"""What would mend a fault: nothing, deriving words and counts anew, or embedding anew."""

_MOST_NAMED = 3

_ROWS: tuple[tuple[Kind, str, str], ...] = (
    (
        "content",
        "chunks belong to no article",
        "SELECT id FROM chunks WHERE article NOT IN (SELECT number FROM articles)",
    ),
    (
        "content",
        "articles have no chunks",
        "SELECT id FROM articles WHERE number NOT IN (SELECT article FROM chunks)",
    ),
    (
        "derived",
        "chunks are missing in the lexical index",
        "SELECT id FROM chunks WHERE number NOT IN (SELECT rowid FROM lexicon)",
    ),
    (
        "derived",
        "rows of the lexical index belong to no chunk",
        "SELECT rowid FROM lexicon WHERE rowid NOT IN (SELECT number FROM chunks)",
    ),
    (
        "derived",
        "articles are copies of an article that is not there",
        "SELECT id FROM articles WHERE original NOT IN (SELECT number FROM articles)",
    ),
    (
        "derived",
        "chunks are shown that are noted as gone",
        "SELECT id FROM gone WHERE id IN (SELECT id FROM chunks)",
    ),
)


def faults(catalogue: Catalogue) -> Iterator[tuple[Kind, str]]:
    """What is wrong with a catalogue whose layout is known, in words, each with what would mend it.

    What the file does not let be read is the last that is said.
    """
    try:
        with catalogue.reading():
            yield from _file(catalogue)
            yield from _rows(catalogue)
            yield from _counts(catalogue)
            yield from _chunks(catalogue)
    except (CatalogueError, sqlite3.Error) as error:
        yield "file", f"it cannot be read to its end: {error}"


def readable_articles(path: Path) -> dict[str, str]:
    """What can still be read of the articles of a damaged catalogue.

    Their ids, each with the article as it was read: a line of JSON Lines that can be ingested.
    """
    found = {}
    with closing(salvaging(path)) as connection:
        for number in _numbers(connection):
            try:
                query = "SELECT raw FROM articles WHERE number = ?"
                for (raw,) in connection.execute(query, (number,)):
                    facts = json.loads(raw)
                    plain = {**facts.pop("metadata"), **facts}
                    kept = {k: v for k, v in plain.items() if k not in ("origin", "hidden")}
                    found[str(plain["id"])] = json.dumps(kept, ensure_ascii=False)
            except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError):
                continue
    return found


def _numbers(connection: sqlite3.Connection) -> list[int]:
    """The numbers of the articles, as far as the table or an index of it can be read."""
    numbers: set[int] = set()
    for query in (
        "SELECT number FROM articles NOT INDEXED",
        "SELECT number FROM articles INDEXED BY articles_to_filter WHERE published >= ''",
        "SELECT number FROM articles ORDER BY number DESC",
    ):
        try:
            for (number,) in connection.execute(query):
                numbers.add(number)  # one by one: what came before the damage counts
        except sqlite3.Error:
            continue
    return sorted(numbers)


def _file(catalogue: Catalogue) -> Iterator[tuple[Kind, str]]:
    for row in catalogue.rows("PRAGMA integrity_check(10)"):
        if row[0] != "ok":
            yield "file", f"SQLite says: {row[0]}"


def lexicon_fault(catalogue: Catalogue) -> str:
    """What SQLite finds wrong within the lexical index, "" for nothing; needs to write."""
    try:
        with catalogue.changing() as connection:
            connection.execute("INSERT INTO lexicon (lexicon, rank) VALUES ('integrity-check', 1)")
    except CatalogueError as error:
        return str(error.__cause__ or error)
    return ""


def _rows(catalogue: Catalogue) -> Iterator[tuple[Kind, str]]:
    for kind, what, query in _ROWS:
        try:
            rows = [str(row[0]) for row in catalogue.rows(query)]
        except CatalogueError as error:
            if kind != "derived":
                raise
            yield kind, f"the lexical index cannot be read: {error.__cause__}"
            continue
        if rows:
            yield kind, f"{len(rows)} {what}: {_named(rows)}"


def _counts(catalogue: Catalogue) -> Iterator[tuple[Kind, str]]:
    noted = catalogue.chunk_count()
    there = int(catalogue.rows("SELECT COUNT(*) FROM chunks")[0][0])
    if noted != there:
        yield "derived", f"it counts {noted} chunks and holds {there}"
    held = Counter[str]()
    try:
        folded = [str(row["folded"]) for row in catalogue.rows("SELECT folded FROM lexicon")]
    except CatalogueError:
        return  # said already, see `_rows`
    for text in folded:
        held.update(set(grams(text.split())))
    counted = {row["gram"]: row["chunks"] for row in catalogue.rows("SELECT * FROM grams")}
    wrong = [g for g in held.keys() | counted.keys() if held.get(g, 0) != counted.get(g, 0)]
    if wrong:
        yield "derived", f"{len(wrong)} letter sequences are counted wrong: {_named(sorted(wrong))}"


def _chunks(catalogue: Catalogue) -> Iterator[tuple[Kind, str]]:
    dimension = catalogue.settings().dimension
    bad: dict[str, list[str]] = {}
    query = (
        'SELECT c.id, c.start, c."end", c.vector, c.sentences, c.sentence_vectors, '
        "length(a.text) AS letters FROM chunks c JOIN articles a ON a.number = c.article"
    )
    for row in catalogue.rows(query):
        for what in _wrong_with(row, dimension):
            bad.setdefault(what, []).append(row["id"])
    for what, ids in bad.items():
        yield "content", f"{len(ids)} chunks have {what}: {_named(ids)}"


def _wrong_with(row: sqlite3.Row, dimension: int) -> Iterator[str]:
    """What is wrong with one chunk's vectors and spans."""
    try:
        spans = [(start, end) for start, end, _ in json.loads(row["sentences"])]
    except (ValueError, TypeError):
        yield "sentences that cannot be read"
        return
    if not (isinstance(row["vector"], bytes) and isinstance(row["sentence_vectors"], bytes)):
        yield "vectors that are no bytes"
        return
    if len(row["vector"]) != 2 * dimension:
        yield f"a vector of another length than {dimension}"
    elif not _is_finite(row["vector"]):
        yield "a vector with numbers that are none"
    if len(row["sentence_vectors"]) != 2 * dimension * len(spans):
        yield "other vectors than one for each sentence"
    elif not _is_finite(row["sentence_vectors"]):
        yield "vectors of sentences with numbers that are none"
    edges = [row["start"], *(edge for span in spans for edge in span), row["end"]]
    if not spans or edges != sorted(edges) or row["start"] < 0 or row["end"] > row["letters"]:
        yield "sentences that do not lie in the text one after another"


def _is_finite(halves: bytes) -> bool:
    return bool(np.isfinite(np.frombuffer(halves, np.float16)).all())


def _named(rows: list[str]) -> str:
    more = ", …" if len(rows) > _MOST_NAMED else ""
    return ", ".join(rows[:_MOST_NAMED]) + more
