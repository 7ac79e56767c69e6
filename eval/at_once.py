"""How long questions take that are asked at once, also while a language model is writing."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

from rag.answer import Assistant
from rag.llm import EMBEDDED, QUOTES, is_ready, open_llm, stream_text
from rag.types import Message

_EIGHT = 8
_ROUNDS = 3

_TALK: tuple[Message, ...] = (
    {"role": "user", "content": "Tell a long story of a ship, a canal and a storm."},
)


def at_once(assistant: Assistant, questions: Sequence[str]) -> dict[str, float]:
    """Seconds of the slowest of eight questions that are asked at once, for quotations.

    By themselves, and where its weights are there already, while the embedded model writes. Each is
    the median of three times; fewer questions are asked more than once. Raises `LanguageModelError`
    where the model cannot be run.
    """
    quoting = assistant.written_by(QUOTES)
    found = {"eight_s": _slowest(quoting, questions)}
    if is_ready(EMBEDDED):
        model = open_llm(EMBEDDED)
        with _writing(lambda: stream_text(model, _TALK)):
            found["eight_beside_model_s"] = _slowest(quoting, questions)
    return found


def _slowest(assistant: Assistant, questions: Sequence[str]) -> float:
    asked = [questions[number % len(questions)] for number in range(_EIGHT)]
    with ThreadPoolExecutor(_EIGHT) as pool:
        return statistics.median(
            max(pool.map(lambda question: _seconds(assistant, question), asked))
            for _ in range(_ROUNDS)
        )


@contextmanager
def _writing(stream: Callable[[], Generator[str]]) -> Iterator[None]:
    """A model that writes from its first word on to the end of the block, again and again."""
    ended, begun = Event(), Event()

    def write() -> None:
        try:
            while not ended.is_set():
                with closing(stream()) as pieces:
                    for piece in pieces:
                        if piece:
                            begun.set()
                        if ended.is_set():
                            return
                begun.set()
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
