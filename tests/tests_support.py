"""Small makers that several tests use."""

from __future__ import annotations

from collections.abc import Sequence

from index.text import language_of
from index.types import Article


def article(text: str, id: str = "one", title: str = "") -> Article:  # noqa: A002
    """An article with that text."""
    return Article(id=id, origin=f"/{id}", title=title, text=text, language=language_of(text))


def count_letters(texts: Sequence[str]) -> list[int]:
    """A stand-in for a tokenizer in which every letter is a token."""
    return [len(text) for text in texts]
