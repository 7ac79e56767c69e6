"""Quotations that cannot be read alone: what begins with a pronoun needs the sentence before.

Of 914 quotations in answers to the built-in questions 26 begin so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from index.sentences import LONGEST, sentences
from index.types import Sentence
from rag.addressed import is_addressed
from rag.types import Evidence

_PRONOUN = re.compile(
    r"[\W\d_]*(?:"
    r"(?:he|she|it|they|his|her|hers|its|their|this|these|those|that)\b"
    r"|[وف]?(?:هو|هي|هم|هما|هذا|هذه|ذلك|تلك|هؤلاء)(?!\w)"
    # Who said it is not told: "and added that he …".
    r"|[وف]?(?:قال|أضاف|أكد|أوضح|أشار|ذكر|تابع|لفت|اعتبر|رأى|شدد|كشف)(?:ت|وا)?"
    r"\s+(?:(?:إلى|على)\s+)?[بإأ]+ن(?:ه|ها|هم|هما)?(?!\w)"
    r")",
    re.IGNORECASE,
)


def needs_antecedent(text: str) -> bool:
    """Whether a sentence begins with a word that points at the one before it."""
    return bool(_PRONOUN.match(text))


def with_antecedent(item: Evidence) -> Evidence:
    """Evidence with the sentence before it where it needs that; as it is where there is none.

    Both together are one run of the article's text.
    """
    text, own, mark = item.article.text, item.sentence, item.mark
    if not needs_antecedent(item.text):
        return item
    window = max(0, own.start - 2 * LONGEST)
    before = sentences(text[window : own.start], item.article.language)
    if not before:
        return item
    start = window + before[-1].start
    if is_addressed(text[start : own.start]):
        return item
    shift = own.start - start
    moved = mark and replace(mark, start=mark.start + shift, end=mark.end + shift)
    return replace(item, sentence=Sentence(start, own.end, own.language), mark=moved)
