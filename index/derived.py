"""What a catalogue can derive again from its own articles and chunks, without a model."""

from __future__ import annotations

import sqlite3
from collections import Counter

from index.catalogue import Catalogue
from index.copies import join
from index.rows import LEXICON, enter


def derive(catalogue: Catalogue) -> None:
    """Make the lexical index, the counts and the groups of copies anew, in one transaction.

    Raises `CatalogueError` where the file cannot be written; then all stays as it was.
    """
    with catalogue.changing() as connection:
        _lexicon_and_counts(connection)
        _copies(connection)
        connection.execute("DELETE FROM gone WHERE id IN (SELECT id FROM chunks)")
        connection.execute("UPDATE settings SET value = value + 1 WHERE key = 'generation'")


def _lexicon_and_counts(connection: sqlite3.Connection) -> None:
    query = (
        'SELECT c.number, a.title, substr(a.text, c.start + 1, c."end" - c.start) AS text '
        "FROM chunks c JOIN articles a ON a.number = c.article ORDER BY c.number"
    )
    held, chunks = Counter[str](), connection.execute(query).fetchall()
    connection.execute("DROP TABLE vocabulary")
    connection.execute("DROP TABLE lexicon")
    for statement in LEXICON:
        connection.execute(statement)
    for number, title, text in chunks:
        held.update(enter(connection, number, title, text))
    connection.execute("DELETE FROM grams")
    connection.executemany("INSERT INTO grams VALUES (?, ?)", sorted(held.items()))
    connection.execute(
        "UPDATE settings SET value = (SELECT COUNT(*) FROM chunks) WHERE key = 'chunks'"
    )


def _copies(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE articles SET original = NULL")
    connection.execute("DELETE FROM bands")
    query = "SELECT number, text, language FROM articles ORDER BY number"
    for number, text, language in connection.execute(query).fetchall():
        join(connection, number, text, language)
