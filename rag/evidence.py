"""Evidence: the sentences of the found chunks that are likeliest to answer.

A sentence is scored by its cosine with the question, by the score of its chunk, in the question's
own language by the shares of the question's stems and 3-grams that it holds, by whether it lacks
the number or date that is asked for, and by whether it opens its article, which an opening does
that sums up what others answer. The weights, one set for each pair of languages of question and
sentence, are in `evidence.json`, fitted by `eval/fit.py`. Tried and left out for want of a gain:
the share of names that a sentence in the other language holds; slopes of their own for each
language of sentences.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import TypeVar

from index.filters import EVERYTHING, Filters
from index.periods import Dated
from index.rank import Wanted, shares, wanted
from index.search import FoundChunk, Index, Query
from index.text import stem, words
from index.types import Article, Hit, Sentence
from rag.addressed import is_addressed, restates
from rag.periods import periods_of
from rag.question import asks_yes_or_no, kind_missing
from rag.reader import Reader, worth
from rag.repeats import echoing, repeats, stems_of
from rag.types import Evidence, Question

FEATURES = ("cosine", "chunk", "stems", "grams", "kind_missing", "opening")

READ = 8
"""How many of the best sentences a reader reads, unless more are to be shown."""

_MOST_ODDS = 12.0

CHUNKS_READ = 10
"""How many of the best chunks are looked into for sentences."""

_FEWEST_WORDS = 3

_NEAR = (math.inf, 1.5)
"""How far below the best sentence the second, and the third and later ones, may score and still be
shown: with all three the development questions have evidence among 2.9 quotations for 0.71, so
among 2.5 for 0.69."""

_NEAR_READ = (6.0, 2.5)
"""The same where a reader has read them. With all three 0.75 have evidence; with every second one
0.73 among 2.4, so 0.73 among 2.3. Of XQuAD's and ARCD's questions that training did not read as
many have evidence, among 1.6 to 2.0 instead of 2.1 to 2.2."""

_HEARD = 24
"""In how many of the best sentences it is looked for articles that repeat one another."""

_WIDEST = 100
"""How many chunks are looked through where these fill half of what is read."""

_NEAR_ENOUGH = 0.8
"""The share of the best cosine from which something newer is preferred, where a question asks for
the latest. From 0.70 to 0.85 it is the same on the eight development questions that do: nDCG@10
0.929 instead of 0.774, the first quotation right for 0.63 instead of 0.38 of them, one of the first
three for 0.75 instead of 0.63. Were every question taken for such a one, nDCG@10 would fall from
0.817 to 0.744."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _Scored:
    """A sentence that may be evidence, with its cosine with the question."""

    evidence: Evidence
    cosine: float


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found for a question: chunks, articles by id and evidence, each best first.

    `looked_for`: the question's words, and how rare they are in the collection; `periods`: what
    times it asks about.
    """

    query: Query
    looked_for: Wanted
    found: tuple[FoundChunk, ...]
    articles: Mapping[str, Article]
    evidence: tuple[Evidence, ...]
    periods: tuple[Dated, ...] = ()

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The chunks that were found, best first."""
        return tuple(item.hit for item in self.found)


def gather(
    index: Index,
    question: Question,
    filters: Filters = EVERYTHING,
    reader: Reader | None = None,
    *,
    limit: int = READ,
) -> Gathered:
    """The best `limit` sentences for a question, of what `filters` leave; more if more are shown.

    With a `reader` they are read, and ordered by what it makes of them as well. Chunks are not:
    with a tenth of the odds of their best sentence in their score, nDCG@10 was 0.872 instead of
    0.862 on the development questions and at most 0.007 more on XQuAD and ARCD.
    """
    query = index.query(question.text)
    with index.catalogue.reading():
        looked_for = wanted(query.searched, query.language, index.catalogue)
        found = ranked(index, question, query, CHUNKS_READ, filters)
        articles, scored = _sentences(index, question, looked_for, found)
        repeating = _echoing(scored)
        if len(repeating) >= CHUNKS_READ // 2:
            found = _with_others(ranked(index, question, query, _WIDEST, filters), repeating)
            articles, scored = _sentences(index, question, looked_for, found)
            repeating |= _echoing(scored)
    if question.latest:
        scored = _newest_first(scored, lambda e: e.cosine, lambda e: e.evidence.article.published)
    limit = max(limit, index.config.quotations)
    evidence = _distinct([item.evidence for item in scored], limit, repeating)
    if reader is not None:
        evidence = _read(reader, question, evidence)
    periods = tuple(periods_of(question.text, filters.as_of or date.today()))
    return Gathered(query, looked_for, tuple(found), articles, evidence, periods)


