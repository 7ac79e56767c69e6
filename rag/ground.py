"""Grounding: a drafted sentence is kept only with a quotation that proves it.

Checked one by one, before anything is shown: it cites evidence that exists; its numbers and dates
occur in what it cites; it says more than the question; its words occur in the citation, or across
languages its meaning does; the verifier finds no word of it that is not proved; and it follows from
the citation where an entailment model is set. What is unsure is dropped: a quotation says it
better. Links and markup are never let through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from index.dates import dates
from index.embed import Embedder
from index.numbers import numbers
from index.pairs import Entailment
from index.text import ARABIC_LETTER, STOPWORDS, grams, language_of, stem, words
from index.types import Language
from rag.types import Evidence
from rag.verifier import Verifier

LEAST_SUPPORT = 0.75
"""The least share of a sentence's informative words that its citation, or the title, holds.

The same share of those that the question does not have must be in the citation itself.
"""

LEAST_ENTAILED = 0.5
"""How likely, to an entailment model, a sentence must follow from its citation."""

LEAST_SAID = 0.5
"""The least share of the words that answer, as the reader sees them, that a sentence says."""

LEAST_ALIKE = 0.6
"""The least share of a word's character 3-grams that makes another word the same one."""

LEAST_COSINE = 0.35
"""The least centred cosine of a sentence and its citation in the other language."""

_MARKER = re.compile(r"\[\s*([\d٠-٩]{1,2}(?:\s*[,،]\s*[\d٠-٩]{1,2})*)\s*\]")
_OPEN_MARKER = re.compile(r"\[[^\]]*$")
_FORBIDDEN = re.compile(r"https?:|www\.|[<>]|\]\(|!\[|`")
_LOOSE_MARK = re.compile(r"\s*([.!?؟،,])(?:\s*[.،,])*(?=\s|$)")
_SENTENCE = re.compile(
    r"\s*(?P<body>(?:\[[^\]\n]*\]|[^.!?؟\n\[]|\[|(?<=\d)\.(?=\d)|(?<=\b[A-Z])\.|\.(?=\w))+[.!?؟]*)"
    r"(?P<after>(?:\s*\[[^\]\n]*\])*[.!?؟]?)"
)


@dataclass(frozen=True, slots=True)
class Checks:
    """The models that a sentence is checked with."""

    embedder: Embedder
    verifier: Verifier | None = None
    entailment: Entailment | None = None

    def open(self) -> None:
        """Load what is not loaded yet; raises `WeightsError`."""
        for each in (self.verifier, self.entailment):
            if each is not None:
                each.open()


@dataclass(frozen=True, slots=True)
class Grounded:
    """A sentence that its citation proves; `cited` is a position in the evidence, from 0."""

    text: str
    cited: int


def complete_sentences(draft: str, *, finished: bool) -> Iterator[str]:
    """The sentences of a draft, each with its markers; the last only when nothing can follow it."""
    known = draft if finished else _OPEN_MARKER.sub("", draft)
    found = [match[0] for match in _SENTENCE.finditer(known) if match["body"].strip()]
    return iter(found if finished else found[:-1])


def ground(
    sentence: str,
    evidence: Sequence[Evidence],
    question: str,
    checks: Checks,
) -> Grounded | None:
    """`sentence` with the citation that proves it alone, or None where none does.

    Small models often give the number of a neighbour: where another quotation proves the sentence,
    the citation is put right. Two quotations taken together prove nothing: of four drafts that
    needed two, two were false.
    """
    cited = tuple(dict.fromkeys(n - 1 for n in _markers(sentence) if 1 <= n <= len(evidence)))
    text = _MARKER.sub("", sentence)
    text = re.sub(r"\s+", " ", _LOOSE_MARK.sub(r"\1", text)).strip(" -–—*#")
    if not cited or _FORBIDDEN.search(text):
        return None
    others = [position for position in range(len(evidence)) if position not in cited]
    for position in (*cited, *others):
        item = evidence[position]
        if _proves(item, text, question, checks):
            return Grounded(text, position)
    return None


def says(sentence: str, words_that_answer: str) -> bool:
    """Whether a sentence says some words: their numbers, and most of the others, however inflected.

    Both are in one language.
    """
    told, wanted = _informative(sentence), _informative(words_that_answer)
    named = {word for word in wanted if not word[0].isdigit()}
    return _has_figures(words_that_answer, [sentence], None) and (
        not named or _support(named, told) >= LEAST_SAID
    )


def _proves(item: Evidence, text: str, question: str, checks: Checks) -> bool:
    """Whether a quotation says what a sentence says, as far as can be told."""
    told, title = _informative(text), item.article.title
    asked = _informative(question)
    new = {word for word in told if not _holds(asked, word)}
    if not new or not _has_figures(text, [item.text, title], item.article.published):
        return False
    if language_of(text) != language_of(item.text):
        vectors = checks.embedder.passages([text, item.text])
        is_said = float(vectors[0] @ vectors[1]) >= LEAST_COSINE
    else:
        held = _informative(item.text)
        is_said = _support(new, held) >= LEAST_SUPPORT and (
            _support(told, held | _informative(title)) >= LEAST_SUPPORT
        )
    if is_said and checks.verifier is not None:
        is_said = checks.verifier.proves(item.text, text)
    return is_said and (checks.entailment is None or _entailed(checks.entailment, item, text))


def _entailed(entailment: Entailment, item: Evidence, text: str) -> bool:
    premise = f"{item.article.title}. {item.text}" if item.article.title else item.text
    return entailment.probability(premise, text) >= LEAST_ENTAILED


def _support(said: Collection[str], held: Collection[str]) -> float:
    """The share of words that others hold; 0 where nothing is said."""
    return sum(_holds(held, word) for word in said) / len(said) if said else 0.0


def _informative(text: str) -> set[str]:
    return {word.folded for word in words(text) if word.folded not in STOPWORDS}


def _holds(held: Collection[str], word: str) -> bool:
    """Whether a folded word is among others, whatever its inflection or spelling."""
    if word in held or word[0].isdigit():
        return word in held
    stemmed, cut = stem(word), set(grams([word]))
    return any(
        stem(other) == stemmed or len(cut & set(grams([other]))) >= LEAST_ALIKE * len(cut)
        for other in held
    )


def _markers(sentence: str) -> list[int]:
    return [
        int(number)
        for match in _MARKER.finditer(sentence)
        for number in re.findall(r"\d+", match[1])
    ]


def _has_figures(text: str, held: Sequence[str], published: date | None) -> bool:
    """Whether the dates and numbers of a text occur in others, however they are written.

    A date may be told with less than is held: the month of a day. `published`: of the article.
    """
    told, known = dates(text, published), [each for h in held for each in dates(h, published)]
    figures = {(number.value, number.is_share) for h in held for number in numbers(h)}
    return all(any(each.within(one) for each in known) for one in told) and all(
        (number.value, number.is_share) in figures
        for number in numbers(text)
        if not any(one.start <= number.start < one.end for one in told)
    )


def is_in_language(text: str, language: Language) -> bool:
    """Whether a sentence is written in `language`; names in the other script are no matter."""
    return language_of(text, language) == language or bool(
        language == "ar" and ARABIC_LETTER.search(text)
    )
