"""Deciding: does the evidence answer at all?

A logistic function of absolute features, one set of weights per language pair, with a reader and
without, fitted by `eval/calibrate.py` on development questions and on imported ones, each asked
with and without the articles that answer. It does not look at the ranking score, which always
crowns someone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from index.config import DEFAULT_READER, NO_READER
from index.periods import Dated
from index.spelling import written
from index.text import fold, stem, words
from index.types import Article
from rag.evidence import Gathered
from rag.periods import tells_of
from rag.question import asks_something, kind_missing
from rag.types import Question

_COMMON = ("hit", "sentence", "chunk", "said", "known", "numbers_missing")
_FEATURES = (*_COMMON, "kind_missing")
_READ_FEATURES = (*_COMMON, "read")
"""With what a reader makes of the evidence, which then hardly ever lacks the kind of thing asked
for: in 2 of the 1,927 cases that the weights are fitted on. Tried on 17,661 cases without a reader
and 3,276 with one, and left out, as the area moves by 0.005 at most, or down: whether the best
sentence lacks a name where it is asked who, a place where it is asked where, or a reason where it
is asked why; across languages, the share of the question's names that the article has."""

# Letters and a number that are one name: F-16, COP28, مي-26, G20.
_DESIGNATION = re.compile(r"(?<!\w)(?:[a-z]{1,4}-?|[\u0621-\u064a]{1,3}-)(\d{1,4})(?!\w)")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to answer, and how likely the evidence answers (0 to 1)."""

    answers: bool
    probability: float


def decide(question: Question, gathered: Gathered) -> Decision:
    """Whether the evidence answers.

    Never where there is none or nothing was asked for, nor where the question names a designation,
    such as F-16 or COP28, that the article of the best evidence does not hold: what it says is then
    about something else.
    """
    if not gathered.evidence or not asks_something(question):
        return Decision(answers=False, probability=0.0)
    pair, reader = pair_of(gathered), reader_of(gathered)
    features = features_of(question, gathered)
    likely = probability(features, pair, reader)
    enough = likely >= _weights()[reader][pair]["threshold"]
    return Decision(enough and not features["designation_missing"], likely)


def probability(features: Mapping[str, float], pair: str, reader: str = NO_READER) -> float:
    """How likely the evidence answers; `pair`: languages of question and evidence ("ar-en")."""
    weights = _weights()[reader][pair]
    names = features_with(reader)
    total = weights["bias"] + sum(weights[name] * features[name] for name in names)
    return 1 / (1 + math.exp(-total))


def features_with(reader: str) -> tuple[str, ...]:
    """The features that count for a reader as the settings name it, or for none."""
    return _FEATURES if reader == NO_READER else _READ_FEATURES


def pair_of(gathered: Gathered) -> str:
    """The languages of the question and of the best evidence, such as "en-ar"."""
    return f"{gathered.query.language}-{gathered.evidence[0].sentence.language}"


def reader_of(gathered: Gathered) -> str:
    """The reader that read the evidence, as the settings name it."""
    return NO_READER if gathered.evidence[0].odds is None else DEFAULT_READER


def features_of(question: Question, gathered: Gathered) -> dict[str, float]:
    """Absolute figures of the evidence, of which there must be some.

    `hit`: the log odds of the likeliest hit. `said`: the share of the question's informative stems
    in the best evidence, `known`: that in its article; both 0 across languages, where words cannot
    be compared. By rarity the latter parts a little better, but the answer's probability moves by
    0.044 instead of 0.036 with 10,000 unrelated chunks. `read`: the reader's log odds of the best
    evidence, 0 without one. The others are cosines, or 0 to 1.
    """
    best = gathered.evidence[0]
    text = " ".join(evidence.text for evidence in gathered.evidence[:3])
    same = best.sentence.language == gathered.query.language
    asked = set(gathered.looked_for.stems) if same else set()
    article = _words(f"{best.article.title}\n{best.article.text}")
    return {
        "hit": _log_odds(max(item.hit.probability or 0.0 for item in gathered.found)),
        "sentence": max(float(item.cosines.max()) for item in gathered.found),
        "chunk": max(item.hit.parts["dense"] for item in gathered.found),
        "said": _share(asked, _words(best.text)),
        "known": _share(asked, article),
        "numbers_missing": _numbers_missing(question.text, gathered.periods, best.article, article),
        "kind_missing": kind_missing(written(question.text), text),
        "read": best.odds or 0.0,
        "designation_missing": _designation_missing(question.text, article),
    }


def _log_odds(probability: float) -> float:
    kept = min(max(probability, 0.001), 0.999)
    return math.log(kept / (1 - kept))


def _share(stems: Set[str], held: Set[str]) -> float:
    return len(stems & set(map(stem, held))) / len(stems) if stems else 0.0


def _words(text: str) -> set[str]:
    return {word.folded for word in words(text)}


def _designation_missing(question: str, article: Set[str]) -> float:
    """1 where the number of a designation in the question is no word of the article."""
    named = {match[1] for match in _DESIGNATION.finditer(fold(question))}
    return float(bool(named) and named.isdisjoint(article))


def _numbers_missing(
    question: str, periods: Sequence[Dated], article: Article, held: Set[str]
) -> float:
    """The share of the question's numbers and periods that the article, which has the words `held`,
    does not name. A number within a period is a part of it."""
    asked = {
        word.folded
        for word in words(question)
        if word.folded[0].isdigit()
        and not any(each.start < word.end and word.start < each.end for each in periods)
    }
    missing = len(asked - held) + sum(not told for told in tells_of(article, periods))
    return missing / max(len(asked) + len(periods), 1)


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, dict[str, float]]]:
    text = resources.files("rag").joinpath("decide.json").read_text("utf-8")
    weights: dict[str, dict[str, dict[str, float]]] = json.loads(text)
    return weights
