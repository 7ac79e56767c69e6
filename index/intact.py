"""Whether the default models on this machine still are what was pinned when they were put there.

`index.weights` checks what it fetches; this looks again before a model is used, for what a disk, a
copy or somebody has changed since.
"""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path

from index.errors import WeightsError
from index.pinned import Weights
from index.weights import path_of

_TENSORS = ".safetensors"


def check_intact(weights: Weights) -> None:
    """Raise `WeightsError` where the weights in place are not the pinned ones.

    All of them are read, which takes 0.3 s of a core for the embedding model and 0.8 s for the
    language model where the processor has instructions for SHA and the files were read before.
    """
    if fault := fault_of(weights):
        path = path_of(weights)
        raise WeightsError(
            f"{weights.name} is not what it was when it was put in {path}: {fault}. "
            f"Remove {path}, then run: dalil models pull {weights.name}"
        )


def fault_of(weights: Weights) -> str:
    """What is wrong with a model that is here, "" for nothing. All of its files are read."""
    from safetensors import SafetensorError

    path = path_of(weights)
    try:
        found = folder_digest(path) if weights.kind == "embedding" else _file_digest(path)
    except (OSError, SafetensorError) as error:
        return f"it cannot be read: {error}"
    return "" if found == weights.sha256 else f"its SHA-256 is {found}, not {weights.sha256}"


def part_of_pull(weights: Weights) -> bool:
    """Whether a pull that was broken off has left a part."""
    path = path_of(weights)
    return any(path.with_name(path.name + ending).exists() for ending in (".part", ".tmp"))


def folder_digest(folder: Path) -> str:
    """The SHA-256 of all files below a folder, by name; hidden ones are left out.

    Of tensors their names, types, shapes and values count, not how the library lays them out.
    """
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.name.startswith("."):
            content = _tensors_digest(path) if path.suffix == _TENSORS else _file_digest(path)
            digest.update(f"{content}  {name}\n".encode())
    return digest.hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _tensors_digest(path: Path) -> str:
    from safetensors import safe_open

    digest = sha256()
    with safe_open(path, "np") as tensors:
        for name in sorted(tensors.keys()):
            values = tensors.get_tensor(name)
            digest.update(f"{name} {values.dtype} {values.shape}\n".encode())
            digest.update(values)
    return digest.hexdigest()
