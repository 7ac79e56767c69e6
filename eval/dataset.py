"""Gold questions, as people bring them in JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from index.errors import ReadError
from index.text import language_of
from index.types import Language
from rag.types import Message


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what a right answer rests on.

    `articles` are the ids that hold the answer; `evidence` are strings, one of which a right
    quotation contains; `answers` are accepted short answers.
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


def load_questions(path: Path) -> list[GoldQuestion]:
    """Read a file of gold questions; raises `ReadError` naming the line that is wrong."""
    questions = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            questions.append(_question(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise ReadError(f"{path}, line {number}: {error!r} is missing or wrong.") from error
    return questions


def holds_evidence(gold: GoldQuestion, quotation: str) -> bool:
    """Whether a quotation contains one of the evidence strings."""
    return any(text in quotation for text in gold.evidence)


def _question(row: Mapping[str, object]) -> GoldQuestion:
    def texts(key: str) -> tuple[str, ...]:
        values = row.get(key) or []
        if not isinstance(values, list):
            raise TypeError(f"{key} must be a list")
        return tuple(str(value) for value in values)

    question = str(row["question"])
    history = row.get("history") or []
    if not isinstance(history, list):
        raise TypeError("history must be a list")
    return GoldQuestion(
        id=str(row["id"]),
        question=question,
        language="ar" if row.get("language", language_of(question)) == "ar" else "en",
        answerable=bool(row.get("answerable", True)),
        answers=texts("answers"),
        articles=texts("articles"),
        evidence=texts("evidence"),
        tags=texts("tags"),
        history=tuple(Message(role=turn["role"], content=turn["content"]) for turn in history),
    )
