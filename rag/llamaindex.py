"""Dalil inside other LlamaIndex programs: an embedding, a retriever and a query engine."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.embed import Embedder
from index.filters import EVERYTHING, Filters
from index.types import Hit
from rag.answer import Assistant
from rag.types import Citation


class DalilEmbedding(BaseEmbedding):
    """The embedding model that built a collection, with its two prefixes and language means.

    A plain `VectorStoreIndex` over Chroma's collection of a home finds the same vectors with it.
    """

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name=embedder.name)
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex knows this class."""
        return "DalilEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(x) for x in self._embedder.questions([query])[0]]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embedder.passages(texts)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)


class DalilRetriever(BaseRetriever):
    """The search of a collection: all its scores, not the vectors alone.

    `filters` are ours: those of LlamaIndex are not understood.
    """

    def __init__(
        self,
        assistant: Assistant,
        limit: int = 10,
        filters: Filters = EVERYTHING,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._assistant = assistant
        self._limit = limit
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._assistant.search(query_bundle.query_str, self._limit, filters=self._filters)
        return [NodeWithScore(node=_node_of_hit(hit), score=hit.score) for hit in hits]


class DalilQueryEngine(BaseQueryEngine):
    """The assistant as a query engine.

    The response's nodes are the citations in the order of their markers, each an exact quotation;
    its metadata hold `status`, `language`, `llm` and `notes`.
    """

    def __init__(self, assistant: Assistant, filters: Filters = EVERYTHING) -> None:
        super().__init__(callback_manager=None)
        self._assistant = assistant
        self._filters = filters

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self._assistant.ask(query_bundle.query_str, filters=self._filters)
        nodes = [NodeWithScore(node=_node_of_citation(c), score=1.0) for c in answer.citations]
        facts = {"status": answer.status, "language": answer.language, "llm": answer.llm}
        notes = [note.text for note in answer.notes]
        return Response(answer.text, source_nodes=nodes, metadata={**facts, "notes": notes})

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def _node_of_hit(hit: Hit) -> TextNode:
    chunk = hit.chunk
    facts = {"article": chunk.article_id, "language": chunk.language}
    offsets = {"start_char_idx": chunk.start, "end_char_idx": chunk.end}
    return TextNode(id_=chunk.id, text=chunk.text, metadata=facts, **offsets)


def _node_of_citation(citation: Citation) -> TextNode:
    facts = {
        "marker": citation.marker,
        "article": citation.article,
        "title": citation.title,
        "source": citation.source,
        "url": citation.url,
        "published": citation.published.isoformat() if citation.published else None,
        "language": citation.language,
    }
    offsets = {"start_char_idx": citation.start, "end_char_idx": citation.end}
    return TextNode(text=citation.quotation, metadata=facts, **offsets)
