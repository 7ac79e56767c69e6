"""The data of the index: what is read, what is stored and what a search returns.

Everything is frozen, plain data. Offsets count Unicode code points of the text they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Language = Literal["ar", "en"]
"""The languages of Dalil, told by script: Arabic letters are "ar", everything else is "en"."""


@dataclass(frozen=True, slots=True)
class RawArticle:
    """One article as a file held it, before cleaning.

    `origin` names where it came from, the same at every reading: the absolute path of a file, for
    a line of a JSON Lines or CSV file the path, "#" and its id. `text` is decoded and free of
    markup, with its boilerplate still in it. `hidden` are characters that nobody sees, by their
    kind (see `index.hidden`); they are left out, here or by cleaning.
    """

    id: str
    origin: str
    title: str
    text: str
    language: Language | None = None
    url: str = ""
    source: str = ""
    author: str = ""
    published: date | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file, or a line of one, that could not become an article, and why."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored and quoted: every quotation is `text[start:end]`.

    `truncated` is true where the publisher's paywall cut the text.
    """

    id: str
    origin: str
    title: str
    text: str
    language: Language
    url: str = ""
    source: str = ""
    author: str = ""
    published: date | None = None
    truncated: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of an article's text: one sentence, or a bounded part of a very long one."""

    start: int
    end: int
    language: Language


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole sentences of one article that are embedded and found together.

    `text == article.text[start:end]`; `id` depends on the article's id, its text and the offsets
    alone, so that it is the same after a rebuild.
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str
    language: Language
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search found.

    `score` orders the hits of one question and means nothing beyond it; `parts` are the figures
    that made it, by name. `copies` are the ids of articles folded into this hit.
    """

    chunk: Chunk
    score: float
    probability: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    copies: tuple[str, ...] = ()
