"""The project's own networks over the default embedding model's layers, opened once and shared."""

from __future__ import annotations

from importlib import resources
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from index.config import DEFAULT_EMBEDDING
from index.embed import Embedder
from index.weights import Progress
from rag.contexts import Context

if TYPE_CHECKING:
    from rag.adapters import AdaptedModel

_LENGTHS = 16
"""What is read is filled to a multiple of so many tokens: multiplications are made ready anew for
every length that was not seen yet, which took 11 of 75 ms."""

_opening = Lock()
_opened: list[Embedder] = []
"""The default embedding model, where a collection has another one; at most one."""


class Network:
    """A network of this package, opened at its first use. Threads may share it."""

    weights: ClassVar[str]
    """The file of this package that has them."""

    def __init__(self, embedder: Embedder, progress: Progress | None = None) -> None:
        """`embedder`: the default one, whose layers are shared; another is left alone, and the
        default one opened beside it, at the first use unless `open` did so before.

        `progress` is told done and total bytes where that one is fetched.
        """
        self._progress = progress
        self._embedder: Embedder | None = embedder if embedder.name == DEFAULT_EMBEDDING else None
        self._model: AdaptedModel | None = None
        self._lock = Lock()

    def open(self) -> tuple[Embedder, AdaptedModel]:
        """The network, loaded now if it was not yet, and the embedding model it stands on.

        Raises `WeightsError` where that is another one than the collection's and cannot be had.
        """
        with self._lock:
            if self._embedder is None:
                self._embedder = _default_embedder(self._progress)
            if self._model is None:
                self._model = load(self._embedder, self.weights)
            return self._embedder, self._model


def _default_embedder(progress: Progress | None) -> Embedder:
    with _opening:
        if not _opened:
            _opened.append(Embedder.open(progress=progress))
        return _opened[0]


def load(embedder: Embedder, weights: str) -> AdaptedModel:
    """The trained network of a file, over the layers of the default embedding model."""
    from safetensors.torch import load as tensors_of

    from rag.adapters import AdaptedModel

    trained = tensors_of(resources.files("rag").joinpath(weights).read_bytes())
    rank = trained["layers.0.attention.down"].shape[0]
    model = AdaptedModel(embedder.layers, rank, outputs=trained["head.weight"].shape[0])
    model.load_state_dict(trained)
    model.layers.to(embedder.layers.dtype)
    return model.to(embedder.layers.device).eval()


def logits(model: AdaptedModel, context: Context) -> NDArray[np.float32]:
    """What a network makes of every token of a context, shape (tokens, outputs)."""
    import torch

    with torch.inference_mode():
        count = len(context.ids)
        filled = [0] * (-count % _LENGTHS)
        ids = torch.tensor([[*context.ids, *filled]], device=model.head.weight.device)
        kinds = torch.tensor([[*context.kinds, *filled]], device=ids.device)
        real = (torch.arange(count + len(filled), device=ids.device) < count)[None]
        made: NDArray[np.float32] = model(ids, kinds, real)[0, :count].cpu().numpy()
    return made
