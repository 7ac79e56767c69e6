"""Grounding: a drafted sentence is kept only with a quotation that proves it.

Checked one by one, before anything is shown: it cites evidence that exists; its numbers occur in
what it cites; its words do, or, where the citation is in the other language, its meaning does.
Links and markup are never let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.embed import Embedder
from index.text import ARABIC_LETTER, STOPWORDS, grams, informative, language_of, words
from index.types import Language
from rag.types import Evidence

LEAST_SUPPORT = 0.6
"""The least share of a sentence's character 3-grams that its citation or the question holds."""

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
class Grounded:
    """A sentence that its citations prove; `cited` are positions in the evidence, from 0."""

    text: str
    cited: tuple[int, ...]


def complete_sentences(draft: str, *, finished: bool) -> Iterator[str]:
    """The sentences of a draft, each with its markers; the last only when nothing can follow it."""
    known = draft if finished else _OPEN_MARKER.sub("", draft)
    found = [match[0] for match in _SENTENCE.finditer(known) if match["body"].strip()]
    return iter(found if finished else found[:-1])


def ground(
    sentence: str, evidence: Sequence[Evidence], question: str, embedder: Embedder
) -> Grounded | None:
    """`sentence` with the citations that prove it, or None where nothing does.

    Of what it cites, what proves it alone is kept, else all of it where together it does. Small
    models often give the number of a neighbour: where another quotation proves the sentence, the
    citation is put right.
    """
    cited = tuple(dict.fromkeys(n - 1 for n in _markers(sentence) if 1 <= n <= len(evidence)))
    text = _MARKER.sub("", sentence)
    text = re.sub(r"\s+", " ", _LOOSE_MARK.sub(r"\1", text)).strip(" -–—*#")
    if not cited or not informative(text) or _FORBIDDEN.search(text):
        return None

    def proves(*positions: int) -> bool:
        quotation = " ".join(evidence[position].text for position in positions)
        return _proves(quotation, text, question, embedder)

    alone = tuple(position for position in cited if proves(position))
    if alone or (len(cited) > 1 and proves(*cited)):
        return Grounded(text, alone or cited)
    others = (position for position in range(len(evidence)) if position not in cited)
    right = next((position for position in others if proves(position)), None)
    return None if right is None else Grounded(text, (right,))


def _proves(quotation: str, text: str, question: str, embedder: Embedder) -> bool:
    """Whether a quotation says what a sentence says, as far as numbers, words and meaning tell."""
    if not _numbers(text) <= _numbers(quotation) | _numbers(question):
        return False
    language: Language = language_of(text)
    if language == language_of(quotation, language):
        return _share(text, f"{quotation} {question}") >= LEAST_SUPPORT
    vectors = embedder.passages([text, quotation])
    return float(vectors[0] @ vectors[1]) >= LEAST_COSINE


def _share(text: str, support: str) -> float:
    held = set(grams(word.folded for word in words(support)))
    asked = grams(word.folded for word in words(text) if word.folded not in STOPWORDS)
    return sum(gram in held for gram in asked) / len(asked) if asked else 0.0


def _markers(sentence: str) -> list[int]:
    return [
        int(number)
        for match in _MARKER.finditer(sentence)
        for number in re.findall(r"\d+", match[1])
    ]


def _numbers(text: str) -> set[str]:
    """Numbers as they are compared: digits of any script, no thousands separators."""
    return {word.folded for word in words(text) if word.folded[0].isdigit()}


def is_in_language(text: str, language: Language) -> bool:
    """Whether a sentence is written in `language`; names in the other script are no matter."""
    return language_of(text, language) == language or bool(
        language == "ar" and ARABIC_LETTER.search(text)
    )