def _sentences(
    index: Index, question: Question, looked_for: Wanted, found: Sequence[FoundChunk]
) -> tuple[dict[str, Article], list[_Scored]]:
    """The articles of chunks by id, and the sentences of the chunks, best first."""
    ids = dict.fromkeys(item.hit.chunk.article_id for item in found)
    articles = {id_: index.catalogue.article(id_) for id_ in ids}
    scored = [
        sentence
        for item in found
        for sentence in _scored(question, looked_for, item, articles[item.hit.chunk.article_id])
    ]
    return articles, sorted(scored, key=lambda entry: -entry.evidence.score)


def _echoing(scored: Sequence[_Scored]) -> frozenset[str]:
    """The articles that repeat one another in the best sentences."""
    return echoing([item.evidence for item in scored[:_HEARD]])


def _with_others(found: Sequence[FoundChunk], echoing: Set[str]) -> list[FoundChunk]:
    """The first `CHUNKS_READ`, half of them, at most, of articles that are `echoing`."""
    kept: list[FoundChunk] = []
    most = CHUNKS_READ // 2
    for item in found:
        echoes = item.hit.chunk.article_id in echoing
        if len(kept) < CHUNKS_READ and (most or not echoes):
            most -= echoes
            kept.append(item)
    return kept


def _read(reader: Reader, question: Question, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Evidence as a reader sees it, ordered anew unless the latest is asked for.

    It reads the sentences of an article one after another, as they stand there. Words that answer
    are marked where any can.
    """
    rank = {id_: place for place, id_ in enumerate(dict.fromkeys(e.article.id for e in evidence))}
    ordered = sorted(evidence, key=lambda item: (rank[item.article.id], item.sentence.start))
    reading = reader.read(question.text, [item.text for item in ordered])
    has_words = not asks_yes_or_no(question.text)
    read = []
    for row, item in enumerate(ordered):
        odds = min(max(reading.odds[row], -_MOST_ODDS), _MOST_ODDS)
        score = item.score + worth(f"{question.language}-{item.sentence.language}") * odds
        mark = reading.best(row) if has_words else None
        read.append(replace(item, score=score, odds=odds, mark=mark))
    if question.latest:
        kept = {item.text: item for item in read}
        return tuple(kept[item.text] for item in evidence)
    return tuple(sorted(read, key=lambda item: -item.score))


def ranked(
    index: Index, question: Question, query: Query, limit: int, filters: Filters = EVERYTHING
) -> list[FoundChunk]:
    """The best `limit` chunks for a question, of what `filters` leave.

    Best first; where the question asks for the latest, of the first ten those that come near the
    best by their best sentence are ordered by date, the newest first.
    """
    with index.catalogue.reading():
        found = index.find(query, max(limit, CHUNKS_READ), filters)
        if question.latest:
            head, tail = found[:CHUNKS_READ], found[CHUNKS_READ:]
            ids = {item.hit.chunk.article_id for item in head}
            published = {id_: index.catalogue.article(id_).published for id_ in ids}
            head = _newest_first(
                head,
                lambda item: float(item.cosines.max()),
                lambda item: published[item.hit.chunk.article_id],
            )
            found = [*head, *tail]
    return found[:limit]


def near_the_best(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence that is worth showing: the best sentence, and what scores near the best.

    The words of a question often single out a sentence that does not answer it: the second holds
    the answer for another 0.09 to 0.15 of the questions of ARCD, XQuAD and the samples. Where no
    reader has read them, it is shown however far it is.
    """
    is_read = bool(evidence) and evidence[0].odds is not None
    far = (0.0, *(_NEAR_READ if is_read else _NEAR))
    return tuple(
        item
        for position, item in enumerate(evidence)
        if item.score >= evidence[0].score - far[min(position, 2)]
    )


def _newest_first(
    items: Sequence[_Item],
    cosine: Callable[[_Item], float],
    published: Callable[[_Item], date | None],
) -> list[_Item]:
    """Those that come near the best cosine change places, the newest first and undated ones last.

    Within a day their order stays, and so do the places of the rest.
    """
    least = _NEAR_ENOUGH * max(map(cosine, items), default=0.0)
    near = [item for item in items if cosine(item) >= least]
    newest = iter(sorted(near, key=lambda item: published(item) or date.min, reverse=True))
    return [next(newest) if cosine(item) >= least else item for item in items]


def sentence_features(
    question: Question, looked_for: Wanted, item: FoundChunk
) -> Iterator[tuple[Sentence, dict[str, float]]]:
    """The sentences of a chunk that may be evidence, each with the figures that `FEATURES` names.

    The shares are 0 where the sentence is in the other language.
    """
    chunk = item.hit.chunk
    for sentence, cosine in zip(chunk.sentences, item.cosines, strict=True):
        text = chunk.text[sentence.start - chunk.start : sentence.end - chunk.start]
        folded = [word.folded for word in words(text)]
        if len(folded) < _FEWEST_WORDS:
            continue
        own = sentence.language == looked_for.language
        stems = f" {' '.join(map(stem, folded))} "
        held = shares(stems, f" {' '.join(folded)} ", looked_for)
        yield (
            sentence,
            {
                "cosine": float(cosine),
                "chunk": item.hit.score,
                "stems": held["stems"] if own else 0.0,
                "grams": held["grams"] if own else 0.0,
                "kind_missing": kind_missing(question.text, text),
                "opening": float(sentence.start == 0),
            },
        )


def sentence_scores(
    question: Question, looked_for: Wanted, item: FoundChunk
) -> Iterator[tuple[Sentence, float, float]]:
    """The sentences of a chunk that may be evidence, each with its score and its cosine."""
    for sentence, figures in sentence_features(question, looked_for, item):
        weights = _weights()[f"{looked_for.language}-{sentence.language}"]
        score = sum(weight * figures.get(name, 1.0) for name, weight in weights.items())
        yield sentence, score, figures["cosine"]


def _scored(
    question: Question, looked_for: Wanted, item: FoundChunk, article: Article
) -> Iterator[_Scored]:
    for sentence, score, cosine in sentence_scores(question, looked_for, item):
        text = article.text[sentence.start : sentence.end]
        if is_addressed(text) or restates(text, question.asked):
            continue
        yield _Scored(Evidence(article, sentence, score, item.stored.group), cosine)


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, float]]:
    text = resources.files("rag").joinpath("evidence.json").read_text("utf-8")
    weights: dict[str, dict[str, float]] = json.loads(text)
    return weights


def _distinct(
    scored: Sequence[Evidence], limit: int, echoing: Set[str] = frozenset()
) -> tuple[Evidence, ...]:
    """The first `limit`, but for those that say nothing new: headlines are repeated in the text.

    Half of them, at most, are of the articles that are `echoing`.
    """
    kept: list[Evidence] = []
    seen: list[set[str]] = []
    most = limit - limit // 2
    for evidence in scored:
        said = stems_of(evidence)
        echoes = evidence.article.id in echoing
        if any(repeats(said, before) for before in seen) or (echoes and not most):
            continue
        most -= echoes
        kept.append(replace(evidence, echoes=echoes))
        seen.append(said)
        if len(kept) == limit:
            break
    return tuple(kept)
