"""Other stacks, run as their documentation shows them, for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index.pinned import WEIGHTS
from index.weights import pull


def plain_llamaindex(texts: Sequence[str], folder: Path) -> float:
    """Seconds that a plain LlamaIndex pipeline takes to embed and store `texts`, warm.

    Chunk vectors alone, by sentence-transformers in float32, into Chroma.
    """
    import time

    import chromadb
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import PrivateAttr
    from llama_index.core.schema import TextNode
    from llama_index.vector_stores.chroma import ChromaVectorStore
    from sentence_transformers import SentenceTransformer

    weights = WEIGHTS["multilingual-e5-small"]

    class Plain(BaseEmbedding):
        """What llama-index-embeddings-huggingface does: the model, a prefix, batches in order."""

        _model: SentenceTransformer = PrivateAttr()

        def __init__(self) -> None:
            super().__init__(model_name="plain", embed_batch_size=10)
            self._model = SentenceTransformer(str(pull(weights)), local_files_only=True)

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._embed(["query: " + query])[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return self._embed(["passage: " + text for text in texts])

        def _embed(self, texts: list[str]) -> list[list[float]]:
            rows = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
            return [[float(x) for x in row] for row in rows]

    embedding = Plain()
    embedding.get_text_embedding_batch(list(texts[:4]))
    collection = chromadb.PersistentClient(str(folder)).create_collection("plain")
    context = StorageContext.from_defaults(
        vector_store=ChromaVectorStore(chroma_collection=collection)
    )
    started = time.perf_counter()
    nodes = [TextNode(text=text) for text in texts]
    VectorStoreIndex(nodes, storage_context=context, embed_model=embedding)
    return time.perf_counter() - started
