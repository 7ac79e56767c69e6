"""Whether the files of a default model are what they were when they were put in place."""

from __future__ import annotations

import json
import struct
from hashlib import file_digest, sha256
from pathlib import Path

from index.pinned import Weights
from index.weights import path_of

_SETTINGS = ("modules.json", "config.json", "tokenizer_config.json")


def fault_of(weights: Weights) -> str:
    """What is wrong with the files of a model that is here, "" for nothing. Reads all of them."""
    path = path_of(weights)
    try:
        if weights.kind == "embedding":
            return _folder_fault(path, weights)
        with path.open("rb") as stream:
            found = file_digest(stream, "sha256").hexdigest()
        return "" if found == weights.sha256 else _other(path.name, found, weights.sha256)
    except (OSError, ValueError, KeyError, struct.error) as error:
        return f"it cannot be read: {error}"


def part_of_pull(weights: Weights) -> bool:
    """Whether a pull that was broken off has left a part."""
    path = path_of(weights)
    return any(path.with_name(path.name + ending).exists() for ending in (".part", ".tmp"))


def tensors_digest(path: Path) -> str:
    """SHA-256 over the tensors of a safetensors file, in the order of their names.

    Each as its name, its type, its shape and its bytes: the same whatever library wrote the file.
    Raises `ValueError` for a file that is cut short.
    """
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    head, start = json.loads(content[8 : 8 + length]), 8 + length
    digest = sha256()
    for name, entry in sorted(head.items()):
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        if start + last > len(content):
            raise ValueError(f"{path.name} is cut short: {name} ends behind it")
        digest.update(f"{name} {entry['dtype']} {entry['shape']}\n".encode())
        digest.update(memoryview(content)[start + first : start + last])
    return digest.hexdigest()


def _folder_fault(folder: Path, weights: Weights) -> str:
    for name in _SETTINGS:
        json.loads((folder / name).read_text("utf-8"))
    tokenizer = weights.parts[1]
    found = sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    if found != tokenizer.sha256:
        return _other("tokenizer.json", found, tokenizer.sha256)
    found = tensors_digest(folder / "model.safetensors")
    return "" if found == weights.sha256 else _other("model.safetensors", found, weights.sha256)


def _other(name: str, found: str, expected: str) -> str:
    return f"{name} has the SHA-256 {found[:16]}…, and should have {expected[:16]}…"
