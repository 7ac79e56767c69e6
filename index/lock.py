"""One writer at a time: a lock file in the home that says who is writing."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import CatalogueError, LockedError

HOLDER = "writer.json"

_under_way: set[object] = set()
_ended = threading.Condition()


@contextmanager
def writing(home: Path, purpose: str, timeout: float = 30.0) -> Iterator[None]:
    """Hold the writer's lock of `home` while it is being changed.

    Waits up to `timeout` seconds for another process; then raises `LockedError`, which names it.
    """
    with _counted(), _locked(home, purpose, timeout):
        yield


def wait_until_written() -> None:
    """Wait until no thread of this process is writing to a home, or waits for its lock."""
    with _ended:
        _ended.wait_for(lambda: not _under_way)


def is_writing() -> bool:
    """Whether a thread of this process is writing to a home, or waits for its lock."""
    return bool(_under_way)


@contextmanager
def _counted() -> Iterator[None]:
    mine = object()
    with _ended:
        _under_way.add(mine)
    try:
        yield
    finally:
        with _ended:
            _under_way.remove(mine)
            _ended.notify_all()


@contextmanager
def _locked(home: Path, purpose: str, timeout: float) -> Iterator[None]:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogueError(f"{home} cannot be made: {error}. Choose another --home.") from error
    lock = FileLock(home / "writer.lock")
    holder = home / HOLDER
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise LockedError(_who(home)) from error
    except OSError as error:
        raise CatalogueError(f"{home} cannot be written to: {error}.") from error
    try:
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        with suppress(OSError):  # it only informs whoever waits
            holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose, "since": since}))
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def noted(home: Path) -> str:
    """The process that noted that it writes to `home`, as words; "" where none did.

    The note of a process that was cut off stays until the next writer comes.
    """
    try:
        facts = json.loads((home / HOLDER).read_text())
        return f"process {facts['pid']} ({facts['purpose']}, since {facts['since']})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _who(home: Path) -> str:
    who = noted(home) or "another process"
    program = Path(sys.argv[0]).name or "dalil"
    return f"{home} is being written to by {who}. Wait until it is done, then run {program} again."
