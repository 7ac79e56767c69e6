"""Examples for the reader without anybody's questions: a sentence with a gap, and what fills it.

Within an article, words that stand in two of its sentences are left out of one and found in the
other (recurring spans, Ram et al. 2021, "Few-Shot Question Answering by Pretraining Span
Selection"). Between two articles that are one text in two languages, a name or a number is left
out in one language and found in the other, where names meet by their consonants. Half of the
sentences are made into something like a question (Lewis et al. 2019, "Unsupervised Question
Answering by Cloze Translation").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from eval.marked import Example, Marked
from index.names import keys
from index.sentences import sentences
from index.text import STOPWORDS, Word, fold, words
from index.types import Article, Language

GAP = "<mask>"

_LONGEST = 4  # words
_RARE = 0.03
"""The share of articles that at most hold a word for it to be worth finding."""
_LENGTHS = range(5, 46)
"""How many words a sentence with a gap has."""
_FROM_ONE = 3
_FROM_TWO = 5
_MOST_PLACES = 4
_SHORTEST_KEY = 3

_BESIDE = 8
"""How many words on each side of a gap a question made of it has at most."""
_LEFT_OUT = 0.1
_YEAR = re.compile(r"1\d{3}|20\d{2}")
_ASKING: Mapping[Language, Mapping[str, Sequence[str]]] = {
    "ar": {
        "year": ("متى", "في أي عام", "في أي سنة"),
        "number": ("كم", "كم عدد", "ما عدد"),
        "other": ("ما", "من", "ما هو", "ما هي", "من هو", "أين", "ماذا", "أي"),
    },
    "en": {
        "year": ("When", "In what year", "In which year"),
        "number": ("How many", "How much", "What number"),
        "other": ("What", "Who", "Which", "Where", "What is", "Who is"),
    },
}

Place = tuple[int, int, int]
"""The row of a sentence, and start and end in it."""


@dataclass(frozen=True, slots=True)
class _Read:
    """An article cut into sentences, each with its words."""

    article: Article
    texts: tuple[str, ...]
    words: tuple[tuple[Word, ...], ...]


def gaps(articles: Sequence[Article], random: Random) -> list[Example]:
    """Sentences with a gap from articles, and from pairs of them whose ids differ by -ar-, -en-."""
    read = [_read(article) for article in articles]
    held = Counter(word for each in read for word in _all(each))
    rare = {word for word, count in held.items() if count < _RARE * len(read)}
    by_id = {each.article.id: each for each in read}
    found = [example for each in read for example in _recurring(each, rare, random)]
    for each in read:
        other = by_id.get(_twin(each.article.id))
        if other is not None:
            found += _across(each, other, rare, random)
    return found


def _read(article: Article) -> _Read:
    texts = tuple(article.text[s.start : s.end] for s in sentences(article.text))
    return _Read(article, texts, tuple(tuple(words(text)) for text in texts))


def _all(each: _Read) -> set[str]:
    return {word.folded for line in each.words for word in line}


def _twin(id_: str) -> str:
    """The id of the same text in the other language, or "" where the id tells of none."""
    for own, other in (("-ar-", "-en-"), ("-en-", "-ar-")):
        if own in id_:
            return id_.replace(own, other, 1)
    return ""


def _recurring(each: _Read, rare: set[str], random: Random) -> Iterator[Example]:
    """A few of the longest runs of words that several sentences share."""
    places: Mapping[tuple[str, ...], list[Place]] = defaultdict(list)
    for row, line in enumerate(each.words):
        for length in range(1, _LONGEST + 1):
            for first in range(len(line) - length + 1):
                run = line[first : first + length]
                said = tuple(word.folded for word in run)
                if _worth_finding(said, rare):
                    places[said].append((row, run[0].start, run[-1].end))
    shared = {said: at for said, at in places.items() if len({row for row, *_ in at}) > 1}
    inner = {said[i:j] for said in shared for i in range(len(said)) for j in _ends(i, said)}
    longest = [at for said, at in shared.items() if said not in inner]
    for at in random.sample(longest, min(_FROM_ONE, len(longest))):
        row, start, end = random.choice(at)
        if len(each.words[row]) in _LENGTHS:
            beside = [place for place in at if place[0] != row]
            language = each.article.language
            pair = f"{language}-{language}"
            yield _example(each, each, row, (start, end), beside, pair, random)


def _ends(first: int, said: Sequence[str]) -> Iterator[int]:
    """Where a shorter run that begins at `first` may end."""
    return (end for end in range(first + 1, len(said) + 1) if end - first < len(said))


def _worth_finding(said: Sequence[str], rare: set[str]) -> bool:
    return (
        STOPWORDS.isdisjoint((said[0], said[-1]))
        and rare.issuperset(said)
        and any(len(word) > 2 or word.isdigit() for word in said)
    )


def _across(each: _Read, other: _Read, rare: set[str], random: Random) -> Iterator[Example]:
    """A few names and numbers of one language that the twin in the other holds."""
    found = []
    for row, line in enumerate(each.words):
        for position, word in enumerate(line):
            if word.folded not in STOPWORDS and _may_be_name(each, row, position, rare):
                at = list(_same(word, other))
                if 1 <= len(at) <= _MOST_PLACES and len(line) in _LENGTHS:
                    found.append((row, (word.start, word.end), at))
    pair = f"{each.article.language}-{other.article.language}"
    for row, gap, at in random.sample(found, min(_FROM_TWO, len(found))):
        yield _example(each, other, row, gap, at, pair, random)


def _may_be_name(each: _Read, row: int, position: int, rare: set[str]) -> bool:
    """Whether a word is a number, has a capital within a sentence, or is rare where none have."""
    word = each.words[row][position]
    if word.folded[0].isdigit():
        return True
    if each.article.language == "en":
        return position > 0 and each.texts[row][word.start].isupper()
    return word.folded in rare


def _same(word: Word, other: _Read) -> Iterator[Place]:
    """Where the same number, or a name with the same consonants, stands in the other language."""
    wanted = {key for key in keys(word.folded) if len(key) >= _SHORTEST_KEY}
    for row, line in enumerate(other.words):
        for each in line:
            if word.folded[0].isdigit():
                same = each.folded == word.folded
            else:
                named = other.article.language == "ar" or other.texts[row][each.start].isupper()
                same = named and each.folded not in STOPWORDS and bool(wanted & keys(each.folded))
            if same:
                yield row, each.start, each.end


def _asked(text: str, gap: tuple[int, int], language: Language, random: Random) -> str:
    """A sentence with its gap; or, half the time, a question word before the words around it."""
    before, said, after = text[: gap[0]], text[gap[0] : gap[1]], text[gap[1] :]
    if random.random() < 0.5:
        return f"{before}{GAP}{after}"
    kind = "other"
    if said[0].isdigit():
        kind = "year" if _YEAR.fullmatch(fold(said)) else "number"
    around = [*before.split()[-_BESIDE:], *after.split()[:_BESIDE]]
    kept = [word for word in around if random.random() >= _LEFT_OUT]
    mark = "؟" if language == "ar" else "?"
    return " ".join([random.choice(_ASKING[language][kind]), *kept]).rstrip(" .،,") + mark


def _example(
    each: _Read,
    other: _Read,
    row: int,
    gap: tuple[int, int],
    at: Sequence[Place],
    pair: str,
    random: Random,
) -> Example:
    text = each.texts[row]
    left = [
        Marked(said, tuple((start, end) for place, start, end in at if place == position))
        for position, said in enumerate(other.texts)
        if other is not each or position != row
    ]
    return Example(
        question=_asked(text, gap, each.article.language, random),
        pair=pair,
        file="gaps",
        cluster=each.article.id,
        answers=(text[gap[0] : gap[1]],),
        own=tuple(left),
        wrong=(),
    )
