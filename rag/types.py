"""The data of an answer. Frozen and plain; offsets count Unicode code points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypedDict

from index.types import Article, Hit, Language, Sentence

Status = Literal["answered", "partly", "not_found", "message"]
"""The last is the reply to an everyday message, such as a greeting, which is no answer."""


class Message(TypedDict):
    """One turn of a conversation; `role` is "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question made ready: `text` stands alone, `asked` is what was typed.

    `answered_in`: the language of the answer. `latest`: it asks for the newest of what is told.
    """

    asked: str
    text: str
    language: Language
    answered_in: Language
    latest: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of a sentence, `start` to `end` in it, and how likely they answer (0 to 1).

    What overlaps with the answer in part counts in part.
    """

    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of an article that may answer; `score` orders the evidence of one question.

    `group` is a number that near-identical articles share, None where the article is alone.
    `echoes`: its article is one of many that have a sentence in common, one voice together.
    `odds`: the log odds that the reader gives the sentence, None where it did not read it; `mark`:
    the words that it thinks answer, where it thinks of any.
    """

    article: Article
    sentence: Sentence
    score: float
    group: int | None = None
    odds: float | None = None
    mark: Mark | None = None
    echoes: bool = False

    @property
    def text(self) -> str:
        """The sentence, word for word."""
        return self.article.text[self.sentence.start : self.sentence.end]

    @property
    def marked(self) -> str:
        """The words of it that answer, "" where none are marked."""
        return self.text[self.mark.start : self.mark.end] if self.mark else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What evidence states: `evidence.text[start:end]`, a number, a day or a name."""

    evidence: Evidence
    start: int
    end: int

    @property
    def text(self) -> str:
        """What is stated, as it is written."""
        return self.evidence.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Amount(Statement):
    """A number or a day that is stated.

    Anything from `low` to `high` agrees with it; days are counted as `date.toordinal` does.
    """

    low: float
    high: float

    def differs(self, other: Amount) -> bool:
        """Whether nothing agrees with both."""
        return self.high < other.low or other.high < self.low


@dataclass(frozen=True, slots=True)
class Naming(Statement):
    """A name that is stated.

    `keys` are the consonants of its words, `told` those of every word of its article.
    """

    keys: frozenset[str]
    told: frozenset[str]

    def differs(self, other: Naming) -> bool:
        """Whether neither article tells anything of the other's name."""
        return self.keys.isdisjoint(other.told) and other.keys.isdisjoint(self.told)


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact quotation: the article's `text[start:end] == quotation`.

    `marks` are pairs of start and end, counted in the quotation: the words that answer.
    """

    marker: int
    article: str
    title: str
    url: str
    source: str
    published: date | None
    language: Language
    quotation: str
    start: int
    end: int
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What one article states where articles do not agree; `text` as it stands in the article."""

    text: str
    article: str
    title: str
    source: str
    published: date | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something one should know about an answer, with the ids of the articles it is about.

    Kinds: "truncated" (an article is cut by a paywall), "single_source", "other_language" (quoted
    from the other language), "no_model" (the language model is not there yet), "unverified" (a part
    of the draft was left out), "missing" (nothing answers a part of the question), "newest" (from
    when the newest article on the subject is, where the latest was asked for), "differing" (the
    articles do not agree on a number, a day or a name: each with its `claims`).
    """

    kind: str
    text: str
    articles: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole or as far as it has come.

    `text` cites `citations` by markers such as [1]. `hits` are the chunks that were found, best
    first. `probability` is how likely the evidence answers, 0 to 1, as it was decided on. `llm`
    names what wrote above the quotations, "quotes" where nothing did. `seconds` is the time per
    stage; "first" and "drafted" that until the first drafted sentence stood there, and until the
    draft was done.
    """

    status: Status
    text: str
    language: Language
    citations: tuple[Citation, ...] = ()
    notes: tuple[Note, ...] = ()
    hits: tuple[Hit, ...] = ()
    probability: float | None = None
    llm: str = "quotes"
    seconds: Mapping[str, float] = field(default_factory=dict)
