"""Fits how chunks and sentences are ordered, and how likely a chunk answers.

    python -m eval.fit HOME:QUESTIONS…

Every file of gold questions is asked of the collection in its home. The order of chunks, and then
that of the sentences of the ten best, is a linear score whose weights make the right ones likeliest
among all candidates (a softmax over the candidates of each question; Cao et al. 2007, "Learning to
Rank: From Pairwise Approach to Listwise Approach", with one element). The probability is a logistic
function of the same figures and of how far it stands out, fitted on the ten best chunks of every
question and on the ten that are best without the articles that answer it. Every file has the same
weight, but for one with few questions; the questions of one wording in one home are one question
with all their answers, as those of a parallel collection are. It prints what the fit is worth on
questions it did not see, in five folds by event or article, and writes `index/ranking.json` and
`rag/evidence.json`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from eval.asked import FOLDS, Asked, collect, says
from eval.metrics import calibration_error, retrieval_scores
from index import rank
from index.embed import Embedder
from index.search import FoundChunk
from rag import evidence

Values = NDArray[np.float64]
Weights = dict[str, dict[str, float]]

SCORED = (*rank.VECTORS, *rank.BY_RARITY, *rank.ACROSS)

READ = evidence.CHUNKS_READ
_FEWEST = 50
_FIRST = 4
"""How many times as much as another a first hit, which is what is decided by, counts for the
probability: with 1 the calibration error in five folds is 0.043, with 4 it is 0.024."""
_PENALTY = 1e-3  # of squared weights: among so many questions it only keeps them finite
_LANGUAGES = ("ar", "en")


def fit(asked: Sequence[Asked]) -> tuple[dict[str, Weights], Weights]:
    """The weights of chunks (score and probability), and those of sentences, for each pair."""
    score = _by_language(asked, _chunk_rows, SCORED)
    probability = _probability(asked, score)
    sentences = _by_language(asked, lambda each: _sentence_rows(each, score), evidence.FEATURES)
    return {"score": score, "probability": probability}, sentences


Rows = tuple[Values, NDArray[np.bool_], NDArray[np.bool_]]
"""Figures (n, features), which rows are in the question's language, and which are right."""


def _chunk_rows(each: Asked) -> Rows:
    """The candidates, but for chunks of the right articles that do not hold the evidence."""
    own = np.array([pair[:2] == pair[3:] for pair in each.pairs])
    beside = np.array([item.hit.chunk.article_id in each.articles for item in each.found])
    kept = each.right | ~beside
    columns = [rank.FEATURES.index(name) for name in SCORED]
    return each.figures[kept][:, columns], own[kept], each.right[kept]


def _sentence_rows(each: Asked, score: Weights) -> Rows:
    """The sentences of the best chunks."""
    figures, own, right = [], [], []
    for item in _best(each, score):
        for sentence, values in evidence.sentence_features(each.question, each.looked_for, item):
            chunk = item.hit.chunk
            text = chunk.text[sentence.start - chunk.start : sentence.end - chunk.start]
            figures.append([values[name] for name in evidence.FEATURES])
            own.append(sentence.language == each.looked_for.language)
            right.append(any(says(gold, chunk.article_id, text) for gold in each.golds))
    return np.array(figures), np.array(own), np.array(right)


def _by_language(
    asked: Sequence[Asked], rows_of: Callable[[Asked], Rows], names: Sequence[str]
) -> Weights:
    """Listwise weights for each pair, fitted for each language of questions by itself.

    A figure weighs the same in either language of chunks; the shares, which are 0 in one of them,
    have weights only where they are not, and the question's own language has a bias.
    """
    fitted: Weights = {}
    for language in _LANGUAGES:
        chosen = [each for each in asked if each.looked_for.language == language]
        files: dict[str, int] = defaultdict(int)
        for each in chosen:
            files[each.file] += 1
        data = []
        for each in chosen:
            figures, own, right = rows_of(each)
            if right.any() and not right.all():
                with_bias = np.column_stack([figures, own])
                data.append((with_bias, right, 1 / max(files[each.file], _FEWEST)))
        found = _listwise(data)
        for other in _LANGUAGES:
            own_language = other == language
            within, across = set(rank.BY_RARITY), set(rank.ACROSS)
            absent = across if own_language else within
            weights = {"bias": float(found[-1]) if own_language else 0.0}
            weights |= {
                name: float(weight)
                for name, weight in zip(names, found, strict=False)
                if name not in absent
            }
            fitted[f"{language}-{other}"] = _rounded(weights)
    return fitted


def _listwise(data: Sequence[tuple[Values, NDArray[np.bool_], float]]) -> Values:
    total = sum(weight for *_, weight in data)

    def loss(weights: Values) -> tuple[float, Values]:
        value, slope = 0.0, np.zeros_like(weights)
        for figures, right, weight in data:
            scores = figures @ weights
            raised = np.exp(scores - scores.max())
            everything, best = raised / raised.sum(), raised * right / (raised * right).sum()
            value -= weight * np.log((raised * right).sum() / raised.sum())
            slope += weight * (figures.T @ (everything - best))
        penalised = value / total + _PENALTY * weights @ weights
        return float(penalised), slope / total + 2 * _PENALTY * weights

    start = np.zeros(data[0][0].shape[1])
    found: Values = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return found


