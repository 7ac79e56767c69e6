"""What leans on words before it, a follow-up or a part of a question, is made to stand alone.

It takes words of what was asked before it along where it says that it leans on that, or where the
collection holds something better for it with them than without. Of the 12 follow-ups among the
development questions all do, of 77 questions behind one about another event 4. The right article
has a mean reciprocal rank of 0.96; with the whole question before them in front, where their words
say that they lean on it, it was 0.78. The embedded language model, shown two examples, rewrites
them to 0.65, as it leaves seven much as they are; by themselves they have 0.42. It is not asked.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from index.filters import EVERYTHING, Filters
from index.search import Index
from index.text import STOPWORDS, stem, stems, words
from rag.everyday import everyday
from rag.question import leans_on_history, prepare
from rag.types import Message, Question

CARRIED = 6
"""How many words are taken along. "Where is it?" and the like behind each of 183 development
questions find its article with a mean reciprocal rank of 0.76 by 4 words, 0.80 by 6, 0.82 by 8; the
6 rarest in the collection give 0.77: what it has a lot on is what is asked about."""

_OFTEN = 3
"""How often an article names a word to make it count half of what it can."""

_LEAST = 0.05
"""What a word counts beside that if the article does not have it."""

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
    leaned = _carried(index, asked, before, filters)
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


def _carried(index: Index, asked: str, before: str, filters: Filters) -> list[str]:
    """The `CARRIED` words of `before` that say most of what it is about, in their order.

    None that is asked again. They are rare in the collection and frequent in the article that is
    the best for `before`; where that is in the other language, the rarity decides alone. Words that
    the collection does not have come last.
    """
    own = {stem(word.folded) for word in words(asked)}
    known: dict[str, str] = {}
    for word in words(before):
        if word.folded not in STOPWORDS and (stemmed := stem(word.folded)) not in own:
            known.setdefault(stemmed, before[word.start : word.end])
    if len(known) <= CARRIED:
        return list(known.values())
    counts, chunks = index.catalogue.stem_counts(known), index.catalogue.chunk_count()
    told = Counter[str]()
    for item in index.find(index.query(before), 1, filters):
        article = index.catalogue.article(item.hit.chunk.article_id)
        told.update(stems(f"{article.title} {article.text}"))

    def weight(stemmed: str) -> float:
        if not (count := counts.get(stemmed, 0)):
            return 0.0
        often = _LEAST + told[stemmed] / (told[stemmed] + _OFTEN)
        return math.log1p(chunks / count) * often

    heaviest = sorted(known, key=weight, reverse=True)[:CARRIED]
    return [word for stemmed, word in known.items() if stemmed in heaviest]


def _questions(history: Sequence[Message]) -> list[str]:
    """What was asked in a conversation, but for courtesies."""
    asked = [" ".join(turn["content"].split()) for turn in history if turn["role"] == "user"]
    return [
        each
        for each in asked
        if words(each) and (not (message := everyday(each)) or message.subject)
    ]
