"""What the reader and the verifier are given at once, as tokens: a question and its sentences, or a
quotation and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.embed import Embedder
from index.names import keys
from index.text import STOPWORDS, informative, language_of, stem, words
from index.tokens import Tokens
from index.types import Language

MOST_TOKENS = 512
"""What is read at once; sentences that do not fit are read in a further pass."""

MOST_QUESTION_TOKENS = 128
"""Of a longer question its end is read: there it is asked, and there a follow-up stands."""

MOST_QUOTATION_TOKENS = 256
MOST_SENTENCE_TOKENS = 176
"""What is read of a quotation, and of a sentence that it is to prove."""

_SHORTEST_KEY = 3

NO_ROW = -1
"""The sentence of a token that belongs to none."""


@dataclass(frozen=True, slots=True)
class Context:
    """Token ids of a question and of sentences, and the words behind them.

    `kinds`: what each token has to do with the question, as `kinds_of` tells. `rows` (tokens,): the
    sentence of each, or `NO_ROW`; `offsets` of each in its sentence.
    """

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    rows: NDArray[np.int64]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question has in common with sentences that answer it."""

    language: Language
    stems: frozenset[str]
    names: frozenset[str]


_Piece = tuple[int, Tokens, Sequence[int]]
TokensOf = Callable[[str], Tokens]


def arranged(
    embedder: Embedder, question: str, sentences: Sequence[str], tokens_of: TokensOf
) -> Iterator[Context]:
    """A question before its sentences, a mark after each, in as many contexts as they need."""
    asked = _query(embedder, question, tokens_of)[-MOST_QUESTION_TOKENS:]
    head = _head(embedder, asked, tokens_of)
    end = embedder.marks[1]
    room = MOST_TOKENS - len(head) - 1
    words_asked = asked_words(question)
    taken: list[_Piece] = []
    used = 0
    for row, sentence in enumerate(sentences):
        tokens = tokens_of(sentence)
        own = Tokens(tokens.ids[: room - 1], tokens.offsets[: room - 1])
        if used + len(own.ids) + 1 > room:
            yield _context(head, taken, end)
            taken, used = [], 0
        taken.append((row, own, kinds_of(sentence, own, words_asked)))
        used += len(own.ids) + 1
    yield _context(head, taken, end)


def compared(embedder: Embedder, quotation: str, sentence: str, tokens_of: TokensOf) -> Context:
    """A sentence behind the quotation that is to prove it, in the places of sentence and question.

    Of longer ones the beginning is read.
    """
    quoted = _query(embedder, quotation, tokens_of)[:MOST_QUOTATION_TOKENS]
    tokens = tokens_of(sentence)
    own = Tokens(tokens.ids[:MOST_SENTENCE_TOKENS], tokens.offsets[:MOST_SENTENCE_TOKENS])
    kinds = kinds_of(sentence, own, asked_words(quotation))
    return _context(_head(embedder, quoted, tokens_of), [(0, own, kinds)], embedder.marks[1])


def _query(embedder: Embedder, text: str, tokens_of: TokensOf) -> tuple[int, ...]:
    """The tokens of a text where a question stands, without the model's prefix for questions."""
    prefix = embedder.prefix("question")
    return tokens_of(prefix + text).ids[len(tokens_of(prefix).ids) :]


def _head(embedder: Embedder, query: Sequence[int], tokens_of: TokensOf) -> tuple[int, ...]:
    """What stands before the sentences."""
    start, end = embedder.marks
    before = tokens_of(embedder.prefix("question")).ids
    return (start, *before, *query, end, end, *tokens_of(embedder.prefix("passage")).ids)


def _context(head: Sequence[int], taken: Sequence[_Piece], end: int) -> Context:
    ids, rows, offsets = list(head), [NO_ROW] * len(head), [(0, 0)] * len(head)
    kinds = [0] * len(head)
    for row, tokens, own in taken:
        ids += [*tokens.ids, end]
        rows += [*[row] * len(tokens.ids), NO_ROW]
        offsets += [*tokens.offsets, (0, 0)]
        kinds += [*own, 0]
    return Context(tuple(ids), tuple(kinds), np.array(rows), tuple(offsets))


def asked_words(question: str) -> Asked:
    """The stems of a question's informative words, and the keys of its names and numbers."""
    folded = [word.folded for word in words(question) if word.folded not in STOPWORDS]
    names = {key for each in folded for key in _name_keys(each)}
    return Asked(language_of(question), frozenset(informative(question)), frozenset(names))


def kinds_of(sentence: str, tokens: Tokens, asked: Asked) -> list[int]:
    """For each token: 1 where the question has a word of its stem, 2 where the question, in the
    other language, has its number or a name of its consonants, else 0."""
    own = language_of(sentence, asked.language) == asked.language
    found = [
        (word.start, word.end, 1 if own else 2)
        for word in words(sentence)
        if word.folded not in STOPWORDS
        and (
            stem(word.folded) in asked.stems
            if own
            else not asked.names.isdisjoint(_name_keys(word.folded))
        )
    ]
    return [
        next((kind for first, last, kind in found if start < last and end > first), 0)
        for start, end in tokens.offsets
    ]


def _name_keys(folded: str) -> frozenset[str]:
    if folded[0].isdigit():
        return frozenset((folded,))
    return frozenset(key for key in keys(folded) if len(key) >= _SHORTEST_KEY)
