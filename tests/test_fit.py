"""Fitting the order of chunks and sentences, and what the fit is measured by."""

from __future__ import annotations

import numpy as np
import pytest

from eval.asked import Asked, collect, says
from eval.dataset import DEVELOPMENT, GoldQuestion
from eval.fit import SCORED, _listwise, fit, validate
from eval.stability import moved
from index import rank
from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder
from rag import evidence


@pytest.fixture(scope="module")
def asked(sample_home: Config, embedder: Embedder) -> list[Asked]:
    """The development questions with their candidates."""
    return list(collect(sample_home.home, [DEVELOPMENT], embedder))


def test_the_weight_of_what_tells_right_from_wrong_is_positive() -> None:
    # The first figure tells the right row, the second is the same in all, the third misleads.
    figures = np.array([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0], [0.0, 0.5, 0.0]])
    right = np.array([True, False, False])
    weights = _listwise([(figures, right, 1.0)])
    assert weights[0] > 1
    assert weights[1] == pytest.approx(0, abs=1e-6)
    assert weights[2] < 0


def test_evidence_counts_in_its_article_alone() -> None:
    gold = GoldQuestion("q", "Who?", "en", articles=("a",), evidence=("Captain Nemo",))
    assert says(gold, "a", "It was captain  Nemo.")
    assert not says(gold, "b", "It was captain Nemo.")
    assert not says(gold, "a", "It was nobody.")


def test_questions_have_their_right_chunks_among_the_candidates(asked: list[Asked]) -> None:
    assert len(asked) > 150
    for each in asked:
        assert each.right.any()
        assert each.figures.shape == (len(each.found), len(rank.FEATURES))
        for item, right in zip(each.found, each.right, strict=True):
            assert not right or item.hit.chunk.article_id in each.articles
    folds = {each.golds[0].cluster: each.fold for each in asked}
    assert all(folds[each.golds[0].cluster] == each.fold for each in asked)


def test_a_fit_has_weights_for_every_pair_and_is_measured(asked: list[Asked]) -> None:
    ranking, sentences = fit(asked)
    pairs = {"ar-ar", "ar-en", "en-ar", "en-en"}
    assert ranking["score"].keys() == ranking["probability"].keys() == sentences.keys() == pairs
    for pair, weights in ranking["score"].items():
        absent = rank.ACROSS if pair[:2] == pair[3:] else rank.BY_RARITY
        assert weights.keys() == {"bias", *SCORED} - set(absent)
        assert sentences[pair].keys() == {"bias", *evidence.FEATURES} - set(absent)
    figures = validate(asked)
    name = f"{asked[0].file} ar"
    assert 0.7 < figures[name]["ndcg@10"] <= 1
    assert figures[name]["in three"] >= figures[name]["sentence first"]
    assert 0 <= figures["all"]["calibration_error"] < 0.3


def test_what_is_added_is_counted_and_nothing_in_the_home_changes(
    sample_home: Config, embedder: Embedder, gold: list[GoldQuestion]
) -> None:
    catalogue = Catalogue.open(sample_home.catalogue)
    before = catalogue.generation(), catalogue.chunk_ids()
    found = moved(sample_home.home, sample_home.home, 150, gold[:12], embedder)
    assert found.questions == 12
    assert 150 <= found.added < 200
    assert 0 <= found.hit < 0.5
    assert 0 <= found.answer < 0.5
    assert (catalogue.generation(), catalogue.chunk_ids()) == before
