"""Building a collection: files in, articles cleaned, cut, embedded and stored.

Nothing is deleted but by `prune` and `remove`. What is stored is acknowledged by the catalogue's
transaction; the neighbour index is written before it and tidied after it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue, Settings
from index.chunk import CHUNKING, chunk_passage, chunks
from index.clean import clean
from index.config import Config
from index.embed import Embedder
from index.errors import CatalogueError
from index.lock import writing
from index.readers import read
from index.rows import IndexedArticle
from index.text import language_of
from index.types import Article, Chunk, RawArticle, Refusal
from index.vectors import NeighbourIndex

TEXT = "clean-1"
"""Names this way of cleaning and folding; a catalogue remembers it, as it does the chunking."""

_CHUNKS_AT_ONCE = 128

OpenEmbedder = Callable[[], Embedder]
Report = Callable[[int, int], None]
"""Told, as work goes on, how many articles were looked at and how many chunks were embedded."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an ingest did, by article id; `refused` says why for each."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    chunks: int = 0


def ingest(
    paths: Sequence[Path],
    config: Config,
    open_embedder: OpenEmbedder,
    report: Report | None = None,
    prune: Path | None = None,
) -> Summary:
    """Read files and folders into the collection of `config.home`; make it where there is none.

    The embedder is opened only when something is new. With `prune`, articles that once came from
    that folder and are gone are removed. Raises `DalilError`; what was stored before stays.
    """
    found = read(paths)
    with writing(config.home, "ingest"):
        writer = _Writer(config, open_embedder, report)
        for item in found:
            writer.take(item)
        writer.flush()
        removed = writer.remove(_gone(prune, writer.catalogue)) if prune else ()
        return replace(writer.summary(), removed=removed)


def remove(ids: Sequence[str], config: Config) -> tuple[str, ...]:
    """Remove articles by id; returns the ids that were there. Raises `DalilError`."""
    with writing(config.home, "remove"):
        catalogue = Catalogue.open(config.catalogue)
        known = tuple(dict.fromkeys(id_ for id_ in ids if catalogue.digest(id_) is not None))
        neighbours = _tidy_neighbours(config, catalogue)
        neighbours.remove(catalogue.remove(known))
        return known


def rebuild(config: Config, open_embedder: OpenEmbedder, report: Report | None = None) -> Summary:
    """Clean, cut and embed every article again, from the raw texts that the catalogue keeps.

    Readers go on with the old state until the new one takes its place in one transaction.
    """
    with writing(config.home, "rebuild"):
        catalogue = Catalogue.open(config.catalogue)
        beside = config.home / "rebuild.sqlite"
        _delete_database(beside)
        collection = f"chunks-{catalogue.generation() + 1}"
        old = NeighbourIndex.open(config.vectors, catalogue.collection())
        embedder = open_embedder()
        made = Catalogue.create(beside, settings_of(embedder), collection)
        neighbours = NeighbourIndex.open(config.vectors, collection)
        writer = _Writer(config, lambda: embedder, report, made, neighbours)
        for raw in catalogue.raw_articles():
            writer.take(raw)
        writer.flush()
        catalogue.become(made)
        old.drop()
        _delete_database(beside)
        return writer.summary()


def settings_of(embedder: Embedder) -> Settings:
    """What a catalogue built now with `embedder` would remember."""
    return Settings(embedder.name, embedder.dimension, embedder.precision, CHUNKING, TEXT)


def check_settings(catalogue: Catalogue, embedding: str) -> None:
    """Raise `CatalogueError` where the catalogue was built in another way than it would be now."""
    built = catalogue.settings()
    for what, then, now in (
        ("embedding", built.embedding, embedding),
        ("chunking", built.chunking, CHUNKING),
        ("text version", built.text, TEXT),
    ):
        if then != now:
            raise CatalogueError(
                f"{catalogue.path} was built with {what} {then!r}, but {now!r} is set. "
                f"Run: dalil rebuild --embedding {embedding}, or go back to {then!r}."
            )


