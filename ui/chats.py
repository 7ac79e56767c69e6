"""What is read of a chat in the form of OpenAI, and the shapes of what it is answered with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from index.types import Language
from rag.types import Status
from ui.bodies import (
    LONGEST_MESSAGE,
    LONGEST_QUESTION,
    MOST_MESSAGES,
    CheckedFilters,
    FiltersBody,
    Text,
)
from ui.bodies import Model as Strict
from ui.schemas import CitationDocument, NoteDocument

DEFAULT = "dalil"
"""The model that stands for the first of the service."""

_MOST_MESSAGES_SENT = 1_000


class TextPart(BaseModel):
    """A part of a message; only text can be read here."""

    type: Literal["text"]
    text: str


def _flat(content: object) -> object:
    """A message's text, in however many parts it comes."""
    if isinstance(content, list):
        found = [each.get("text") for each in content if isinstance(each, dict)]
        texts = [text for text in found if isinstance(text, str)]
        if len(texts) < len(content):
            raise ValueError("only text can be read here; send parts of the type text alone")
        return "\n".join(texts)
    return "" if content is None else content


class ChatMessage(BaseModel):
    """One message; those of the system, of developers and of tools are passed over."""

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: Annotated[
        Text,
        BeforeValidator(_flat, json_schema_input_type=str | list[TextPart] | None),
        Field(max_length=LONGEST_MESSAGE),
    ] = ""


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = Field(default=False, description="A last chunk with `usage`.")


class ChatBody(BaseModel):
    """A chat completion; what means nothing here, such as a temperature, is accepted."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": DEFAULT,
                    "messages": [{"role": "user", "content": "متى افتتح المتحف المصري الكبير؟"}],
                    "citations": "text",
                }
            ]
        },
    )

    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=_MOST_MESSAGES_SENT,
        description=f"The last of the user is the question, of at most {LONGEST_QUESTION:,} "
        f"characters; of those before it the last {MOST_MESSAGES} count.",
    )
    model: Text = Field(
        default=DEFAULT, max_length=200, description="One of GET /v1/models; dalil is the default."
    )
    stream: bool | None = Field(default=False, description="Chunks as server-sent events.")
    stream_options: StreamOptions | None = None
    citations: Literal["field", "text"] = Field(
        default="field", description="`text` lists them at the end of the text too."
    )
    filters: CheckedFilters = Field(
        default=FiltersBody(), description="Which articles may be used."
    )
    answered_in: Language | None = Field(
        default=None, description="The language of the answer, else that of the question."
    )


class ModelDocument(Strict):
    """A language model that is offered."""

    id: str
    object: Literal["model"]
    created: int = Field(description="When the server was started, in seconds since 1970.")
    owned_by: str


class ModelsDocument(Strict):
    """The language models that are offered."""

    object: Literal["list"]
    data: list[ModelDocument]


class SaidDocument(Strict):
    """What the assistant says."""

    role: Literal["assistant"]
    content: str = Field(description="Cites by markers such as [1].")
    refusal: None


class ChoiceDocument(Strict):
    """The one choice of a completion."""

    index: Literal[0]
    message: SaidDocument
    logprobs: None
    finish_reason: Literal["stop"]


class UsageDocument(Strict):
    """How many words were asked and answered."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ProofDocument(Strict):
    """What is told of the answer beside its text."""

    status: Status
    language: Language
    citations: list[CitationDocument]
    notes: list[NoteDocument]
    probability: float | None
    llm: str = Field(description="What wrote above the quotations; `quotes` where nothing did.")
    seconds: dict[str, float]


class CompletionDocument(Strict):
    """A completion; the chunks of a stream have `delta` in the place of `message`."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceDocument]
    usage: UsageDocument
    dalil: ProofDocument
