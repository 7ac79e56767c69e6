"""Gold questions, as people bring them in JSON Lines, and the project's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from index.errors import ReadError
from index.text import language_of
from index.types import Language
from rag.types import Message

DATA = Path(__file__).parent / "data"
ARTICLES = DATA / "articles"
DEVELOPMENT = DATA / "questions.dev.jsonl"
TEST = DATA / "questions.test.jsonl"

ALL_NEEDED = frozenset({"two-articles", "disagree"})
"""Tags of questions that are answered only by all of their evidence together."""

Quotation = tuple[str, str]
"""The id of an article, and words of it."""

Expected = Literal["answered", "partly", "not_found", "message"]


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what a right answer rests on.

    `articles` are the ids that hold the answer; `evidence` are strings of theirs: a right quotation
    contains one of them, or, where a tag of `ALL_NEEDED` says so, the quotations together contain
    all of them. `answers` are accepted short answers. `history` is the conversation before it,
    `as_of` the day that stands for today, `event` what a split keeps together, `original` the id of
    the question that this one is an altered copy of.
    """

    id: str
    question: str
    language: Language
    answerable: bool = True
    answers: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    history: tuple[Message, ...] = ()
    as_of: date | None = None
    event: str = ""
    original: str = ""

    @property
    def expected(self) -> Expected:
        """What a right answer to it is: a status, or "message" for an everyday message."""
        if "everyday" in self.tags:
            return "message"
        if not self.answerable:
            return "not_found"
        return "partly" if "partly" in self.tags else "answered"

    @property
    def cluster(self) -> str:
        """What varies together: the questions of one event, else of one answering article."""
        return self.event or next(iter(self.articles), self.id)

    @property
    def all_needed(self) -> bool:
        """Whether all of the evidence is needed, not just one string of it."""
        return not ALL_NEEDED.isdisjoint(self.tags)

    def evidence_held(self, quotations: Sequence[Quotation]) -> float | None:
        """The share of the needed evidence that quotations contain, 0 to 1; None without evidence.

        Quotations of other articles than `articles` do not count. One string of evidence is enough
        unless a tag says that all are needed.
        """
        if not self.evidence:
            return None
        texts = [text for article, text in quotations if self._holds(article)]
        held = [any(evidence in text for text in texts) for evidence in self.evidence]
        return sum(held) / len(held) if self.all_needed else float(any(held))

    def _holds(self, article: str) -> bool:
        return not self.articles or article in self.articles


def load_questions(path: Path) -> list[GoldQuestion]:
    """Read a file of gold questions; raises `ReadError` naming the line that is wrong."""
    questions: dict[str, GoldQuestion] = {}
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            gold = question_of(json.loads(line))
        except KeyError as error:
            raise ReadError(f"{path}, line {number}: {error} is missing.") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise ReadError(f"{path}, line {number}: {error}.") from error
        if gold.id in questions:
            raise ReadError(f"{path}, line {number}: the id {gold.id!r} is there twice.")
        questions[gold.id] = gold
    if not questions:
        raise ReadError(f"{path} holds no question.")
    return list(questions.values())


def question_of(row: Mapping[str, object]) -> GoldQuestion:
    """A gold question from its JSON object; raises `KeyError`, `TypeError` or `ValueError`."""
    if not isinstance(row, dict):
        raise TypeError(f"a question must be an object, not {type(row).__name__}")
    json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair could not be saved
    question = str(row["question"])
    if not question.strip():
        raise ValueError("the question is empty")
    language = row.get("language") or language_of(question)
    if language not in ("ar", "en"):
        raise ValueError(f'language is {language!r}, not "ar" or "en"')
    answerable = row.get("answerable", True)
    if not isinstance(answerable, bool):
        raise TypeError(f"answerable is {answerable!r}, not true or false")
    as_of = row.get("as_of")
    return GoldQuestion(
        id=str(row["id"]),
        question=question,
        language="ar" if language == "ar" else "en",
        answerable=answerable,
        answers=_texts(row, "answers"),
        articles=_texts(row, "articles"),
        evidence=_texts(row, "evidence"),
        tags=_texts(row, "tags"),
        history=tuple(
            Message(role=str(turn["role"]), content=str(turn["content"]))
            for turn in _list(row, "history")
        ),
        as_of=date.fromisoformat(str(as_of)) if as_of else None,
        event=str(row.get("event") or ""),
        original=str(row.get("original") or ""),
    )


def row_of(gold: GoldQuestion) -> dict[str, object]:
    """The JSON object of a gold question."""
    row = {**asdict(gold), "as_of": gold.as_of.isoformat() if gold.as_of else None}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}


def _texts(row: Mapping[str, object], key: str) -> tuple[str, ...]:
    return tuple(str(value) for value in _list(row, key))


def _list(row: Mapping[str, object], key: str) -> list[Any]:
    values = row.get(key) or []
    if not isinstance(values, list):
        raise TypeError(f"{key} must be a list")
    return values
