"""Opening the neighbour index where that may end the process.

Chroma reads its files without checking them: of files damaged in some ways it makes an address that
is none, and the operating system ends the process. So a mark lies in the home while the index is
opened. Whoever finds one lets another process try first, and tells what came of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from index.config import EMBEDDED, Config
from index.errors import VectorsError

REPAIR = "Run: dalil check --repair, which makes it again from the catalogue; nothing is lost."

_SECONDS = 120.0
_CODE = "import sys; from index.probe import main; main(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of opening the neighbour index in another process.

    `problem` says why it cannot be used, "" where it can; it `came_back` where the process did not
    end or hang. Of the chunks that it should hold it lacks `missing` and holds `wrong` with other
    vectors; `foreign` are those that the catalogue does not know, `unfound` how many of `asked` are
    not found by their own vector. `others` are further collections in the folder.
    """

    problem: str = ""
    came_back: bool = True
    missing: int = 0
    foreign: int = 0
    wrong: int = 0
    asked: int = 0
    unfound: int = 0
    others: tuple[str, ...] = ()


def tried(config: Config, *, thorough: bool) -> Trial:
    """Open the neighbour index in another process and ask it; `thorough`: compare all it holds."""
    command = [sys.executable, "-c", _CODE, json.dumps(asdict(config), default=str)]
    command += ["thorough"] if thorough else []
    paths = os.pathsep.join((str(Path(__file__).parents[1]), *filter(None, sys.path)))
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
        )
    except subprocess.TimeoutExpired:
        return Trial(f"opening it takes more than {_SECONDS:.0f} seconds", came_back=False)
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return Trial(f"opening it ends the process ({name})", came_back=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        return Trial(f"opening it fails: {said}", came_back=False)
    found = json.loads(done.stdout.splitlines()[-1])
    return Trial(**{**found, "others": tuple(found["others"])})


@contextmanager
def watched(config: Config) -> Iterator[None]:
    """Mark that the neighbour index is being opened; raises `VectorsError` where that would end us.

    Where the mark of a process is found that is no more, it was cut off by somebody or by what it
    opened: which of both, opening the index in a process of its own tells.
    """
    if config.vectors != EMBEDDED:
        yield
        return
    mark = config.opening
    if _is_stale(mark) and not (trial := tried(config, thorough=False)).came_back:
        raise VectorsError(
            f"The neighbour index in {config.vectors_folder} is damaged: {trial.problem}. {REPAIR}"
        )
    with suppress(OSError):  # a home that cannot be written to, or none yet
        mark.write_text(str(os.getpid()))
    try:
        yield
    finally:
        with suppress(OSError):
            mark.unlink(missing_ok=True)


def _is_stale(mark: Path) -> bool:
    """Whether the process that left a mark is no more, or cannot be told."""
    try:
        process = int(mark.read_text())
    except (OSError, ValueError):
        return mark.exists()
    if os.name != "posix":  # where asking after a process would end it
        return True
    try:
        os.kill(process, 0)
    except PermissionError:
        return False
    except (ProcessLookupError, OverflowError):
        return True
    return False
