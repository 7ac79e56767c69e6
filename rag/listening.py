"""Listening to a language model in a thread of its own, so that whoever waits for it may go away.

A request that Dalil makes itself is read by an event loop of its own, which breaks the connection
off at once, also while the model still reads its prompt. Any other model is stopped at its next
piece; nobody waits for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

HEARTBEAT_SECONDS = 0.1
"""How often an empty piece comes while the model says nothing."""


def pieces(llm: LLM, turns: Sequence[ChatMessage]) -> Generator[str]:
    """What a model writes as it comes, and an empty piece at every heartbeat while nothing comes.

    Raises what the model's client raises. Closing the generator ends the request.
    """
    listener = _Listener(llm, turns)
    listener.start()
    try:
        while True:
            try:
                heard = listener.heard.get(timeout=HEARTBEAT_SECONDS)
            except Empty:
                yield ""
                continue
            if heard is None:
                return
            if isinstance(heard, BaseException):
                raise heard
            yield heard
    finally:
        listener.stop()


class _Listener:
    """One request; `heard` gets the pieces, then `None` or what was raised."""

    def __init__(self, llm: LLM, turns: Sequence[ChatMessage]) -> None:
        self.heard: SimpleQueue[str | BaseException | None] = SimpleQueue()
        self._llm = llm
        self._turns = turns
        self._stopped = Event()
        self._cancel: Callable[[], object] = _nothing

    def start(self) -> None:
        """Send the request; what traces the caller's work traces this as well."""
        run = copy_context().run
        Thread(target=run, args=(self._listen,), name="language model", daemon=True).start()

    def stop(self) -> None:
        """End the request, from any thread, also where it has ended."""
        self._stopped.set()
        self._cancel()

    def _listen(self) -> None:
        try:
            # A client that is kept between requests belongs to the event loop of the first.
            if getattr(self._llm, "reuse_client", True):
                self._read_pieces()
            else:
                asyncio.run(self._read_connection())
        except BaseException as error:  # every client library raises its own; it is raised again
            self.heard.put(error)
        else:
            self.heard.put(None)

    def _read_pieces(self) -> None:
        with closing(self._llm.stream_chat(self._turns)) as responses:
            for response in responses:
                if self._stopped.is_set():
                    return
                self.heard.put(response.delta or "")

    async def _read_connection(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            with suppress(RuntimeError):  # the loop is closed: the request has ended
                loop.call_soon_threadsafe(task.cancel)

        self._cancel = cancel
        if self._stopped.is_set():
            return
        async for response in await self._llm.astream_chat(self._turns):
            self.heard.put(response.delta or "")


def _nothing() -> None:
    """What ends a request that has not begun."""
