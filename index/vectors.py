"""The neighbour index: chunk vectors in Chroma, rebuildable from the catalogue at any time.

The collection is laid out so that a plain LlamaIndex `ChromaVectorStore` can read it. The catalogue
notes up to which generation Chroma holds every chunk that it shows; newer ones may be missing, and
what Chroma holds besides is ignored and removed by a writer that catches up. A process that has the
index open never sees what another process writes into it afterwards.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.errors import VectorsError
from index.types import Article, Chunk

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_BATCH = 1000


class NeighbourIndex:
    """Chroma's collection of chunk vectors, cosine distance, embedded in this process."""

    def __init__(self, folder: Path, client: ClientAPI, collection: Collection) -> None:
        self.folder = folder
        self.client = client
        self.collection = collection

    @classmethod
    def open(cls, folder: Path, name: str, *, create: bool = True) -> NeighbourIndex:
        """Open the collection `name` of Chroma in `folder`; `create`: both are made where missing.

        Raises `VectorsError`.
        """
        import chromadb  # heavy: not needed before a question or an ingest
        from chromadb.config import Settings

        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        with _chroma_errors(folder):
            client = chromadb.PersistentClient(
                path=str(folder), settings=Settings(anonymized_telemetry=False)
            )
            if create:
                collection = client.get_or_create_collection(
                    name, configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
                )
            else:
                collection = client.get_collection(name, embedding_function=None)
        return cls(folder, client, collection)

    def count(self) -> int:
        """How many chunks are stored, those the catalogue no longer shows included."""
        with _chroma_errors(self.folder):
            return self.collection.count()

    def add(
        self, items: Sequence[tuple[Article, Chunk]], vectors: NDArray[np.floating[Any]]
    ) -> None:
        """Store chunks with their vectors, row i of `vectors` (n, d) being that of chunk i."""
        for start in range(0, len(items), _BATCH):
            batch = items[start : start + _BATCH]
            with _chroma_errors(self.folder):
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
            with _chroma_errors(self.folder):
                self.collection.delete(ids=gone[start : start + _BATCH])

    def drop_others(self) -> None:
        """Delete every other collection: what an interrupted rebuild has left."""
        with _chroma_errors(self.folder):
            for other in self.client.list_collections():
                if other.name != self.collection.name:
                    self.client.delete_collection(other.name)

    def drop(self) -> None:
        """Delete the whole collection."""
        with _chroma_errors(self.folder):
            self.client.delete_collection(self.collection.name)

    def ids(self) -> set[str]:
        """The ids of all stored chunks."""
        with _chroma_errors(self.folder):
            return set(self.collection.get(include=[])["ids"])

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[str]:
        """The ids of about `limit` chunks nearest to `vector` (d,), nearest first.

        They are fewer where fewer are stored, which is not asked: Chroma counts one by one.
        """
        with _chroma_errors(self.folder):
            found = self.collection.query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=[]
            )
        return list(found["ids"][0])


@contextmanager
def _chroma_errors(folder: Path) -> Iterator[None]:
    """Turn what Chroma raises, some of it its own runtime's, into `VectorsError`."""
    try:
        yield
    except Exception as error:
        raise VectorsError(
            f"The neighbour index in {folder} cannot be used: {error}. Where that stays so, delete "
            "the folder and run: dalil rebuild."
        ) from error


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
