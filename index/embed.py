"""The embedding model: texts in, unit vectors out.

Chunks and their sentences are read together, see `index.encoder`; a model of another architecture
reads them one by one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.config import DEFAULT_EMBEDDING
from index.errors import WeightsError
from index.intact import check_intact
from index.means import Role, centred, units
from index.models import load_embedding
from index.text import embeddable, language_of
from index.tokens import Tokens, readable
from index.weights import Progress, find, pull

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.models import EmbeddingModel

Vectors = NDArray[np.float32]
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

    def __init__(self, name: str, model: EmbeddingModel, precision: str) -> None:
        self.name = name
        self.precision = precision
        self.max_tokens = int(model.max_seq_length or 512)
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model
        self._tokenizing = threading.Lock()  # every call sets the tokenizer's truncation anew

    @classmethod
    def open(cls, name: str = DEFAULT_EMBEDDING, progress: Progress | None = None) -> Embedder:
        """Open a model by the name that `dalil models list` shows, by folder, or by hub name.

        The default model is fetched where it is missing (`progress` is told done and total bytes).
        bfloat16 is used where the processor has instructions for it. Raises `WeightsError`.
        """
        weights = find(name)
        folder = str(pull(weights, progress)) if weights else name
        try:
            is_local = weights is not None or Path(folder).exists()
            with ThreadPoolExecutor(1, "checking") as pool:  # while the libraries are imported
                checked = pool.submit(check_intact, weights) if weights else None
                try:
                    model, precision = load_embedding(folder, local=is_local)
                finally:  # says best why it could not be loaded
                    if checked:
                        checked.result()
        except WeightsError:
            raise
        except Exception as error:  # each of the libraries that read its files has its own
            advice = "Run: dalil check, which says which of its files is damaged."
            if weights is None:
                advice = "Give a folder of a sentence-transformers model with safetensors, or "
                advice += f"{DEFAULT_EMBEDDING!r}."
            raise WeightsError(
                f"The embedding model {name!r} cannot be loaded: {error}. {advice}"
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
        prefix = self.prefix("passage")
        with self._tokenizing:
            texts = self._model.tokenizer(
                [prefix + text for text in rows], truncation=True, max_length=self.max_tokens
            )["input_ids"]
        shared = 1 + self.count_tokens([prefix.rstrip()])[0]
        alone, together = self._encoder.chunks(texts, groups, shared)
        return units(together), units(alone[[rows[text] for text in sentences]])

    def uncentred(self, texts: Sequence[str], role: Role) -> Vectors:
        """Unit vectors (n, d) as the model gives them."""
        encode = self._model.encode_query if role == "question" else self._model.encode_document
        plain = [embeddable(text) for text in texts]
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        is_short = np.array([len(text) <= _SHORT for text in plain], np.bool_)
        for rows, batch in ((np.flatnonzero(is_short), 64), (np.flatnonzero(~is_short), 32)):
            if len(rows):
                with self._tokenizing:
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
        with self._tokenizing:
            encoded = self._model.tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text as the model reads it, without those that mark its ends."""
        read = readable(text)
        with self._tokenizing:
            encoded = self._model.tokenizer(
                read.text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
        offsets = tuple(read.written(start, end) for start, end in encoded["offset_mapping"])
        return Tokens(tuple(encoded["input_ids"]), offsets)

    @cached_property
    def marks(self) -> tuple[int, int]:
        """The ids of the tokens at the start and at the end of every text."""
        tokenizer = self._model.tokenizer
        return int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)

    @property
    def layers(self) -> Any:
        """The transformers model within, for reading with: it must not be changed."""
        return self._model[0].auto_model

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

    def prefix(self, role: Role) -> str:
        """What the model wants to see before a text."""
        names = ("query",) if role == "question" else ("document", "passage", "corpus")
        prompts = self._model.prompts
        return str(next((prompts[name] for name in names if name in prompts), ""))

    def _centred(self, texts: Sequence[str], role: Role) -> Vectors:
        languages = [language_of(text) for text in texts]
        return centred(self.uncentred(texts, role), languages, role, self.name)
