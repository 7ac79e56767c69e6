"""Ranking: what a chunk shares with a question, and the score and probability made of that.

Every figure is absolute: it says the same of a chunk whatever else is in the collection, but for
how rare the question's words are, which the probability leaves out. So chunks in two languages can
be put in one order, a collection of one chunk works like any other, and a probability means the
same for every question. Standard scores, which always crown someone, put the own language first:
fitted on the same questions in five folds, they gave an nDCG@10 of 0.69 (ar-en) and 0.57 (en-ar) on
the development questions where these figures give 0.73 and 0.70 or more, and no more within a
language. Tried on them and left out for want of a gain: BM25 of stems and of 3-grams beside the
shares, raw, as standard scores or by their largest value; slopes of their own for each language of
chunks; the title's cosine; the mean of all sentences; the length of a chunk; words that the
embedding takes for translations of one another, which cost a fifth of the time of ingesting; equal
shares of the two languages among the candidates; a penalty for chunks that are near everything;
the shares that one sentence or two neighbours hold, pairs of stems, squares and products of
figures, at most 0.003 together on ARCD; boosted trees on all of that, which rank worse.

The words of one language say nothing about chunks in the other: the shares of stems and 3-grams
count within a language, that of names and numbers across. The weights, one set for each pair of
languages of question and chunk, are in `ranking.json`, fitted by `eval/fit.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.names import Sought, name_share, sought
from index.rows import StoredChunk
from index.text import STOPWORDS, grams, stem, words
from index.types import Language

Scores = NDArray[np.float32]
Values = NDArray[np.floating[Any]]

VECTORS = ("dense", "sentence", "sentences")
BY_RARITY = ("stems", "grams")
PLAIN = ("plain_stems", "plain_grams")
WITHIN = (*BY_RARITY, *PLAIN, "length")
ACROSS = ("names",)
FEATURES = (*VECTORS, *WITHIN, *ACROSS)
"""Cosines of the chunk, its best sentence and its best two in the mean; shares from 0 to 1; the
length of the question, ln(1+n) of n stems, because half of eight says more than half of two.

The plain shares take every word for as good as another: the score has those by rarity, which the
collection decides, the probability the plain ones, which other articles do not change.
"""

LEAST_MARGIN = -5.0
MOST_MARGIN = {"within": 1.5, "across": 1.0}
"""What margins are cut to: the nearest of 10,000 unrelated chunks is nearer than that of a few.

Cut at 3, the area under the curve (5,337 questions with and without their articles, five folds) is
0.899 instead of 0.887, but the first hit's probability moves by 0.030 with them, not by 0.018. Of
80 development questions asked of one article alone, the right one is answered from for 0.78 and
another for 0.03; were its margin 0, for 0.20 and 0.00.
"""


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
    within = [
        shares(item.stems, item.folded, looked_for) if is_own else {}
        for item, is_own in zip(stored, own, strict=True)
    ]
    across = [
        0.0 if is_own else name_share(looked_for.names, item.chunk.text, item.folded)
        for item, is_own in zip(stored, own, strict=True)
    ]
    return {
        "dense": np.stack([item.vector for item in stored]) @ vector,
        "sentence": np.array([row.max() for row in cosines], np.float32),
        "sentences": np.array([np.sort(row)[-2:].mean() for row in cosines], np.float32),
        **{
            name: np.array([row.get(name, 0.0) for row in within], np.float32)
            for name in (*BY_RARITY, *PLAIN)
        },
        "length": np.array(own, np.float32) * math.log1p(len(looked_for.stems)),
        "names": np.array(across, np.float32),
    }


def scores(parts: Mapping[str, Scores], pairs: Sequence[str]) -> Scores:
    """What chunks are ordered by; `pairs` has the languages of question and chunk ("en-ar")."""
    return linear(parts, pairs, _weights()["score"])


def plain_scores(parts: Mapping[str, Scores], pairs: Sequence[str]) -> Scores:
    """The scores that chunks would have if every word were as rare as another."""
    plain = dict(zip(BY_RARITY, (parts[name] for name in PLAIN), strict=True))
    return scores({**parts, **plain}, pairs)


def probabilities(
    parts: Mapping[str, Scores], pairs: Sequence[str], texts: Sequence[Hashable]
) -> Scores:
    """How likely each chunk answers, 0 to 1; `texts` says whose it is, all candidates are given."""
    stands_out = margins(plain_scores(parts, pairs), pairs, texts)
    totals = linear({**parts, "margin": stands_out}, pairs, _weights()["probability"])
    return (1 / (1 + np.exp(-totals))).astype(np.float32)


def margins(found: Scores, pairs: Sequence[str], texts: Sequence[Hashable]) -> Scores:
    """How far each score lies above the best of another text; the most where there is none.

    `texts` is the same for the chunks of an article and of its reprints: that one of them scores
    well too does not make the other less likely. Chunks in the other language are compared with
    their like where they can be, because what says the same in the question's own scores higher.
    """
    made = np.minimum(_apart(found, texts), MOST_MARGIN["within"])
    across = [row for row, pair in enumerate(pairs) if pair[:2] != pair[3:]]
    other_texts = [texts[row] for row in across]
    if len(set(other_texts)) > 1:
        made[across] = _apart(found[across], other_texts)
    made[across] = np.minimum(made[across], MOST_MARGIN["across"])
    return np.maximum(made, np.float32(LEAST_MARGIN))


def _apart(found: Scores, texts: Sequence[Hashable]) -> Scores:
    best: dict[Hashable, float] = {}
    for text, score in zip(texts, found, strict=True):
        best[text] = max(float(score), best.get(text, -math.inf))
    if len(best) < 2:
        return np.full_like(found, np.inf)
    first, second = sorted(best, key=best.__getitem__, reverse=True)[:2]
    others = [best[second if text == first else first] for text in texts]
    return found - np.array(others, np.float32)


def shares(stems: str, folded: str, looked_for: Wanted) -> dict[str, float]:
    """The shares of a question's stems and 3-grams that a text holds, by rarity and plain.

    `stems` and `folded` are the text's, a space around each word.
    """
    held_stems = [term for term in looked_for.stems if f" {term} " in stems]
    held_grams = [gram for gram in looked_for.grams if gram in folded]
    return {
        "stems": sum(map(looked_for.stems.__getitem__, held_stems)),
        "grams": sum(map(looked_for.grams.__getitem__, held_grams)),
        "plain_stems": len(held_stems) / max(len(looked_for.stems), 1),
        "plain_grams": len(held_grams) / max(len(looked_for.grams), 1),
    }


def linear(
    parts: Mapping[str, Values], pairs: Sequence[str], weights: Mapping[str, Mapping[str, float]]
) -> Scores:
    """The sums of weighted figures (n,), with the weights and the bias of each row's pair."""
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
