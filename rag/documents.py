"""The JSON documents of answers, hits and articles, as the command line, the HTTP interface and
evaluation runs write them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from index.types import Article, Hit
from rag.types import Answer, Note

Document = dict[str, Any]


def answer_document(answer: Answer) -> Document:
    """An answer with its citations, notes and hits; the hits without their texts."""
    return {
        "status": answer.status,
        "text": answer.text,
        "language": answer.language,
        "citations": [dated(asdict(citation)) for citation in answer.citations],
        "notes": [_note_document(note) for note in answer.notes],
        "hits": [hit_document(hit) for hit in answer.hits],
        "probability": answer.probability,
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
        "probability": None if hit.probability is None else round(hit.probability, 4),
        "language": chunk.language,
        "start": chunk.start,
        "end": chunk.end,
        "copies": list(hit.copies),
    }


def article_document(article: Article) -> Document:
    """An article whole, with the text that offsets count in."""
    return dated({**asdict(article), "metadata": dict(article.metadata)})


def _note_document(note: Note) -> Document:
    return {**asdict(note), "claims": [dated(asdict(claim)) for claim in note.claims]}


def dated(document: Document) -> Document:
    """The document with its date `published` in ISO form."""
    published = document["published"]
    return {**document, "published": published.isoformat() if published else None}
