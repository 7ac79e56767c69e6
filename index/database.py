"""The catalogue's file: how it is opened, also on a read-only disk, and how it comes to be."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import CatalogueError

_BUSY_SECONDS = 30.0
_ENDINGS = ("", "-wal", "-shm", "-journal")


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing database; raises `CatalogueError` where that cannot be done.

    On a read-only disk it is only read. SQLite would keep readers and writers apart by files beside
    it, which cannot be made there; nobody writes there, so it is told not to.
    """
    try:
        if on_read_only_disk(path.parent):
            return _read_only(path)
        connection = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise CatalogueError(unusable(path, error)) from error
    return connection


def on_read_only_disk(folder: Path) -> bool:
    """Whether the disk of a folder is mounted so that nobody can write to it here."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):  # another system than Unix; no such folder
        return False


def salvaging(path: Path) -> sqlite3.Connection:
    """Open a database that may be damaged, to read what can be read, and only that.

    SQLite reads a file that is shorter than it says of itself only where it is told that the schema
    may be wrong.
    """
    how = "immutable=1" if on_read_only_disk(path.parent) else "mode=ro"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", _BUSY_SECONDS, uri=True)
    connection.execute("PRAGMA writable_schema = ON")
    return connection


@contextmanager
def whole(path: Path) -> Iterator[sqlite3.Connection]:
    """A new database that appears at `path`, in the place of what is there, when it is complete.

    Raises `CatalogueError` where it cannot be written; then nothing appears.
    """
    beside = beside_of(path)
    try:
        delete(beside)
        with closing(sqlite3.connect(beside)) as connection:
            yield connection
            connection.commit()
        os.replace(beside, path)
    except (sqlite3.Error, OSError) as error:
        raise CatalogueError(unwritten(path, error)) from error


def create(path: Path, tables: str, settings: Mapping[str, str]) -> None:
    """Make a database with these tables and what its table `settings` holds, as `whole` does."""
    with whole(path) as connection:
        connection.executescript(tables)
        connection.executemany("INSERT INTO settings VALUES (?, ?)", settings.items())


def delete(path: Path) -> None:
    """Delete a database that nobody has open, and the files that SQLite keeps beside it."""
    for ending in _ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def beside_of(path: Path) -> Path:
    """Where a database is made before it appears at `path`."""
    return path.with_name(f"{path.name}.new")


def unusable(path: Path, problem: object) -> str:
    """What to say where a catalogue cannot be read."""
    advice = "Run: dalil check, which says what can be saved"
    if not os.access(path.parent, os.W_OK) and not on_read_only_disk(path.parent):
        advice = f"SQLite needs to write in {path.parent}: let this user do so"
    return f"{path} cannot be used as a catalogue: {problem}. {advice}, or choose another --home."


def unwritten(path: Path, error: Exception) -> str:
    """What to say where a catalogue cannot be written."""
    problem = str(error)
    advice = "" if "full" not in problem and "space" not in problem else " Free some space."
    return (
        f"{path} could not be written: {problem}.{advice} What was stored before is there; run the "
        "same again to go on."
    )


def _read_only(path: Path) -> sqlite3.Connection:
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    how = "mode=ro" if has_log else "immutable=1"
    address = f"{path.absolute().as_uri()}?{how}"
    connection = sqlite3.connect(address, isolation_level=None, uri=True)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        if not has_log:
            raise
        raise CatalogueError(
            f"{path} lies on a read-only disk, and {log.name} beside it holds changes that SQLite "
            f"would have to take over first ({error}). Let the disk be written to, run dalil "
            "articles list once, then make it read-only again."
        ) from error
    return connection
