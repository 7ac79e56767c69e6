"""The default language model on its way, while the server answers by quotations already."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from index.errors import DalilError
from index.weights import Progress
from ui.log import tell_error
from ui.strings import in_both


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far the language model has come, in bytes; `problem` is why it will not."""

    active: bool = False
    done: int = 0
    total: int = 0
    problem: str = ""


class ModelArrival:
    """Fetches a language model in the background and tells how far it is. Threads may share it."""

    def __init__(self, fetch: Callable[[Progress], object]) -> None:
        """`fetch` gets the model, reporting bytes done and in all; `DalilError` says it cannot."""
        self._fetch = fetch
        self._state = Arrival()

    def start(self) -> None:
        """Begin; returns at once."""
        self._state = Arrival(active=True)
        threading.Thread(target=self._run, name="model-arrival", daemon=True).start()

    def state(self) -> Arrival:
        """How far it is now."""
        return self._state

    def _run(self) -> None:
        try:
            self._fetch(self._report)
        except DalilError as error:
            self._state = Arrival(problem=str(error))
        except Exception as error:
            tell_error(error)
            self._state = Arrival(problem=in_both("unexpected"))
        else:
            self._state = Arrival()

    def _report(self, done: int, total: int) -> None:
        self._state = Arrival(active=True, done=done, total=total)
