"""The embedding model as it is used: prompts, lengths, language means."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from index.embed import Embedder
from index.errors import WeightsError
from index.means import centred


def test_vectors_are_units_and_rows_keep_their_order(embedder: Embedder) -> None:
    texts = ["ميناء", "a much longer text about the harbour and the ships in it", "قطار"]
    rows = embedder.passages(texts)
    assert rows.shape == (3, embedder.dimension)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.stack([embedder.passages([text])[0] for text in texts])
    assert (rows * alone).sum(axis=1) == pytest.approx(1, abs=0.002)
    assert embedder.passages([]).shape == (0, embedder.dimension)


def test_a_question_is_nearest_to_its_answer_in_either_language(embedder: Embedder) -> None:
    question = embedder.questions(["When was the bridge opened?"])[0]
    rows = embedder.passages(["افتتح الجسر عام 1998.", "تناول السكان العشاء.", "It rained."])
    assert int(np.argmax(rows @ question)) == 0


def test_how_text_is_written_does_not_move_its_vector(embedder: Embedder) -> None:
    plain, marked = embedder.passages(["ميناء بيروت 2020", "مِينَاء  بيـــروت\u200f\n٢٠٢٠"])
    assert float(plain @ marked) == pytest.approx(1, abs=1e-3)


def test_the_mean_of_the_language_is_taken_away() -> None:
    rows = np.eye(384, dtype=np.float32)[:2]
    moved = centred(rows, ["ar", "en"], "question", "multilingual-e5-small")
    assert np.linalg.norm(moved, axis=1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(moved, rows)
    assert centred(rows, ["ar", "en"], "question", "another-model") is rows


def test_tokens_are_counted_without_the_ends(embedder: Embedder) -> None:
    assert embedder.count_tokens(["", "ميناء"])[0] == 0
    assert embedder.count_tokens(["ميناء بيروت"])[0] >= 2
    assert embedder.max_tokens == 512


def test_a_model_that_is_not_one_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="multilingual-e5-small"):
        Embedder.open(str(tmp_path))


def test_opening_a_model_leaves_the_garbage_collector_as_it_was() -> None:
    before = gc.isenabled(), gc.get_freeze_count()
    Embedder.open()
    assert (gc.isenabled(), gc.get_freeze_count()) == before
