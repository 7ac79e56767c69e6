"""Writing articles into a collection: taken one by one, embedded and stored in batches.

Three things go on at once: the caller reads, cleans and cuts, one thread embeds, another stores.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from types import TracebackType
from typing import Self

from index.catalogue import Catalogue
from index.chunk import chunks, passage_of
from index.clean import clean, visible
from index.config import Config
from index.embed import Embedder
from index.mend import MOST_BEHIND, catch_up
from index.rows import IndexedArticle
from index.settings import OpenEmbedder, check_embedder, check_settings, settings_of
from index.text import language_of
from index.types import Article, Chunk, RawArticle, Refusal
from index.vectors import NeighbourIndex, collection_name

_CHUNKS_AT_ONCE = 128
_BATCHES_UNDER_WAY = 3

Report = Callable[[int, int, int], None]
"""Told, as work goes on, how many articles were looked at, of how many, and the chunks stored."""

Taken = tuple[Article, RawArticle, str, list[Chunk]]
"""An article ready to be embedded: cleaned, as it was read, its digest, and its chunks."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an ingest did, by article id; `refused` says why for each.

    `copies` are those of the added and changed that are near-identical to an article that came
    before: their id to its id. `hidden` are characters that nobody sees in the added and changed
    and that were left out, by id and `index.hidden.Kind`.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    chunks: int = 0
    copies: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Writer:
    """Takes raw articles one by one and stores them in batches; left, it stops what goes on.

    Only what `flush` has waited for is stored for certain.
    """

    def __init__(
        self,
        config: Config,
        open_embedder: OpenEmbedder,
        report: Report | None,
        total: int = 0,
        catalogue: Catalogue | None = None,
    ) -> None:
        """`total` is how many articles will be taken, about; `report` is told."""
        self.config = config
        self.catalogue = catalogue
        self._open_embedder = open_embedder
        self._embedder: Embedder | None = None
        self._report = report or (lambda articles, total, chunks: None)
        self._total = total
        if catalogue is None and config.catalogue.exists():
            self.catalogue = Catalogue.open(config.catalogue)
            check_settings(self.catalogue, config.embedding)
        self._taken: dict[str, str] = {}  # of this writer: origin to id
        self._owners: dict[str, str | None] = {}  # id to origin; None for ids that were released
        self._batch: list[Taken] = []
        self._under_way: deque[Future[None]] = deque()
        self._unstored: dict[str, str] = {}  # id to digest of what is taken and not stored yet
        self._embedding = ThreadPoolExecutor(1, "embedding")
        self._storing = ThreadPoolExecutor(1, "storing")
        self._done: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
        self._refused: list[Refusal] = []
        self._hidden: dict[str, Mapping[str, int]] = {}
        self._cut = self._stored = 0  # chunks

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in (self._embedding, self._storing):
            pool.shutdown(cancel_futures=True)

    @property
    def chunks(self) -> int:
        """How many chunks what was taken was cut into."""
        return self._cut

    def summary(self) -> Summary:
        """What was done so far."""
        done = {key: tuple(ids) for key, ids in self._done.items()}
        stored = (*done["added"], *done["changed"])
        copies = self.catalogue.originals(stored) if self.catalogue and stored else {}
        return Summary(
            **done,
            refused=tuple(self._refused),
            chunks=self._cut,
            copies=copies,
            hidden=dict(self._hidden),
        )

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
            self._tell()
            return
        self._prepare(raw, digest, "changed" if before else "added")
        self._tell()

    def release(self, ids: Sequence[str]) -> None:
        """Let other origins take these ids: the articles that have them are gone."""
        self._owners |= dict.fromkeys(ids)

    def flush(self) -> None:
        """Embed and store what was taken, and wait until it is there."""
        self._send()
        self._wait(0)
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
        if digest := self._unstored.get(id_):
            return digest
        return self.catalogue.digest(id_) if self.catalogue else None

    def _prepare(self, raw: RawArticle, digest: str, outcome: str) -> None:
        article = article_of(raw)
        if not article.text:
            reason = "nothing is left of it after its boilerplate was taken out"
            self._refused.append(Refusal(raw.origin, reason))
            return
        if raw.id in self._unstored:
            self._send()
            self._wait(0)
        embedder = self._opened()[0]
        cut = chunks(article, embedder.count_tokens, embedder.max_tokens)
        self._batch.append((article, raw, digest, cut))
        self._cut += len(cut)
        self._unstored[raw.id] = digest
        self._taken[raw.origin] = raw.id
        self._owners[raw.id] = raw.origin
        self._done[outcome].append(raw.id)
        if raw.hidden:
            self._hidden[raw.id] = raw.hidden
        if sum(len(cut) for *_, cut in self._batch) >= _CHUNKS_AT_ONCE:
            self._send()
            self._wait(_BATCHES_UNDER_WAY)

    def _send(self) -> None:
        """Let the batch be embedded, then stored."""
        if self._batch:
            batch, self._batch = self._batch, []
            embedder, catalogue = self._opened()
            embedded = self._embedding.submit(_embed, batch, embedder)
            self._under_way.append(self._storing.submit(self._store, embedded, catalogue))

    def _wait(self, most: int) -> None:
        """Wait until at most so many batches are under way; raises what went wrong in one."""
        while len(self._under_way) > most:
            self._under_way.popleft().result()

    def _store(self, embedded: Future[list[IndexedArticle]], catalogue: Catalogue) -> None:
        indexed = embedded.result()
        catalogue.save(indexed)
        catch_up(self.config, catalogue, MOST_BEHIND)
        self._stored += sum(len(item.chunks) for item in indexed)
        for item in indexed:
            self._unstored.pop(item.article.id, None)
        self._tell()

    def _tell(self) -> None:
        looked_at = sum(map(len, self._done.values())) + len(self._refused)
        self._report(looked_at, self._total, self._stored)

    def _opened(self) -> tuple[Embedder, Catalogue]:
        if self._embedder is None:
            self._embedder = self._open_embedder()
        if self.catalogue is None:
            name = collection_name()
            # An ingest that was cut off here has left a collection that nobody knows.
            NeighbourIndex.open(self.config, name).drop_others()
            self.catalogue = Catalogue.create(
                self.config.catalogue, settings_of(self._embedder), name
            )
        check_embedder(self.catalogue, self._embedder)
        return self._embedder, self.catalogue


