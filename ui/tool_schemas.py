"""The arguments and results of the tools that an assistant can call.

The models are the schemas: their docstrings and descriptions are read by the assistant and have to
tell all that it needs.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from index.filters import Filters
from index.text import fold
from index.types import Language


def _day(value: object) -> object:
    try:
        return date.fromisoformat(fold(value).strip()) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("it is no day; write it as 2023-12-31") from None


def _several(value: object) -> object:
    """A list; one that came as a string, as some clients send it, or a single name, becomes one."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        return [value]
    return found if isinstance(found, list) else [value]


Day = Annotated[date, BeforeValidator(_day), Field(strict=True)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Languages = Annotated[tuple[Language, ...], BeforeValidator(_several)]
Published = Annotated[str | None, Field(description="Day of publication, as 2023-12-31, or null.")]
ArticleId = Annotated[str, Field(description="Id of the article, for read_article and filters.")]
Title = Annotated[str, Field(description="Title of the article.")]
Source = Annotated[str, Field(description="Who published the article, '' where unknown.")]
Url = Annotated[str, Field(description="Address of the article, '' where unknown.")]
Written = Annotated[Language, Field(description="Language of this text: ar or en.")]
Start = Annotated[
    int, Field(description="Where it begins in the article's text, in characters (code points).")
]
End = Annotated[int, Field(description="Where it ends in the article's text: the first one after.")]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Dated(_Arguments):
    since: Day | None = Field(
        None,
        description="Only articles published on this day (2023-12-31) or later; leaves out undated "
        "ones.",
    )
    until: Day | None = Field(
        None,
        description="Only articles published on this day (2023-12-31) or before; leaves out "
        "undated ones.",
    )


class _Filtered(_Dated):
    languages: Languages = Field(
        (), description="Only text written in these languages: ar, en. Empty: both."
    )
    sources: Names = Field(
        (),
        description="Only articles of these sources, named exactly as list_articles shows them. "
        "Empty: all.",
    )
    articles: Names = Field((), description="Only the articles with these ids. Empty: all.")

    def filters(self) -> Filters:
        """The same as `Filters`; raises `ValueError` for a period that ends before it begins."""
        return Filters(self.languages, self.sources, self.since, self.until, self.articles)


class AskArguments(_Filtered):
    """A question on the articles."""

    question: str = Field(
        description="One question in Arabic or English that stands alone: what was asked before is "
        "not remembered, so write names in place of 'it' or 'he'."
    )
    language: Language | None = Field(
        None,
        description="Language of the answer, ar or en; else that of the question. Quotations stay "
        "in the language they were written in.",
    )


class Citation(BaseModel):
    """An exact quotation, character by character: read_article(start, end) gives the same."""

    marker: int = Field(description="The number that stands for it in the answer, as [1].")
    article: ArticleId
    title: Title
    url: Url
    source: Source
    published: Published
    language: Written
    quotation: str = Field(description="The quoted words. Quote them verbatim, with the marker.")
    start: Start
    end: End
    marks: list[tuple[int, int]] = Field(
        description="Pairs of start and end, counted in the quotation: the words that answer."
    )


class Claim(BaseModel):
    """What one article states where articles do not agree."""

    text: str = Field(description="What is stated, word for word.")
    article: ArticleId
    title: Title
    source: Source
    published: Published


class Note(BaseModel):
    """Something to pass on with an answer."""

    kind: str = Field(
        description="truncated (an article is cut by a paywall), single_source, other_language "
        "(quoted from the other language), no_model (the language model is not there), unverified "
        "(an unproved part was left out), missing (nothing answers a part of the question), newest "
        "(how new the newest article is), differing (the articles do not agree)."
    )
    text: str = Field(description="The note as a sentence, in the language of the answer.")
    articles: list[str] = Field(description="Ids of the articles that it is about.")
    claims: list[Claim] = Field(description="What each article states, where they differ.")


class AskResult(BaseModel):
    """An answer in which every sentence is proved by a quotation."""

    status: Literal["answered", "partly", "not_found", "message"] = Field(
        description="answered; partly: a part of the question is not answered, the notes say "
        "which; not_found: the articles do not hold the answer, say so and do not fill it from "
        "memory; message: a reply to a greeting or the like, no answer."
    )
    text: str = Field(description="The answer, with markers such as [1] for its citations.")
    language: Language = Field(description="Language of the answer: ar or en.")
    citations: list[Citation] = Field(description="The quotations that prove the answer.")
    notes: list[Note] = Field(description="What one should know about the answer.")
    probability: float | None = Field(
        description="How likely the quotations answer the question, 0 to 1; null for a message."
    )
    llm: str = Field(description="What wrote above the quotations; quotes: nothing did.")


class SearchArguments(_Filtered):
    """What to look for."""

    question: str = Field(description="What to look for in Arabic or English, a question or words.")
    limit: int = Field(10, ge=1, le=50, description="The most passages to give, 1 to 50.")


class SearchHit(BaseModel):
    """A passage: whole sentences of one article."""

    article: ArticleId
    title: Title
    url: Url
    source: Source
    published: Published
    language: Written
    text: str = Field(description="The passage, word for word.")
    start: Start
    end: End
    score: float = Field(description="Orders the passages of this search; means nothing beyond.")
    probability: float | None = Field(
        description="How likely the passage is on the question, 0 to 1, or null."
    )
    copies: list[str] = Field(description="Ids of articles that reprint the passage.")


class SearchResult(BaseModel):
    """The passages found."""

    hits: list[SearchHit] = Field(description="The passages, best first.")


class ReadArguments(_Arguments):
    """An article, or a part of it."""

    id: str = Field(description="Id of the article, as list_articles, search or ask show it.")
    start: int = Field(
        0, ge=0, description="The character (code point) to begin at, 0 for the first."
    )
    end: int | None = Field(
        None, ge=1, description="The character to stop before; without it, the article's end."
    )
    limit: int = Field(
        8000, ge=1, le=50_000, description="The most characters to give at once, 1 to 50000."
    )


class ReadResult(BaseModel):
    """A part of an article, and how to get the next one."""

    id: ArticleId
    title: Title
    language: Language = Field(description="Language of the article: ar or en.")
    url: Url
    source: Source
    author: str = Field(description="Who wrote it, '' where unknown.")
    published: Published
    truncated: bool = Field(description="Whether the publisher's paywall cut the article.")
    text: str = Field(description="The article's characters from start to end, exactly.")
    start: Start
    end: End
    length: int = Field(description="How many characters the whole article has.")
    next_start: int | None = Field(
        description="Call again with this start for what follows; null where nothing follows."
    )


class ListArguments(_Dated):
    """Which articles to list; everything where nothing is given."""

    text: str = Field("", description="Only articles with this in their title, id or source.")
    language: Language | None = Field(None, description="Only articles in this language: ar or en.")
    source: str | None = Field(None, description="Only articles of this source, named exactly.")
    limit: int = Field(50, ge=1, le=500, description="The most articles to give, 1 to 500.")
    offset: int = Field(0, ge=0, description="How many of those that match to pass over.")


class ListedArticle(BaseModel):
    """One article of the list."""

    id: ArticleId
    title: Title
    language: Language = Field(description="Language of the article: ar or en.")
    published: Published
    source: Source


class ListResult(BaseModel):
    """A part of the list of articles, newest first, undated ones last."""

    articles: list[ListedArticle] = Field(description="The articles of this part.")
    total: int = Field(description="How many articles match, on all parts together.")
    next_offset: int | None = Field(
        description="Call again with this offset for what follows; null where nothing follows."
    )
