"""The shapes of what goes out over HTTP, for the OpenAPI document.

The documents themselves are made by `rag.documents`, `ui.documents` and `ui.problems`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from index.types import Language
from rag.types import Status
from ui.bodies import Model
from ui.problems import KINDS


class CitationDocument(Model):
    """An exact quotation: the article's `text[start:end]` is `quotation`, in code points."""

    marker: int = Field(description="The number in the text that cites it, as in [1].")
    article: str = Field(description="The article's id.")
    title: str
    url: str
    source: str
    published: date | None = Field(description="The day, or null.")
    language: Language
    quotation: str = Field(description="Word for word as it stands in the article.")
    start: int = Field(description="Where it begins in the article's text.")
    end: int = Field(description="Where it ends there.")
    marks: list[tuple[int, int]] = Field(
        description="Start and end, in the quotation, of words that answer."
    )


class ClaimDocument(Model):
    """What one article states where articles do not agree."""

    text: str = Field(description="As it stands in the article.")
    article: str = Field(description="The article's id.")
    title: str
    source: str
    published: date | None


class NoteDocument(Model):
    """Something one should know about an answer."""

    kind: str = Field(
        description="truncated, single_source, other_language, no_model, unverified, missing, "
        "newest or differing."
    )
    text: str = Field(description="In words, in the language of the answer.")
    articles: list[str] = Field(description="The ids of the articles that it is about.")
    claims: list[ClaimDocument] = Field(description="What each states, where they differ.")


class HitDocument(Model):
    """A passage that was found."""

    article: str = Field(description="The article's id.")
    chunk: str = Field(description="The passage's id.")
    score: float = Field(description="Orders the passages of one question, means nothing else.")
    probability: float | None = Field(description="How likely it answers, 0 to 1.")
    language: Language
    start: int = Field(description="Where it begins in the article's text, in code points.")
    end: int = Field(description="Where it ends there.")
    copies: list[str] = Field(description="Ids of near-identical articles, folded into it.")


class AnswerDocument(Model):
    """An answer, whole or as far as it has come."""

    status: Status = Field(
        description="`not_found` where the articles do not answer; `message` for a greeting."
    )
    text: str = Field(description="Cites by markers such as [1]; each grows from the one before.")
    language: Language
    citations: list[CitationDocument]
    notes: list[NoteDocument]
    hits: list[HitDocument] = Field(description="What was found, best first.")
    probability: float | None = Field(description="How likely the evidence answers, 0 to 1.")
    llm: str = Field(description="What wrote above the quotations; `quotes` where nothing did.")
    seconds: dict[str, float] = Field(description="The time per stage.")


class FoundDocument(HitDocument):
    """A passage that was found, with its text."""

    text: str


class HitsDocument(Model):
    """What a search found, best first."""

    hits: list[FoundDocument]


class SummaryDocument(Model):
    """One line of the list of articles."""

    id: str
    title: str
    language: Language
    published: date | None
    source: str
    chunks: int = Field(description="How many passages it was cut into.")


class ArticlesDocument(Model):
    """Some of the articles, newest first."""

    articles: list[SummaryDocument]
    total: int = Field(description="How many there are that were asked for, on all pages.")


class ArticleDocument(Model):
    """An article whole, with the text that offsets count in."""

    id: str
    origin: str = Field(description="Where it came from.")
    title: str
    text: str
    language: Language
    url: str
    source: str
    author: str
    published: date | None
    truncated: bool = Field(description="Whether its publisher's paywall cut it.")
    metadata: dict[str, str]


class RefusalDocument(Model):
    """What was not taken, and why."""

    origin: str
    reason: str


class IngestDocument(Model):
    """What was done, by ids of articles."""

    added: list[str]
    changed: list[str]
    unchanged: list[str]
    removed: list[str]
    refused: list[RefusalDocument]
    chunks: int = Field(description="How many passages the added and changed were cut into.")
    copies: dict[str, str] = Field(description="Ids of copies to the id of what they copy.")
    hidden: dict[str, dict[str, int]] = Field(
        description="Ids of the added and changed that hide text, to the characters that were left "
        "out for it, by how they are hidden: display, colour, size, place, markup or characters."
    )


class RemovedDocument(Model):
    """What was removed."""

    removed: list[str] = Field(description="Ids of articles.")


class ModelState(Model):
    """The language model that answers by default."""

    name: str
    state: Literal["here", "arriving", "missing", "failed"] = Field(
        description="While it is not here, answers are quotations."
    )
    done: int = Field(description="Bytes that have arrived.")
    total: int = Field(description="Bytes in all; 0 where that is not known.")


class HealthDocument(Model):
    """How the server is."""

    status: Literal["ok"]
    articles: int
    chunks: int
    llms: list[str] = Field(description="The language models that are offered, the default first.")
    model: ModelState


class FieldProblem(Model):
    """What is wrong with one field."""

    field: str = Field(description="Its name, with dots: filters.since.")
    detail: str = Field(description="What to do about it.")


class OpenAIError(Model):
    """The same problem as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str


class ProblemDocument(Model):
    """Problem details, RFC 9457."""

    type: str = Field(description="The kind of problem, explained at this address.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened, and what to do.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldProblem] = Field(default=[], description="What is wrong with which field.")
    error: OpenAIError | None = Field(default=None, description="Below /v1 alone.")


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """How a route describes the problems that it may answer with; keys of `KINDS`."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in (KINDS[name] for name in kinds):
        described = found.setdefault(kind.status, {"model": ProblemDocument, "description": ""})
        described["description"] = f"{described['description']} {kind.title}.".strip()
    return found