def article_of(raw: RawArticle) -> Article:
    """A raw article cleaned; depends on that article alone."""
    cleaned = clean(raw)
    return Article(
        id=raw.id,
        origin=raw.origin,
        title=cleaned.title,
        text=cleaned.text,
        language=raw.language or language_of(cleaned.text),
        url=raw.url,
        source=visible(raw.source),
        author=visible(raw.author),
        published=raw.published,
        truncated=cleaned.truncated,
        metadata={visible(name): visible(value) for name, value in raw.metadata.items()},
    )


def _embed(batch: Sequence[Taken], embedder: Embedder) -> list[IndexedArticle]:
    """A batch with its vectors, made in one call so that texts of one length go together."""
    passages = [passage_of(article.title, chunk) for article, _, _, cut in batch for chunk in cut]
    vectors, sentence_vectors = embedder.chunks(passages)
    indexed, done = [], 0
    for article, raw, digest, cut in batch:
        rows = slice(done, done + len(cut))
        done += len(cut)
        indexed.append(
            IndexedArticle(
                article, raw, digest, tuple(cut), vectors[rows], tuple(sentence_vectors[rows])
            )
        )
    return indexed


def _digest(raw: RawArticle) -> str:
    """What identifies what an article shows; what is hidden beside that may change."""
    facts = {**asdict(raw), "published": str(raw.published)}
    del facts["hidden"]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _taken(id_: str, owner: str) -> str:
    return (
        f"its id {id_!r} belongs to an article from {owner}; give it another id, or run: "
        f"dalil articles remove {id_}"
    )
