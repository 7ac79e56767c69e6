"""Everything that made a run, as plain data that two runs can be compared by."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from rag.answer import Assistant
from rag.llm import EMBEDDED, embedded_weights

LIBRARIES = (
    "chromadb",
    "llama-index-core",
    "numpy",
    "sentence-transformers",
    "snowballstemmer",
    "torch",
    "xllamacpp",
)


def provenance(assistant: Assistant, questions: Sequence[Path], **options: Any) -> dict[str, Any]:
    """The code, models, collection, questions and options of a run; no time and no place.

    `code` is the SHA-256 of every file of `index` and `rag`: a changed prompt changes it.
    """
    index = assistant.index
    ids = sorted(row.id for row in index.catalogue.summaries())
    rows = [(id_, index.catalogue.digest(id_)) for id_ in ids]
    return {
        "dalil": installed("dalil"),
        "code": code_of("index", "rag"),
        "llm": assistant.llm_name,
        "llm_weights": llm_weights(assistant.llm_name),
        "quotations": index.config.quotations,
        "reader": index.config.reader,
        "reranker": index.config.reranker,
        "reranker_weights": folder_weights(index.config.reranker),
        "entailment": index.config.entailment,
        "entailment_weights": folder_weights(index.config.entailment),
        **asdict(index.catalogue.settings()),
        "articles": len(rows),
        "chunks": index.catalogue.chunk_count(),
        "collection": sha256(repr(rows).encode()),
        "questions": {path.name: sha256(path.read_bytes()) for path in questions},
        **options,
        "python": platform.python_version(),
        "libraries": {name: installed(name) for name in LIBRARIES},
    }


def machine(distributions: Iterable[str]) -> dict[str, Any]:
    """What figures were measured on, and with which versions of some distributions."""
    known = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.+)", known.read_text() if known.exists() else "")
    versions = {name: installed(name) for name in sorted(distributions)}
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version for name, version in versions.items() if version},
    }


def llm_weights(name: str) -> str | None:
    """The SHA-256 of a language model's file; None for a server's, or where there is none."""
    if name == EMBEDDED:
        return embedded_weights().sha256
    path = Path(name).expanduser()
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_weights(name: str) -> str | None:
    """The SHA-256 of the weights in a model's folder; None where the name is no folder's."""
    files = sorted(Path(name).expanduser().glob("*.safetensors"))
    if not files:
        return None
    digests = []
    for path in files:
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").digest())
    return sha256(*digests)


def code_of(*packages: str) -> str:
    """The SHA-256 of every module and data file of some packages."""
    folders = [resources.files(package) for package in packages]
    files = sorted(
        (folder.name, file.name, file.read_bytes())
        for folder in folders
        for file in folder.iterdir()
        if file.name.endswith((".py", ".json", ".safetensors"))
    )
    return sha256(*(content for _, _, content in files))


def sha256(*parts: bytes) -> str:
    """One SHA-256 of several parts, in hexadecimal."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def installed(name: str) -> str | None:
    """The version of a distribution that is installed, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
