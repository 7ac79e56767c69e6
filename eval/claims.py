"""Claims for training what checks a draft: what a quotation proves, and what it does not.

A claim is a sentence, shortened, reordered or with its numbers written otherwise, over the
quotation that it comes from, in the same language or in the other one. What a quotation does not
prove is a claim that says something else in one place (`eval.falsify`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from eval.falsify import Said, falsified, names_of, number_words
from index.text import words
from index.types import Article, Language

_SHORTEST, _LONGEST = 5, 60  # words


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence over a quotation; `kind` is "" where the quotation proves it."""

    text: str
    quotation: str
    kind: str


def parallel(articles: Sequence[Article]) -> list[list[Said]]:
    """The sentences of articles that are there in both languages, article by article.

    They are the lines of texts whose ids differ by -ar-, -en-, and that have as many of them.
    """
    by_id = {article.id: article for article in articles}
    found = []
    for article in articles:
        twin = by_id.get(article.id.replace("-ar-", "-en-", 1))
        if article.language == "ar" and twin is not None and twin.language == "en":
            arabic, english = (each.text.split("\n") for each in (article, twin))
            if len(arabic) == len(english):
                found.append(_said(arabic, english))
    return found


def _said(arabic: list[str], english: list[str]) -> list[Said]:
    names: dict[Language, tuple[str, ...]] = names_of(arabic, english)
    texts: dict[Language, list[str]] = {"ar": arabic, "en": english}
    return [
        Said(
            texts={language: lines[row] for language, lines in texts.items()},
            beside={
                language: tuple(lines[max(0, row - 1) : row] + lines[row + 1 : row + 2])
                for language, lines in texts.items()
            },
            names=names,
        )
        for row in range(len(english))
        if _SHORTEST <= len(words(english[row])) <= _LONGEST
    ]


def claim(said: Said, others: Sequence[Said], random: Random, altered: float = 0.5) -> Claim:
    """A claim of a sentence: with the share `altered` one that the quotation does not prove.

    `others`: of the same article, of which there must be some; a few claims are one of these.
    Alterations are clumsy at times, which must not give them away: the quotation is altered nearly
    as often as the claim, and some claims are altered together with their quotation, which proves
    them.
    """
    own: Language = random.choice(("ar", "en"))
    quoted: Language = own if random.random() < 0.6 else ("en" if own == "ar" else "ar")
    text, quotation, kind = said.texts[own], said.texts[quoted], ""
    if own == quoted and random.random() < 0.4:
        text = quotation = _falsified(said, others, text, own, random)[0]
    is_true = random.random() >= altered
    if is_true or random.random() < 0.6:
        text = _retold(text, own, random)
        if not is_true:
            text, kind = _falsified(said, others, text, own, random)
    else:  # of what was left out of the claim, an alteration would change nothing
        quotation, kind = _falsified(said, others, quotation, quoted, random)
    if said.beside[quoted] and random.random() < 0.2:
        near = random.choice(said.beside[quoted])
        quotation = random.choice((f"{quotation} {near}", f"{near} {quotation}"))
    return Claim(text, quotation, kind)


def _falsified(
    said: Said, others: Sequence[Said], text: str, language: Language, random: Random
) -> tuple[str, str]:
    """A text that says something else, and how; another sentence where nothing can be altered."""
    return falsified(said, text, language, random) or (
        random.choice(others).texts[language],
        "other",
    )


def _retold(text: str, language: Language, random: Random) -> str:
    """The same in other words, as far as that can be had without knowing them."""
    if random.random() < 0.5:
        text = _shortened(text, random)
    if random.random() < 0.3:
        text = _reordered(text, random)
    if random.random() < 0.3:
        text = _rewritten(text, language, random)
    return text


_FEWEST_WORDS = 6
_PART = re.compile(r"[,،؛;]\s")


def _shortened(text: str, random: Random) -> str:
    """Without one of its parts between commas, or what stands in brackets."""
    bare = re.sub(r"\s*\([^)]*\)", "", text)
    parts = _PART.split(bare)
    if len(parts) < 2:
        return bare
    left_out = random.randrange(1, len(parts))
    left = ", ".join(part for place, part in enumerate(parts) if place != left_out)
    return left if len(words(left)) >= _FEWEST_WORDS else bare


def _reordered(text: str, random: Random) -> str:
    """Its last part between commas put first, or the first one last."""
    parts = _PART.split(text.rstrip(" .،"))
    if len(parts) != 2 or random.random() < 0.3:
        return text
    return f"{parts[1]}, {parts[0]}."


def _rewritten(text: str, language: Language, random: Random) -> str:
    """With other digits, or numbers as words."""
    if language == "ar" and random.random() < 0.4:
        return text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for digit, word in zip(range(2, 13), number_words(language), strict=False):
        text = re.sub(rf"(?<![\w.,]){digit}(?![\w.,%])", word, text)
    return text
