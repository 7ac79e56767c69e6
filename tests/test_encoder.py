"""Chunks and their sentences read together: the same vectors as the library's, for less work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling

from index.config import DEFAULT_EMBEDDING
from index.embed import Embedder, Passage
from index.encoder import _attend, _attend_short
from index.pinned import WEIGHTS
from index.weights import pull

PASSAGES = [
    Passage("ميناء بيروت", ("وقع الانفجار في الرابع من آب.", "واستقالت الحكومة بعد ستة أيام.")),
    Passage("", ("It rained.",)),
    Passage("Hope probe", ("The spacecraft reached Mars in February 2021.", "It rained.")),
]


def test_sentences_have_the_vectors_that_the_library_gives(embedder: Embedder) -> None:
    chunks, sentences = embedder.chunks(PASSAGES)
    assert chunks.shape == (3, embedder.dimension)
    assert [len(rows) for rows in sentences] == [2, 1, 2]
    texts = [text for passage in PASSAGES for text in passage.sentences]
    expected = embedder.passages(texts)
    assert (np.concatenate(sentences) * expected).sum(axis=1) == pytest.approx(1, abs=0.01)
    assert np.array_equal(sentences[1][0], sentences[2][1])


def test_a_chunk_of_one_sentence_is_that_sentence(embedder: Embedder) -> None:
    chunks, sentences = embedder.uncentred_chunks(PASSAGES)
    assert float(chunks[1] @ sentences[2]) == pytest.approx(1, abs=0.002)


def test_a_chunk_is_read_as_a_whole(embedder: Embedder) -> None:
    first, second = (
        embedder.uncentred_chunks([Passage("", texts)])[0][0]
        for texts in (("He fled.", "The king died."), ("He fled.", "The thief saw the police."))
    )
    whole = embedder.uncentred(["He fled. The king died."], "passage")[0]
    assert float(first @ whole) > float(second @ whole) + 0.01
    assert float(first @ whole) > 0.93


def test_nothing_gives_nothing(embedder: Embedder) -> None:
    chunks, sentences = embedder.chunks([])
    assert chunks.shape == (0, embedder.dimension)
    assert sentences == []


def test_a_model_that_pools_otherwise_reads_one_text_at_a_time(tmp_path: Path) -> None:
    layers = Transformer(str(pull(WEIGHTS[DEFAULT_EMBEDDING])))
    pooling = Pooling(layers.get_embedding_dimension(), pooling_mode="cls")
    SentenceTransformer(modules=[layers, pooling]).save(str(tmp_path / "model"))
    embedder = Embedder.open(str(tmp_path / "model"))
    chunks, sentences = embedder.chunks(PASSAGES)
    wholes = embedder.passages([passage.text for passage in PASSAGES])
    assert (chunks * wholes).sum(axis=1) == pytest.approx(1, abs=0.01)
    assert (sentences[1] * embedder.passages(["It rained."])).sum() == pytest.approx(1, abs=0.01)


def test_attention_of_very_low_scores_is_a_number() -> None:
    query, value, real = (
        torch.full((1, 1, 3, 4), 8.0),
        torch.eye(3, 4)[None, None],
        torch.ones(1, 3),
    )
    found = _attend_short(query, -query, value, real)
    assert torch.allclose(found, _attend(query, -query, value, real))
