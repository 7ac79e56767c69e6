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
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.config import EMBEDDED, Config
from index.errors import ConfigError, VectorsError
from index.types import Article, Chunk

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_BATCH = 1000
_SECONDS = 60.0
_SECONDS_TO_GREET = 10.0
_OLDEST = (1, 5, 9)
"""Chroma's Python server before it runs code that anyone sends (CVE-2026-45829)."""

_RUST_VERSION = "1.0.0"
"""What Chroma's server in Rust, which `chroma run` starts, calls itself in every release."""

_OWN_NAME = re.compile(r"(chunks-[0-9a-f]{16})-\d+")

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
        place, client = _connect(config)
        with _chroma_errors(place):
            collection = _collection(client, name)
            if collection is None and create:
                collection = client.get_or_create_collection(
                    name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
                )
        if collection is None:
            raise VectorsError(f"{place} does not hold the vectors of {config.home}. {REFILL}")
        return cls(place, client, collection)

    @classmethod
    def find(cls, config: Config, name: str) -> NeighbourIndex | None:
        """Open the collection `name` where it is; None where it is not, or is another program's.

        A home from before its collection had a name of its own has none on any server.
        """
        place, client = _connect(config)
        if isinstance(place, str) and not _OWN_NAME.fullmatch(name):
            return None
        with _chroma_errors(place):
            collection = _collection(client, name)
        return cls(place, client, collection) if collection is not None else None

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
        own = self.collection.name
        with _chroma_errors(self.place):
            for other in self.client.list_collections():
                if other.name != own and (not self.is_live or _family(other.name) == _family(own)):
                    self.client.delete_collection(other.name)

    def ids(self) -> set[str]:
        """The ids of all stored chunks."""
        with _chroma_errors(self.place):
            return set(self.collection.get(include=[])["ids"])

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


def _connect(config: Config) -> tuple[Path | str, ClientAPI]:
    """Chroma in the home's folder or on the server, and where that is; raises `VectorsError`."""
    import chromadb  # heavy: not needed before a question or an ingest
    from chromadb.config import Settings

    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    settings = Settings(anonymized_telemetry=False)
    if config.vectors == EMBEDDED:
        folder = config.vectors_folder
        with _chroma_errors(folder):
            return folder, chromadb.PersistentClient(path=str(folder), settings=settings)
    url, headers = config.vectors, _headers()
    with _chroma_errors(url):
        _check_server(url, headers)
        client = chromadb.HttpClient(host=url, headers=headers, settings=settings)
        # Chroma itself would wait for ever; it offers no setting for this.
        client._server._session.timeout = _SECONDS  # type: ignore[attr-defined]
    return url, client


def _collection(client: ClientAPI, name: str) -> Collection | None:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _headers() -> dict[str, str]:
    """The key of the server, in both headers that Chroma and what stands before it may read."""
    key = os.environ.get("DALIL_VECTORS_KEY", "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(
            "DALIL_VECTORS_KEY holds characters that a key cannot have. Set it to ASCII letters, "
            "digits and signs on one line."
        )
    return {"Authorization": f"Bearer {key}", "X-Chroma-Token": key} if key else {}


def _check_server(url: str, headers: dict[str, str]) -> None:
    """Raise `VectorsError` where no Chroma server answers, or one that is too old.

    The server in Rust gives no version of its own. It is told by an answer that the one in Python,
    which has the hole, does not give.
    """
    import httpx  # what Chroma's client speaks through: the same proxies and certificates

    with httpx.Client(headers=headers, timeout=_SECONDS_TO_GREET) as http:
        answer = http.get(f"{url}/api/v2/version")
        if answer.status_code in {401, 403}:
            raise VectorsError(
                f"The Chroma server {url} refuses the key. Set DALIL_VECTORS_KEY to the right one."
            )
        version = answer.text.strip().strip('"')
        numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:\D.*)?", version)
        if answer.status_code != 200 or numbers is None:
            raise VectorsError(
                f"What answers at {url} is no Chroma server of version {_dotted(_OLDEST)} or newer "
                f"(status {answer.status_code}). Set vectors to the address of one."
            )
        if tuple(map(int, numbers.groups())) >= _OLDEST:
            return
        if version == _RUST_VERSION:
            health = http.get(f"{url}/api/v2/healthcheck")
            if "is_executor_ready" in health.text:
                return
    raise VectorsError(
        f"The Chroma server {url} has version {version}. Up to 1.5.8 whoever reaches it can run "
        f"programs on it (CVE-2026-45829): update it to {_dotted(_OLDEST)} or newer."
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@contextmanager
def _chroma_errors(place: Path | str) -> Iterator[None]:
    """Turn what Chroma raises, some of it its own runtime's, into `VectorsError`."""
    try:
        yield
    except VectorsError:
        raise
    except Exception as error:
        raise VectorsError(_said(place, error)) from error


def _said(place: Path | str, error: Exception) -> str:
    import httpx

    if isinstance(place, Path):
        return (
            f"The neighbour index in {place} cannot be used: {error}. Where that stays so, delete "
            "the folder and run: dalil rebuild --vectors."
        )
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
