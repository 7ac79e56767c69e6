"""The interface of OpenAI on a real server, with its own client and with LlamaIndex."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from http_support import MUSEUM, SUEZ, UNANSWERABLE, application, serving
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from openai import OpenAI
from tests_support import Scripted

from rag.answer import Assistant
from ui.chats import CompletionDocument
from ui.service import Service


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    """The base that clients are given."""
    with serving(application(Service(assistant.written_by(Scripted()), ["quotes"]))) as found:
        yield f"{found}/v1"


@pytest.fixture(scope="module")
def client(address: str) -> OpenAI:
    """The official client."""
    return OpenAI(base_url=address, api_key="none", max_retries=0, timeout=60)


def said(*turns: tuple[str, str]) -> Any:
    """Messages by role and content."""
    return [{"role": role, "content": content} for role, content in turns]


def test_the_official_client_gets_an_answer_with_its_proof(client: OpenAI) -> None:
    messages = said(("system", "Be brief."), ("user", MUSEUM))
    made = client.chat.completions.create(model="quotes", messages=messages, temperature=0.3)
    CompletionDocument.model_validate(made.model_dump(exclude_unset=True))
    (choice,) = made.choices
    assert (choice.finish_reason, choice.message.role, made.model) == (
        "stop",
        "assistant",
        "quotes",
    )
    proof: Any = made.model_extra["dalil"] if made.model_extra else None
    assert proof["status"] == "answered"
    assert proof["citations"][0]["quotation"] in (choice.message.content or "")
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.prompt_tokens + made.usage.completion_tokens
    assert made.usage.prompt_tokens == 7


def test_what_is_streamed_is_the_whole_in_pieces(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="dalil", messages=said(("user", SUEZ)))
    first, *middle, last, usage = client.chat.completions.create(
        model="dalil",
        messages=said(("user", SUEZ)),
        stream=True,
        stream_options={"include_usage": True},
    )
    assert first.choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in middle)
    assert text == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in middle] == [None] * len(middle)
    assert last.choices[0].finish_reason == "stop"
    assert last.model_extra is not None
    assert last.model_extra["dalil"]["status"] == "answered"
    assert (usage.choices, usage.usage) == ([], whole.usage)
    assert len({chunk.id for chunk in (first, *middle, last, usage)}) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_citations_are_listed_at_the_end_where_asked_for(client: OpenAI, stream: bool) -> None:
    made: Any = client.chat.completions.create(
        model="dalil",
        messages=said(("user", SUEZ)),
        stream=stream,
        extra_body={"citations": "text", "answered_in": "en", "filters": {"languages": ["en"]}},
    )
    if stream:
        chunks = list(made)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        citations = chunks[-1].dalil["citations"]
    else:
        text, citations = made.choices[0].message.content, made.dalil["citations"]
    body, _, listed = text.partition("\n\n[1] «")
    assert "[1]" in body
    lines = f"[1] «{listed}".split("\n[")
    assert len(lines) == len(citations)
    for line, citation in zip(lines, citations, strict=True):
        assert f"«{citation['quotation']}» — {citation['title']}" in line


def test_the_last_message_of_the_user_is_the_question(client: OpenAI) -> None:
    turns = (("user", MUSEUM), ("assistant", "افتتح في نوفمبر."), ("user", "وأين يقع؟"))
    made: Any = client.chat.completions.create(model="dalil", messages=said(*turns))
    assert {each["article"] for each in made.dalil["citations"]} & {"grand-egyptian-museum-ar"}
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
    made = client.chat.completions.create(model="dalil", messages=parts)
    assert made.dalil["status"] == "message"


def test_what_is_not_in_the_articles_is_said_so(client: OpenAI) -> None:
    made: Any = client.chat.completions.create(model="dalil", messages=said(("user", UNANSWERABLE)))
    assert (made.dalil["status"], made.dalil["citations"]) == ("not_found", [])


def test_models_are_listed_and_shown(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["dalil", "Scripted", "quotes"]
    assert client.models.retrieve("quotes").owned_by == "dalil"


def test_the_client_shows_what_is_wrong(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="there is: dalil, Scripted, quotes") as unknown:
        client.chat.completions.create(model="gpt", messages=said(("user", SUEZ)))
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.UnprocessableEntityError, match="no message of the user"):
        client.chat.completions.create(model="dalil", messages=said(("system", "x")))
    with pytest.raises(openai.UnprocessableEntityError, match="at most 2,000"):
        client.chat.completions.create(model="dalil", messages=said(("user", "x" * 2001)))
    with pytest.raises(openai.UnprocessableEntityError, match="The question is empty"):
        client.chat.completions.create(model="dalil", messages=said(("user", "؟")), stream=True)


def test_what_fails_on_the_way_is_told_in_the_stream(assistant: Assistant) -> None:
    class Failing(Service):
        def stream(self, request: Any) -> Any:
            yield next(super().stream(request))
            raise RuntimeError("the disk at /srv/secret is gone")

    with serving(application(Failing(assistant))) as found:
        client = OpenAI(base_url=f"{found}/v1", api_key="none", max_retries=0, timeout=60)
        chunks = client.chat.completions.create(
            model="dalil", messages=said(("user", "Hello")), stream=True
        )
        with pytest.raises(openai.APIError, match="Something went wrong in the server") as failed:
            list(chunks)
        assert "secret" not in str(failed.value.body)
        with pytest.raises(openai.InternalServerError, match="Something went wrong"):
            client.chat.completions.create(model="dalil", messages=said(("user", "Hello")))


def test_llamaindex_asks_as_it_asks_any_model(address: str) -> None:
    llm = OpenAILike(model="quotes", api_base=address, api_key="none", is_chat_model=True)
    answered = llm.chat([ChatMessage(role="user", content=SUEZ)])
    assert "six days" in (answered.message.content or "")
    *_, last = llm.stream_chat([ChatMessage(role="user", content=SUEZ)])
    assert last.message.content == answered.message.content
