"""What the ranking loses when questions are typed in other ways.

Every way of `eval.alterations`, over the questions that it alters; the errors of typing are in the
rarest word of a question, as a name is.

    python -m eval.robustness --home HOME QUESTIONS…
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from eval.alterations import SPELLINGS, TYPOS, mistyped
from eval.cases import Case, cases_of
from eval.intervals import Figure, Paired, interval, paired_means, values_of
from eval.metrics import retrieval_scores
from eval.run import search
from index.catalogue import Catalogue
from index.config import load_config
from index.embed import Embedder
from index.search import Index
from index.text import STOPWORDS, Word, stem, words

_SHORTEST_NAME = 4


def rarest(question: str, catalogue: Catalogue) -> Word | None:
    """The word of a question that fewest chunks hold, as a name is; None where none is known."""
    named = [
        word
        for word in words(question)
        if len(word.folded) >= _SHORTEST_NAME
        and word.folded.isalpha()
        and word.folded not in STOPWORDS
    ]
    counts = catalogue.stem_counts({stem(word.folded) for word in named})
    known = [word for word in named if stem(word.folded) in counts]
    return min(known, key=lambda word: counts[stem(word.folded)], default=None)


def altered(question: str, catalogue: Catalogue) -> dict[str, str]:
    """The question in every way of typing that changes it, the same every time."""
    ways = {way: alter(question, _chance(question)) for way, alter in SPELLINGS.items()}
    if (name := rarest(question, catalogue)) is not None:
        for way, typo in TYPOS.items():
            ways[way] = mistyped(question, name, typo, _chance(question))
    return {way: text for way, text in ways.items() if text != question}


def measured(index: Index, cases: Sequence[Case]) -> dict[str, tuple[Figure, Figure, Paired]]:
    """Per way of typing: nDCG@10 as the questions are, as they are altered, and the difference.

    Each over the questions that it alters; those that no article answers are left out.
    """
    before: defaultdict[str, list[float]] = defaultdict(list)
    after: defaultdict[str, list[float]] = defaultdict(list)
    clusters: defaultdict[str, list[str]] = defaultdict(list)
    for case in cases:
        if case.gold.articles and case.expected in ("answered", "partly"):
            as_it_is = _quality(index, case)
            for way, text in altered(case.gold.question, index.catalogue).items():
                gold = replace(case.gold, question=text)
                before[way].append(as_it_is)
                after[way].append(_quality(index, replace(case, gold=gold)))
                clusters[way].append(gold.cluster)
    figures = {}
    for way in (*SPELLINGS, *TYPOS):
        values = values_of(before[way]), values_of(after[way])
        first, second = (interval(each, clusters[way]) for each in values)
        figures[way] = first, second, paired_means(*values, clusters[way])
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m eval.robustness")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("questions", nargs="+", type=Path)
    given = parser.parse_args()
    config = load_config(given.home)
    index = Index.open(config, lambda: Embedder.open(config.embedding))
    print(f"{'nDCG@10 of':22}    n  as it is  altered  difference")
    for way, (first, second, pair) in measured(index, cases_of(given.questions, index)).items():
        if pair.difference.n:
            low, high = pair.difference.low, pair.difference.high
            print(
                f"{way:22} {first.n:4}     {first.value:.3f}    {second.value:.3f}  "
                f"{pair.difference.value:+.4f} ({low:+.4f} to {high:+.4f})"
            )


def _quality(index: Index, case: Case) -> float:
    return retrieval_scores(search(index, case).ranking, case.gold.articles)["ndcg@10"]


def _chance(question: str) -> Random:
    return Random(question)  # noqa: S311 - nothing secret, and the same every time


if __name__ == "__main__":
    main()
