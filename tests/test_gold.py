"""Twelve gold questions on five scraped articles that are not part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.dataset import load_questions
from index.build import ingest
from index.config import Config
from index.embed import Embedder
from index.search import Index
from rag.answer import Assistant

SHARED = Path(__file__).parents[2] / "shared"
ARTICLES, QUESTIONS = SHARED / "data" / "articles", SHARED / "gold" / "haftar_dev.jsonl"


needs_articles = pytest.mark.skipif(
    not (ARTICLES.exists() and QUESTIONS.exists()),
    reason="the scraped articles, which belong to their publishers, are not beside this checkout",
)


@needs_articles
def test_arabic_quotations_answer_and_what_is_missing_is_refused(
    home: Config, embedder: Embedder
) -> None:
    right = _right(home, embedder)
    assert right["ar"] == 5
    assert right["refused"] == 2
    assert right["en"] >= 3


@needs_articles
@pytest.mark.xfail(
    strict=True,
    reason="fitted on more questions, one English question of five finds its evidence no longer: "
    "the sentence that says who received Haftar in Moscow comes sixth",
)
def test_four_english_questions_of_five_are_answered(home: Config, embedder: Embedder) -> None:
    assert _right(home, embedder)["en"] >= 4


def _right(home: Config, embedder: Embedder) -> dict[str, int]:
    """How many questions have their evidence quoted, by language, and how many are refused."""
    summary = ingest([ARTICLES], home, lambda: embedder)
    assert (len(summary.added), summary.refused) == (5, ())
    assistant = Assistant(Index.open(home, lambda: embedder), "quotes")
    right: dict[str, int] = {"ar": 0, "en": 0, "refused": 0}
    for gold in load_questions(QUESTIONS):
        answer = assistant.ask(gold.question)
        if gold.answerable:
            right[gold.language] += bool(
                gold.evidence_held([(c.article, c.quotation) for c in answer.citations])
            )
        else:
            right["refused"] += answer.status == "not_found"
        for citation in answer.citations:
            text = assistant.index.catalogue.article(citation.article).text
            assert text[citation.start : citation.end] == citation.quotation
    return right