class _Writer:
    """Takes raw articles one by one and stores them in batches."""

    def __init__(
        self,
        config: Config,
        open_embedder: OpenEmbedder,
        report: Report | None,
        catalogue: Catalogue | None = None,
        neighbours: NeighbourIndex | None = None,
    ) -> None:
        self.config = config
        self.catalogue = catalogue
        self.neighbours = neighbours
        self._open_embedder = open_embedder
        self._embedder: Embedder | None = None
        self._report = report or (lambda articles, chunks: None)
        if catalogue is None and config.catalogue.exists():
            self.catalogue = Catalogue.open(config.catalogue)
            check_settings(self.catalogue, config.embedding)
        self._origins = self.catalogue.origins() if self.catalogue else {}
        self._owners = {id_: origin for origin, id_ in self._origins.items()}
        self._batch: list[tuple[Article, RawArticle, str, list[Chunk]]] = []
        self._done: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
        self._refused: list[Refusal] = []
        self._chunks = 0

    def summary(self) -> Summary:
        """What was done so far."""
        done = {key: tuple(ids) for key, ids in self._done.items()}
        return Summary(**done, refused=tuple(self._refused), chunks=self._chunks)

    def take(self, item: RawArticle | Refusal) -> None:
        """Refuse, pass over or keep for storing one thing that was read."""
        if isinstance(item, Refusal):
            self._refused.append(item)
            return
        raw = replace(item, id=self._origins.get(item.origin, item.id))
        owner = self._owners.get(raw.id)
        if owner not in (None, raw.origin):
            self._refused.append(Refusal(raw.origin, _taken(raw.id, str(owner))))
            return
        digest = _digest(raw)
        before = self._known_digest(raw.id) if owner else None
        if before == digest:
            self._done["unchanged"].append(raw.id)
            return
        self._prepare(raw, digest, "changed" if before else "added")
        self._report(sum(map(len, self._done.values())), self._chunks)

    def flush(self) -> None:
        """Embed and store what was taken."""
        if not self._batch:
            return
        batch, self._batch = self._batch, []
        embedder, catalogue, neighbours = self._opened()
        indexed = _embed(batch, embedder)
        pairs = [(item.article, chunk) for item in indexed for chunk in item.chunks]
        neighbours.add(pairs, np.concatenate([item.vectors for item in indexed]))
        neighbours.remove(catalogue.save(indexed))
        self._chunks += len(pairs)
        self._report(sum(map(len, self._done.values())), self._chunks)

    def remove(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove articles that are in the catalogue."""
        if self.catalogue is None or not ids:
            return ()
        neighbours = self.neighbours or _tidy_neighbours(self.config, self.catalogue)
        neighbours.remove(self.catalogue.remove(ids))
        return tuple(ids)

    def _known_digest(self, id_: str) -> str | None:
        for _, raw, digest, _ in self._batch:
            if raw.id == id_:
                return digest
        return self.catalogue.digest(id_) if self.catalogue else None

    def _prepare(self, raw: RawArticle, digest: str, outcome: str) -> None:
        article = _article(raw)
        if not article.text:
            reason = "nothing is left of it after its boilerplate was taken out"
            self._refused.append(Refusal(raw.origin, reason))
            return
        if any(kept.id == raw.id for _, kept, _, _ in self._batch):
            self.flush()
        embedder = self._opened()[0]
        cut = chunks(article, embedder.count_tokens, embedder.max_tokens)
        self._batch.append((article, raw, digest, cut))
        self._origins[raw.origin] = raw.id
        self._owners[raw.id] = raw.origin
        self._done[outcome].append(raw.id)
        if sum(len(cut) for *_, cut in self._batch) >= _CHUNKS_AT_ONCE:
            self.flush()

    def _opened(self) -> tuple[Embedder, Catalogue, NeighbourIndex]:
        if self._embedder is None:
            self._embedder = self._open_embedder()
        if self.catalogue is None:
            self.catalogue = Catalogue.create(self.config.catalogue, settings_of(self._embedder))
        if self.neighbours is None:
            self.neighbours = _tidy_neighbours(self.config, self.catalogue)
        return self._embedder, self.catalogue, self.neighbours


def _tidy_neighbours(config: Config, catalogue: Catalogue) -> NeighbourIndex:
    """Open the neighbour index for writing; mend it where an earlier writer was cut off."""
    neighbours = NeighbourIndex.open(config.vectors, catalogue.collection())
    if neighbours.count() != catalogue.chunk_count():
        shown, stored = set(catalogue.chunk_ids()), neighbours.ids()
        neighbours.remove(stored - shown)
        for item in catalogue.chunks(shown - stored):
            article = catalogue.article(item.chunk.article_id)
            neighbours.add([(article, item.chunk)], item.vector[np.newaxis])
    return neighbours


def _article(raw: RawArticle) -> Article:
    cleaned = clean(raw)
    return Article(
        id=raw.id,
        origin=raw.origin,
        title=cleaned.title,
        text=cleaned.text,
        language=raw.language or language_of(cleaned.text),
        url=raw.url,
        source=raw.source,
        author=raw.author,
        published=raw.published,
        truncated=cleaned.truncated,
        metadata=raw.metadata,
    )


def _embed(
    batch: Sequence[tuple[Article, RawArticle, str, list[Chunk]]], embedder: Embedder
) -> list[IndexedArticle]:
    """Chunk and sentence vectors of a batch, in one call so that lengths are sorted over all."""
    passages: list[str] = []
    for article, _, _, cut in batch:
        for chunk in cut:
            passages.append(chunk_passage(article.title, chunk.text))
            passages += [article.text[span.start : span.end] for span in chunk.sentences]
    vectors = iter(embedder.passages(passages))
    indexed = []
    for article, raw, digest, cut in batch:
        rows = [(next(vectors), [next(vectors) for _ in chunk.sentences]) for chunk in cut]
        indexed.append(
            IndexedArticle(
                article,
                raw,
                digest,
                tuple(cut),
                np.stack([vector for vector, _ in rows]),
                tuple(np.stack(matrix) for _, matrix in rows),
            )
        )
    return indexed


def _digest(raw: RawArticle) -> str:
    facts = {**asdict(raw), "published": str(raw.published)}
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _taken(id_: str, owner: str) -> str:
    return (
        f"its id {id_!r} belongs to an article from {owner}; give it another id, or run: "
        f"dalil articles remove {id_}"
    )


def _gone(folder: Path, catalogue: Catalogue | None) -> list[str]:
    """Ids of articles that came from `folder` and are no longer in it.

    What cannot be read now is not taken for gone, nor is anything below a folder that cannot be.
    """
    if catalogue is None:
        return []
    root = folder.resolve()
    found = list(read([root])) if root.exists() else []
    present = {item.origin for item in found}
    unread = {_file(item.origin) for item in found if isinstance(item, Refusal)}
    return [
        id_
        for origin, id_ in catalogue.origins().items()
        if Path(origin).is_relative_to(root)
        and origin not in present
        and unread.isdisjoint(map(str, (_file(origin), *Path(_file(origin)).parents)))
    ]


def _file(origin: str) -> str:
    """The file of an origin: without "#" and an id, or ":" and a line number."""
    return re.sub(r"(?:#.*|:\d+)$", "", origin, flags=re.DOTALL)


def _delete_database(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
