"""Answers that grow, sent as they grow; whoever goes away stops the language model at once.

A question runs in worker threads, one step of its generator at a time, and so many questions at
once; others wait for their turn without holding a thread.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, suppress
from functools import partial
from typing import Generic, Protocol, TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rag.documents import Document
from rag.types import Answer
from ui.problems import Problem, problem_of, problem_response

QUESTIONS_AT_ONCE = 8
SECONDS_OF_SILENCE = 15.0
"""After so long a sign of life is sent on a stream, for whatever stands between."""

_CLIENT_GONE = 499

Item = TypeVar("Item")


class Wire(Protocol):
    """How a growing answer is written down. What is sent first settles that the status is 200."""

    media_type: str
    sign_of_life: bytes
    is_whole: bool
    """Whether nothing is sent before the end."""

    def grown(self, answer: Answer) -> bytes:
        """What is sent of an answer that has changed, b"" for nothing."""

    def done(self, answer: Answer) -> bytes:
        """What is sent at the end."""

    def failed(self, problem: Problem) -> bytes:
        """What is sent where something goes wrong after something has been sent."""


async def stepped(
    start: Callable[[], Generator[Item]], limiter: CapacityLimiter, *, whole: bool = False
) -> AsyncGenerator[Item]:
    """What a generator yields, worked on in threads; with `whole` only the last item.

    It is closed in the end, or as soon as its running step is done; the caller closes this one, as
    with `aclosing`.
    """
    steps = _Steps(start())
    threads = CapacityLimiter(2)  # one that steps, one that closes: never those of the server
    await limiter.acquire_on_behalf_of(steps)
    try:
        step = partial(steps.next, whole)
        # Whoever goes away need not wait until the step is done: closing waits for it.
        while (found := await run_sync(step, limiter=threads, abandon_on_cancel=True)) is not None:
            yield found[0]
    finally:
        try:
            with anyio.CancelScope(shield=True):
                await run_sync(steps.close, limiter=threads)
        finally:
            limiter.release_on_behalf_of(steps)


def written(document: Document) -> str:
    """A document on one line, letters as they are."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def event(name: str, document: Document) -> bytes:
    """A server-sent event."""
    return f"event: {name}\ndata: {written(document)}\n\n".encode()


class _Steps(Generic[Item]):
    """A generator that one thread at a time works on; closing waits for the running step."""

    def __init__(self, growing: Generator[Item]) -> None:
        self._growing = growing
        self._lock = threading.Lock()
        self._closing = False

    def next(self, last: bool) -> tuple[Item] | None:
        """The next item, or the last one, by itself in a tuple; None at the end."""
        found = None
        with self._lock:
            for item in self._growing:
                found = (item,)
                if self._closing or not last:
                    break
        return found

    def close(self) -> None:
        """Close the generator."""
        self._closing = True
        with self._lock:
            self._growing.close()


class AnswerResponse(Response):
    """Sends an answer as its wire has it, and stops it the moment the client is gone.

    What goes wrong before anything was sent is answered as a problem, with its status.
    """

    def __init__(
        self, start: Callable[[], Generator[Answer]], wire: Wire, limiter: CapacityLimiter
    ) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers=headers, media_type=wire.media_type)
        del self.headers["content-length"]
        self._start = start
        self._wire = wire
        self._limiter = limiter
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        async with anyio.create_task_group() as group:

            async def listen() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(listen)
            with suppress(OSError):  # some servers raise it where the client is gone
                await self._respond(scope, receive, send)
            group.cancel_scope.cancel()
        if not self._begun:  # nobody reads it, but what stands between waits for a response
            with suppress(OSError):
                await Response(status_code=_CLIENT_GONE)(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                if isinstance(piece, Problem) and not self._begun:
                    self._begun = True
                    await problem_response(piece, scope["path"])(scope, receive, send)
                    return
                if not self._begun:
                    self._begun = True
                    start = {"type": "http.response.start", "status": 200}
                    await send({**start, "headers": self.raw_headers})
                body = self._wire.failed(piece) if isinstance(piece, Problem) else piece
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncGenerator[bytes | Problem]:
        """What is to be sent, a problem last where there is one."""
        last, sent = None, time.monotonic()
        async with aclosing(
            stepped(self._start, self._limiter, whole=self._wire.is_whole)
        ) as answers:
            try:
                async for answer in answers:
                    piece = self._wire.grown(answer) if answer != last else b""
                    if not piece and time.monotonic() - sent > SECONDS_OF_SILENCE:
                        piece = self._wire.sign_of_life
                    last = answer
                    if piece:
                        sent = time.monotonic()
                        yield piece
                if last is not None:
                    yield self._wire.done(last)
            except Exception as error:
                yield problem_of(error)
