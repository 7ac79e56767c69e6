"""What is said again: sentences that repeat one another, in one article or in many.

A sentence that stands in many articles is one voice however often it is brought, and must not keep
others from being read. A copy of a text that has other words in the place that answers is no
repetition: both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from difflib import SequenceMatcher

from index.sentences import sentences
from index.text import fold, stem, words
from index.types import Article
from rag.types import Evidence, Statement

MANY = 3
"""So many articles with one sentence are one voice; reprints of one text are folded before."""

_REPEATED = 0.9
"""The share of a sentence's stems in one that is shown already from which it is not shown."""

_FEWEST_STEMS = 5
"""A sentence of fewer says nothing that others could not say by themselves."""

_FRAME = 0.7
"""How much the words of two versions of a sentence are alike, by Ratcliff and Obershelp."""

_NEGATING = "لا لم لن ليس ليست غير دون not no never nor"
_NEGATIONS = frozenset(stem(fold(word)) for word in _NEGATING.split())


def stems_of(evidence: Evidence) -> set[str]:
    """The stems of a sentence."""
    return {stem(word.folded) for word in words(evidence.text)}


def repeats(said: Set[str], before: Set[str]) -> bool:
    """Whether the stems of a sentence are in another, but for few, and no number or negation."""
    if len(said & before) < _REPEATED * len(said):
        return False
    numbers = {stem for stem in said - before if stem[0].isdigit()}
    return not numbers and said & _NEGATIONS == before & _NEGATIONS


def echoing(evidence: Sequence[Evidence]) -> frozenset[str]:
    """The ids of articles of which `MANY` or more have one of these sentences in common.

    Reprints of one text count as one of them.
    """
    found: set[str] = set()
    heard: list[tuple[set[str], dict[int | str, str]]] = []
    for item in evidence:
        said = stems_of(item)
        if len(said) < _FEWEST_STEMS:
            continue
        text, id_ = item.group or item.article.id, item.article.id
        texts = next((texts for before, texts in heard if repeats(said, before)), None)
        if texts is None:
            heard.append((said, {text: id_}))
        else:
            texts.setdefault(text, id_)
    for _, texts in heard:
        found |= set(texts.values()) if len(texts) >= MANY else set()
    return frozenset(found)


def altered(item: Evidence, copies: Iterable[Article]) -> Statement | None:
    """What the first copy that differs says in the place of the words that answer; None for none.

    It has a sentence that is the same but for these words, and nowhere the words themselves.
    """
    told = [word.folded for word in words(item.text)]
    for article in copies:
        if item.mark is None or _has(article.text, item.marked):
            continue
        for span in sentences(article.text, article.language):
            version = Evidence(article, span, item.score, item.group)
            other = [word.folded for word in words(version.text)]
            matcher = SequenceMatcher(None, told, other, autojunk=False)
            if matcher.quick_ratio() >= _FRAME and matcher.ratio() >= _FRAME:
                return _stated(item, version, matcher)
    return None


def _has(text: str, marked: str) -> bool:
    return f" {_folded(marked)} " in f" {_folded(text)} "


def _folded(text: str) -> str:
    return " ".join(word.folded for word in words(text))


def _stated(item: Evidence, version: Evidence, matcher: SequenceMatcher[str]) -> Statement | None:
    """The words of a version that stand where the marked words of a sentence stand."""
    assert item.mark is not None
    said, own = words(item.text), words(version.text)
    marked = {
        place
        for place, word in enumerate(said)
        if word.start < item.mark.end and item.mark.start < word.end
    }
    changed = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    if not changed or not all(
        tag == "replace" and not marked.isdisjoint(range(first, last))
        for tag, first, last, _, _ in changed
    ):
        return None
    return Statement(version, own[changed[0][3]].start, own[changed[-1][4] - 1].end)
