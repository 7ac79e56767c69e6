"""A model that keeps silent: whoever waits sees that nothing comes, and may go away at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from typing import Any

import pytest
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from test_answer import QUESTION

from index.errors import LanguageModelError
from rag.answer import Assistant
from rag.llm import open_llm, stream_text
from rag.types import Message

SAY_YES: list[Message] = [{"role": "user", "content": "Say yes."}]
_LONGEST_SECONDS = 10.0


@dataclass
class Server:
    """A server that writes the pieces it is given and then keeps silent, or breaks off."""

    pieces: tuple[str, ...] = ()
    status: int = 200
    then: str = "silence"
    address: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    """Set where the request has come."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set where the client has gone away."""


def event(piece: str) -> bytes:
    """A piece as OpenAI's protocol has it."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": piece}}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode()


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Run it on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.set()
            if server.pieces or server.status != 200:
                self.send_response(server.status)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
            for piece in server.pieces:
                self.wfile.write(event(piece))
            if server.then == "silence":
                self.connection.settimeout(_LONGEST_SECONDS)
                if self.connection.recv(1) == b"":
                    server.left.set()
            elif server.then == "end":
                self.wfile.write(b"data: [DONE]\n\n")
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, name="server", daemon=True).start()
    server.address = f"openai:m@http://127.0.0.1:{running.server_port}"
    try:
        yield server
    finally:
        running.shutdown()
        running.server_close()


class Silent(CustomLLM):
    """A model of somebody else's that says one word and the next when it is told to."""

    _told: threading.Event = PrivateAttr(default_factory=threading.Event)
    _stopped: threading.Event = PrivateAttr(default_factory=threading.Event)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="silent")

    def complete(self, prompt: str, formatted: bool = False, **_: object) -> CompletionResponse:
        return CompletionResponse(text="")

    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: object
    ) -> CompletionResponseGen:
        try:
            while True:
                yield CompletionResponse(text="", delta="word ")
                assert self._told.wait(_LONGEST_SECONDS)
        finally:
            self._stopped.set()


def eventually(happened: Callable[[], bool]) -> bool:
    """Whether it happens within ten seconds."""
    end = time.monotonic() + _LONGEST_SECONDS
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


def nobody_listens() -> bool:
    return "language model" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("said", [(), ("A ", "word ")])
def test_closing_breaks_the_connection_off_while_nothing_comes(said: tuple[str, ...]) -> None:
    with serving(Server(said)) as server:
        pieces = stream_text(open_llm(server.address), SAY_YES)
        heard: list[str] = []
        while not server.asked.is_set() or len(heard) < len(said) + 4:
            heard.append(next(pieces))
        assert [piece for piece in heard if piece] == [*said]
        assert not server.left.is_set()
        started = time.monotonic()
        pieces.close()
        assert time.monotonic() - started < 1
        assert server.left.wait(5)
        assert eventually(nobody_listens)


def test_an_answer_that_is_waited_for_can_be_given_up(assistant: Assistant) -> None:
    with serving(Server()) as server:
        growing = Assistant(assistant.index, server.address).stream(QUESTION)
        assert next(growing).text == ""
        while not server.asked.is_set():
            assert next(growing).text == ""
        growing.close()
        assert server.left.wait(5)
        assert eventually(nobody_listens)


def test_what_is_written_comes_whole_one_request_after_the_other() -> None:
    with serving(Server(("A ", "", "word."), then="end")) as server:
        model = open_llm(server.address)
        for _ in range(2):
            assert "".join(stream_text(model, SAY_YES)) == "A word."
        assert eventually(nobody_listens)


@pytest.mark.parametrize(
    "server", [Server(status=500, then="end"), Server(then="break"), Server(("A ",), status=404)]
)
def test_a_server_that_fails_is_a_language_model_error(server: Server) -> None:
    server.then = "break" if server.status == 404 else server.then
    with serving(server), pytest.raises(LanguageModelError, match="did not answer"):
        list(stream_text(open_llm(server.address), SAY_YES))
    assert eventually(nobody_listens)


def test_another_model_is_stopped_at_its_next_piece() -> None:
    model = Silent()
    pieces = stream_text(model, SAY_YES)
    assert list(islice(pieces, 4)) == ["word ", "", "", ""]
    pieces.close()
    assert not model._stopped.is_set()
    model._told.set()
    assert model._stopped.wait(5)
    assert eventually(nobody_listens)


def test_two_are_heard_at_once() -> None:
    with serving(Server()) as silent, serving(Server(("yes",), then="end")) as other:
        waiting = stream_text(open_llm(silent.address), SAY_YES)
        while not silent.asked.is_set():
            assert next(waiting) == ""
        assert "".join(stream_text(open_llm(other.address), SAY_YES)) == "yes"
        waiting.close()
        assert silent.left.wait(5)
