"""Writing articles into a collection: taken one by one, embedded and stored in batches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from index.catalogue import Catalogue
from index.chunk import chunk_passage, chunks
from index.clean import clean
from index.config import Config
from index.embed import Embedder
from index.rows import IndexedArticle
from index.settings import OpenEmbedder, check_embedder, check_settings, settings_of
from index.text import language_of
from index.types import Article, Chunk, RawArticle, Refusal
from index.vectors import NeighbourIndex

_CHUNKS_AT_ONCE = 128

MOST_BEHIND = 1000
"""How many new or removed chunks the neighbour index may lack or still hold, at most."""

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


class Writer:
    """Takes raw articles one by one and stores them in batches."""

    def __init__(
        self,
        config: Config,
        open_embedder: OpenEmbedder,
        report: Report | None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.config = config
        self.catalogue = catalogue
        self._open_embedder = open_embedder
        self._embedder: Embedder | None = None
        self._report = report or (lambda articles, chunks: None)
        if catalogue is None and config.catalogue.exists():
            self.catalogue = Catalogue.open(config.catalogue)
            check_settings(self.catalogue, config.embedding)
        self._taken: dict[str, str] = {}  # of this writer: origin to id
        self._owners: dict[str, str | None] = {}  # id to origin; None for ids that were released
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
        raw = replace(item, id=self._id_of(item))
        owner = self._owner(raw.id)
        if owner not in (None, raw.origin):
            self._refused.append(Refusal(raw.origin, _taken(raw.id, str(owner))))
            return
        digest = _digest(raw)
        before = self._known_digest(raw.id)
        if before == digest:
            self._done["unchanged"].append(raw.id)
            return
        self._prepare(raw, digest, "changed" if before else "added")
        self._report(sum(map(len, self._done.values())), self._chunks)

    def release(self, ids: Sequence[str]) -> None:
        """Let other origins take these ids: the articles that have them are gone."""
        self._owners |= dict.fromkeys(ids)

    def flush(self) -> None:
        """Embed and store what was taken."""
        self._store()
        if self.catalogue:
            catch_up(self.config, self.catalogue, self.catalogue.chunk_count() // 100)

    def remove(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove articles that are in the catalogue, but for those that were taken anew."""
        unclaimed = tuple(id_ for id_ in ids if self._owners.get(id_) is None)
        if self.catalogue is None or not unclaimed:
            return ()
        self.catalogue.remove(unclaimed)
        catch_up(self.config, self.catalogue, self.catalogue.chunk_count() // 100)
        return unclaimed

    def _store(self) -> None:
        if not self._batch:
            return
        batch, self._batch = self._batch, []
        embedder, catalogue = self._opened()
        indexed = _embed(batch, embedder)
        catalogue.save(indexed)
        catch_up(self.config, catalogue, MOST_BEHIND)
        self._chunks += sum(len(item.chunks) for item in indexed)
        self._report(sum(map(len, self._done.values())), self._chunks)

    def _id_of(self, item: RawArticle) -> str:
        """The id under which an origin is known, else the one it gives."""
        known = self._taken.get(item.origin)
        if known is None and self.catalogue:
            known = self.catalogue.id_of(item.origin)
            known = None if known in self._owners and self._owners[known] is None else known
        return known or item.id

    def _owner(self, id_: str) -> str | None:
        """The origin that an id belongs to, or None."""
        if id_ in self._owners or self.catalogue is None:
            return self._owners.get(id_)
        return self.catalogue.origin_of(id_)

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
            self._store()
        embedder = self._opened()[0]
        cut = chunks(article, embedder.count_tokens, embedder.max_tokens)
        self._batch.append((article, raw, digest, cut))
        self._taken[raw.origin] = raw.id
        self._owners[raw.id] = raw.origin
        self._done[outcome].append(raw.id)
        if sum(len(cut) for *_, cut in self._batch) >= _CHUNKS_AT_ONCE:
            self._store()

    def _opened(self) -> tuple[Embedder, Catalogue]:
        if self._embedder is None:
            self._embedder = self._open_embedder()
        if self.catalogue is None:
            self.catalogue = Catalogue.create(self.config.catalogue, settings_of(self._embedder))
            NeighbourIndex.open(self.config.vectors, self.catalogue.collection())
        check_embedder(self.catalogue, self._embedder)
        return self._embedder, self.catalogue


def catch_up(config: Config, catalogue: Catalogue, most: int = 0) -> None:
    """Bring the neighbour index up to date where more than `most` chunks are new to it or gone.

    Opening and changing it costs in proportion to the collection, so a few new chunks wait: they
    are scored exactly from the catalogue. `MOST_BEHIND` wait at most.
    """
    new, gone = catalogue.chunk_ids(catalogue.indexed()), catalogue.gone()
    if len(new) + len(gone) <= min(most, MOST_BEHIND):
        return
    neighbours = NeighbourIndex.open(config.vectors, catalogue.collection())
    _add(neighbours, catalogue, new)
    neighbours.remove(gone)
    if neighbours.count() != catalogue.chunk_count():  # left so by a writer that was cut off
        shown, stored = set(catalogue.chunk_ids()), neighbours.ids()
        neighbours.remove(stored - shown)
        _add(neighbours, catalogue, sorted(shown - stored))
    catalogue.set_indexed()


def _add(neighbours: NeighbourIndex, catalogue: Catalogue, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), MOST_BEHIND):
        stored = catalogue.chunks(ids[start : start + MOST_BEHIND])
        names = dict.fromkeys(item.chunk.article_id for item in stored)
        articles = {name: catalogue.article(name) for name in names}
        pairs = [(articles[item.chunk.article_id], item.chunk) for item in stored]
        neighbours.add(pairs, np.stack([item.vector for item in stored]))


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
