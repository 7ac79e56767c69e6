"""The embedding model: texts in, unit vectors out. The only file that knows sentence-transformers.

Chunks and their sentences are read together, see `index.encoder`; a model of another architecture
reads them one by one.

Of a model whose language means are known (`means.json`), every vector is moved by the mean of its
language and role before it is made a unit again: in a collection of two languages the model
otherwise puts texts of the question's own language first, whatever they say. On one half of XQuAD
in both languages, with means from other text, the twin paragraph in the other language came among
the first ten for 0.90 instead of 0.35 of Arabic and 0.96 instead of 0.59 of English questions.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from index.config import DEFAULT_EMBEDDING
from index.errors import WeightsError
from index.text import embeddable, language_of
from index.types import Language
from index.weights import Progress, find, pull

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from index.encoder import Encoder

Vectors = NDArray[np.float32]
Role = Literal["question", "passage", "chunk"]
"""What a vector stands for: a question, a text by itself, or a chunk with its title."""

_SHORT = 250
"""Letters; shorter texts go in larger batches, which is 6 % faster over chunks and sentences."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as the model reads it: the title of its article, or "", and its sentences."""

    title: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole in one line."""
        return ". ".join(part for part in (self.title, " ".join(self.sentences)) if part)


class Embedder:
    """An open embedding model; `dimension` is the length of its vectors."""

    def __init__(self, name: str, model: SentenceTransformer, precision: str) -> None:
        self.name = name
        self.precision = precision
        self.max_tokens = int(model.max_seq_length or 512)
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model

    @classmethod
    def open(cls, name: str = DEFAULT_EMBEDDING, progress: Progress | None = None) -> Embedder:
        """Open a model by the name that `dalil models list` shows, by folder, or by hub name.

        The default model is fetched where it is missing (`progress` is told done and total bytes).
        bfloat16 is used where the processor has instructions for it. Raises `WeightsError`.
        """
        weights = find(name)
        folder = str(pull(weights, progress)) if weights else name
        try:
            with _without_garbage_collection():
                model, precision = _load(folder, local=weights is not None or Path(folder).exists())
        except (OSError, ValueError, RuntimeError) as error:
            raise WeightsError(
                f"The embedding model {name!r} cannot be loaded: {error}. Give a folder of a "
                f"sentence-transformers model with safetensors, or {DEFAULT_EMBEDDING!r}."
            ) from error
        return cls(name, model, precision)

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (n, d) of questions."""
        return self._centred(texts, "question")

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (n, d) of texts by themselves."""
        return self._centred(texts, "passage")

    def chunks(self, passages: Sequence[Passage]) -> tuple[Vectors, list[Vectors]]:
        """Unit vectors (n, d) of chunks, and of the sentences of each, a row per sentence."""
        texts = [text for passage in passages for text in passage.sentences]
        chunks, sentences = self.uncentred_chunks(passages)
        languages = [language_of(passage.text) for passage in passages]
        chunks = centred(chunks, languages, "chunk", self.name)
        sentences = centred(sentences, list(map(language_of, texts)), "passage", self.name)
        ends = np.cumsum([len(passage.sentences) for passage in passages])
        return chunks, np.split(sentences, ends[:-1]) if len(passages) else []

    def uncentred_chunks(self, passages: Sequence[Passage]) -> tuple[Vectors, Vectors]:
        """Unit vectors of chunks (n, d) and of all their sentences (m, d), as the model gives."""
        sentences = [embeddable(text) for passage in passages for text in passage.sentences]
        if self._encoder is None or not sentences:
            wholes = [passage.text for passage in passages]
            return self.uncentred(wholes, "passage"), self.uncentred(sentences, "passage")
        titles = [embeddable(passage.title) for passage in passages if passage.title]
        rows = {text: row for row, text in enumerate(dict.fromkeys([*sentences, *titles]))}
        groups = [
            [rows[embeddable(text)] for text in (passage.title, *passage.sentences) if text]
            for passage in passages
        ]
        prefix = self._prefix("passage")
        texts = self._model.tokenizer(
            [prefix + text for text in rows], truncation=True, max_length=self.max_tokens
        )["input_ids"]
        shared = 1 + self.count_tokens([prefix.rstrip()])[0]
        alone, together = self._encoder.chunks(texts, groups, shared)
        return _units(together), _units(alone[[rows[text] for text in sentences]])

    def uncentred(self, texts: Sequence[str], role: Role) -> Vectors:
        """Unit vectors (n, d) as the model gives them."""
        encode = self._model.encode_query if role == "question" else self._model.encode_document
        plain = [embeddable(text) for text in texts]
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        is_short = np.array([len(text) <= _SHORT for text in plain], np.bool_)
        for rows, batch in ((np.flatnonzero(is_short), 64), (np.flatnonzero(~is_short), 32)):
            if len(rows):
                vectors[rows] = encode(
                    [plain[row] for row in rows],
                    batch_size=batch,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, without those that mark its ends."""
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    @cached_property
    def _encoder(self) -> Encoder | None:
        """The model's layers, or None where they are not of a kind that `Encoder` knows."""
        from transformers import BertModel, XLMRobertaModel

        from index.encoder import Encoder

        kinds = [type(part).__name__ for part in self._model]
        layers = getattr(self._model[0], "auto_model", None)
        if (
            kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
            or not isinstance(layers, (BertModel, XLMRobertaModel))
            or self._model[1].pooling_mode != "mean"
        ):
            return None
        return Encoder(layers)

    def _prefix(self, role: Role) -> str:
        """What the model wants to see before a text."""
        names = ("query",) if role == "question" else ("document", "passage", "corpus")
        prompts = self._model.prompts
        return str(next((prompts[name] for name in names if name in prompts), ""))

    def _centred(self, texts: Sequence[str], role: Role) -> Vectors:
        languages = [language_of(text) for text in texts]
        return centred(self.uncentred(texts, role), languages, role, self.name)


def _load(folder: str, *, local: bool) -> tuple[SentenceTransformer, str]:
    # PyTorch's threads otherwise wait for each other by spinning: on two cores that other programs
    # use as well, a question then takes 109 ms at the median and 490 at p95, instead of 29 and 63.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch  # heavy, like the next one: loaded when something is to be embedded
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    precision = "bfloat16" if _has_bfloat16() else "float32"
    model = SentenceTransformer(
        folder,
        local_files_only=local,
        trust_remote_code=False,
        model_kwargs={"dtype": getattr(torch, precision), "use_safetensors": True},
    )
    return model.eval(), precision


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Importing the libraries makes a million lasting objects: not looking for rubbish among them
    saves about half a second of five."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def centred(vectors: Vectors, languages: Sequence[Language], role: Role, name: str) -> Vectors:
    """Unit vectors (n, d) without the mean of their language; unchanged where none is known."""
    means = _means().get(name)
    if means is None or not len(vectors):
        return vectors
    known = means[role]
    moved = vectors - np.asarray([known[language] for language in languages], np.float32)
    return _units(moved)


def _units(vectors: Vectors) -> Vectors:
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    units: Vectors = (vectors / norms).astype(np.float32)
    return units


@lru_cache(maxsize=1)
def _means() -> dict[str, dict[Role, dict[Language, list[float]]]]:
    text = resources.files("index").joinpath("means.json").read_text("utf-8")
    means: dict[str, dict[Role, dict[Language, list[float]]]] = json.loads(text)
    return means


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
