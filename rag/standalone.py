"""What leans on words before it, a follow-up or a part of a question, is made to stand alone.

It takes the rarest words of what was asked before it along where it says that it leans on that, or
where the collection holds something better for it with them than without. Of the 12 follow-ups
among the development questions all do, of 80 questions behind one about another event 3, of 60
behind one about the same event 7. The right article has a mean reciprocal rank of 0.96; with the
whole question before them in front, where their words say that they lean on it, it was 0.78.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index.filters import EVERYTHING, Filters
from index.search import Index
from index.text import STOPWORDS, stem, words
from rag.everyday import everyday
from rag.question import leans_on_history, prepare
from rag.types import Message, Question

CARRIED = 4
"""How many words are taken along. With 3 as many follow-ups have evidence among three quotations, 8
of 12, and fewer in the first, 5 instead of 8; with 6 they are 9 and 8, but with their articles held
out 5 instead of 2 are answered."""

_TURNS = 3
"""How many questions before it a follow-up may lean on, each on the one before."""


def understood(
    index: Index,
    question: str,
    history: Sequence[Message] = (),
    filters: Filters = EVERYTHING,
) -> Question:
    """A question as it is meant in a conversation, as far as `filters` leave what tells that.

    Raises `ValueError` for a question without a letter or digit.
    """
    asked = prepare(question)
    before = ""
    for turn in _questions(history)[-_TURNS:]:
        before = standing_alone(index, turn, before, filters)
    text = standing_alone(index, asked.asked, before, filters)
    latest = asked.latest or (text != asked.asked and prepare(before).latest)
    return replace(asked, text=text, latest=latest)


def standing_alone(index: Index, asked: str, before: str, filters: Filters = EVERYTHING) -> str:
    """What is asked, behind the words of what was asked `before` it that it leans on, if any."""
    leaned = _rarest(index, asked, before)
    leaning = f"{' '.join(leaned)}: {asked}"
    if not leaned:
        return asked
    is_better = leans_on_history(asked) or (
        _best(index, leaning, filters) > _best(index, asked, filters)
    )
    return leaning if is_better else asked


def _best(index: Index, text: str, filters: Filters) -> float:
    """The score of the best hit, which says the same for every question."""
    return max((item.hit.score for item in index.find(index.query(text), 1, filters)), default=0.0)


def _rarest(index: Index, asked: str, before: str) -> list[str]:
    """The `CARRIED` rarest informative words of `before` that are not asked, in their order.

    Words that the collection does not have come last.
    """
    own = {stem(word.folded) for word in words(asked)}
    known: dict[str, str] = {}
    for word in words(before):
        if word.folded not in STOPWORDS and (stemmed := stem(word.folded)) not in own:
            known.setdefault(stemmed, before[word.start : word.end])
    counts = index.catalogue.stem_counts(known)
    rarest = sorted(known, key=lambda stemmed: (stemmed not in counts, counts.get(stemmed, 0)))
    return [word for stemmed, word in known.items() if stemmed in rarest[:CARRIED]]


def _questions(history: Sequence[Message]) -> list[str]:
    """What was asked in a conversation, but for courtesies."""
    asked = [" ".join(turn["content"].split()) for turn in history if turn["role"] == "user"]
    return [
        each
        for each in asked
        if words(each) and (not (message := everyday(each)) or message.subject)
    ]
