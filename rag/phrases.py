"""Every sentence that the product itself says in an answer, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from index.types import Article, Language
from rag.plain import plain, source_of, title_of, unlinked, within_marks

NOT_FOUND_MARK = "NOT FOUND"
"""What the language model is told to write, and grounding looks for, when nothing answers."""

LANGUAGE_NAMES: dict[Language, dict[Language, str]] = {
    "ar": {"ar": "العربية", "en": "الإنجليزية"},
    "en": {"ar": "Arabic", "en": "English"},
}

_MONTHS: dict[Language, str] = {
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "en": "January February March April May June July August September October November December",
}
_NOT_FOUND: dict[Language, str] = {
    "ar": "لا تجيب المقالات المتوفرة عن هذا السؤال.",
    "en": "The articles in this collection do not answer this question.",
}
_NEAREST: dict[Language, str] = {
    "ar": "أقرب المقالات إليه: {titles}.",
    "en": "The nearest articles: {titles}.",
}
_NONE_NEAR: dict[Language, str] = {
    "ar": "وليس بينها ما يتناول موضوعه.",
    "en": "None of them is on its subject.",
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
_MISSING: dict[Language, str] = {
    "ar": "لا تجيب المقالات عن هذا الجزء من السؤال: {parts}.",
    "en": "The articles do not answer this part of the question: {parts}.",
}
_NEWEST: dict[Language, str] = {
    "ar": "أحدث مقالة عن هذا الموضوع منشورة في {day}.",
    "en": "The newest article on this subject is from {day}.",
}
_DIFFERING: dict[Language, str] = {
    "ar": "لا تتفق المقالات: {stated}.",
    "en": "The articles do not agree: {stated}.",
}
_NEWEST_OF_THESE: dict[Language, str] = {
    "ar": "أحدثها المنشور في {day}.",
    "en": "The newest of them is from {day}.",
}
_EVERYDAY: dict[str, dict[Language, str]] = {
    "greeting": {
        "ar": "أهلا بك. اسأل بالعربية أو الإنجليزية عما في هذه المقالات.",
        "en": "Hello. Ask in Arabic or English about what these articles say.",
    },
    "thanks": {
        "ar": "على الرحب والسعة. اسأل عما تشاء من هذه المقالات.",
        "en": "You are welcome. Ask anything else about these articles.",
    },
    "farewell": {"ar": "إلى اللقاء.", "en": "Goodbye."},
    "courtesy": {
        "ar": "اسأل عما في هذه المقالات، بالعربية أو الإنجليزية.",
        "en": "Ask about what these articles say, in Arabic or English.",
    },
    "help": {
        "ar": (
            "أجيب عن الأسئلة بالعربية والإنجليزية من مجموعة مقالات، وأثبت كل جملة باقتباس حرفي. "
            "وإن لم تكن الإجابة في المقالات قلت ذلك. ويمكنك أن تسأل «ماذا لديك عن …» أو تطلب «لخص "
            "المقالة عن …»."
        ),
        "en": (
            "I answer questions in Arabic and English from a collection of articles, and prove "
            "every sentence by an exact quotation. Where the articles do not hold the answer, I "
            "say so. You can also ask “what do you have on …”, or to “summarise the article "
            "about …”."
        ),
    },
}
_COLLECTION: dict[Language, str] = {
    "ar": "عدد المقالات بالعربية {arabic} وبالإنجليزية {english}.",
    "en": "There are {arabic} articles in Arabic and {english} in English.",
}
_PERIOD: dict[Language, str] = {
    "ar": "نُشرت بين {first} و{last}.",
    "en": "They were published between {first} and {last}.",
}
_ARTICLES_ON: dict[Language, str] = {
    "ar": "في المجموعة عن هذا الموضوع:",
    "en": "The collection has on this subject:",
}
_NOTHING_ON: dict[Language, str] = {
    "ar": "ليس في المجموعة مقالات عن هذا الموضوع.",
    "en": "The collection has no articles on this subject.",
}
_QUOTATION: dict[Language, str] = {"ar": "«{text}»", "en": "“{text}”"}
_INNER: dict[Language, dict[int, int]] = {
    "ar": str.maketrans("«»", "“”"),
    "en": str.maketrans("“”", "‘’"),
}
"""Quotation marks within quotation marks."""
_COMMA: dict[Language, str] = {"ar": "، ", "en": ", "}
_SEPARATOR: dict[Language, str] = {"ar": "؛ ", "en": "; "}
_LABEL_LETTERS = 70


def not_found(language: Language, nearest: Sequence[Article]) -> str:
    """The refusal, with the labels of the nearest articles that are on the subject."""
    if not nearest:
        return f"{_NOT_FOUND[language]} {_NONE_NEAR[language]}"
    titles = _SEPARATOR[language].join(titled(language, article) for article in nearest)
    return f"{_NOT_FOUND[language]} {_NEAREST[language].format(titles=titles)}"


def quoted(text: str, language: Language, marker: int) -> str:
    """A quotation on one line, in the quotation marks of its language, with its marker.

    Nothing in it is read as another marker, a link or markup.
    """
    return f"{_QUOTATION[language].format(text=within_marks(text, language))} [{marker}]"


def listed(text: str, language: Language) -> str:
    """A quotation where it is listed behind its own marker: markers in it are letters."""
    return _QUOTATION[language].format(text=unlinked(text))


SHORT = re.compile(r"^\*\*(?P<text>.+)\*\* (?P<marker>\[\d{1,3}\])$", re.MULTILINE)
"""The line of a short answer, as `short` writes it."""


def short(text: str, marker: int) -> str:
    """The words of a quotation that answer, on a line of their own."""
    return f"**{plain(text)}** [{marker}]"


def truncated(language: Language, article: Article) -> str:
    """The note that an article was cut by a paywall."""
    return _TRUNCATED[language].format(title=titled(language, article))


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


def titled(language: Language, article: Article) -> str:
    """What an article is called, in the quotation marks of a language."""
    return _QUOTATION[language].format(text=label(article).translate(_INNER[language]))


def label(article: Article) -> str:
    """What an article is called: its title, else how it begins."""
    text = title_of(article) or plain(article.text[: 2 * _LABEL_LETTERS])
    return text if len(text) <= _LABEL_LETTERS else text[: _LABEL_LETTERS - 1].rstrip() + "…"


def missing(language: Language, parts: Sequence[str]) -> str:
    """The note that names the parts of a question that nothing answers, in its own words."""
    said = _SEPARATOR[language].join(
        _QUOTATION[language].format(text=part.rstrip(" ?؟.!").translate(_INNER[language]))
        for part in parts
    )
    return _MISSING[language].format(parts=said)


def day_said(language: Language, day: date) -> str:
    """A day in words: 9 February 2021."""
    return f"{day.day} {_MONTHS[language].split()[day.month - 1]} {day.year}"


def newest(language: Language, day: date) -> str:
    """The note that says from when the newest article on the subject is."""
    return _NEWEST[language].format(day=day_said(language, day))


def differing(language: Language, stated: Sequence[tuple[str, Article]]) -> str:
    """The note that articles do not agree: what each states, with its source and day.

    Which is the newest is said where the days differ.
    """
    said = [f"{plain(words)} ({_dated(language, article)})" for words, article in stated]
    note = _DIFFERING[language].format(stated=_SEPARATOR[language].join(said))
    days = {article.published for _, article in stated if article.published}
    if len(days) < 2:
        return note
    return f"{note} {_NEWEST_OF_THESE[language].format(day=day_said(language, max(days)))}"


def _dated(language: Language, article: Article) -> str:
    """Where and when an article was published, or what it is called."""
    named = source_of(article) or titled(language, article)
    if article.published is None:
        return named
    return f"{named}{_COMMA[language]}{day_said(language, article.published)}"


def everyday(language: Language, kind: str) -> str:
    """The first line of the reply to an everyday message."""
    return _EVERYDAY[kind][language]


def collection(
    language: Language, counts: Mapping[Language, int], first: date | None, last: date | None
) -> str:
    """What a collection holds: its articles in each language, and when they were published."""
    text = _COLLECTION[language].format(arabic=counts.get("ar", 0), english=counts.get("en", 0))
    if first is None or last is None:
        return text
    first_said, last_said = day_said(language, first), day_said(language, last)
    return f"{text} {_PERIOD[language].format(first=first_said, last=last_said)}"


def articles_on(language: Language, count: int) -> str:
    """What stands above a list of articles on a subject; `count` of them, 0 for none."""
    return (_ARTICLES_ON if count else _NOTHING_ON)[language]
