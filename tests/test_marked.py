"""Examples for the reader: marks where the answers are, none where there are none."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from eval.cloze import GAP, gaps
from eval.dataset import ARTICLES, DEVELOPMENT
from eval.marked import Example, Marked, drawn, examples, held_out
from index.config import Config
from index.embed import Embedder
from index.readers import read
from index.types import Article, RawArticle
from index.writer import article_of


@pytest.fixture(scope="module")
def found(sample_home: Config, embedder: Embedder) -> list[Example]:
    return list(islice(examples(sample_home.home, [DEVELOPMENT], embedder), 60))


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [article_of(raw) for raw in read([ARTICLES]) if isinstance(raw, RawArticle)]


def test_the_marked_words_are_the_answer(found: list[Example]) -> None:
    answered = [example for example in found if example.own]
    assert len(answered) > 30
    for example in answered:
        said = [mark.text[s:e] for mark in example.own for s, e in mark.spans]
        assert said
        assert all(any(each in answer for answer in example.answers) for each in said)


def test_what_is_found_elsewhere_does_not_answer(found: list[Example]) -> None:
    assert sum(bool(example.wrong) for example in found) > 50
    for example in found:
        own = {mark.text for mark in example.own}
        assert own.isdisjoint(mark.text for mark in example.wrong)
        assert not any(mark.spans for mark in example.wrong)


def test_what_is_drawn_answers_or_does_not_as_it_should(found: list[Example]) -> None:
    random = Random(1)
    for example in found:
        for _ in range(10):
            without = drawn(example, random, negative=1.0)
            assert not any(mark.spans for mark in without)
            if example.own:
                with_answer = drawn(example, random, negative=0.0)
                assert any(mark.spans for mark in with_answer)
                assert len(with_answer) <= 8


def test_the_nearest_stand_in_their_order() -> None:
    own = (Marked("a", (), 0.1), Marked("b", ((0, 1),), 0.9), Marked("c", (), 0.5))
    example = Example("q", "en-en", "f", "c", ("b",), own, ())
    assert [mark.text for mark in example.nearest(2)] == ["b", "c"]
    assert [mark.text for mark in example.nearest(2, without=True)] == ["a", "c"]


def test_about_a_fifth_is_held_out() -> None:
    share = sum(held_out(f"event {number}") for number in range(1000)) / 1000
    assert share == pytest.approx(0.2, abs=0.04)


def test_gaps_are_filled_by_what_is_marked(articles: list[Article]) -> None:
    made = gaps(articles, Random(1))
    assert len(made) > 50
    assert any(GAP in example.question for example in made)
    assert any(GAP not in example.question for example in made)
    for example in made:
        assert any(mark.spans for mark in example.own)
        assert all(mark.text[s:e].strip() for mark in example.own for s, e in mark.spans)


def test_a_gap_in_one_language_is_filled_in_the_other() -> None:
    arabic = "وصل المسبار الإماراتي إلى مدار المريخ في 2021 بعد رحلة طويلة استغرقت أشهرا."
    english = "The Emirati probe went into orbit around the planet Mars in 2021 after months."
    pair = [
        article_of(RawArticle(id="a-ar-1", origin="", title="", text=arabic)),
        article_of(RawArticle(id="a-en-1", origin="", title="", text=english)),
    ]
    made = gaps(pair, Random(1))
    numbers = [example for example in made if example.answers == ("2021",)]
    assert {example.pair for example in numbers} == {"ar-en", "en-ar"}
    assert {mark.text[s:e] for ex in numbers for mark in ex.own for s, e in mark.spans} == {"2021"}


def test_the_same_seed_makes_the_same_gaps(articles: list[Article]) -> None:
    assert gaps(articles, Random(7)) == gaps(articles, Random(7))
    assert gaps(articles, Random(7)) != gaps(articles, Random(8))
