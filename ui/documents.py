"""The JSON documents that the command line and the HTTP interface give out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from index.catalogue import ArticleSummary
from index.pinned import Weights
from index.types import Article, Hit
from index.weights import is_present, path_of
from index.writer import Summary
from rag.types import Answer

Document = dict[str, Any]


def answer_document(answer: Answer) -> Document:
    """An answer with its citations, notes and hits; the hits without their texts."""
    return {
        "status": answer.status,
        "text": answer.text,
        "language": answer.language,
        "citations": [_dated(asdict(citation)) for citation in answer.citations],
        "notes": [asdict(note) for note in answer.notes],
        "hits": [hit_document(hit) for hit in answer.hits],
        "llm": answer.llm,
        "seconds": dict(answer.seconds),
    }


def hit_document(hit: Hit) -> Document:
    """A hit without its text; `chunk` is the chunk's id."""
    chunk = hit.chunk
    return {
        "article": chunk.article_id,
        "chunk": chunk.id,
        "score": round(hit.score, 4),
        "language": chunk.language,
        "start": chunk.start,
        "end": chunk.end,
    }


def article_document(article: Article) -> Document:
    """An article whole, with the text that offsets count in."""
    return _dated({**asdict(article), "metadata": dict(article.metadata)})


def summary_document(summary: ArticleSummary) -> Document:
    """One line of the list of articles."""
    return _dated(asdict(summary))


def ingest_document(summary: Summary) -> Document:
    """What an ingest or a rebuild did."""
    return asdict(summary)


def weights_document(weights: Weights) -> Document:
    """A model that can be fetched, and whether it is here."""
    return {
        "name": weights.name,
        "kind": weights.kind,
        "bytes": weights.size,
        "licence": weights.licence,
        "origin": weights.origin,
        "present": is_present(weights),
        "path": str(path_of(weights)),
    }


def _dated(document: Document) -> Document:
    published = document["published"]
    return {**document, "published": published.isoformat() if published else None}
