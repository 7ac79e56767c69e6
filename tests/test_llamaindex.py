"""Dalil inside LlamaIndex, and a plain LlamaIndex over Dalil's Chroma."""

from __future__ import annotations

import chromadb
from llama_index.core import VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.schema import TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore

from rag.answer import Assistant
from rag.llamaindex import DalilEmbedding, DalilQueryEngine, DalilRetriever

QUESTION = "How long was the Suez Canal blocked by the Ever Given?"


def test_a_plain_vector_store_index_can_ask(assistant: Assistant) -> None:
    client = chromadb.PersistentClient(str(assistant.index.config.vectors_folder))
    (collection,) = client.list_collections()
    index = VectorStoreIndex.from_vector_store(
        ChromaVectorStore(chroma_collection=collection),
        embed_model=DalilEmbedding(assistant.index.embedder),
    )
    best = index.as_retriever(similarity_top_k=3).retrieve(QUESTION)[0]
    assert isinstance(best.node, TextNode)
    assert best.node.ref_doc_id == best.node.metadata["article"]
    assert best.node.metadata["article"].startswith("suez-ever-given")
    article = assistant.index.catalogue.article(best.node.metadata["article"])
    start, end = best.node.start_char_idx, best.node.end_char_idx
    assert article.text[start:end] == best.node.get_content()


def test_the_retriever_is_the_search(assistant: Assistant) -> None:
    nodes = DalilRetriever(assistant, limit=4).retrieve(QUESTION)
    hits = assistant.search(QUESTION, 4)
    assert [node.node.node_id for node in nodes] == [hit.chunk.id for hit in hits]
    assert [node.score for node in nodes] == [hit.score for hit in hits]


def test_the_retriever_serves_an_ordinary_query_engine(assistant: Assistant) -> None:
    engine = RetrieverQueryEngine.from_args(
        DalilRetriever(assistant, limit=2), llm=MockLLM(), response_mode=ResponseMode.COMPACT
    )
    assert len(engine.query(QUESTION).source_nodes) == 2


def test_the_query_engine_answers_with_citations(assistant: Assistant) -> None:
    response = DalilQueryEngine(assistant).query(QUESTION)
    answer = assistant.ask(QUESTION)
    assert str(response) == answer.text
    assert response.metadata is not None
    assert response.metadata["status"] == "answered"
    quotations = [node.node.get_content() for node in response.source_nodes]
    assert quotations == [citation.quotation for citation in answer.citations]


async def ask(assistant: Assistant) -> str:
    return str(await DalilQueryEngine(assistant).aquery(QUESTION))


def test_the_query_engine_answers_asynchronously(assistant: Assistant) -> None:
    import asyncio

    assert asyncio.run(ask(assistant)) == assistant.ask(QUESTION).text


def test_the_embedding_has_two_prefixes(assistant: Assistant) -> None:
    embedding = DalilEmbedding(assistant.index.embedder)
    as_question = embedding.get_query_embedding("ميناء بيروت")
    as_passage = embedding.get_text_embedding("ميناء بيروت")
    assert len(as_question) == assistant.index.embedder.dimension
    assert as_question != as_passage
