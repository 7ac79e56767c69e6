"""Models that read two texts at once: the reranker, and the entailment model that checks drafts."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from index.errors import WeightsError
from index.models import load_cross_encoder
from index.text import embeddable

if TYPE_CHECKING:
    from index.models import PairModel

_ENTAILED = "entailment"


class _ReadsPairs(ABC):
    """A cross-encoder by folder or hub name, opened at its first use. Threads may share it."""

    what: ClassVar[str]
    wanted: ClassVar[str]

    def __init__(self, name: str) -> None:
        self.name = name
        self._model: PairModel | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        """Load the model where that was not done yet; raises `WeightsError`."""
        with self._lock:
            self._opened()

    def _logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """What the model gives each pair, shape (n,) or (n, labels). Raises `WeightsError`.

        One thread reads at a time: the tokenizer is set anew for every batch, and two batches take
        as long side by side as one after the other.
        """
        from torch.nn import Identity

        read = [(embeddable(one), embeddable(two)) for one, two in pairs]
        with self._lock:
            # Logits: in bfloat16 all good passages would share the few probabilities below 1.
            found = self._opened().predict(read, activation_fn=Identity(), show_progress_bar=False)
        return np.asarray(found, np.float32)

    def _opened(self) -> PairModel:
        if self._model is None:
            try:
                model = load_cross_encoder(self.name)
                self._check(model)
            except (OSError, ValueError, RuntimeError) as error:
                raise WeightsError(
                    f"The {self.what} {self.name!r} cannot be loaded: {error}. Give a folder or "
                    f'the name of {self.wanted} with safetensors, or "none".'
                ) from error
            self._model = model
        return self._model

    @abstractmethod
    def _check(self, model: PairModel) -> None:
        """Raise `ValueError` for a model that does something else."""


class Reranker(_ReadsPairs):
    """Tells how well passages answer a question."""

    what = "reranker"
    wanted = "a sentence-transformers cross-encoder"

    def scores(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers, shape (n,): logits, whose order alone means something.

        Raises `WeightsError`.
        """
        return self._logits([(question, passage) for passage in passages])

    def _check(self, model: PairModel) -> None:
        if model.num_labels != 1:
            raise ValueError(f"it gives a pair {model.num_labels} scores, a reranker one")


class Entailment(_ReadsPairs):
    """Tells whether one text follows from another."""

    what = "entailment model"
    wanted = "a cross-encoder for natural language inference"

    def probability(self, premise: str, sentence: str) -> float:
        """How likely `sentence` follows from `premise`, 0 to 1. Raises `WeightsError`."""
        logits = self._logits([(premise, sentence)])[0].astype(np.float64)
        likely = np.exp(logits - np.logaddexp.reduce(logits))
        return float(likely[_entailed(self._opened())])

    def _check(self, model: PairModel) -> None:
        _entailed(model)
        if model.num_labels < 2:
            raise ValueError("it has no label but that one, so that everything would follow")


def _entailed(model: PairModel) -> int:
    """Which label says that a text follows; raises `ValueError` where none does."""
    labels: Mapping[int, str] = getattr(model.config, "id2label", None) or {}
    for number, label in labels.items():
        if label.lower() == _ENTAILED:
            return int(number)
    raise ValueError(f"none of its labels is {_ENTAILED!r}: {', '.join(labels.values())}")
