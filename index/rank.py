"""Ranking: what a chunk shares with a question, and the score and probability made of that.

Every figure is absolute: it says the same of a chunk whatever else is in the collection, but for
how rare the question's words are. So chunks in two languages can be put in one order, a collection
of one chunk works like any other, and a probability means the same for every question. Standard
scores, which always crown someone, put the own language first: fitted on the same questions in five
folds, they gave an nDCG@10 of 0.69 (ar-en) and 0.57 (en-ar) on the development questions where
these figures give 0.79 and 0.70, and no more within a language. Tried on them and left out for want
of a gain: BM25 of stems and of 3-grams beside the shares, raw, as standard scores or by their
largest value; slopes of their own for each language of chunks; the title's cosine; the mean of all
sentences; the length of a chunk.

The words of one language say nothing about chunks in the other: the shares of stems and 3-grams
count within a language, that of names and numbers across. The weights, one set for each pair of
languages of question and chunk, are in `ranking.json`, fitted by `eval/fit.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.names import Sought, name_share, sought
from index.rows import StoredChunk
from index.text import STOPWORDS, grams, stem, words
from index.types import Language

Scores = NDArray[np.float32]

VECTORS = ("dense", "sentence", "sentences")
WITHIN = ("stems", "grams")
ACROSS = ("names",)
FEATURES = (*VECTORS, *WITHIN, *ACROSS)
"""Cosines of the chunk, its best sentence and its best two in the mean; shares from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question looks for in chunks besides its vector.

    `stems` and `grams`, the 3-grams, have the rarity of each in the collection, adding up to 1.
    """

    language: Language
    stems: Mapping[str, float]
    grams: Mapping[str, float]
    names: Sought


def wanted(question: str, language: Language, catalogue: Catalogue) -> Wanted:
    """What to look for, and how rare it is; function words are left out."""
    kept = [word.folded for word in words(question) if word.folded not in STOPWORDS]
    stems, held = list(dict.fromkeys(map(stem, kept))), list(dict.fromkeys(grams(kept)))
    total = catalogue.chunk_count()
    return Wanted(
        language,
        _rarities(stems, catalogue.stem_counts(stems), total),
        _rarities(held, catalogue.gram_counts(held), total),
        sought(question),
    )


def features(
    looked_for: Wanted,
    vector: NDArray[np.float32],
    stored: Sequence[StoredChunk],
    cosines: Sequence[NDArray[np.float32]],
) -> dict[str, Scores]:
    """The features of chunks, each of shape (n,); `cosines` are those of their sentences."""
    own = [item.chunk.language == looked_for.language for item in stored]
    return {
        "dense": np.stack([item.vector for item in stored]) @ vector,
        "sentence": np.array([row.max() for row in cosines], np.float32),
        "sentences": np.array([np.sort(row)[-2:].mean() for row in cosines], np.float32),
        "stems": np.array(
            [
                share(item.stems, looked_for.stems, whole=True) if is_own else 0.0
                for item, is_own in zip(stored, own, strict=True)
            ],
            np.float32,
        ),
        "grams": np.array(
            [
                share(item.folded, looked_for.grams) if is_own else 0.0
                for item, is_own in zip(stored, own, strict=True)
            ],
            np.float32,
        ),
        "names": np.array(
            [
                0.0 if is_own else name_share(looked_for.names, item.chunk.text, item.folded)
                for item, is_own in zip(stored, own, strict=True)
            ],
            np.float32,
        ),
    }


def scores(parts: Mapping[str, Scores], pairs: Sequence[str]) -> Scores:
    """What chunks are ordered by; `pairs` has the languages of question and chunk ("en-ar")."""
    return _linear(parts, pairs, _weights()["score"])


def probabilities(parts: Mapping[str, Scores], pairs: Sequence[str], found: Scores) -> Scores:
    """How likely each chunk answers, 0 to 1; `found` are the scores of all."""
    totals = _linear({**parts, "margin": margins(found)}, pairs, _weights()["probability"])
    return (1 / (1 + np.exp(-totals))).astype(np.float32)


def margins(found: Scores) -> Scores:
    """How far each score lies above the best of the others, at most 3, at least -5; alone, 0."""
    if len(found) < 2:
        return np.zeros_like(found)
    second, best = np.partition(found, -2)[-2:]
    others = np.where(found == best, second, best)
    clipped: Scores = np.clip(found - others, -5, 3).astype(np.float32)
    return clipped


def share(text: str, rarity: Mapping[str, float], *, whole: bool = False) -> float:
    """The share, by rarity, of what stands in a text of words with a space around each.

    3-grams, or with `whole` words.
    """
    if whole:
        return sum(value for term, value in rarity.items() if f" {term} " in text)
    return sum(value for term, value in rarity.items() if term in text)


def _linear(
    parts: Mapping[str, Scores], pairs: Sequence[str], weights: Mapping[str, Mapping[str, float]]
) -> Scores:
    totals = np.zeros(len(pairs), np.float64)
    for pair in set(pairs):
        rows = np.array([each == pair for each in pairs])
        own = weights[pair]
        totals[rows] = own["bias"]
        for name, weight in own.items():
            if name != "bias":
                totals[rows] += weight * parts[name][rows]
    return totals.astype(np.float32)


def _rarities(terms: Sequence[str], counts: Mapping[str, int], total: int) -> dict[str, float]:
    """How rare each term is, as BM25 has it, adding up to 1."""
    inverse = {
        term: math.log(1 + (total - held + 0.5) / (held + 0.5))
        for term in terms
        for held in (counts.get(term, 0),)
    }
    whole = sum(inverse.values()) or 1.0
    return {term: value / whole for term, value in inverse.items()}


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, dict[str, float]]]:
    text = resources.files("index").joinpath("ranking.json").read_text("utf-8")
    weights: dict[str, dict[str, dict[str, float]]] = json.loads(text)
    return weights
