"""A process that changes a home and kills itself on the way; what a home holds, for comparing."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from tests_support import ROOT

from index.build import ingest, rebuild, refill, remove
from index.catalogue import Catalogue
from index.check import check
from index.config import Config, load_config
from index.embed import Embedder

SAVE, CREATE = "index.catalogue.Catalogue.save", "index.database.create"
NOTE, BECOME = "index.catalogue.Catalogue.set_indexed", "index.catalogue.Catalogue.become"
REMOVE, LEAVE = "index.catalogue.Catalogue.remove", "index.rows.leave"
INSERT, RENAME = "index.rows._insert", "index.mend.rename_collection"
ADD, DROP = "index.vectors.NeighbourIndex.add", "index.vectors.NeighbourIndex.drop_others"
FORGET, OPEN = "index.vectors.NeighbourIndex.remove", "index.vectors.NeighbourIndex.open"
REPLACE, DELETE = "index.database.os.replace", "index.check.shutil.rmtree"

POINTS = {
    "first": (OPEN, CREATE, REPLACE, SAVE, INSERT, ADD, NOTE),
    "ingest": (SAVE, INSERT, ADD, NOTE, FORGET, LEAVE, REMOVE),
    "remove": (LEAVE, REMOVE, FORGET, NOTE),
    "rebuild": (CREATE, REPLACE, SAVE, ADD, NOTE, BECOME, DROP),
    "vectors": (OPEN, ADD, RENAME, NOTE, DROP),
    "repair": (DELETE, OPEN, ADD, RENAME, NOTE, DROP),
}
"""What is done to a home, and the functions on the way, each with what may be killed around it."""

_CHUNKS_AT_ONCE = 4
_MOST_BEHIND = 3


@dataclass(frozen=True, slots=True)
class Crash:
    """A process that does `work` and is killed around the `nth` call of `point`.

    Without a `point` it is killed after so many `seconds` of work.
    """

    work: str
    point: str = ""
    after: bool = True
    nth: int = 1
    seconds: float = 0.0

    @classmethod
    def drawn(cls, draw: random.Random) -> Crash:
        """Any crash: three of four at a point, the others at a moment."""
        work = draw.choice(list(POINTS))
        if draw.random() < 0.25:
            return cls(work, seconds=draw.uniform(0.0, 3.0))
        after, nth = draw.random() < 0.5, draw.choice((1, 1, 1, 2, 3))
        return cls(work, draw.choice(POINTS[work]), after, nth)

    def __str__(self) -> str:
        when = "after" if self.after else "before"
        name = self.point.rpartition(".")[2]
        return (
            f"{self.work}-{when}-{name}-{self.nth}" if name else f"{self.work}-{self.seconds:.2f}s"
        )


def crash(config: Config, folder: Path, how: Crash) -> bool:
    """Whether the process was killed on the way; raises where it failed otherwise."""
    arguments = json.dumps({"home": str(config.home), "folder": str(folder), **asdict(how)})
    done = subprocess.run(
        [sys.executable, __file__, arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, sys.path)))},
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def do(work: str, config: Config, folder: Path, open_embedder: Callable[[], Embedder]) -> None:
    """What a crash breaks off: the articles of `folder` come in, articles go, parts are renewed."""
    if work in ("first", "ingest"):
        ingest([folder], config, open_embedder, prune=folder)
    elif work == "remove":
        remove(json.loads((folder.parent / "removed.json").read_text()), config)
    elif work == "rebuild":
        rebuild(config, open_embedder)
    elif work == "vectors":
        refill(config)
    else:
        check(config.home, repair=True, models=False)


def content(config: Config) -> dict[str, Any]:
    """All that a catalogue holds, but for numbers that count its changes, and its vectors."""
    catalogue = Catalogue.open(config.catalogue)

    def rows(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in catalogue.rows(query)]

    return {
        "articles": rows(
            "SELECT a.id, a.origin, a.digest, a.title, a.text, a.language, a.published, a.raw, "
            "a.metadata, o.id FROM articles a LEFT JOIN articles o ON o.number = a.original "
            "ORDER BY a.id"
        ),
        "chunks": rows(
            'SELECT c.id, a.id, c.start, c."end", c.language, c.sentences, l.stems, l.folded '
            "FROM chunks c JOIN articles a ON a.number = c.article "
            "JOIN lexicon l ON l.rowid = c.number ORDER BY c.id"
        ),
        "grams": rows("SELECT gram, chunks FROM grams WHERE chunks > 0 ORDER BY gram"),
        "stems": rows("SELECT term, doc, cnt FROM vocabulary ORDER BY term"),
        "bands": rows(
            "SELECT b.band, a.id FROM bands b JOIN articles a ON a.number = b.article ORDER BY 1, 2"
        ),
        "count": catalogue.chunk_count(),
        "settings": asdict(catalogue.settings()),
    }


def vectors(config: Config) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The vectors of the chunks and of their sentences (n, d), in the order of the chunks' ids."""
    catalogue = Catalogue.open(config.catalogue)
    stored = sorted(catalogue.chunks(catalogue.chunk_ids()), key=lambda item: item.chunk.id)
    return np.concatenate([np.vstack([item.vector, item.sentence_vectors]) for item in stored])


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_around(point: str, after: bool, nth: int) -> None:
    """Let the `nth` call of a function, or of a method, be the last thing this process does."""
    owner, name = _found(point)
    original, calls = getattr(owner, name), 0

    @wraps(original)
    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            _die()
        result = original(*arguments, **named)
        if calls == nth:
            _die()
        return result

    bound = isinstance(inspect.getattr_static(owner, name), classmethod)
    setattr(owner, name, staticmethod(deadly) if bound else deadly)


def _found(point: str) -> tuple[Any, str]:
    """What holds a dotted name, and its last part."""
    first, *between, last = point.split(".")[1:]
    owner: Any = importlib.import_module(f"index.{first}")
    for part in between:
        owner = getattr(owner, part)
    return owner, last


def _main(given: Mapping[str, Any]) -> None:
    from index import mend, writer

    # Many small batches: otherwise these few articles would be one.
    for module, name, value in (
        (writer, "_CHUNKS_AT_ONCE", _CHUNKS_AT_ONCE),
        (writer, "MOST_BEHIND", _MOST_BEHIND),
        (mend, "MOST_BEHIND", _MOST_BEHIND),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)
    config = load_config(Path(given["home"]), environment={})
    embeds = given["work"] in ("first", "ingest", "rebuild")
    embedder = Embedder.open() if embeds else None
    if given["point"]:
        _die_around(given["point"], given["after"], given["nth"])
    else:
        threading.Timer(given["seconds"], _die).start()

    def opened() -> Embedder:
        assert embedder is not None
        return embedder

    do(given["work"], config, Path(given["folder"]), opened)
    os._exit(0)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
