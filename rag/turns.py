"""Turns: as many questions are worked on at once as there are cores, the others wait in order.

Each has its share of the cores. Where the networks of eight questions all take both of two cores,
they wait for one another at every multiplication, and for Python's lock: the slowest took 0.92 s,
in turns 0.80 s. One core does a network's work in 1.26 times the time of two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Event, Lock


class Turns:
    """At most `most` threads at once, in the order in which they came."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._working = 0
        self._waiting: deque[Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[int]:
        """Wait for a turn, which ends with the block; gives how many have one now."""
        mine = Event()
        with self._lock:
            if self._working < self.most:
                self._working += 1
                mine.set()
            else:
                self._waiting.append(mine)
        try:
            mine.wait()
            yield self._working
        finally:
            with self._lock:
                self._leave(mine)

    def _leave(self, mine: Event) -> None:
        """Hand the turn to whoever waits longest; or only wait no more, where it never came."""
        if not mine.is_set():
            self._waiting.remove(mine)
        elif self._waiting:
            self._waiting.popleft().set()
        else:
            self._working -= 1


@contextmanager
def turn() -> Iterator[None]:
    """A turn among all questions of this process, with a share of the cores that PyTorch takes."""
    import torch  # heavy: loaded with the embedding model

    turns = _turns()
    with turns.turn() as working:
        torch.set_num_threads(max(1, turns.most // working))  # of this thread, and of later ones
        try:
            yield
        finally:
            torch.set_num_threads(turns.most)


@lru_cache(maxsize=1)
def _turns() -> Turns:
    import torch

    return Turns(torch.get_num_threads())
