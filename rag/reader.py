"""The reader: which words of the evidence answer a question, and whether any do.

A network of its own over the embedding model's layers (`rag.adapters`), trained by
`eval/train_reader.py` on questions whose answers are marked, and on the same questions over
sentences that do not answer them. `READER.md` is its model card. It is one signal beside others:
how well a sentence fits the question as a whole is the retrieval's to tell.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.text import language_of
from rag.contexts import NO_ROW, Context, arranged
from rag.networks import Network, logits
from rag.types import Mark

if TYPE_CHECKING:
    from rag.adapters import AdaptedModel

LONGEST_SPAN = 24
"""Tokens of an answer at most."""

_MOST_MARKS = 5

_CONSIDERED = 100
"""How many of the likeliest spans of a context are looked at."""

_TO_WORD_END = re.compile(r"\w[\w\u064b-\u0652\u0670]*")

_AROUND = " \t\n.,:;!?،؛؟…«»“”\"'()[]"
"""What a mark neither begins nor ends with."""

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in some sentences.

    `marks` do not overlap and are ordered, the likeliest first, each with the row of its sentence;
    their probability is that some sentence answers, times how much of the answer they are expected
    to have, with what is expected of earlier ones taken off. `odds`: for each sentence the log odds
    that its words answer, against "not here". `probability`: that any sentence answers, calibrated
    for the languages of the question and of the best sentence.
    """

    marks: tuple[tuple[int, Mark], ...]
    odds: tuple[float, ...]
    probability: float

    def best(self, row: int) -> Mark | None:
        """The likeliest words of one sentence, where they are among `marks`."""
        return next((mark for place, mark in self.marks if place == row), None)


class Reader(Network):
    """Reads evidence. Threads may share it."""

    weights = "reader.safetensors"

    def read(self, question: str, sentences: Sequence[str]) -> Reading:
        """Look for the answer in some sentences, which are best given in their articles' order.

        Raises what `open` does.
        """
        if not sentences:
            return Reading((), (), 0.0)
        embedder, model = self.open()
        contexts = list(arranged(embedder, question, sentences, embedder.tokens))
        scored = [scores(model, context) for context in contexts]
        odds = np.full(len(sentences), -math.inf)
        for context, values in zip(contexts, scored, strict=True):
            for row in set(context.rows) - {NO_ROW}:
                odds[row] = np.logaddexp.reduce(values[context.rows == row], axis=None)
        pair = f"{language_of(question)}-{language_of(sentences[int(odds.argmax())])}"
        likely = calibrated(float(np.logaddexp.reduce(odds)), pair)
        marks = marks_of(sentences, contexts, scored, likely)
        return Reading(marks, tuple(map(float, odds)), likely)


def scores(model: AdaptedModel, context: Context) -> Scores:
    """For each token and each length of words that start there, the log odds against "not here".

    Shape (tokens, `LONGEST_SPAN`); negative infinity for what does not lie in one sentence.
    """
    return spans_of(logits(model, context), context.rows)


def spans_of(made: NDArray[np.float32], rows: NDArray[np.int64]) -> Scores:
    """The same of the network's scores (tokens, 2); the first token stands for "not here"."""
    count = len(rows)
    found = np.full((count, LONGEST_SPAN), -math.inf, np.float32)
    nowhere = float(made[0].sum())
    for length in range(min(LONGEST_SPAN, count)):
        last = slice(length, count)
        inside = (rows[: count - length] == rows[last]) & (rows[last] != NO_ROW)
        value = made[: count - length, 0] + made[last, 1] - nowhere
        found[: count - length, length] = np.where(inside, value, -math.inf)
    return found


def calibrated(odds: float, pair: str) -> float:
    """How likely sentences answer (0 to 1), from the log odds of all their words together.

    `pair`: the languages of question and sentence, such as "en-ar".
    """
    fitted = _fitted()["calibration"][pair]
    total = fitted["slope"] * odds + fitted["intercept"]
    return 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))


def marks_of(
    sentences: Sequence[str], contexts: Sequence[Context], scored: Sequence[Scores], likely: float
) -> tuple[tuple[int, Mark], ...]:
    """Words that do not overlap, each time those that have the most in common with the answer.

    What they have in common is weighed by how likely each span is the answer: where two of nearly
    the same words are, one of them is a better answer than a third elsewhere that is likelier than
    either (minimum Bayes risk, Kumar and Byrne 2004). Against the likeliest words it is worth 0.012
    of F1, the mean of six sets of held-out questions.
    """
    spans = _likeliest(sentences, contexts, scored)
    if not len(spans):
        return ()
    rows, starts, ends, values = spans.T
    shared = np.minimum(ends[:, None], ends) - np.maximum(starts[:, None], starts)
    shared = np.maximum(shared, 0) * (rows[:, None] == rows)
    alike = 2 * shared / ((ends - starts)[:, None] + (ends - starts))
    whole = np.logaddexp.reduce([np.logaddexp.reduce(each, axis=None) for each in scored])
    left = np.exp(values - whole)
    free = np.ones(len(spans), bool)
    found: list[tuple[int, Mark]] = []
    while free.any() and len(found) < _MOST_MARKS:
        common = np.where(free, alike @ left, -1.0)
        best = int(common.argmax())
        row, start, end = (int(each[best]) for each in (rows, starts, ends))
        found.append((row, Mark(start, end, likely * float(common[best]))))
        left = left * (1 - alike[best])
        free &= shared[best] == 0
    return tuple(found)


def _likeliest(
    sentences: Sequence[str], contexts: Sequence[Context], scored: Sequence[Scores]
) -> NDArray[np.float64]:
    """The likeliest spans (n, 4): the row of the sentence, start and end in it, and the score.

    They end with a word, without what stands `_AROUND` it; they may begin after a prefix, as "and"
    and "by" are in Arabic.
    """
    found = []
    for context, values in zip(contexts, scored, strict=True):
        flat = np.argsort(values, axis=None)[::-1][:_CONSIDERED]
        for first, length in zip(*np.unravel_index(flat, values.shape), strict=True):
            if not math.isfinite(values[first, length]):
                break
            row = context.rows[first]
            start, end = context.offsets[first][0], context.offsets[first + length][1]
            if end > start and (word := _TO_WORD_END.match(sentences[row], end - 1)):
                end = word.end()
            said = sentences[row][start:end]
            start += len(said) - len(said.lstrip(_AROUND))
            end -= len(said) - len(said.rstrip(_AROUND))
            if end > start:
                found.append((row, start, end, values[first, length]))
    return np.array(found, np.float64)


def worth(pair: str) -> float:
    """What log odds of 1 weigh in the order of the evidence, for languages such as "en-ar"."""
    return _fitted()["worth"][pair]["odds"]


@lru_cache(maxsize=1)
def _fitted() -> dict[str, dict[str, dict[str, float]]]:
    text = resources.files("rag").joinpath("reader.json").read_text("utf-8")
    fitted: dict[str, dict[str, dict[str, float]]] = json.loads(text)
    return fitted
