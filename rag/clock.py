"""How long the stages of an answer take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag.types import Answer


@dataclass(slots=True)
class Clock:
    """Seconds per stage; the only thing here that changes."""

    started: float = 0.0
    last: float = 0.0
    seconds: dict[str, float] | None = None

    def __post_init__(self) -> None:
        self.started = self.last = time.perf_counter()
        self.seconds = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        assert self.seconds is not None
        now = time.perf_counter()
        self.seconds[stage] = round(now - self.last, 4)
        self.last = now

    def reach(self, event: str) -> None:
        """Note how long after the start something happened for the first time."""
        assert self.seconds is not None
        self.seconds.setdefault(event, round(time.perf_counter() - self.started, 4))

    def stop(self, answer: Answer) -> Answer:
        """The answer with the seconds of every stage and of the whole."""
        assert self.seconds is not None
        whole = round(time.perf_counter() - self.started, 4)
        seconds: Mapping[str, float] = {**self.seconds, "total": whole}
        return replace(answer, seconds=seconds)
