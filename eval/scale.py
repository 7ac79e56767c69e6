"""What a collection costs as it grows: one is grown to each size in turn and measured there.

The articles are made by `eval.perturb` from real ones and stored by the product's own code; only
embedding is left out. An article is added, changed and removed in fresh processes, each time in an
empty collection as well, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from eval.dataset import ARTICLES, DEVELOPMENT, load_questions
from eval.peers import MEGABYTE, process
from eval.perturb import Prepared, Source, perturbed, source_of
from eval.provenance import machine
from index.build import ingest, remove
from index.catalogue import Catalogue
from index.config import DEFAULT_EMBEDDING, Config, load_config
from index.embed import Embedder
from index.lock import writing
from index.mend import catch_up
from index.search import Index
from index.types import RawArticle
from index.vectors import NeighbourIndex
from index.writer import Writer

LIMIT = 10
CHANGES = ("add", "change", "remove")

_WARMING = 10
_FIRST_FREE = 10**9
"""The number of the first made article that is no part of a collection."""

_ROWS = {
    "chunks_per_second": "ingest without embedding, chunks a second",
    "add_ms": "add an article, warm, ms",
    "add_relative": "as a multiple of an empty collection",
    "change_ms": "change it, ms",
    "change_relative": "as a multiple of an empty collection",
    "remove_ms": "remove it, ms",
    "remove_relative": "as a multiple of an empty collection",
    "first_add_ms": "add an article, the first of a process, ms",
    "first_add_relative": "as a multiple of an empty collection",
    "catch_up_ms": "after many of them: the neighbour index catches up, ms",
    "query_median_ms": "query, warm, median, ms",
    "query_p95_ms": "query, warm, 95th percentile, ms",
    "embed_median_ms": "of it embedding the question, median, ms",
    "cold_start_s": "a fresh process opens and asks, s",
    "memory_mb": "its peak memory, MB",
    "disk_mb": "on disk, MB",
}

Figures = dict[str, Any]
Report = Callable[[str], None]
"""Told in a few words what is being measured."""


def scale(
    sizes: Sequence[int],
    articles: Sequence[Path] = (ARTICLES,),
    questions: Sequence[Path] = (DEVELOPMENT,),
    *,
    rounds: int = 3,
    seed: int = 7,
    report: Report | None = None,
) -> Figures:
    """Grow a collection to each of `sizes`, in chunks, and return the figures as one document.

    `articles` are what the made ones are made of, `questions` what is asked. Articles are changed
    in `rounds` processes. Times are in milliseconds or, where the key says so, seconds; memory and
    disk in megabytes of 1,000,000 bytes; "relative" is to an empty collection. `report` is told how
    it goes and, as soon as they are known, the figures of each size, by default on standard error.
    Raises `ValueError` for a size below 1, `DalilError`, and `RuntimeError` where a process that is
    measured fails.
    """
    if not sizes or min(sizes) < 1:
        raise ValueError(f"sizes must be 1 or more, not {list(sizes)}")
    tell = report or (lambda what: print(f"bench: {what}", file=sys.stderr))
    asked = [gold.question for path in questions for gold in load_questions(path)]
    embedder = Embedder.open()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        tell("embedding the articles that others are made of")
        real = load_config(root / "real", environment={})
        ingest(articles, real, lambda: embedder)
        config = load_config(root / "grown", environment={})
        growing = _Growing(config, real, seed)
        found = {}
        for size in sorted(set(sizes)):
            found[str(size)] = measured = {
                **growing.to(size, tell),
                **_changes(config, real, rounds, tell),
                **_queries(config, embedder, asked, tell),
                **_fresh(config, asked[0], tell),
            }
            tell(", ".join(f"{key} {_shown(value)}" for key, value in measured.items()))
    return {
        "files": [path.name for path in (*articles, *questions)],
        "questions": len(asked),
        "embedding": DEFAULT_EMBEDDING,
        "seed": seed,
        "rounds": rounds,
        "machine": machine({"chromadb", "sentence-transformers", "torch"}),
        "sizes": found,
    }


def markdown(document: Mapping[str, Any]) -> str:
    """A document of `scale` as a table: a column for each size."""
    sizes = document["sizes"]
    head = ["chunks", *(f"{each['chunks']:,}" for each in sizes.values())]
    rows = [[what, *(_shown(each[key]) for each in sizes.values())] for key, what in _ROWS.items()]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    where = document["machine"]
    return (
        f"{table}\n\n- Made of {', '.join(document['files'])} with seed {document['seed']}; "
        f"{document['questions']} questions, {document['rounds']} rounds of changes, "
        f"{document['embedding']}; {where['processor']}, {where['cores']} cores, "
        f"{where['system']}, Python {where['python']}.\n"
    )


def change_articles(home: str, real: str, out: str) -> None:
    """Add, change and remove made articles: the work of one process, its times written to `out`.

    `real` is the home of the articles that they are made of. Libraries are loaded before.
    """
    source, prepared = _stand_in(load_config(Path(real), environment={}))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        NeighbourIndex.open(load_config(Path(folder), environment={}), "chunks")  # loads Chroma
    config = load_config(Path(home), environment={})
    taken: dict[str, list[float]] = {change: [] for change in CHANGES}
    for number in range(_FIRST_FREE, _FIRST_FREE + 4):
        first = perturbed(source, number)
        second = replace(perturbed(source, number, seed=8), id=first.id, origin=first.origin)
        for change, work in (
            ("add", lambda: _store(first, config, prepared)),  # noqa: B023 — called at once
            ("change", lambda: _store(second, config, prepared)),  # noqa: B023
            ("remove", lambda: remove([first.id], config)),  # noqa: B023
        ):
            started = time.perf_counter()
            work()
            taken[change].append(1000 * (time.perf_counter() - started))
    started = time.perf_counter()
    catch_up(config, Catalogue.open(config.catalogue))
    taken["catch_up"] = [1000 * (time.perf_counter() - started)]
    Path(out).write_text(json.dumps(taken), "utf-8")


def _stand_in(real: Config) -> tuple[Source, Prepared]:
    """A home's articles taken apart, and what stands in for the embedder that built it."""
    catalogue = Catalogue.open(real.catalogue)
    source = source_of(catalogue)
    return source, Prepared(catalogue.settings(), source)


