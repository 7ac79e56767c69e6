"""The replies to everyday messages, made from the catalogue alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from index.filters import EVERYTHING, Filters
from index.search import Index
from index.text import language_of, words
from index.types import Hit, Language
from rag import phrases
from rag.addressed import is_addressed
from rag.compose import with_quotations, with_titles
from rag.everyday import Everyday
from rag.llm import QUOTES
from rag.subject import OF_WORDS, on_subject
from rag.types import Answer, Evidence, Message

_MOST_CHUNKS = 50
_MOST_LISTED = 8
_IN_SUMMARY = 3
_FEWEST_WORDS = 6


def reply(
    message: Everyday,
    said: str,
    index: Index,
    filters: Filters = EVERYTHING,
    history: Sequence[Message] = (),
    language: Language | None = None,
) -> Answer:
    """What a person expects of a message that was `said`; its `status` is "message".

    It is in `language`, else in that of the message.
    A summary is sentences of the article, word for word; "this article" is the only one that
    `filters` leave, or what the last question was about. Where no article is on the subject, the
    reply says so.
    """
    answer = Answer("message", "", language or language_of(said), llm=QUOTES)
    if message.kind == "about":
        return _listed(index, answer, _found(index, message.subject, filters))
    if message.kind == "summary":
        if not message.subject and len(filters.articles) == 1 and index.search(said, 1, filters):
            return with_quotations(answer, _summary(index, filters.articles[0]))
        asked = [turn["content"] for turn in history if turn["role"] == "user"]
        subject = message.subject or next(reversed(asked), "")
        found = _found(index, subject, filters) if subject else {}
        if not found:
            return _listed(index, answer, found)
        answer = replace(answer, hits=tuple(found.values()))
        return with_quotations(answer, _summary(index, next(iter(found))))
    lines = [phrases.everyday(answer.language, message.kind)]
    if message.kind in ("greeting", "help"):
        counts, period = index.catalogue.languages(), index.catalogue.published()
        lines.append(phrases.collection(answer.language, counts, *period))
    return replace(answer, text=" ".join(lines))


def _found(index: Index, subject: str, filters: Filters) -> dict[str, Hit]:
    found = index.search(subject, _MOST_CHUNKS, filters)
    return on_subject(found, OF_WORDS)


def _listed(index: Index, answer: Answer, found: Mapping[str, Hit]) -> Answer:
    """The titles of articles, each citing how its article begins."""
    text = phrases.articles_on(answer.language, len(found))
    read = [_sentences(index, id_) for id_ in list(found)[:_MOST_LISTED]]
    openings = [sentences[0][0] for sentences in read if sentences]
    return with_titles(replace(answer, text=text, hits=tuple(found.values())), openings)


def _summary(index: Index, article: str) -> list[Evidence]:
    """How an article begins, and the sentences of it that are nearest to all of it, in its order.

    They are nearest to the mean of all vectors (centroid summaries, Radev et al. 2004).
    """
    read = _sentences(index, article)
    if not read:
        return []
    long = [pair for pair in read if len(words(pair[0].text)) >= _FEWEST_WORDS] or read
    vectors = np.stack([vector for _, vector in long])
    central = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable")
    chosen = dict.fromkeys([0, *map(int, central)])
    return [long[at][0] for at in sorted(list(chosen)[:_IN_SUMMARY])]


def _sentences(index: Index, id_: str) -> list[tuple[Evidence, np.ndarray]]:
    """The sentences of an article that can be quoted, each with its vector, in their order."""
    with index.catalogue.reading():
        article, chunks = index.catalogue.article(id_), index.catalogue.chunks_of(id_)
    return [
        (Evidence(article, sentence, 0.0, stored.group), vector)
        for stored in chunks
        for sentence, vector in zip(stored.chunk.sentences, stored.sentence_vectors, strict=True)
        if not is_addressed(article.text[sentence.start : sentence.end])
    ]
