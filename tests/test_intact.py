"""Weights are looked at again before they are used: a changed byte is noticed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from index.embed import Embedder
from index.errors import WeightsError
from index.intact import check_intact, folder_digest
from index.pinned import WEIGHTS
from index.weights import path_of
from rag.llm import embedded_weights, open_llm

E5 = WEIGHTS["multilingual-e5-small"]


@pytest.fixture
def folder(embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the embedding model in a cache of its own."""
    original = path_of(E5)
    monkeypatch.setenv("DALIL_CACHE", str(tmp_path))
    shutil.copytree(original, path_of(E5))
    return path_of(E5)


def change_tensor(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.seek(-1000, 2)
        (byte,) = stream.read(1)
        stream.seek(-1000, 2)
        stream.write(bytes([byte ^ 1]))


def change_word(folder: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_bytes(path.read_bytes().replace(b"Unigram", b"Unigran", 1))


def change_setting(folder: Path) -> None:
    path = folder / "modules.json"
    path.write_text(path.read_text("utf-8").replace("sentence_transformers", "elsewhere", 1))


def cut(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.truncate(100_000_000)


def add(folder: Path) -> None:
    (folder / "modeling.py").write_text("print('run')")


def remove(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def test_the_model_in_the_cache_is_the_pinned_one(embedder: Embedder) -> None:
    check_intact(E5)
    assert folder_digest(path_of(E5)) == E5.sha256


@pytest.mark.parametrize("change", [change_tensor, change_word, change_setting, cut, add, remove])
def test_a_model_that_was_changed_is_not_used(folder: Path, change: Callable[[Path], None]) -> None:
    check_intact(E5)
    change(folder)
    with pytest.raises(WeightsError, match="is not what it was when it was put in") as raised:
        Embedder.open()
    assert f"Remove {folder}, then run: dalil models pull {E5.name}" in str(raised.value)


def test_what_a_system_leaves_in_a_folder_is_no_change(folder: Path) -> None:
    (folder / ".DS_Store").write_bytes(b"x")
    check_intact(E5)


def test_a_language_model_that_was_changed_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALIL_CACHE", str(tmp_path))
    path = path_of(embedded_weights())
    path.parent.mkdir(parents=True)
    path.write_bytes(b"GGUF, but of other bytes")
    with pytest.raises(WeightsError, match=r"its SHA-256 is [0-9a-f]{64}, not cc324af0"):
        open_llm("embedded")
