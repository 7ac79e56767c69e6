"""The house in order: short files, known names, a lock file of hashes, a wheel that works alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("index", "rag", "eval", "ui")

MOST_LINES = dict.fromkeys(PACKAGES, 330) | {"tests": 450}

TOP_LEVEL = {
    *PACKAGES,
    *("tests", ".ci", ".gitignore", "Makefile", "pyproject.toml", "requirements.lock"),
    *("CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"),
}

# Folders of one machine and addresses of an index; the brackets keep this file from matching.
FOREIGN = re.compile(
    r"/wor[k]/|\.librar[y]\b|pyp[i]\.org|files\.pythonhoste[d]|--index-url[ =]http"
)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")

# Uses the data of every package, from wherever Python finds it, and says where that was.
USE_DATA = """
import sys
from importlib import resources
from pathlib import Path
import numpy as np
import ui
from eval.dataset import load_questions
from index.embed import centred
from rag.decide import features_with, probability

ones = np.ones((1, 384), np.float32)
assert not np.array_equal(centred(ones, ["ar"], "passage", "multilingual-e5-small"), ones)
assert 0 < probability(dict.fromkeys(features_with("none"), 0.5), "ar-ar") < 1
assert load_questions(Path(str(resources.files("eval").joinpath("data/questions.dev.jsonl"))))
print(*(sys.modules[name].__file__ for name in ("index", "rag", "eval", "ui")), sep="\\n")
"""


def too_long(lines: Mapping[str, int], most: int) -> list[str]:
    """The files with more lines than allowed."""
    return [f"{name}: {count} lines" for name, count in lines.items() if count > most]


def line_counts(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in folder.rglob("*.py")
    }


def foreign(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """The files that name a place of one machine or an index, with what they say."""
    found = {path: FOREIGN.findall(text) for path, text in texts.items()}
    return {path: words for path, words in found.items() if words}


def strangers(paths: Iterable[str]) -> set[str]:
    """The names at the top of a tree that nobody knows."""
    return {path.partition("/")[0] for path in paths} - TOP_LEVEL


def tracked() -> list[str]:
    """The files git knows; skips where there is no git or no repository."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git checkout here")
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def requirements(lock: str) -> list[tuple[str, str]]:
    """Each requirement of a lock file: its name; its version, marker and hashes."""
    found = re.findall(r"^([\w.-]+)([^\n\\]*(?:\\\n[^\n\\]*)*)", lock, re.MULTILINE)
    return [(canonical(name), rest) for name, rest in found]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("folder", MOST_LINES)
def test_files_are_short(folder: str) -> None:
    assert too_long(line_counts(ROOT / folder), MOST_LINES[folder]) == []


def test_top_level_holds_known_names() -> None:
    assert strangers(tracked()) == set()


def test_no_file_speaks_of_one_machine_or_index() -> None:
    texts = {path: (ROOT / path).read_text("utf-8", errors="replace") for path in tracked()}
    assert foreign(texts) == {}


def test_the_checks_catch_what_they_are_for() -> None:
    assert too_long({"a.py": 331, "b.py": 330}, 330) == ["a.py: 331 lines"]
    assert strangers(["rag/types.py", "utils/x.py", "notes.txt"]) == {"utils", "notes.txt"}
    address = ".".join(("pypi", "org"))
    assert foreign({"a": f"see {address}", "b": "the package index"}) == {"a": [address]}


def test_lock_pins_everything_by_hash() -> None:
    lines = [line for line in LOCK.splitlines() if line.strip()]
    pins = [line for line in lines if not line.startswith("    --hash=sha256:")]
    pin = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][a-z0-9.]*( ; [^#@]+)? \\")
    assert [line for line in pins if not pin.fullmatch(line)] == []
    assert all("--hash=sha256:" in rest for _, rest in requirements(LOCK))


def test_lock_leaves_pytorch_to_the_machine() -> None:
    gpu = re.compile(r"torch$|triton|nvidia|cuda")
    assert [name for name, _ in requirements(LOCK) if gpu.match(name)] == []


def test_lock_holds_every_declared_dependency() -> None:
    declared = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    names = {canonical(re.split(r"[><=\[;! ]", each)[0]) for each in declared}
    assert names - {name for name, _ in requirements(LOCK)} == {"torch"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build leaves its folders beside what it builds."""
    work = tmp_path_factory.mktemp("wheel")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, work / "source" / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, work / "source" / name)
    pip("wheel", "--no-build-isolation", "--wheel-dir", work, work / "source")
    return next(work.glob("dalil-*.whl"))


def pip(command: str, *arguments: str | Path) -> None:
    """Run pip without the network."""
    words = [sys.executable, "-m", "pip", command, "--no-deps", "--no-index", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was installed into, far from the checkout."""
    target = tmp_path_factory.mktemp("installed")
    pip("install", "--target", target, wheel)
    return target


def run_there(installed: Path, *command: str) -> str:
    """Run a command of the environment's Python, away from the checkout."""
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=installed.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_the_packages_and_their_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there - names == set()
    assert {"index/means.json", "rag/decide.json", "eval/data/questions.dev.jsonl"} <= names
    assert sum(name.startswith("eval/data/articles/") for name in names) == 60


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_wheel_declares_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        name = next(each for each in opened.namelist() if each.endswith("entry_points.txt"))
        assert "dalil = ui.cli:main" in opened.read(name).decode()


def test_installed_wheel_finds_its_own_data(installed: Path) -> None:
    files = run_there(installed, "-c", USE_DATA).splitlines()
    assert [Path(file).is_relative_to(installed) for file in files] == [True] * len(PACKAGES)


def test_installed_command_answers(installed: Path) -> None:
    assert "ingest" in run_there(installed, str(installed / "bin" / "dalil"), "--help")
