"""A process is killed while it changes a home: nothing is lost, nothing is there by half."""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crash_support import (
    ADD,
    BECOME,
    DELETE,
    FORGET,
    INSERT,
    LEAVE,
    POINTS,
    RENAME,
    REPLACE,
    SAVE,
    Crash,
    content,
    crash,
    do,
    vectors,
)
from tests_support import dalil

from eval.dataset import ARTICLES
from index.check import Finding, check
from index.config import Config, load_config
from index.embed import Embedder
from index.search import Index

KEPT, CHANGED, GONE, NEW = slice(0, 6), slice(6, 9), slice(9, 11), slice(11, 17)
SEED = "DALIL_CRASH_SEED"
SOAK = 200

CRASHES = (
    Crash("first", REPLACE, after=False),
    Crash("ingest", SAVE, nth=2),
    Crash("ingest", ADD),
    Crash("ingest", INSERT, after=False, nth=3),
    Crash("ingest", FORGET, after=False),
    Crash("remove", LEAVE, nth=2),
    Crash("rebuild", BECOME),
    Crash("vectors", RENAME),
    Crash("repair", DELETE),
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """A collection, the folder of its articles as they are now, and what each work makes of it."""

    base: Config
    folder: Path
    embedder: Embedder
    kept: tuple[str, ...]
    made: dict[str, tuple[dict[str, Any], Any]]

    def home(self, work: str, target: Path) -> Config:
        """A copy of the collection to do some work on; no process has it open."""
        config = load_config(target, environment={})
        if work != "first":
            shutil.copytree(self.base.home, config.home)
        if work == "repair":
            shutil.rmtree(next(config.vectors_folder.glob("*-*")), ignore_errors=True)
            (config.vectors_folder / "chroma.sqlite3").write_bytes(b"no database" * 1000)
        return config

    def undisturbed(self, work: str, target: Path) -> tuple[dict[str, Any], Any]:
        """What a home holds where the work was not broken off."""
        if work not in self.made:
            config = self.home(work, target)
            do(work, config, self.folder, lambda: self.embedder)
            assert is_whole(config) == []
            self.made[work] = content(config), vectors(config)
        return self.made[work]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Workplace:
    root = tmp_path_factory.mktemp("crashes")
    folder, base = root / "articles", load_config(root / "base", environment={})
    samples = sorted(ARTICLES.glob("*.md"))
    folder.mkdir()
    for path in (*samples[KEPT], *samples[CHANGED], *samples[GONE]):
        shutil.copy(path, folder)
    result = dalil("ingest", str(folder), "--home", str(base.home))
    assert result.returncode == 0, result.stderr
    for path in samples[CHANGED]:
        text = path.read_text("utf-8")
        (folder / path.name).write_text(f"{text}\n\nThe commission met again in May.\n", "utf-8")
    for path in samples[GONE]:
        (folder / path.name).unlink()
    for path in samples[NEW]:
        shutil.copy(path, folder)
    removed = [path.stem for path in (*samples[CHANGED], *samples[GONE])]
    (root / "removed.json").write_text(json.dumps(removed))
    return Workplace(base, folder, embedder, tuple(p.stem for p in samples[KEPT]), {})


def is_whole(config: Config, *allowed: str) -> list[Finding]:
    """What is wrong with a home, but for what `allowed` says may be."""
    findings = check(config.home, models=False).findings
    return [f for f in findings if f.state == "wrong" and f.cure not in allowed]


def finds(config: Config, embedder: Embedder, ids: tuple[str, ...]) -> set[str]:
    """Those of some articles that are found by their titles."""
    index = Index.open(config, lambda: embedder)
    titles = {id_: index.catalogue.article(id_).title for id_ in ids}
    return {
        id_
        for id_, title in titles.items()
        if id_ in {hit.chunk.article_id for hit in index.search(title, 5)}
    }


def survives(workplace: Workplace, how: Crash, root: Path) -> bool:
    """Whether the process was killed; fails where something is lost, or not finished afterwards."""
    config = workplace.home(how.work, root / "home")
    was_killed = crash(config, workplace.folder, how)
    if how.work == "repair":
        assert is_whole(config, "tidy", "replace", "refill") == []
    elif config.catalogue.exists():
        # What a rebuild leaves unfinished is no fault of the collection: its next run clears it.
        assert is_whole(config, "tidy", "refill") == []
        if how.work != "first":
            assert finds(config, workplace.embedder, workplace.kept) == set(workplace.kept)
    else:
        assert how.work == "first"
    do(how.work, config, workplace.folder, lambda: workplace.embedder)
    held, numbers = workplace.undisturbed(how.work, root / "undisturbed")
    assert is_whole(config) == []
    assert content(config) == held
    assert np.sum(vectors(config) * numbers, axis=1).min() > 0.99
    return was_killed


@pytest.mark.parametrize("how", CRASHES, ids=str)
def test_a_command_that_is_killed_at_a_point_loses_nothing_and_goes_on(
    how: Crash, workplace: Workplace, tmp_path: Path
) -> None:
    assert survives(workplace, how, tmp_path)


def test_a_command_that_is_killed_at_any_moment_loses_nothing_and_goes_on(
    workplace: Workplace, tmp_path: Path
) -> None:
    survives(workplace, Crash("ingest", seconds=drawing().uniform(0.0, 2.0)), tmp_path)


def drawing() -> random.Random:
    """What crashes are drawn with; the seed is printed, and taken from the environment if given."""
    seed = os.environ.get(SEED) or str(random.randrange(10**9))
    print(f"{SEED}={seed}")
    return random.Random(seed)


@pytest.fixture
def soaked() -> list[Crash]:
    draw = drawing()
    return [Crash.drawn(draw) for _ in range(int(os.environ.get("DALIL_CRASHES") or SOAK))]


@pytest.mark.soak
def test_hundreds_of_crashes_lose_nothing(
    soaked: list[Crash], workplace: Workplace, tmp_path: Path
) -> None:
    killed = 0
    for number, how in enumerate(soaked):
        print(f"{number + 1} of {len(soaked)}: {how}", flush=True)
        killed += survives(workplace, how, tmp_path / str(number))
        shutil.rmtree(tmp_path / str(number))
    print(f"{killed} of {len(soaked)} were killed on the way")
    assert killed > len(soaked) // 3  # the others were done before


def test_every_point_is_there() -> None:
    from crash_support import _found

    for points in POINTS.values():
        assert all(callable(getattr(*_found(point))) for point in points)