def _probability(asked: Sequence[Asked], score: Weights) -> Weights:
    """Logistic weights: one function within a language and one across."""
    fitted: Weights = {}
    for own in (True, False):
        shares = (*rank.PLAIN, "length") if own else rank.ACROSS
        names = [*rank.VECTORS, *shares, "margin"]
        rows, labels, sources, weights = [], [], [], []
        files: dict[str, int] = defaultdict(int)
        for each in asked:
            for pair, parts, right, is_first in _hits(each, score):
                if (pair[:2] == pair[3:]) == own:
                    rows.append([parts[name] for name in names])
                    labels.append(right)
                    sources.append(each.file)
                    weights.append(_FIRST if is_first else 1)
                    files[each.file] += 1
        shared = [1000 / max(files[file], _FEWEST * 2 * READ) for file in sources]
        model = LogisticRegression(C=10.0, max_iter=5000)
        model.fit(rows, labels, np.multiply(shared, weights))
        found = {"bias": float(model.intercept_[0])}
        found |= dict(zip(names, map(float, model.coef_[0]), strict=True))
        for language in _LANGUAGES:
            other = language if own else next(each for each in _LANGUAGES if each != language)
            fitted[f"{language}-{other}"] = _rounded(found)
    return fitted


def _hits(each: Asked, score: Weights) -> Iterator[tuple[str, dict[str, float], bool, bool]]:
    """The ten best chunks, and the ten best without the right articles.

    Of each: pair, parts, whether it is right, whether it is the first.
    """
    scores = _scores(each, score)
    plain = _scores(each, score, {name: f"plain_{name}" for name in rank.BY_RARITY})
    beside = np.array([item.hit.chunk.article_id in each.articles for item in each.found])
    for left in (np.ones_like(beside), ~beside):
        rows = [int(row) for row in np.flatnonzero(left)]
        margin = np.zeros_like(scores)
        pairs = [each.pairs[row] for row in rows]
        texts = [each.found[row].stored.text for row in rows]
        margin[rows] = rank.margins(plain[rows].astype(np.float32), pairs, texts)
        for place, row in enumerate(sorted(rows, key=lambda row: -scores[row])[:READ]):
            parts = dict(zip(rank.FEATURES, each.figures[row], strict=True))
            parts["margin"] = float(margin[row])
            yield each.pairs[row], parts, bool(each.right[row]), place == 0


def _best(each: Asked, score: Weights) -> list[FoundChunk]:
    scores = _scores(each, score)
    order = np.argsort(-scores, kind="stable")[:READ]
    return [
        replace(each.found[i], hit=replace(each.found[i].hit, score=float(scores[i])))
        for i in order
    ]


def _scores(
    each: Asked, weights: Weights, instead: Mapping[str, str] = MappingProxyType({})
) -> Values:
    """Scores of the candidates; `instead`: figures that take the place of others."""
    parts = dict(zip(rank.FEATURES, each.figures.T, strict=True))
    parts |= {name: parts[other] for name, other in instead.items()}
    return rank.linear(parts, each.pairs, weights).astype(np.float64)


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in weights.items()}


def validate(asked: Sequence[Asked]) -> dict[str, dict[str, float]]:
    """In five folds: figures of every file and pair on questions that were not fitted on."""
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    firsts: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for fold in range(FOLDS):
        ranking, sentences = fit([each for each in asked if each.fold != fold])
        for each in asked:
            if each.fold == fold:
                name = f"{each.file} {each.looked_for.language}"
                rows[name].append(_figures(each, ranking["score"], sentences))
                for pair, parts, right, is_first in _hits(each, ranking["score"]):
                    if is_first:
                        row = {key: np.array([value]) for key, value in parts.items()}
                        total = float(rank.linear(row, [pair], ranking["probability"])[0])
                        firsts[name].append((1 / (1 + math.exp(-total)), right))
    firsts["all"] = [first for found in list(firsts.values()) for first in found]
    means = {
        name: {key: float(np.mean([row[key] for row in found])) for key in found[0]}
        for name, found in rows.items()
    }
    for name, found in firsts.items():
        likely = np.array([each for each, _ in found])
        held = np.array([each for _, each in found], np.float64)
        means.setdefault(name, {})["calibration_error"] = calibration_error(likely, held)
    return means


def _figures(each: Asked, score: Weights, sentences: Weights) -> dict[str, float]:
    order = np.argsort(-_scores(each, score), kind="stable")
    ids = list(dict.fromkeys(each.found[i].hit.chunk.article_id for i in order))
    figures, own, right = _sentence_rows(each, score)
    language = each.looked_for.language
    other = next(one for one in _LANGUAGES if one != language)
    parts = dict(zip(evidence.FEATURES, figures.T, strict=True))
    pairs = [f"{language}-{language if is_own else other}" for is_own in own]
    first = np.argsort(-rank.linear(parts, pairs, sentences), kind="stable")
    return {
        "ndcg@10": retrieval_scores(ids, tuple(each.articles))["ndcg@10"],
        "chunk first": float(each.right[order[0]]),
        "sentence first": float(right[first[:1]].any()),
        "in three": float(right[first[:3]].any()),
    }


def main() -> None:
    """Run from the root of a checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="HOME:QUESTIONS")
    homes: dict[Path, list[Path]] = defaultdict(list)
    for pair in parser.parse_args().pairs:
        home, file = pair.rsplit(":", 1)
        homes[Path(home)].append(Path(file))
    embedder = Embedder.open()
    asked = [each for home, files in homes.items() for each in collect(home, files, embedder)]
    for name, figures in validate(asked).items():
        shown = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
        print(f"{name}: {shown}")
    ranking, sentences = fit(asked)
    _write(Path("index/ranking.json"), ranking)
    _write(Path("rag/evidence.json"), sentences)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
