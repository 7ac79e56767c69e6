"""The catalogue's tables, and how articles and chunks become rows and rows become them again."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.copies import join, leave
from index.text import grams, stem, words
from index.types import Article, Chunk, Language, RawArticle, Sentence

Vectors = NDArray[np.float32]

SCHEMA = "2"
LEXICON = (
    "CREATE VIRTUAL TABLE lexicon "
    "USING fts5 (stems, folded UNINDEXED, tokenize = 'unicode61 remove_diacritics 0')",
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab (lexicon, row)",
)
"""The tables of the lexical index, which can be derived from the others."""
TABLES = f"""
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, origin TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, language TEXT NOT NULL,
    url TEXT NOT NULL, source TEXT NOT NULL, author TEXT NOT NULL, published TEXT,
    truncated INTEGER NOT NULL, metadata TEXT NOT NULL, raw TEXT NOT NULL,
    original INTEGER REFERENCES articles (number)
);
CREATE INDEX articles_of_original ON articles (original) WHERE original IS NOT NULL;
CREATE TABLE bands (
    band INTEGER NOT NULL, article INTEGER NOT NULL, PRIMARY KEY (band, article)
) WITHOUT ROWID;
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    article INTEGER NOT NULL REFERENCES articles (number), start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, language TEXT NOT NULL, generation INTEGER NOT NULL,
    vector BLOB NOT NULL, sentences TEXT NOT NULL, sentence_vectors BLOB NOT NULL
);
CREATE INDEX articles_to_filter ON articles (published, source, id);
CREATE INDEX chunks_of_article ON chunks (article, language);
CREATE INDEX chunks_by_generation ON chunks (generation);
CREATE TABLE gone (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE grams (gram TEXT PRIMARY KEY, chunks INTEGER NOT NULL) WITHOUT ROWID;
{";".join(LEXICON)};
"""


@dataclass(frozen=True, slots=True)
class IndexedArticle:
    """An article ready to be stored.

    `vectors` has a row per chunk; `sentence_vectors` has, for each chunk, a row per sentence.
    """

    article: Article
    raw: RawArticle
    digest: str
    chunks: tuple[Chunk, ...]
    vectors: Vectors
    sentence_vectors: tuple[Vectors, ...]


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as the catalogue gives it back.

    `vector` has shape (d,), `sentence_vectors` (n, d); `folded` holds the folded words of title and
    chunk, `stems` their stems, a space around each; `title` is the article's; `group` is a number
    that near-identical articles share.
    """

    chunk: Chunk
    folded: str
    stems: str
    vector: Vectors
    sentence_vectors: Vectors
    title: str
    group: int | None = None

    @property
    def text(self) -> int | str:
        """Names the text that the chunk is from: the same for an article and its reprints."""
        return self.chunk.article_id if self.group is None else self.group


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """One line of a listing; `chunks` is how many it was cut into."""

    id: str
    title: str
    language: Language
    published: date | None
    source: str
    chunks: int


def as_date(value: str | None) -> date | None:
    """An ISO date as it is stored, or None."""
    return date.fromisoformat(value) if value else None


def article_of(row: sqlite3.Row) -> Article:
    """An article from its row."""
    return Article(
        id=row["id"],
        origin=row["origin"],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        url=row["url"],
        source=row["source"],
        author=row["author"],
        published=as_date(row["published"]),
        truncated=bool(row["truncated"]),
        metadata=json.loads(row["metadata"]),
    )


def summary_of(row: sqlite3.Row) -> ArticleSummary:
    """A summary from its row."""
    return ArticleSummary(
        row["id"],
        row["title"],
        row["language"],
        as_date(row["published"]),
        row["source"],
        row["chunks"],
    )


def stored_chunk_of(row: sqlite3.Row) -> StoredChunk:
    """A chunk from its row, its vectors as float32."""
    vector = np.frombuffer(row["vector"], np.float16).astype(np.float32)
    matrix = np.frombuffer(row["sentence_vectors"], np.float16).astype(np.float32)
    chunk = Chunk(
        id=row["id"],
        article_id=row["article"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        language=row["language"],
        sentences=tuple(Sentence(*span) for span in json.loads(row["sentences"])),
    )
    return StoredChunk(
        chunk,
        row["folded"],
        f" {row['stems']} ",
        vector,
        matrix.reshape(-1, vector.size),
        row["title"],
        row["original"],
    )


def exchange(
    connection: sqlite3.Connection, ids: Sequence[str], articles: Sequence[IndexedArticle]
) -> list[str]:
    """Delete the articles with these ids, store others; returns the ids of chunks that are gone.

    What is counted over the collection is brought up to date: SQLite would count one by one.
    """
    connection.execute("UPDATE settings SET value = value + 1 WHERE key = 'generation'")
    query = "SELECT value FROM settings WHERE key = 'generation'"
    generation, held = int(connection.execute(query).fetchone()["value"]), Counter[str]()
    gone = _delete(connection, ids, held)
    for item in articles:
        _insert(connection, item, generation, held)
    connection.executemany(
        "INSERT INTO grams VALUES (?1, ?2) ON CONFLICT DO UPDATE SET chunks = chunks + ?2",
        [(gram, chunks) for gram, chunks in sorted(held.items()) if chunks],
    )
    kept = {chunk.id for item in articles for chunk in item.chunks}
    connection.executemany("INSERT OR IGNORE INTO gone VALUES (?)", [(id_,) for id_ in gone])
    connection.executemany("DELETE FROM gone WHERE id = ?", [(id_,) for id_ in kept])
    more = (len(kept) - len(gone),)
    connection.execute("UPDATE settings SET value = value + ? WHERE key = 'chunks'", more)
    return sorted(set(gone) - kept)


def rename_collection(connection: sqlite3.Connection, name: str) -> None:
    """Take `name` for the collection under which the neighbour index holds the chunks."""
    connection.execute("UPDATE settings SET value = value + 1 WHERE key = 'generation'")
    connection.execute("UPDATE settings SET value = ? WHERE key = 'collection'", (name,))


def _insert(
    connection: sqlite3.Connection, item: IndexedArticle, generation: int, held: Counter[str]
) -> None:
    """Store an article and add to `held` how many of its chunks hold each 3-gram."""
    article, raw = item.article, asdict(item.raw)
    raw["published"] = item.raw.published.isoformat() if item.raw.published else None
    row = {
        **asdict(article),
        "digest": item.digest,
        "published": article.published.isoformat() if article.published else None,
        "metadata": json.dumps(dict(article.metadata), ensure_ascii=False),
        "raw": json.dumps(raw, ensure_ascii=False),
    }
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    number = connection.execute(f"INSERT INTO articles ({names}) VALUES ({marks})", row).lastrowid  # noqa: S608
    assert number is not None
    join(connection, number, article.text, article.language)
    for chunk, vector, matrix in zip(item.chunks, item.vectors, item.sentence_vectors, strict=True):
        spans = json.dumps([[s.start, s.end, s.language] for s in chunk.sentences])
        half = vector.astype(np.float16).tobytes(), matrix.astype(np.float16).tobytes()
        values = (chunk.id, number, chunk.start, chunk.end, chunk.language, generation)
        rowid = connection.execute(
            "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, half[0], spans, half[1]),
        ).lastrowid
        held.update(enter(connection, rowid, article.title, chunk.text))


def enter(connection: sqlite3.Connection, rowid: int | None, title: str, text: str) -> set[str]:
    """Enter a chunk into the lexical index; returns the 3-grams that it holds."""
    folded = [word.folded for word in words(f"{title}\n{text}")]
    connection.execute(
        "INSERT INTO lexicon (rowid, stems, folded) VALUES (?, ?, ?)",
        (rowid, " ".join(map(stem, folded)), f" {' '.join(folded)} "),
    )
    return set(grams(folded))


def _delete(connection: sqlite3.Connection, ids: Sequence[str], held: Counter[str]) -> list[str]:
    """Delete articles; take from `held` how many chunks held each 3-gram; returns chunk ids."""
    gone: list[str] = []
    for id_ in ids:
        rows = connection.execute(
            "SELECT c.number, c.id, l.folded FROM chunks c JOIN articles a ON a.number = c.article "
            "JOIN lexicon l ON l.rowid = c.number WHERE a.id = ?",
            (id_,),
        ).fetchall()
        for row in rows:
            held.subtract(set(grams(row["folded"].split())))
            connection.execute("DELETE FROM lexicon WHERE rowid = ?", (row["number"],))
            connection.execute("DELETE FROM chunks WHERE number = ?", (row["number"],))
            gone.append(row["id"])
        leave(connection, id_)
        connection.execute("DELETE FROM articles WHERE id = ?", (id_,))
    return gone
