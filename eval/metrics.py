"""What is measured of an answer: one formula a function, each with its source.

Every figure of one question is a number or None, where None means that the measure does not apply
to it: a refused question has no quotations to be precise. Averages leave None out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from numpy.typing import NDArray

from index.months import months
from index.text import stem, words

RANKING_DEPTH = 100
"""How many articles of a ranking are looked at."""

CALIBRATION_BINS = 10

_RETRIEVAL = {
    "ndcg@10": nDCG @ 10,
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "recall@100": R @ RANKING_DEPTH,
    "mrr@10": RR @ 10,
}
_ARTICLES = frozenset({"a", "an", "the"})
_SHORTEST_AFTER_ARTICLE = 2


def retrieval_scores(ranking: Sequence[str], relevant: Collection[str]) -> dict[str, float]:
    """nDCG@10, recall@1, 5, 10 and 100, MRR@10 and hit@1 of the ids of a ranking, best first.

    With equal gains (Järvelin and Kekäläinen 2002; Voorhees 1999), by ir_measures (MacAvaney et
    al. 2022).
    """
    run = {"q": {id_: float(-position) for position, id_ in enumerate(ranking)}}
    truth = {"q": dict.fromkeys(relevant, 1)}
    found = {
        row.measure: float(row.value)
        for row in ir_measures.iter_calc(list(_RETRIEVAL.values()), truth, run)
    }
    first = float(bool(ranking) and ranking[0] in relevant)
    return {**{name: found[measure] for name, measure in _RETRIEVAL.items()}, "hit@1": first}


def normalized(text: str) -> list[str]:
    """The words of a text as answers are compared: folded, without articles and punctuation.

    SQuAD's way for English (Rajpurkar et al. 2016), for Arabic the definite article is cut off as
    well (Lewis et al. 2020, MLQA); spellings and digits are folded as the index folds them.
    """
    folded = (word.folded for word in words(text))
    return [_without_article(word) for word in folded if word not in _ARTICLES]


def exact_match(text: str, answers: Sequence[str]) -> float | None:
    """1 where the text is one of the accepted answers; None without any (Rajpurkar et al. 2016)."""
    if not answers:
        return None
    return float(any(normalized(text) == normalized(answer) for answer in answers))


def token_f1(text: str, answers: Sequence[str]) -> float | None:
    """The best F1 of the words shared with an accepted answer (Rajpurkar et al. 2016)."""
    if not answers:
        return None
    return max(_f1_of_words(normalized(text), normalized(answer)) for answer in answers)


def answer_recall(text: str, answers: Sequence[str]) -> float | None:
    """1 where an accepted answer stands in the text, word after word.

    The "accuracy" of Mallen et al. (2023) and the EM recall of ALCE (Gao et al. 2023), on words.
    """
    if not answers:
        return None
    held = f" {' '.join(normalized(text))} "
    return float(any(f" {' '.join(normalized(answer))} " in held for answer in answers))


def token_recall(text: str, answers: Sequence[str]) -> float | None:
    """The best share of an accepted answer's stems that the text holds; None without answers.

    What agrees best with people on long answers (Adlakha et al. 2024). An answer whose numbers are
    not all in the text counts as absent.
    """
    if not answers:
        return None
    said = {stem(word) for word in normalized(text)}
    return max(_recall_of_stems(said, normalized(answer)) for answer in answers)


def numbers_agree(text: str, quotations: Sequence[str]) -> float | None:
    """The share of the numbers and months of a text that its quotations hold; None without any."""
    said = _figures(text)
    held = {figure for quotation in quotations for figure in _figures(quotation)}
    return sum(figure in held for figure in said) / len(said) if said else None


def f1(precision: float, recall: float) -> float:
    """The harmonic mean (van Rijsbergen 1979); 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def coverage_curve(
    probabilities: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coverage, and the share of right answers among those covered, the surest answered first.

    Of n questions with the probability and the rightness (0 to 1) of what would be answered;
    shapes (n,). Risk–coverage of El-Yaniv and Wiener (2010), told by correctness. Questions of one
    probability come as one block: each gets the block's mean.
    """
    order = np.argsort(-probabilities, kind="stable")
    _, block, sizes = np.unique(-probabilities[order], return_inverse=True, return_counts=True)
    blockwise = np.bincount(block, right[order])[block] / sizes[block]
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(blockwise) / answered


def coverage_area(probabilities: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """The mean of the coverage curve's correctness: one minus AURC (Geifman et al. 2019)."""
    return float(coverage_curve(probabilities, right)[1].mean())


def refusal_at(
    answerable: NDArray[np.float64], unanswerable: NDArray[np.float64], answered: float
) -> float:
    """The share of unanswerable questions that are refused where a share of the others is answered.

    Of the probabilities of both, shapes (n,) and (m,), not empty: what is answered is what is no
    less likely than the answerable question up to which that share of them is `answered`.
    """
    ordered = np.sort(answerable)[::-1]
    threshold = ordered[max(0, math.ceil(answered * len(ordered)) - 1)]
    return float((unanswerable < threshold).mean())


def calibration_bins(
    probabilities: NDArray[np.float64], right: NDArray[np.float64]
) -> list[tuple[float, float, int]]:
    """Mean probability, share right and number of questions in bins of equal size, rising."""
    order = np.argsort(probabilities, kind="stable")
    return [
        (float(probabilities[part].mean()), float(right[part].mean()), len(part))
        for part in np.array_split(order, CALIBRATION_BINS)
        if len(part)
    ]


def calibration_error(probabilities: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Mean distance of probability and share right over bins of equal size (Naeini et al. 2015)."""
    bins = calibration_bins(probabilities, right)
    return sum(n * abs(share - mean) for mean, share, n in bins) / len(probabilities)


def kappa(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Agreement of two judges beyond chance (Cohen 1960); NaN where both always say the same."""
    a, b = np.array(first, float), np.array(second, float)
    agreed = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")


def citation_recall(supported: Sequence[bool]) -> float | None:
    """The share of sentences that all of their citations together support (Gao et al. 2023)."""
    return sum(supported) / len(supported) if supported else None


def citation_precision(cited: Sequence[Mapping[str, bool]]) -> float | None:
    """The share of citations that are not beside the point (Gao et al. 2023).

    One mapping a citation: "together", whether all citations of its sentence support it; "alone",
    whether this one does; "others", whether the rest do without it. A citation is right where the
    sentence is supported and it is not so that it fails alone while the rest suffice.
    """
    if not cited:
        return None
    right = [c["together"] and (c["alone"] or not c["others"]) for c in cited]
    return sum(right) / len(right)


def _without_article(word: str) -> str:
    rest = word.removeprefix("ال")
    return rest if len(rest) >= _SHORTEST_AFTER_ARTICLE else word


def _f1_of_words(said: Sequence[str], accepted: Sequence[str]) -> float:
    shared = (Counter(said) & Counter(accepted)).total()
    if not shared:
        return 0.0
    return f1(shared / len(said), shared / len(accepted))


def _recall_of_stems(said: Collection[str], accepted: Sequence[str]) -> float:
    stems = {stem(word) for word in accepted}
    if not stems or any(each[0].isdigit() for each in stems - set(said)):
        return 0.0
    return len(stems & set(said)) / len(stems)


def _figures(text: str) -> set[str]:
    """Numbers, folded, and months, as "month 9"."""
    numbers = {word.folded for word in words(text) if word.folded[0].isdigit()}
    return numbers | {f"month {number}" for number in months(text)}
