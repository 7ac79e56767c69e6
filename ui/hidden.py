"""What is said of text that an article hides, in Arabic and English."""

from __future__ import annotations

from collections.abc import Mapping

from index.hidden import Kind
from index.types import Language

KINDS: dict[Language, dict[Kind, str]] = {
    "ar": {
        "display": "نص محجوب عن العرض",
        "colour": "نص بلون ما وراءه",
        "size": "نص أصغر من أن يُقرأ",
        "place": "نص خارج الصفحة",
        "markup": "نص في ما لا تعرضه الصفحة",
        "characters": "رموز لا تُرى",
    },
    "en": {
        "display": "text that is not displayed",
        "colour": "text in the colour of what is behind it",
        "size": "text too small to read",
        "place": "text off the page",
        "markup": "text in markup that is not shown",
        "characters": "characters that cannot be seen",
    },
}
_SAID: dict[Language, str] = {
    "ar": "في {id} ما لا يراه القارئ، فتُرك: {kinds}.",
    "en": "{id} hides what a reader does not see; it was left out: {kinds}.",
}
_COMMA: dict[Language, str] = {"ar": "، ", "en": ", "}


def hidden_in(id_: str, kinds: Mapping[str, int], language: Language) -> str:
    """That an article hides something: what it is, and how many characters of it there are."""
    told = _COMMA[language].join(
        f"{name} ({kinds[kind]})" for kind, name in KINDS[language].items() if kind in kinds
    )
    return _SAID[language].format(id=id_, kinds=told)
