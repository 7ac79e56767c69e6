"""A larger home, and the ways in which its neighbour index can be damaged."""

from __future__ import annotations

import random
import shutil
import sqlite3
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from eval.perturb import Prepared, perturbed, source_of
from index.catalogue import Catalogue
from index.config import Config, load_config
from index.lock import writing
from index.writer import Writer

CHUNKS = 1200
"""Chroma keeps the first thousand in memory and writes no graph for fewer."""


def random_bytes(path: Path) -> None:
    """As many random bytes as the file has."""
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def zeros(path: Path) -> None:
    """As many zeros as the file has."""
    path.write_bytes(bytes(path.stat().st_size))


def half(path: Path) -> None:
    """The file without its second half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage(config: Config, name: str, how: Callable[[Path], None]) -> None:
    """Do that to a file of the neighbour index."""
    how(next(config.vectors_folder.rglob(name)))


def of_sqlite(config: Config, *statements: str) -> None:
    """Change the catalogue behind the product's back."""
    connection = sqlite3.connect(config.catalogue)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def copied_folder(config: Config, home: Path) -> Config:
    """A copy, file by file, of a home that no process has open."""
    shutil.copytree(config.home, home)
    return load_config(home, environment={})


def grow(real: str, grown: str) -> None:
    """Make a home of `CHUNKS` chunks out of a real one, without embedding."""
    config = load_config(Path(grown), environment={})
    catalogue = Catalogue.open(load_config(Path(real), environment={}).catalogue)
    source = source_of(catalogue)
    prepared = Prepared(catalogue.settings(), source)
    with writing(config.home, "ingest"), Writer(config, lambda: prepared, None) as writer:
        numbers = count()
        while writer.chunks < CHUNKS:
            writer.take(perturbed(source, next(numbers)))
        writer.flush()


if __name__ == "__main__":
    grow(*sys.argv[1:])
