"""What comes in over HTTP, checked; what goes out is described by `ui.schemas`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from index.addresses import LONGEST_LINK
from index.filters import Filters
from index.text import fold
from index.types import Language
from rag.question import prepare
from rag.types import Message
from ui.service import Request
from ui.uploads import MOST_LINKS

LONGEST_QUESTION = 2_000
LONGEST_MESSAGE = 20_000
"""Both in characters."""
MOST_MESSAGES = 50
MOST_HITS = 100
MOST_ARTICLES = 1_000
MOST_NAMES = 1_000
"""The most sources or ids in one filter."""


def _asks(question: str) -> str:
    prepare(question)
    return question


def _day(written: object) -> object:
    """A day in digits of either language; Pydantic would take a number for seconds."""
    if written is None or isinstance(written, date):
        return written
    try:
        return date.fromisoformat(fold(str(written)).strip())
    except ValueError:
        raise ValueError("this is no day; write it as 2023-12-31") from None


def _whole(text: str) -> str:
    """Text without halves of characters, which JSON can hold and UTF-8 cannot."""
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("this has half a character in it, a lone surrogate; send whole ones")
    return text


Text = Annotated[str, AfterValidator(_whole)]
QuestionText = Annotated[
    Text,
    Field(max_length=LONGEST_QUESTION, description="The question, in Arabic or English."),
    AfterValidator(_asks),
]
Day = Annotated[date | None, BeforeValidator(_day)]
Names = Annotated[
    tuple[Annotated[Text, Field(max_length=1_000)], ...], Field(max_length=MOST_NAMES)
]


class Model(BaseModel):
    """What is not named here is refused: a misspelt field would be passed over in silence."""

    model_config = ConfigDict(extra="forbid")


class FiltersBody(Model):
    """Which articles may be used; a field that is left out leaves everything in."""

    languages: tuple[Language, ...] = Field(default=(), max_length=2, description="Of the passage.")
    sources: Names = Field(default=(), description="As the articles name theirs.")
    since: Day = Field(default=None, description="The first day of publication, as 2023-12-31.")
    until: Day = Field(default=None, description="The last day of publication, included.")
    articles: Names = Field(default=(), description="The only articles that may be used, by id.")
    exclude: Names = Field(default=(), description="Articles that must not be used, by id.")
    as_of: Day = Field(
        default=None,
        description="The day that stands for today: what came later does not exist yet.",
    )

    def filters(self) -> Filters:
        """The filters; raises `ValueError` for a period that ends before it begins."""
        return Filters(**{name: getattr(self, name) for name in FiltersBody.model_fields})


def _consistent(body: FiltersBody) -> FiltersBody:
    body.filters()
    return body


CheckedFilters = Annotated[FiltersBody, AfterValidator(_consistent)]


class MessageBody(Model):
    """One turn of the conversation so far."""

    role: Literal["user", "assistant"] = Field(description="Who said it.")
    content: Text = Field(max_length=LONGEST_MESSAGE, description="What was said.")


class AskBody(Model):
    """A question, with what it follows upon and what may answer it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "How long was the Suez Canal blocked by the Ever Given?"},
                {
                    "question": "وأين يقع؟",
                    "history": [{"role": "user", "content": "متى افتتح المتحف المصري الكبير؟"}],
                    "filters": {"languages": ["ar"], "since": "2021-01-01"},
                    "stream": True,
                },
            ]
        },
    )

    question: QuestionText
    history: tuple[MessageBody, ...] = Field(
        default=(),
        max_length=MOST_MESSAGES,
        description="The conversation so far, the oldest first.",
    )
    filters: CheckedFilters = Field(
        default=FiltersBody(), description="Which articles may be used."
    )
    answered_in: Language | None = Field(
        default=None, description="The language of the answer, else that of the question."
    )
    llm: Text = Field(
        default="",
        max_length=200,
        description="One of the language models of /api/health; the first.",
    )
    stream: bool = Field(
        default=False, description="Server-sent events; so does `Accept: text/event-stream`."
    )

    def request(self) -> Request:
        """The question as the service takes it."""
        history = tuple(Message(role=each.role, content=each.content) for each in self.history)
        return Request(self.question, history, self.filters.filters(), self.answered_in, self.llm)


class SearchBody(Model):
    """What to look for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "Ever Given Suez Canal", "limit": 3}]},
    )

    question: QuestionText
    limit: int = Field(default=10, ge=1, le=MOST_HITS, description="How many passages at most.")
    filters: CheckedFilters = Field(
        default=FiltersBody(), description="Which articles may be used."
    )


class ArticleFields(BaseModel):
    """An article by its fields; further ones are kept as its metadata."""

    model_config = ConfigDict(extra="allow")

    text: str = Field(description="The text that is quoted.")
    id: str = Field(
        default="", description="Its id; one that is there already is replaced. Else made."
    )
    title: str = Field(default="", description="Its title.")
    url: str = Field(default="", description="Where it was published.")
    source: str = Field(default="", description="Who published it.")
    author: str = Field(default="", description="Who wrote it.")
    published: str = Field(default="", description="The day, as 2023-12-31.")
    language: str = Field(default="", description="ar or en; else told by the letters.")


class ArticlesBody(Model):
    """Articles to add, by the fields of a line of JSON Lines, or by link."""

    articles: list[dict[str, Any]] = Field(
        default=[], max_length=MOST_ARTICLES, description="The articles: see ArticleFields."
    )
    links: list[Annotated[Text, Field(max_length=LONGEST_LINK)]] = Field(
        default=[], max_length=MOST_LINKS, description="Links to pages that are fetched and read."
    )

    @model_validator(mode="after")
    def _has_something(self) -> Self:
        if not self.articles and not self.links:
            raise ValueError("there is neither an article nor a link; send at least 1")
        return self
