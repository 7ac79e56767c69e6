"""How long questions take that are asked at once, also while a language model is writing."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from rag.answer import Assistant
from rag.llm import EMBEDDED, QUOTES, is_ready, open_llm, stream_text
from rag.types import Message

EIGHT = 8
_ROUNDS = 3

_TALK: tuple[Message, ...] = (
    {"role": "user", "content": "Tell a long story of a ship, a canal and a storm."},
)


def slowest_at_once(assistant: Assistant, questions: Sequence[str]) -> float:
    """Seconds that the slowest of eight questions takes where all are asked at once.

    The median of three times; fewer questions are asked more than once.
    """
    asked = [questions[number % len(questions)] for number in range(EIGHT)]
    taken: list[float] = []
    with ThreadPoolExecutor(EIGHT) as pool:
        for _ in range(_ROUNDS):
            taken.append(max(pool.map(lambda question: _seconds(assistant, question), asked)))
    return sorted(taken)[_ROUNDS // 2]


def slowest_beside_model(assistant: Assistant, questions: Sequence[str]) -> float | None:
    """The same while the embedded model writes; `None` where its weights are not there.

    The questions are answered by quotations, whatever the assistant writes with. Raises
    `LanguageModelError` where the model cannot be run.
    """
    if not is_ready(EMBEDDED):
        return None
    with _writing(lambda: stream_text(open_llm(EMBEDDED), _TALK)):
        return slowest_at_once(assistant.written_by(QUOTES), questions)


@contextmanager
def _writing(stream: Callable[[], Generator[str]]) -> Iterator[None]:
    """A model that writes from its first word on to the end of the block, again and again."""
    ended, begun = Event(), Event()

    def write() -> None:
        try:
            while not ended.is_set():
                for piece in stream():
                    if piece:
                        begun.set()
                    if ended.is_set():
                        return
        finally:
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        begun.wait()
        try:
            yield
        finally:
            ended.set()
        writing.result()


def _seconds(assistant: Assistant, question: str) -> float:
    started = time.perf_counter()
    assistant.ask(question)
    return time.perf_counter() - started
