"""Reranking by a real cross-encoder: the embedding's weights under a head of seeded numbers.

Its judgement is worth nothing, which suits: an order that it makes is made by nothing else.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests_support import dalil, document
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from eval.dataset import DEVELOPMENT
from eval.provenance import provenance
from eval.run import evaluate
from index.chunk import passage_of
from index.config import Config, load_config
from index.embed import Embedder
from index.errors import EvaluationError, WeightsError
from index.pairs import Reranker
from index.search import RERANKED, FoundChunk, Index
from index.weights import find, path_of
from rag.answer import Assistant

QUESTION = "How long was the Suez Canal blocked by the Ever Given?"


def weights_folder(embedder: Embedder) -> Path:
    weights = find(embedder.name)
    assert weights is not None
    return path_of(weights)


def save_cross_encoder(source: Path, folder: Path, labels: int = 1) -> str:
    torch.manual_seed(7)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=labels)
    for layer in (model.bert.pooler.dense, model.classifier):
        torch.nn.init.normal_(layer.weight, std=0.2)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def cross_encoder(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_cross_encoder(weights_folder(embedder), tmp_path_factory.mktemp("cross-encoder"))


@pytest.fixture(scope="module")
def reranking(sample_home: Config, embedder: Embedder, cross_encoder: str) -> Index:
    return Index.open(replace(sample_home, reranker=cross_encoder), lambda: embedder)


def ids(found: list[FoundChunk]) -> list[str]:
    return [item.hit.chunk.id for item in found]


def test_the_best_hits_take_the_order_of_the_model_and_the_others_stay(
    assistant: Assistant, reranking: Index
) -> None:
    query = reranking.query(QUESTION)
    plain, found = assistant.index.find(query, 30), reranking.find(query, 30)
    assert ids(found)[RERANKED:] == ids(plain)[RERANKED:]
    assert ids(found)[:RERANKED] != ids(plain)[:RERANKED]
    assert sorted(ids(found)) == sorted(ids(plain))
    logits = [item.hit.parts["reranker"] for item in found[:RERANKED]]
    assert logits == sorted(logits, reverse=True)
    assert len(set(logits)) > RERANKED / 2
    assert all("reranker" not in item.hit.parts for item in found[RERANKED:])
    assert [item.hit.score for item in found] == [item.hit.score for item in plain]


def test_the_model_reads_the_question_with_title_and_chunk(reranking: Index) -> None:
    found = reranking.find(reranking.query(QUESTION), 5)
    title = reranking.catalogue.article(found[0].hit.chunk.article_id).title
    passage = passage_of(title, found[0].hit.chunk).text
    assert title in passage
    assert reranking.reranker is not None
    (logit,) = reranking.reranker.scores(QUESTION, [passage])
    assert logit == pytest.approx(found[0].hit.parts["reranker"], abs=0.1)


def test_few_hits_are_the_best_of_all_that_were_read(reranking: Index) -> None:
    query = reranking.query(QUESTION)
    assert ids(reranking.find(query, 3)) == ids(reranking.find(query, RERANKED))[:3]


def test_without_a_reranker_nothing_changes(assistant: Assistant) -> None:
    assert assistant.index.reranker is None
    assert all("reranker" not in hit.parts for hit in assistant.search(QUESTION))


def test_threads_share_one_model_that_is_opened_once(cross_encoder: str) -> None:
    shared, passages = Reranker(cross_encoder), ["ستة أيام", "Six days.", "the port " * 900]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: shared.scores(QUESTION, passages), range(8)))
    for scores in results:
        assert scores.shape == (3,)
        assert np.array_equal(scores, results[0])
    model = shared._model
    shared.open()
    assert shared._model is model


def test_what_cannot_be_loaded_is_an_error(embedder: Embedder, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"reranker .* cannot be loaded.*cross-encoder"):
        Reranker(str(tmp_path)).open()
    with pytest.raises(WeightsError, match="was trained as BertModel"):
        Reranker(str(weights_folder(embedder))).open()
    three = save_cross_encoder(weights_folder(embedder), tmp_path / "three", labels=3)
    with pytest.raises(WeightsError, match="gives a pair 3 scores"):
        Reranker(three).scores("question", ["chunk"])


def test_it_is_set_by_file_environment_or_command_line(tmp_path: Path) -> None:
    assert load_config(tmp_path, environment={}).reranker == "none"
    (tmp_path / "dalil.toml").write_text('reranker = "file"')
    assert load_config(tmp_path, environment={}).reranker == "file"
    environment = {"DALIL_RERANKER": "environment"}
    assert load_config(tmp_path, environment=environment).reranker == "environment"
    given: dict[str, str | int | None] = {"reranker": "none"}
    assert load_config(tmp_path, given, environment).reranker == "none"


def test_the_command_line_searches_with_it(
    sample_home: Config, reranking: Index, cross_encoder: str
) -> None:
    arguments = ["--home", str(sample_home.home), "--json", "--limit", "5"]
    shown = document(dalil("search", QUESTION, "--reranker", cross_encoder, *arguments))
    found = reranking.search(QUESTION, 5)
    assert [hit["article"] for hit in shown["hits"]] == [hit.chunk.article_id for hit in found]
    failed = dalil("ask", QUESTION, "--llm", "quotes", "--reranker", "/nowhere", *arguments[:2])
    assert failed.returncode == 1
    assert "The reranker '/nowhere' cannot be loaded" in failed.stderr


def test_a_run_with_another_reranker_is_another_run(
    assistant: Assistant, reranking: Index, tmp_path: Path
) -> None:
    with_it = Assistant(reranking, "quotes")
    one, other = (provenance(each, [DEVELOPMENT]) for each in (assistant, with_it))
    differ = {key for key in one if one[key] != other[key]}
    assert differ == {"reranker", "reranker_weights"}
    evaluate(with_it, [DEVELOPMENT], tmp_path / "run", retrieval_only=True, sample=3)
    with pytest.raises(EvaluationError, match="reranker"):
        evaluate(assistant, [DEVELOPMENT], tmp_path / "run", retrieval_only=True, sample=3)
