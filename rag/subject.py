"""Which of the found articles are on a subject, and which are merely the nearest of all."""

from __future__ import annotations

from collections.abc import Iterable

from index.names import keys
from index.text import STOPWORDS, words
from index.types import Article, Hit

OF_WORDS = 5.0
"""The least score of a hit whose article is on a subject that is named in a few words.

Of nine subjects on the samples, six of them in articles, it parts what a reader would name from
what one would not: where no article is on it, the best score reaches 4.7.
"""

OF_QUESTION = 6.0
"""The same for a whole question: the best scores for the seven development questions that are
foreign to the samples reach 5.9; for 30 of the 32 others that nothing answers, they are higher."""

_SHORTEST_NAME = 3
"""Consonants of a name that is looked for across languages."""

_BESIDE = 0.5
"""The least share of the best score."""


def on_subject(hits: Iterable[Hit], least: float) -> dict[str, Hit]:
    """The best hit of every article that is on the subject, by the article's id, best first."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.chunk.article_id, hit)
    best = max((hit.score for hit in found.values()), default=0.0)
    enough = max(least, _BESIDE * best)
    return {id_: hit for id_, hit in found.items() if hit.score >= enough}


def shares_name(text: str, article: Article) -> bool:
    """Whether an article, in whichever language, has a name that a text has, by its consonants."""
    wanted = {key for key in names_in(text) if len(key) >= _SHORTEST_NAME}
    return not wanted.isdisjoint(names_in(f"{article.title}\n{article.text}"))


def names_in(text: str) -> frozenset[str]:
    """The consonants of what may be names: English words with a capital, Arabic words."""
    return frozenset(
        key
        for word in words(text)
        if word.folded not in STOPWORDS
        and (text[word.start].isupper() or not word.folded.isascii())
        for key in keys(word.folded)
    )
