"""The catalogue: one SQLite file that is the truth about a collection.

It holds the articles as they are quoted, the raw texts they were made from, chunks with their
sentences and vectors (float16), the lexical index and the settings that built it. An article
becomes visible in one transaction. The generation grows with every change, so that a process that
has the neighbour index open knows which chunks it cannot see there.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from index import database
from index.errors import CatalogueError
from index.rows import (
    SCHEMA,
    TABLES,
    ArticleSummary,
    IndexedArticle,
    StoredChunk,
    article_of,
    as_date,
    exchange,
    stored_chunk_of,
    summary_of,
)
from index.types import Article, Language, RawArticle


@dataclass(frozen=True, slots=True)
class Settings:
    """What built a catalogue; all but `precision` must be the same for it to be used."""

    embedding: str
    dimension: int
    precision: str
    chunking: str
    text: str


class Catalogue:
    """An open catalogue. Threads may share it: each has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    @classmethod
    def create(cls, path: Path, settings: Settings, collection: str = "chunks") -> Catalogue:
        """Make an empty catalogue at `path`; raises `CatalogueError` where that cannot be done.

        `collection` is the name under which the neighbour index holds its chunks.
        """
        facts = {"schema": SCHEMA, "collection": collection, **asdict(settings)}
        facts |= {"generation": "0", "indexed": "0", "chunks": "0"}
        database.create(path, TABLES, facts)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open an existing catalogue; raises `CatalogueError` where there is none."""
        if not path.exists():
            raise CatalogueError(
                f"There is no collection in {path.parent}. Run: dalil ingest PATH… to make one."
            )
        catalogue = cls(path)
        schema = catalogue._setting("schema")
        if schema != SCHEMA:
            raise CatalogueError(
                f"{path} has layout {schema}, this version of Dalil reads {SCHEMA}. "
                "Ingest the articles again into a new --home."
            )
        return catalogue

    def settings(self) -> Settings:
        """What built this catalogue."""
        return Settings(
            embedding=self._setting("embedding"),
            dimension=int(self._setting("dimension")),
            precision=self._setting("precision"),
            chunking=self._setting("chunking"),
            text=self._setting("text"),
        )

    def collection(self) -> str:
        """The name under which the neighbour index holds the chunks of this catalogue."""
        return self._setting("collection")

    def generation(self) -> int:
        """A number that grows with every change of the collection."""
        return int(self._setting("generation"))

    def indexed(self) -> int:
        """The generation whose chunks the neighbour index holds, and maybe others."""
        return int(self._setting("indexed"))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is read inside belongs to one state of the collection."""
        connection = self._connection()
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.rollback()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it becomes visible at its end, or none."""
        connection = self._connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        except sqlite3.Error as error:
            connection.rollback()
            raise CatalogueError(database.unwritten(self.path, error)) from error
        except BaseException:
            connection.rollback()
            raise

    def rows(
        self, query: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> list[sqlite3.Row]:
        """The rows of a query; raises `CatalogueError` where the file cannot be read."""
        try:
            return self._connection().execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise CatalogueError(database.unusable(self.path, error)) from error

    # Articles

    def article(self, id: str) -> Article:  # noqa: A002
        """The article with that id; raises `KeyError` where there is none."""
        rows = self.rows("SELECT * FROM articles WHERE id = ?", (id,))
        for row in rows:
            return article_of(row)
        raise KeyError(id)

    def digest(self, id: str) -> str | None:  # noqa: A002
        """What identifies the raw article stored under `id`, or None."""
        return self._value("SELECT digest FROM articles WHERE id = ?", id)

    def origin_of(self, id: str) -> str | None:  # noqa: A002
        """The origin of the article with that id, or None."""
        return self._value("SELECT origin FROM articles WHERE id = ?", id)

    def id_of(self, origin: str) -> str | None:
        """The id of the article from that origin, or None."""
        return self._value("SELECT id FROM articles WHERE origin = ?", origin)

    def origins(self) -> dict[str, str]:
        """Origin of every article to its id."""
        return {row["origin"]: row["id"] for row in self.rows("SELECT origin, id FROM articles")}

    def sources(self) -> set[str]:
        """What the articles have as their source, "" where there is none."""
        return {row["source"] for row in self.rows("SELECT DISTINCT source FROM articles")}

    def summaries(self) -> list[ArticleSummary]:
        """Every article, newest first, undated ones last."""
        rows = self.rows(
            "SELECT a.id, a.title, a.language, a.published, a.source, COUNT(c.number) AS chunks "
            "FROM articles a LEFT JOIN chunks c ON c.article = a.number "
            "GROUP BY a.number ORDER BY a.published IS NULL, a.published DESC, a.id"
        )
        return [summary_of(row) for row in rows]

    def languages(self) -> dict[Language, int]:
        """How many articles there are in each language that there are any in."""
        counted = self.rows("SELECT language, COUNT(*) AS n FROM articles GROUP BY language")
        return {row["language"]: row["n"] for row in counted}

    def published(self) -> tuple[date | None, date | None]:
        """The first and the last day that an article was published; None where none is dated."""
        (row,) = self.rows("SELECT MIN(published) AS first, MAX(published) AS last FROM articles")
        return as_date(row["first"]), as_date(row["last"])

    def originals(self, ids: Iterable[str]) -> dict[str, str]:
        """Those of some articles that are copies: id to the id of the first of their group."""
        query = (
            "SELECT a.id, o.id AS original FROM articles a "
            "JOIN articles o ON o.number = a.original AND o.number <> a.number "
            "WHERE a.id IN (SELECT value FROM json_each(?))"
        )
        return {row["id"]: row["original"] for row in self.rows(query, (json.dumps(list(ids)),))}

    def raw_articles(self) -> Iterator[RawArticle]:
        """Every article as it was read, in the order it was added."""
        for row in self.rows("SELECT raw FROM articles ORDER BY number"):
            facts = json.loads(row["raw"])
            yield RawArticle(**{**facts, "published": as_date(facts["published"])})

    def article_count(self) -> int:
        """How many articles the collection has."""
        return int(self.rows("SELECT COUNT(*) AS n FROM articles")[0]["n"])

    # Chunks

    def chunk_count(self) -> int:
        """How many chunks the collection has."""
        return int(self._setting("chunks"))

    def chunk_ids(self, newer_than: int = -1) -> list[str]:
        """Ids of the chunks that became visible after generation `newer_than`."""
        rows = self.rows("SELECT id FROM chunks WHERE generation > ?", (newer_than,))
        return [row["id"] for row in rows]

    def gone(self) -> list[str]:
        """Ids of the chunks that are gone but may still be in the neighbour index."""
        return [row["id"] for row in self.rows("SELECT id FROM gone")]

    def chunks(self, ids: Iterable[str]) -> list[StoredChunk]:
        """The chunks with these ids, in no particular order; unknown ids are left out."""
        query = (
            'SELECT c.id, a.id AS article, a.title, c.start, c."end", c.language, c.vector, '
            "c.sentences, c.sentence_vectors, l.folded, l.stems, a.original, "
            'substr(a.text, c.start + 1, c."end" - c.start) AS text '
            "FROM chunks c JOIN articles a ON a.number = c.article "
            "JOIN lexicon l ON l.rowid = c.number WHERE c.id IN (SELECT value FROM json_each(?))"
        )
        return [stored_chunk_of(row) for row in self.rows(query, (json.dumps(list(ids)),))]

    def chunks_of(self, article: str) -> list[StoredChunk]:
        """The chunks of an article, as they follow one another."""
        query = "SELECT id FROM chunks WHERE article = (SELECT number FROM articles WHERE id = ?)"
        found = self.chunks(row["id"] for row in self.rows(query, (article,)))
        return sorted(found, key=lambda stored: stored.chunk.start)

    def gram_counts(self, terms: Iterable[str]) -> dict[str, int]:
        """How many chunks hold each character 3-gram; those that none holds are left out."""
        query = (
            "SELECT gram, chunks FROM grams "
            "WHERE chunks > 0 AND gram IN (SELECT value FROM json_each(?))"
        )
        rows = self.rows(query, (json.dumps(list(terms)),))
        return {row["gram"]: row["chunks"] for row in rows}

    def stem_counts(self, terms: Iterable[str]) -> dict[str, int]:
        """How many chunks hold each stem; those that none holds are left out."""
        query = "SELECT term, doc FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))"
        rows = self.rows(query, (json.dumps(list(terms)),))
        return {row["term"]: row["doc"] for row in rows}

    # Changes

    def save(self, articles: Sequence[IndexedArticle]) -> list[str]:
        """Store articles in one transaction, each in the place of the one with its id.

        Returns the ids of the chunks that are no longer in the collection.
        """
        with self.changing() as connection:
            return exchange(connection, [item.article.id for item in articles], articles)

    def set_indexed(self) -> None:
        """Note that the neighbour index holds what this catalogue shows, and nothing else."""
        with self.changing() as connection:
            connection.execute(
                "UPDATE settings SET value = (SELECT value FROM settings WHERE key = 'generation') "
                "WHERE key = 'indexed'"
            )
            connection.execute("DELETE FROM gone")

    def become(self, other: Catalogue) -> None:
        """Take on the content of `other` in one transaction; the generation goes on growing.

        The neighbour index must hold all chunks of `other`.
        """
        generation = str(self.generation() + other.generation() + 1)
        with other.changing() as connection:
            connection.execute("UPDATE chunks SET generation = ?", (generation,))
            connection.execute(
                "UPDATE settings SET value = ? WHERE key IN ('generation', 'indexed')",
                (generation,),
            )
        try:
            other._connection().backup(self._connection())
        except sqlite3.Error as error:
            raise CatalogueError(database.unwritten(self.path, error)) from error

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Remove articles in one transaction; returns the ids of their chunks."""
        with self.changing() as connection:
            return exchange(connection, ids, ())

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = database.connect(self.path)
        return connection

    def _value(self, query: str, key: str) -> str | None:
        rows = self.rows(query, (key,))
        return str(rows[0][0]) if rows else None

    def _setting(self, key: str) -> str:
        value = self._value("SELECT value FROM settings WHERE key = ?", key)
        if value is None:
            raise CatalogueError(database.unusable(self.path, f"the setting {key!r} is missing"))
        return value
