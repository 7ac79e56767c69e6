"""Fits what the product decides with: the means of the embedding, and when evidence answers.

    python -m eval.calibrate means --articles FILE… --questions FILE…
    python -m eval.calibrate decide HOME:QUESTIONS…

`means` writes `index/means.json`: per language, the mean vector of questions and of passages.
`decide` asks every question twice, as it is and with its own articles held out of the collection,
and fits one logistic function per language pair; the threshold lets 0.9 of the answerable ones
through. A question whose articles are not in its home counts as unanswerable there. It writes
`rag/decide.json`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from eval.dataset import GoldQuestion, load_questions
from index.config import DEFAULT_EMBEDDING, load_config
from index.embed import Embedder, Role
from index.readers import read
from index.search import Index
from index.sentences import sentences
from index.text import language_of
from index.types import Language, RawArticle
from rag.decide import FEATURES, features_of, pair_of
from rag.evidence import gather
from rag.question import prepare

ANSWERED_SHARE = 0.9
"""The share of answerable development questions that the threshold lets through."""

_PAIRS = ("ar-ar", "ar-en", "en-ar", "en-en")

Samples = dict[str, list[tuple[list[float], bool]]]


def fit_means(articles: Sequence[Path], questions: Sequence[Path]) -> None:
    """Write the mean vectors of the default embedding model, before any centring."""
    embedder = Embedder.open(DEFAULT_EMBEDDING)
    texts: dict[Role, dict[Language, list[str]]] = {
        "question": defaultdict(list),
        "passage": defaultdict(list),
    }
    for item in read(articles):
        if isinstance(item, RawArticle):
            spans = sentences(item.text)
            passages = [item.text[span.start : span.end] for span in spans[::3]]
            texts["passage"][language_of(item.text)] += [item.text[:700], *passages]
    for path in questions:
        for gold in load_questions(path):
            texts["question"][gold.language].append(gold.question)
    means = {
        role: {
            language: [round(float(x), 5) for x in embedder.uncentred(rows, role).mean(axis=0)]
            for language, rows in by_language.items()
        }
        for role, by_language in texts.items()
    }
    target = Path("index/means.json")
    target.write_text(json.dumps({DEFAULT_EMBEDDING: means}) + "\n", "utf-8")


def fit_decision(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Write the weights and thresholds of the decision; print how well they part the two kinds."""
    embedder = Embedder.open(DEFAULT_EMBEDDING)
    samples: Samples = defaultdict(list)
    for home, path in pairs:
        index = Index.open(load_config(home), lambda: embedder)
        for gold in load_questions(path):
            _sample(index, gold, samples)
    fitted = {pair: _fit(pair, samples[pair]) for pair in _PAIRS}
    target = Path("rag/decide.json")
    target.write_text(json.dumps({"pairs": fitted}, indent=1) + "\n", "utf-8")


def _sample(index: Index, gold: GoldQuestion, samples: Samples) -> None:
    """Add the features of a question as it is, and with its own articles held out."""
    question = prepare(gold.question)
    here = any(index.catalogue.digest(id_) is not None for id_ in gold.articles)
    for exclude in ((), gold.articles) if here else ((),):
        gathered = gather(index, question, exclude=exclude)
        if not gathered.evidence:
            continue
        features = features_of(index, question, gathered)
        answerable = here and gold.answerable and not exclude
        samples[pair_of(gathered)].append(([features[name] for name in FEATURES], answerable))


def _fit(pair: str, rows: list[tuple[list[float], bool]]) -> dict[str, float]:
    inputs: NDArray[np.float64] = np.array([features for features, _ in rows])
    labels = np.array([answerable for _, answerable in rows])
    model = LogisticRegression(C=10.0, max_iter=2000).fit(inputs, labels)
    probabilities = model.predict_proba(inputs)[:, 1]
    threshold = float(np.quantile(probabilities[labels], 1 - ANSWERED_SHARE))
    refused = float((probabilities[~labels] < threshold).mean())
    area = roc_auc_score(labels, probabilities)
    print(f"{pair}: {len(rows)} questions, area {area:.3f}, refused {refused:.3f} ", end="")
    print(f"of the unanswerable at {ANSWERED_SHARE} of the answerable answered")
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return {
        **weights,
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": round(threshold, 4),
    }


def main() -> None:
    """Run from the root of a checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    means = kinds.add_parser("means")
    means.add_argument("--articles", nargs="+", type=Path, required=True)
    means.add_argument("--questions", nargs="+", type=Path, required=True)
    decide = kinds.add_parser("decide")
    decide.add_argument("pairs", nargs="+", metavar="HOME:QUESTIONS")
    given = parser.parse_args()
    if given.kind == "means":
        fit_means(given.articles, given.questions)
    else:
        fit_decision([(Path(a), Path(b)) for a, b in (pair.split(":") for pair in given.pairs)])


if __name__ == "__main__":
    main()
