"""Asks a child process for what a file holds: a file that nobody vouches for is parsed there.

The child (`index.parser`) gets bytes and answers with plain data; memory and time of a file are
limited. Where it dies or has to be ended, the file is refused and the next one gets a new child.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from index.fields import RefusedError

FORMATS = ("csv", "docx", "html", "pdf")
"""What the child can parse."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: bytes of memory beyond the child's own, seconds, bytes of answer."""

    memory: int = 1 << 30
    seconds: int = 60
    answer: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """One article as the child gives it.

    `fields` are what it says of itself, as in a line of JSON Lines; `hidden` are characters that
    were left out by `index.hidden.Kind`; `line` is where it begins, 0 for a file that is one
    article; `refused` says why it is none.
    """

    text: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)
    line: int = 0
    refused: str = ""


class Parsing:
    """A child process, started when it is first needed; left, it is ended. For one thread."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def process(self) -> int | None:
        """The number of the child process, None where there is none."""
        return self._child.pid if self._child else None

    def ask(self, form: str, data: bytes) -> list[Parsed]:
        """The articles of a file of that format, one of `FORMATS`. `RefusedError` where the child
        refuses it or is at its end with it.
        """
        if form not in FORMATS:
            raise ValueError(f"the format {form!r} is none of {', '.join(FORMATS)}")
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        late = threading.Event()

        def end_it() -> None:
            late.set()
            child.kill()

        # The child counts the seconds of its processor itself; it may be waiting for ever, too.
        watch = threading.Timer(2.0 * self.limits.seconds, end_it)
        watch.daemon = True
        watch.start()
        try:
            child.stdin.write(json.dumps({"format": form, "size": len(data)}).encode() + b"\n")
            child.stdin.write(data)
            child.stdin.flush()
            found = self._answers(child.stdout)
        except RefusedError:
            raise
        except (OSError, TypeError, ValueError):  # a broken pipe, or no answer of ours
            found = None
        except BaseException:
            self._end()
            raise
        finally:
            watch.cancel()
        if found is None:
            raise RefusedError(self._why(late=late.is_set()))
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            self._child = _started(self.limits)
        return self._child

    def _answers(self, stream: IO[bytes]) -> list[Parsed] | None:
        """What is answered until it says that it is done; None where it stops before."""
        found: list[Parsed] = []
        refused, left = "", self.limits.answer
        while line := stream.readline(left):
            left -= len(line)
            if left <= 0:
                self._end()
                raise RefusedError(
                    f"It holds more than {self.limits.answer / 1e6:.0f} MB of text: split it."
                )
            answer = json.loads(line)
            if "exhausted" in answer:
                self._end()  # a new process has its memory in one piece
                raise RefusedError(str(answer["reason"]))
            if "done" not in answer:
                refused = refused or str(answer.get("reason", ""))
                found += [] if refused else [Parsed(**answer)]
            elif refused:
                raise RefusedError(refused)
            else:
                return found
        return None

    def _why(self, *, late: bool) -> str:
        """Why the child is at its end."""
        code = self._end()
        if late or code == -getattr(signal, "SIGXCPU", 24):
            return (
                f"Reading it takes longer than {self.limits.seconds} seconds: split it, or save "
                "its text as .txt or .md."
            )
        return (
            f"What reads it stopped (exit status {code}), as damaged files can make it: save its "
            "text as .txt or .md."
        )

    def _end(self) -> int | None:
        """End the child where there is one; returns its exit status."""
        child, self._child = self._child, None
        if child is None:
            return None
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was not sent need not be
                    stream.close()
        try:
            return child.wait(0.5)  # it ends with its input
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def _started(limits: Limits) -> subprocess.Popen[bytes]:
    """A new child; of the environment it gets nothing but where Python finds its modules."""
    # -P: a module in the current folder must not take the place of a library's.
    found_in = [str(Path(__file__).parents[1]), *filter(None, sys.path)]
    command = [sys.executable, "-P", "-m", "index.parser", str(limits.memory), str(limits.seconds)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(found_in), "PYTHONUTF8": "1"},
        close_fds=True,
    )