def _store(raw: RawArticle, config: Config, embedder: Embedder) -> None:
    """As `dalil ingest` stores one article."""
    with writing(config.home, "ingest"), Writer(config, lambda: embedder, None) as writer:
        writer.take(raw)
        writer.flush()


class _Growing:
    """A collection that grows by made articles."""

    def __init__(self, config: Config, real: Config, seed: int) -> None:
        self._config = config
        source, self._prepared = _stand_in(real)
        self._made = (perturbed(source, number, seed) for number in count())

    def to(self, size: int, tell: Report) -> Figures:
        """Grow to at least `size` chunks."""
        before = _chunk_count(self._config)
        with (
            writing(self._config.home, "ingest"),
            Writer(self._config, lambda: self._prepared, None) as writer,
        ):
            started, told = time.perf_counter(), before
            while before + writer.chunks < size:
                writer.take(next(self._made))
                if before + writer.chunks >= told + 5000:
                    told = before + writer.chunks
                    tell(f"growing to {size:,} chunks, {told:,} are there")
            writer.flush()
            seconds = time.perf_counter() - started
        chunks = _chunk_count(self._config)
        return {"chunks": chunks, "chunks_per_second": (chunks - before) / seconds}


def _chunk_count(config: Config) -> int:
    return Catalogue.open(config.catalogue).chunk_count() if config.catalogue.exists() else 0


def _changes(config: Config, real: Config, rounds: int, tell: Report) -> Figures:
    """What changes of one article cost, here and in an empty collection, in turns."""
    code = "import sys; from eval.scale import change_articles as go; go(*sys.argv[1:])"
    out = config.home.parent / "changes.json"
    taken: dict[str, list[Mapping[str, list[float]]]] = {"here": [], "empty": []}
    for turn in range(1, rounds + 1):
        tell(f"{_chunk_count(config):,} chunks: one article, {turn} of {rounds}")
        empty = load_config(Path(tempfile.mkdtemp(dir=config.home.parent)), environment={})
        with writing(empty.home, "ingest"):
            Catalogue.create(empty.catalogue, Catalogue.open(config.catalogue).settings())
        for name, home in (("here", config.home), ("empty", empty.home)):
            process(code, [str(home), str(real.home), str(out)])
            taken[name].append(json.loads(out.read_text("utf-8")))
    found: Figures = {}
    for change in (*CHANGES, "first_add"):
        key = change.removeprefix("first_")
        first = change != key
        here, empty_ = (
            statistics.median(
                each for run in taken[name] for each in (run[key][:1] if first else run[key][1:])
            )
            for name in ("here", "empty")
        )
        found |= {f"{change}_ms": here, f"{change}_relative": here / empty_}
    found["catch_up_ms"] = statistics.median(run["catch_up"][0] for run in taken["here"])
    return found


def _queries(config: Config, embedder: Embedder, questions: Sequence[str], tell: Report) -> Figures:
    """Times of warm searches: all of it, and embedding the question alone."""
    index = Index.open(config, lambda: embedder)
    tell(f"{index.catalogue.chunk_count():,} chunks: {len(questions)} questions")
    for question in questions[:_WARMING]:
        index.search(question, LIMIT)
    whole, embedding = [], []
    for question in questions:
        started = time.perf_counter()
        query = index.query(question)
        embedding.append(1000 * (time.perf_counter() - started))
        index.find(query, LIMIT)
        whole.append(1000 * (time.perf_counter() - started))
    return {
        "query_median_ms": statistics.median(whole),
        "query_p95_ms": float(np.percentile(whole, 95)),
        "embed_median_ms": statistics.median(embedding),
    }


def _fresh(config: Config, question: str, tell: Report) -> Figures:
    """A fresh process that opens the collection and asks, and what is on disk."""
    tell(f"{_chunk_count(config):,} chunks: a fresh process")
    code = "import sys; from eval.peers import ask_once; ask_once(*sys.argv[1:])"
    seconds, megabytes = process(code, ["dalil", str(config.home), question, str(LIMIT)])
    stored = sum(path.stat().st_size for path in config.home.rglob("*") if path.is_file())
    return {"cold_start_s": seconds, "memory_mb": megabytes, "disk_mb": stored / MEGABYTE}


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
