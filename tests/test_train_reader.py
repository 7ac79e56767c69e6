"""Training the reader: it learns what it is shown, the same every time, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from random import Random

import pytest
import torch

from eval.dataset import DEVELOPMENT
from eval.marked import Example, Marked, examples
from eval.reading import Outcome, grouped, outcome, quality, table
from eval.train_reader import Drawing, calibration, loss_of, train
from eval.training import batched
from index.config import Config
from index.embed import Embedder
from rag.adapters import AdaptedModel
from rag.reader import Reader, Reading
from rag.types import Mark


@pytest.fixture(scope="module")
def few(sample_home: Config, embedder: Embedder) -> list[Example]:
    found = examples(sample_home.home, [DEVELOPMENT], embedder)
    return list(islice((example for example in found if example.own), 8))


def trained(
    embedder: Embedder, few: list[Example], steps: int
) -> tuple[AdaptedModel, float, float]:
    """A small model, and its loss on what it was trained on, before and after."""
    torch.manual_seed(3)
    for weight in embedder.layers.parameters():
        weight.requires_grad = False
    model = AdaptedModel(embedder.layers, rank=4).eval()
    drawing = Drawing(embedder, Random(3))
    read = [drawing.read(each.question, each.nearest(2)) for each in few]
    (batch,) = batched([each for each in read if each])
    with torch.inference_mode():
        before = float(loss_of(model, batch))
    train(model, drawing, few, few, (), steps)
    with torch.inference_mode():
        return model, before, float(loss_of(model, batch))


def test_it_learns_what_it_is_shown_and_leaves_the_embedding_alone(
    embedder: Embedder, few: list[Example]
) -> None:
    question = few[0].question
    vectors = embedder.questions([question])
    _, before, after = trained(embedder, few[:3], 45)
    assert after < 0.8 * before
    assert (embedder.questions([question]) == vectors).all()


def test_one_seed_gives_one_result(embedder: Embedder, few: list[Example]) -> None:
    first, _, _ = trained(embedder, few[:3], 3)
    second, _, _ = trained(embedder, few[:3], 3)
    assert all(
        torch.equal(one, other)
        for one, other in zip(first.parameters(), second.parameters(), strict=True)
    )


def test_what_is_read_holds_the_answer_at_the_marked_tokens(
    embedder: Embedder, few: list[Example]
) -> None:
    drawing = Drawing(embedder, Random(1))
    for example in few:
        marked = example.nearest(3)
        read = drawing.read(example.question, marked)
        assert read is not None
        for first, last in read.gold:
            if any(mark.spans for mark in marked):
                row = int(read.context.rows[first])
                start, end = read.context.offsets[first][0], read.context.offsets[last][1]
                said = marked[row].text[start:end]
                assert any(marked[row].text[s:e] in said for s, e in marked[row].spans)
            else:
                assert (first, last) == (0, 0)


def test_batches_hold_a_bounded_number_of_tokens_and_lose_nothing(
    embedder: Embedder, few: list[Example]
) -> None:
    drawing = Drawing(embedder, Random(1))
    read = [found for each in few * 20 if (found := drawing.read(each.question, each.own[:8]))]
    batches = list(batched(read))
    assert sum(map(len, batches)) == len(read)
    assert all(
        len(batch) * max(len(each.context.ids) for each in batch) <= 4096 for batch in batches
    )


def test_a_reader_that_is_right_scores_one() -> None:
    own = (Marked("It was red.", (), 0.9, 9.0), Marked("It was blue.", ((7, 11),), 0.1, 0.0))
    example = Example("Which?", "en-en", "f/questions.jsonl", "c", ("blue",), own, ())

    def read(_: str, sentences: Sequence[str]) -> Reading:
        odds = tuple(5.0 if "blue" in text else -50.0 for text in sentences)
        rows = [row for row, text in enumerate(sentences) if "blue" in text]
        return Reading(tuple((row, Mark(7, 11, 0.9)) for row in rows), odds, 0.9)

    found = outcome(read, example)
    chosen = {"cosine": 0.0, "score": 0.0, "reader": 1.0, "both": 1.0}
    assert found == Outcome("c", 1.0, 5.0, -50.0, chosen)
    both = quality([found, found])
    assert (both.f1.value, both.area.value) == (1.0, 1.0)
    assert "| f en-en | 1 | 1.00 [" in table(grouped([(example, found)]))


def test_calibration_makes_odds_probabilities() -> None:
    example = Example("Which?", "en-ar", "f", "c", (), (), ())
    outcomes = [(example, Outcome("c", 1.0, 2.0 + n % 3, -1.0 - n % 3, {})) for n in range(30)]
    fitted = calibration(outcomes)
    assert set(fitted) == {"en-ar"}
    assert fitted["en-ar"]["slope"] > 0


def test_the_shipped_reader_finds_answers_to_questions_it_never_saw(
    embedder: Embedder, few: list[Example]
) -> None:
    reader = Reader(embedder)
    found = [outcome(reader.read, example) for example in few]
    assert sum(each.f1 or 0.0 for each in found) / len(found) > 0.3
