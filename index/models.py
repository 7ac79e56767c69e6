"""Loading what sentence-transformers runs, in the numbers that the processor multiplies itself.

The only file that imports that library.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

    EmbeddingModel = SentenceTransformer
    PairModel = CrossEncoder

_READERS_OF_PAIRS = ("ForSequenceClassification", "ForCausalLM", "ForConditionalGeneration")
"""Of another model, an embedding's say, sentence-transformers makes a head of random numbers."""


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Importing the libraries makes a million lasting objects: not looking for rubbish among them
    saves about half a second of five."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_garbage_collection()
def load_embedding(folder: str, *, local: bool) -> tuple[EmbeddingModel, str]:
    """An embedding model by folder or hub name, ready to use, and what its numbers are."""
    torch = _quiet_torch()
    from sentence_transformers import SentenceTransformer

    precision = _best_precision()
    model = SentenceTransformer(
        folder,
        local_files_only=local,
        trust_remote_code=False,
        model_kwargs={"dtype": getattr(torch, precision), "use_safetensors": True},
    )
    return model.eval(), precision


@_without_garbage_collection()
def load_cross_encoder(name: str) -> PairModel:
    """A cross-encoder by folder or hub name, ready to use.

    Raises `ValueError` for a model that was not trained to read pairs, and what the libraries raise
    where it cannot be had.
    """
    torch = _quiet_torch()
    from sentence_transformers import CrossEncoder

    folder = Path(name).expanduser()
    model: PairModel = CrossEncoder(
        str(folder) if folder.exists() else name,
        local_files_only=folder.exists(),
        trust_remote_code=False,
        model_kwargs={"dtype": getattr(torch, _best_precision()), "use_safetensors": True},
    )
    trained = (getattr(model.config, "architectures", None) or ["nothing"])[0]
    if not trained.endswith(_READERS_OF_PAIRS):
        raise ValueError(f"it was trained as {trained}, which gives pairs of texts no score")
    model.eval()
    return model


def _quiet_torch() -> ModuleType:
    """PyTorch, loaded when something is to be read, with the progress bars of loading off."""
    # PyTorch's threads otherwise wait for each other by spinning: on two cores that other programs
    # use as well, a question then takes 109 ms at the median and 490 at p95, instead of 29 and 63.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read while the library is imported
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return torch


def _best_precision() -> Literal["bfloat16", "float32"]:
    """What the models are run in here."""
    return "bfloat16" if _has_bfloat16() else "float32"


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AVX-512 BF16, AMX, or a GPU)."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and _flag("avx512_bf16", "amx_bf16")


def _flag(*names: str) -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return any(name in flags for name in names)
