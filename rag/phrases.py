"""Every sentence that the product itself says in an answer, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.types import Article, Language

NOT_FOUND_MARK = "NOT FOUND"
"""What the language model is told to write, and grounding looks for, when nothing answers."""

LANGUAGE_NAMES: dict[Language, dict[Language, str]] = {
    "ar": {"ar": "العربية", "en": "الإنجليزية"},
    "en": {"ar": "Arabic", "en": "English"},
}

_NOT_FOUND: dict[Language, str] = {
    "ar": "لا تجيب المقالات المتوفرة عن هذا السؤال.",
    "en": "The articles in this collection do not answer this question.",
}
_NEAREST: dict[Language, str] = {
    "ar": "أقرب المقالات إليه: {titles}.",
    "en": "The nearest articles: {titles}.",
}
_TRUNCATED: dict[Language, str] = {
    "ar": "المقالة {title} مقطوعة، فبقيتها للمشتركين فقط.",
    "en": "The article {title} is cut: the rest of it is for subscribers only.",
}
_OTHER_LANGUAGE: dict[Language, str] = {
    "ar": "الاقتباسات بلغتها الأصلية: {language}.",
    "en": "The quotations are in their original language, {language}.",
}
_SOME_OTHER_LANGUAGE: dict[Language, str] = {
    "ar": "بعض الاقتباسات بلغتها الأصلية: {language}.",
    "en": "Some of the quotations are in their original language, {language}.",
}
_SINGLE_SOURCE: dict[Language, str] = {
    "ar": "تستند الإجابة إلى مقالة واحدة.",
    "en": "The answer rests on a single article.",
}
_NO_MODEL: dict[Language, str] = {
    "ar": "هذه اقتباسات فقط، لأن نموذج اللغة غير متاح: {reason}",
    "en": "These are quotations alone, because the language model is not available: {reason}",
}
_UNVERIFIED: dict[Language, str] = {
    "ar": "حُذف من الإجابة ما لم تثبته الاقتباسات.",
    "en": "What the quotations did not prove was left out of the answer.",
}
_MODEL_MISSING: dict[Language, str] = {
    "ar": "لم يُنزَّل بعد. للحصول عليه: dalil models pull {name}",
    "en": "it has not been fetched yet. To get it: dalil models pull {name}",
}
_QUOTATION: dict[Language, str] = {"ar": "«{text}»", "en": "“{text}”"}
_INNER: dict[Language, dict[int, int]] = {
    "ar": str.maketrans("«»", "“”"),
    "en": str.maketrans("“”", "‘’"),
}
"""Quotation marks within quotation marks."""
_SEPARATOR: dict[Language, str] = {"ar": "؛ ", "en": "; "}
_LABEL_LETTERS = 70


def not_found(language: Language, nearest: Sequence[Article]) -> str:
    """The refusal, with the labels of the nearest articles."""
    if not nearest:
        return _NOT_FOUND[language]
    titles = _SEPARATOR[language].join(_titled(language, article) for article in nearest)
    return f"{_NOT_FOUND[language]} {_NEAREST[language].format(titles=titles)}"


def quoted(text: str, language: Language, marker: int) -> str:
    """A quotation on one line, in the quotation marks of its language, with its marker."""
    return f"{_QUOTATION[language].format(text=' '.join(text.split()))} [{marker}]"


SHORT = re.compile(r"^\*\*(?P<text>.+)\*\* (?P<marker>\[\d{1,3}\])$", re.MULTILINE)
"""The line of a short answer, as `short` writes it."""


def short(text: str, marker: int) -> str:
    """The words of a quotation that answer, on a line of their own."""
    return f"**{' '.join(text.split())}** [{marker}]"


def truncated(language: Language, article: Article) -> str:
    """The note that an article was cut by a paywall."""
    return _TRUNCATED[language].format(title=_titled(language, article))


def other_language(language: Language, quotation: Language, *, whole: bool) -> str:
    """The note that what is quoted, or a part of it, is in another language than the question."""
    note = _OTHER_LANGUAGE if whole else _SOME_OTHER_LANGUAGE
    return note[language].format(language=LANGUAGE_NAMES[language][quotation])


def single_source(language: Language) -> str:
    """The note that one article alone stands behind an answer."""
    return _SINGLE_SOURCE[language]


def no_model(language: Language, reason: str) -> str:
    """The note that quotations stand in for a language model."""
    return _NO_MODEL[language].format(reason=reason)


def model_missing(language: Language, name: str) -> str:
    """Why a default language model is not available yet, and how to get it."""
    return _MODEL_MISSING[language].format(name=name)


def unverified(language: Language) -> str:
    """The note that a part of the draft did not survive grounding."""
    return _UNVERIFIED[language]


def _titled(language: Language, article: Article) -> str:
    """What an article is called, in the quotation marks of a language."""
    return _QUOTATION[language].format(text=label(article).translate(_INNER[language]))


def label(article: Article) -> str:
    """What an article is called: its title, else how it begins."""
    text = " ".join((article.title or article.text).split())
    return text if len(text) <= _LABEL_LETTERS else text[: _LABEL_LETTERS - 1].rstrip() + "…"
