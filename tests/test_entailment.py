"""An entailment model that is set has its say about every drafted sentence.

It is a real cross-encoder, the embedding's weights under a head whose numbers are set here: one
that says of everything that it follows, and one that says so of nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from index.config import Config, load_config
from index.embed import Embedder
from index.errors import WeightsError
from index.pairs import Entailment
from index.search import Index
from index.types import Article, Sentence
from index.weights import find, path_of
from rag.answer import Assistant
from rag.ground import Checks, ground
from rag.types import Evidence

LABELS = ("contradiction", "entailment", "neutral")
OTHER_ORDER = ("entailment", "neutral", "contradiction")
QUOTATION = "The council bought 40 buses from the company in May 2019."
SENTENCE = "The council bought 40 buses from the company [1]."


def _saved(embedder: Embedder, folder: Path, labels: tuple[str, ...], chosen: int) -> str:
    weights = find(embedder.name)
    assert weights is not None
    source = path_of(weights)
    model = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=len(labels), id2label=dict(enumerate(labels))
    )
    torch.nn.init.zeros_(model.classifier.weight)
    model.classifier.bias.data = torch.tensor([3.0 * (n == chosen) for n in range(len(labels))])
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def credulous(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _saved(embedder, tmp_path_factory.mktemp("credulous"), LABELS, 1)


@pytest.fixture(scope="module")
def doubting(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _saved(embedder, tmp_path_factory.mktemp("doubting"), OTHER_ORDER, 2)


def test_it_tells_how_likely_a_text_follows(credulous: str, doubting: str) -> None:
    """The share of the label that is called so, whichever place it has."""
    assert Entailment(credulous).probability(QUOTATION, SENTENCE) == pytest.approx(0.91, abs=0.02)
    assert Entailment(doubting).probability(QUOTATION, SENTENCE) == pytest.approx(0.045, abs=0.02)


def test_what_does_not_follow_is_dropped(embedder: Embedder, credulous: str, doubting: str) -> None:
    article = Article("buses", "", "", QUOTATION, "en")
    evidence = [Evidence(article, Sentence(0, len(QUOTATION), "en"), 0.0)]
    question = "Who bought the buses?"
    for entailment in (None, Entailment(credulous)):
        checks = Checks(embedder, entailment=entailment)
        assert ground(SENTENCE, evidence, question, checks)
    doubts = Checks(embedder, entailment=Entailment(doubting))
    assert ground(SENTENCE, evidence, question, doubts) is None


def test_an_assistant_has_the_one_that_is_set(
    sample_home: Config, embedder: Embedder, doubting: str
) -> None:
    def assistant(name: str) -> Assistant:
        return Assistant(
            Index.open(replace(sample_home, entailment=name), lambda: embedder), "quotes"
        )

    set_one = assistant(doubting).checks.entailment
    assert set_one is not None
    assert set_one.name == doubting
    assert assistant("none").checks.entailment is None


def test_one_that_is_not_there_is_an_error() -> None:
    with pytest.raises(WeightsError, match="entailment model '/nowhere' cannot be loaded"):
        Entailment("/nowhere").open()


def test_it_is_set_by_file_or_environment(tmp_path: Path) -> None:
    assert load_config(tmp_path, environment={}).entailment == "none"
    (tmp_path / "dalil.toml").write_text('entailment = "file"')
    assert load_config(tmp_path, environment={}).entailment == "file"
    environment = {"DALIL_ENTAILMENT": "environment"}
    assert load_config(tmp_path, environment=environment).entailment == "environment"


def test_a_model_that_does_something_else_is_an_error(embedder: Embedder, tmp_path: Path) -> None:
    other = _saved(embedder, tmp_path / "other", ("good", "bad"), 0)
    with pytest.raises(WeightsError, match="none of its labels is 'entailment': good, bad"):
        Entailment(other).open()
    alone = _saved(embedder, tmp_path / "alone", ("entailment",), 0)
    with pytest.raises(WeightsError, match="everything would follow"):
        Entailment(alone).open()
