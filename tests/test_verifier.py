"""The verifier: what a quotation proves, and what it does not, in both languages and across."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests_support import article

from index.embed import Embedder
from index.sentences import sentences
from rag.contexts import MOST_TOKENS, NO_ROW, compared
from rag.ground import Checks, ground
from rag.types import Evidence
from rag.verifier import Verifier, odds_of

BUSES = "The city council bought 40 buses from the Turkish company in May 2019."
BRIDGE = "قالت وزارة النقل إن الجسر لن يُفتح أمام السيارات قبل شهر يونيو."


@pytest.fixture(scope="module")
def verifier(embedder: Embedder) -> Verifier:
    return Verifier(embedder)


ALTERED = (
    (BUSES, "The council bought 40 buses.", "The council did not buy 40 buses."),
    (
        BUSES,
        "The city council bought 40 buses from the Turkish company.",
        "The city council bought 40 buses from the German company.",
    ),
    (
        BRIDGE,
        "قالت الوزارة إن الجسر لن يفتح قبل يونيو.",
        "نفت الوزارة أن الجسر لن يفتح قبل يونيو.",
    ),
    (
        BUSES,
        "اشترى مجلس المدينة 40 حافلة من الشركة التركية.",
        "اشترى مجلس المدينة 40 حافلة من الشركة الألمانية.",
    ),
)


@pytest.mark.parametrize(("quotation", "proved", "altered"), ALTERED)
def test_what_was_altered_is_told_from_what_is_proved(
    verifier: Verifier, quotation: str, proved: str, altered: str
) -> None:
    assert verifier.proves(quotation, proved)
    assert not verifier.proves(quotation, altered)


@pytest.mark.xfail(strict=True, reason="it seldom sees who did what to whom")
@pytest.mark.parametrize(
    ("quotation", "altered"),
    [
        (BUSES, "In May 2019 the company bought 40 buses."),
        (BUSES, "باع مجلس المدينة 40 حافلة للشركة التركية."),
        (BRIDGE, "قالت الوزارة إن الجسر سيفتح قبل يونيو."),
    ],
)
def test_who_did_what_is_told(verifier: Verifier, quotation: str, altered: str) -> None:
    assert not verifier.proves(quotation, altered)


def test_a_quotation_proves_itself(verifier: Verifier) -> None:
    for quotation in (BUSES, BRIDGE):
        assert verifier.proves(quotation, quotation)


def test_the_odds_are_those_of_no_unproved_word() -> None:
    rows = np.array([NO_ROW, NO_ROW, 0, 0])
    scores = np.array([2.0, 9.0, 1.0, 1.0], np.float32)
    assert odds_of(scores, rows) == pytest.approx(2 - (1 + math.log(2)))
    assert odds_of(scores[:2], rows[:2]) == 20


def test_texts_of_any_length_are_read(embedder: Embedder, verifier: Verifier) -> None:
    long = "كلمة " * 3000
    for quotation, sentence in ((long, BUSES), (BUSES, long), (long, long), ("", BUSES)):
        assert math.isfinite(verifier.odds(quotation, sentence))
        context = compared(embedder, quotation, sentence, embedder.tokens)
        assert len(context.ids) <= MOST_TOKENS


def test_threads_share_one_network(embedder: Embedder) -> None:
    shared = Verifier(embedder)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: shared.open(), range(8)))
        odds = list(pool.map(lambda _: shared.odds(BUSES, BUSES), range(8)))
    assert len({id(model) for _, model in opened}) == len(set(odds)) == 1
    assert all(own is embedder for own, _ in opened)


def test_what_is_too_long_to_be_read_is_not_proved(verifier: Verifier) -> None:
    assert not verifier.proves(BUSES * 20, BUSES * 20)


def test_drafted_sentences_are_dropped_by_it(embedder: Embedder, verifier: Verifier) -> None:
    """Nearly every word of the second is in the quotation: without, no more is seen."""
    item = article(BUSES)
    evidence = [Evidence(item, sentences(item.text)[0], 1.0)]
    checks = Checks(embedder, verifier)
    question = "Who bought buses?"
    assert ground(
        "The city council bought 40 buses from the company [1].", evidence, question, checks
    )
    denied = "The city council did not buy 40 buses from the Turkish company [1]."
    assert ground(denied, evidence, question, Checks(embedder))
    assert ground(denied, evidence, question, checks) is None
