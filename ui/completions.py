"""The interface of OpenAI: its clients, and what is built on them, may ask the articles.

The last message of the user is the question, the earlier ones are the history. What proves the
answer rides along in the member `dalil`, and at the end of the text where that is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from anyio import CapacityLimiter
from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from index.text import words
from rag.documents import Document, answer_document
from rag.plain import within_marks
from rag.question import prepare
from rag.types import Answer, Citation, Message
from ui.bodies import LONGEST_QUESTION, MOST_MESSAGES
from ui.chats import DEFAULT, ChatBody, CompletionDocument, ModelDocument, ModelsDocument
from ui.problems import Problem, ProblemError, invalid, problem_document
from ui.schemas import problems
from ui.service import Request, Service
from ui.streaming import AnswerResponse, written


def router(service: Service, questions: CapacityLimiter) -> APIRouter:
    """The routes below /v1; so many questions at once as there are places for."""
    routes = APIRouter(prefix="/v1", tags=["OpenAI"])
    created = int(time.time())

    def model(name: str) -> Document:
        return {"id": name, "object": "model", "created": created, "owned_by": "dalil"}

    @routes.get("/models", response_model=ModelsDocument, summary="List language models")
    async def list_models() -> Response:
        """The language models that are offered; `dalil` stands for the default one."""
        names = dict.fromkeys((DEFAULT, *service.llms))
        return JSONResponse({"object": "list", "data": [model(name) for name in names]})

    @routes.get(
        "/models/{model:path}",
        response_model=ModelDocument,
        responses=problems("unknown-model", "invalid"),
        summary="Show a language model",
    )
    async def show_model(
        name: Annotated[
            str, Path(alias="model", max_length=200, description="Its name.", examples=[DEFAULT])
        ],
    ) -> Response:
        """One of the language models that are offered."""
        _llm(service, name)
        return JSONResponse(model(name))

    @routes.post(
        "/chat/completions",
        response_model=CompletionDocument,
        responses={
            200: {"description": "The completion; with `stream` its chunks, then `[DONE]`."},
            **problems("unknown-model", "invalid", "failed", "unavailable"),
        },
        summary="Complete a chat",
    )
    async def complete(body: ChatBody, http: HttpRequest) -> Response:
        """The answer of the articles to the last message of the user.

        `usage` counts words. The citations, the status and the notes are in the member `dalil`, of
        a stream in its last chunk with a choice.
        """
        asked = _request(body, _llm(service, body.model))
        facts = _Facts(body, f"chatcmpl-{uuid4().hex}", int(time.time()), http.url.path)
        wire = _ChunkWire(facts) if body.stream else _CompletionWire(facts)
        return AnswerResponse(lambda: service.stream(asked), wire, questions)

    return routes


def _llm(service: Service, name: str) -> str:
    """The language model of that name as the service calls it."""
    if name == DEFAULT or name in service.llms:
        return name if name in service.llms else ""
    offered = ", ".join(dict.fromkeys((DEFAULT, *service.llms)))
    detail = f"There is no language model {name!r} here; there is: {offered}."
    raise ProblemError(Problem("unknown-model", detail))


def _request(body: ChatBody, llm: str) -> Request:
    """The question with its history. Raises `ProblemError` where none is asked."""
    said = [each for each in body.messages if each.role in ("user", "assistant")]
    while said and said[-1].role != "user":
        said.pop()
    if not said:
        raise invalid("messages", "There is no message of the user. Send the question as one.")
    question = said.pop().content
    if len(question) > LONGEST_QUESTION:
        raise invalid(
            "messages",
            f"The question is too long. Send at most {LONGEST_QUESTION:,} characters as the last "
            "message of the user.",
        )
    try:
        prepare(question)
    except ValueError as error:
        reason = str(error)
        raise invalid("messages", f"{reason[:1].upper()}{reason[1:]}.") from None
    history = [Message(role=each.role, content=each.content) for each in said if each.content]
    filters = body.filters.filters()
    return Request(question, tuple(history[-MOST_MESSAGES:]), filters, body.answered_in, llm)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What every part of one completion says, and the request that it answers."""

    body: ChatBody
    id: str
    created: int
    path: str

    def document(self, kind: str, choices: Sequence[Document], **more: Any) -> Document:
        """A completion, or a chunk of one."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.body.model,
            "choices": list(choices),
            **more,
        }

    def text(self, answer: Answer) -> str:
        """The text of a whole answer, with its citations where they are asked for."""
        wanted = answer.citations if self.body.citations == "text" else ()
        listed = "\n".join(map(cited, wanted))
        return f"{answer.text}\n\n{listed}" if listed else answer.text

    def usage(self, answer: Answer) -> Document:
        """How many words were asked and answered."""
        asked = sum(len(words(message.content)) for message in self.body.messages)
        told = len(words(self.text(answer)))
        return {
            "prompt_tokens": asked,
            "completion_tokens": told,
            "total_tokens": asked + told,
        }


class _CompletionWire:
    """One completion, when all is done."""

    media_type = "application/json"
    sign_of_life = b""
    is_whole = True

    def __init__(self, facts: _Facts) -> None:
        self._facts = facts

    def grown(self, answer: Answer) -> bytes:
        return b""

    def done(self, answer: Answer) -> bytes:
        content = self._facts.text(answer)
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        more = {"usage": self._facts.usage(answer), "dalil": proof(answer)}
        return written(self._facts.document("chat.completion", [choice], **more)).encode()

    def failed(self, problem: Problem) -> bytes:
        return b""


class _ChunkWire:
    """The chunks of a completion, as server-sent events."""

    media_type = "text/event-stream"
    sign_of_life = b":\n\n"
    is_whole = False

    def __init__(self, facts: _Facts) -> None:
        self._facts = facts
        self._sent: str | None = None

    def grown(self, answer: Answer) -> bytes:
        """What the text has grown by; first of all, who speaks."""
        first = self._chunk({"role": "assistant", "content": ""}) if self._sent is None else b""
        return first + self._grown_to(answer.text)

    def done(self, answer: Answer) -> bytes:
        last = self._grown_to(self._facts.text(answer))
        last += self._chunk({}, "stop", dalil=proof(answer))
        options = self._facts.body.stream_options
        if options and options.include_usage:
            usage = self._facts.usage(answer)
            last += _data(self._facts.document("chat.completion.chunk", [], usage=usage))
        return last + b"data: [DONE]\n\n"

    def failed(self, problem: Problem) -> bytes:
        return _data(problem_document(problem, self._facts.path))

    def _grown_to(self, text: str) -> bytes:
        delta, self._sent = text[len(self._sent or "") :], text
        return self._chunk({"content": delta}) if delta else b""

    def _chunk(self, delta: Document, reason: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _data(self._facts.document("chat.completion.chunk", [choice], **more))


def proof(answer: Answer) -> Document:
    """What is told of an answer beside its text."""
    document = answer_document(answer)
    return {name: value for name, value in document.items() if name not in ("text", "hits")}


def cited(citation: Citation) -> str:
    """A citation as a line of text."""
    published = citation.published.isoformat() if citation.published else ""
    facts = [citation.title, citation.source, published, citation.url or citation.article]
    about = " · ".join(fact for fact in facts if fact)
    return f"[{citation.marker}] «{within_marks(citation.quotation, 'ar')}» — {about}"


def _data(document: Document) -> bytes:
    return f"data: {written(document)}\n\n".encode()
