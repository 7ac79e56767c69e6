"""The neighbour index: chunk vectors in Chroma, rebuildable from the catalogue at any time.

Chroma runs in this process, in a folder of the home, or is a server that homes may share. The
collection is laid out so that a plain LlamaIndex `ChromaVectorStore` can read it. The catalogue
notes up to which generation Chroma holds every chunk that it shows; newer ones may be missing, and
what Chroma holds besides is ignored and removed by a writer that catches up. A process that has the
embedded index open never sees what another process writes into it afterwards; what is on a server
is seen at once.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.config import EMBEDDED, Config
from index.errors import VectorsError
from index.opening import REPAIR, watched
from index.types import Article, Chunk
from index.vectors_server import check_server, headers

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_BATCH = 1000
_SECONDS = 60.0
_OWN_NAME = re.compile(r"(chunks-[0-9a-f]{16})-\d+")

_connecting = threading.Lock()
_connected: dict[Path, int | None] = {}
"""The folders that this process has opened, each with its file, see `_file_of`."""

REFILL = "Run: dalil rebuild --vectors, which copies the vectors from the catalogue."


def collection_name(before: str = "", generation: int = 0) -> str:
    """A name that no collection of another home has, nor an earlier one of this home.

    `before` is the name that the home's collection has had. It holds the home's random number,
    which stays; where it holds none, a new one is drawn.
    """
    family = _family(before) or f"chunks-{secrets.token_hex(8)}"
    return f"{family}-{generation}"


class NeighbourIndex:
    """Chroma's collection of a home's chunk vectors, cosine distance.

    `place` is a folder or the URL of a server. `is_live` is true where what other processes write
    is seen at once.
    """

    def __init__(self, place: Path | str, client: ClientAPI, collection: Collection) -> None:
        self.place = place
        self.is_live = isinstance(place, str)
        self.client = client
        self.collection = collection

    @classmethod
    def open(cls, config: Config, name: str, *, create: bool = True) -> NeighbourIndex:
        """Open the collection `name` where `config` has it; `create`: it is made where missing.

        Raises `VectorsError`.
        """
        with watched(config):
            opened = cls.unwatched(config, name, create=create)
        if opened is None:
            place = _place(config)
            raise VectorsError(f"{place} does not hold the vectors of {config.home}. {REFILL}")
        return opened

    @classmethod
    def find(cls, config: Config, name: str) -> NeighbourIndex | None:
        """Open the collection `name` where it is; None where it is not, or is another program's.

        A home from before its collection had a name of its own has none on any server.
        """
        if config.vectors != EMBEDDED and not _OWN_NAME.fullmatch(name):
            _connect(config)
            return None
        with watched(config):
            return cls.unwatched(config, name)

    @classmethod
    def unwatched(cls, config: Config, name: str, *, create: bool = False) -> NeighbourIndex | None:
        """Open the collection `name`, or None where there is none; damaged files may end us.

        It is counted, because Chroma reads what a folder holds only when it is asked for it.
        """
        place, client = _connect(config)
        with _chroma_errors(place):
            collection = _collection(client, name)
            if collection is None and create:
                collection = client.get_or_create_collection(
                    name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
                )
            if collection is None:
                return None
            if config.vectors == EMBEDDED:
                collection.count()
        return cls(place, client, collection)

    def count(self) -> int:
        """How many chunks are stored, those the catalogue no longer shows included."""
        with _chroma_errors(self.place):
            return self.collection.count()

    def add(
        self, items: Sequence[tuple[Article, Chunk]], vectors: NDArray[np.floating[Any]]
    ) -> None:
        """Store chunks with their vectors, row i of `vectors` (n, d) being that of chunk i."""
        for start in range(0, len(items), _BATCH):
            batch = items[start : start + _BATCH]
            with _chroma_errors(self.place):
                self.collection.upsert(
                    ids=[chunk.id for _, chunk in batch],
                    embeddings=vectors[start : start + _BATCH].astype(np.float32),
                    documents=[chunk.text for _, chunk in batch],
                    metadatas=[_metadata(article, chunk) for article, chunk in batch],
                )

    def remove(self, ids: Iterable[str]) -> None:
        """Delete chunks; ids that are not stored are passed over."""
        gone = list(ids)
        for start in range(0, len(gone), _BATCH):
            with _chroma_errors(self.place):
                self.collection.delete(ids=gone[start : start + _BATCH])

    def drop_others(self) -> None:
        """Delete this home's other collections: what a move or an interrupted rebuild has left.

        A folder is the home's own, so everything else in it goes. On a server only what bears the
        home's random number does: the rest belongs to others.
        """
        with _chroma_errors(self.place):
            for name in self.others():
                self.client.delete_collection(name)

    def others(self) -> list[str]:
        """The names of this home's other collections, see `drop_others`."""
        own = self.collection.name
        with _chroma_errors(self.place):
            names = [other.name for other in self.client.list_collections() if other.name != own]
        return [name for name in names if not self.is_live or _family(name) == _family(own)]

    def ids(self) -> set[str]:
        """The ids of all stored chunks."""
        with _chroma_errors(self.place):
            return set(self.collection.get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The stored vectors (d,) of chunks; ids that are not stored are left out."""
        with _chroma_errors(self.place):
            found = self.collection.get(ids=list(ids), include=["embeddings"])
        return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[str]:
        """The ids of about `limit` chunks nearest to `vector` (d,), nearest first.

        None where another process has just replaced this collection. Chroma gives what there is
        where that is less, so nothing is counted before: with 20,000 chunks counting took as long
        as the question itself.
        """
        from chromadb.errors import NotFoundError

        with _chroma_errors(self.place):
            try:
                found = self.collection.query(
                    query_embeddings=vector[np.newaxis], n_results=limit, include=[]
                )
            except NotFoundError:
                return []
        return list(found["ids"][0])


def _family(name: str) -> str | None:
    """The part of a collection's name that all of one home share; None for another's."""
    known = _OWN_NAME.fullmatch(name)
    return known[1] if known else None


def _place(config: Config) -> Path | str:
    return config.vectors_folder if config.vectors == EMBEDDED else config.vectors


def _connect(config: Config) -> tuple[Path | str, ClientAPI]:
    """Chroma in the home's folder or on the server, and where that is; raises `VectorsError`."""
    import chromadb  # heavy: not needed before a question or an ingest
    from chromadb.config import Settings

    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    settings = Settings(anonymized_telemetry=False)
    if config.vectors == EMBEDDED:
        folder = config.vectors_folder
        with _chroma_errors(folder), _connecting:
            _forget_replaced(folder)
            client = chromadb.PersistentClient(path=str(folder), settings=settings)
            _connected[folder] = _file_of(folder)
            return folder, client
    url, sent = config.vectors, headers()
    with _chroma_errors(url):
        check_server(url, sent)
        client = chromadb.HttpClient(host=url, headers=sent, settings=settings)
        # Chroma itself would wait for ever; it offers no setting for this.
        client._server._session.timeout = _SECONDS  # type: ignore[attr-defined]
    return url, client


def _forget_replaced(folder: Path) -> None:
    """Make Chroma open a folder anew that was deleted and made again since this process opened it.

    It hands out the client that it has for a path, which goes on with the files that are gone.
    """
    from chromadb.api.shared_system_client import SharedSystemClient

    if folder in _connected and _connected[folder] != _file_of(folder):
        SharedSystemClient.clear_system_cache()
        _connected.clear()


def _file_of(folder: Path) -> int | None:
    """What tells Chroma's file from another one at the same path; None where there is none."""
    try:
        return (folder / "chroma.sqlite3").stat().st_ino
    except OSError:
        return None


def _collection(client: ClientAPI, name: str) -> Collection | None:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


@contextmanager
def _chroma_errors(place: Path | str) -> Iterator[None]:
    """Turn what Chroma raises, some of it its own runtime's, into `VectorsError`."""
    try:
        yield
    except VectorsError:
        raise
    except BaseException as error:
        # A panic of its Rust code comes as no `Exception`, so that nobody takes it for one.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise VectorsError(_said(place, error)) from error


def _said(place: Path | str, error: BaseException) -> str:
    import httpx

    if isinstance(place, Path):
        if re.search("disk is full|no space|readonly|read-only", str(error), re.IGNORECASE):
            return (
                f"The neighbour index in {place} cannot be written: {error}. Let it be written to, "
                "or free some space, then run the same again; what the catalogue holds stays."
            )
        return f"The neighbour index in {place} cannot be used: {error}. {REPAIR}"
    if isinstance(error, httpx.TransportError):
        return (
            f"No Chroma server answers at {place}: {error}. Start one on its machine with: chroma "
            'run --path FOLDER --host HOST --port PORT. Or set vectors = "embedded".'
        )
    return (
        f"The Chroma server {place} could not do its part: {error}. Try again; where that stays "
        "so, run: dalil rebuild --vectors."
    )


def _metadata(article: Article, chunk: Chunk) -> dict[str, str | int]:
    """What LlamaIndex reads back as a `TextNode`, and plain fields to filter by."""
    plain: dict[str, str | int] = {
        "article": article.id,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "language": chunk.language,
        "start": chunk.start,
        "end": chunk.end,
    }
    if article.published:
        plain["published"] = int(article.published.strftime("%Y%m%d"))
    source = {"node_id": article.id, "class_name": "RelatedNodeInfo"}
    node = {
        "class_name": "TextNode",
        "id_": chunk.id,
        "metadata": plain,
        "relationships": {"1": source},  # LlamaIndex's number for "the document it comes from"
        "start_char_idx": chunk.start,
        "end_char_idx": chunk.end,
        "text": "",
    }
    links = {"doc_id": article.id, "document_id": article.id, "ref_doc_id": article.id}
    content = json.dumps(node, ensure_ascii=False)
    return {**plain, **links, "_node_type": "TextNode", "_node_content": content}
