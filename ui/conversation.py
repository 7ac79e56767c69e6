"""A conversation: how it grows, how a browser keeps it, and how it is exported."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from index.errors import DalilError
from index.filters import Filters
from index.text import fold, language_of, words
from index.types import Language
from rag import phrases
from rag.documents import answer_document
from rag.html import CONTROLS, STATUS_WORDS
from rag.types import Answer, Citation, Claim, Message, Note, Status
from ui.log import tell_error
from ui.service import Request, Service
from ui.strings import WORDS, in_both

Phase = Literal["running", "done", "stopped"]

_MOST_KEPT = 50
"""How many turns a browser keeps; half a megabyte at most."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen beside the question, as it is typed; "" and () leave everything open."""

    since: str = ""
    until: str = ""
    languages: tuple[Language, ...] = ()
    sources: tuple[str, ...] = ()
    answered_in: Language | None = None
    llm: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it; `problem` is why no answer came."""

    question: str
    answer: Answer | None = None
    problem: str = ""
    phase: Phase = "running"

    @property
    def language(self) -> Language:
        """The language of the question."""
        return language_of(self.question)


Conversation = tuple[Turn, ...]
"""The turns of one browser tab, oldest first."""


def converse(
    service: Service, before: Conversation, question: str, choices: Choices
) -> Generator[Conversation]:
    """The conversation with the question added, as its answer grows; errors become its last turn.

    Closing the generator stops the model.
    """
    question = question.strip()
    before = tuple(turn for turn in before if turn.question)
    if not words(question):
        yield (*before, Turn(question, problem=in_both("empty"), phase="done"))
        return
    turn = Turn(question)
    yield (*before, turn)
    try:
        filters = filters_of(choices, turn.language)
        history = tuple(history_of(before))
        request = Request(question, history, filters, choices.answered_in, choices.llm)
        with closing(service.stream(request)) as answers:
            for answer in answers:
                turn = replace(turn, answer=answer)
                yield (*before, turn)
    except (DalilError, ValueError) as error:
        turn = replace(turn, problem=str(error))
    except Exception as error:
        tell_error(error)
        turn = replace(turn, problem=in_both("unexpected"))
    yield (*before, replace(turn, phase="done"))


def filters_of(choices: Choices, language: Language) -> Filters:
    """The filters that were chosen; raises `ValueError`, in `language`, for what is no period."""
    since, until = (day_of(typed, language) for typed in (choices.since, choices.until))
    if since and until and since > until:
        raise ValueError(WORDS[language].no_period.format(first=since, last=until))
    return Filters(choices.languages, choices.sources, since, until)


def day_of(typed: str, language: Language) -> date | None:
    """A day as it is typed, in digits of either language; None where nothing is.

    Raises `ValueError`, in `language`, for what is none.
    """
    folded = fold(typed).strip()
    if not folded:
        return None
    try:
        return date.fromisoformat(folded)
    except ValueError:
        raise ValueError(WORDS[language].no_day.format(typed=typed)) from None


def history_of(turns: Conversation) -> list[Message]:
    """The conversation as `Assistant.stream` takes it; questions without an answer are left out."""
    messages: list[Message] = []
    for turn in turns:
        if turn.answer is not None and turn.answer.text:
            messages.append(Message(role="user", content=turn.question))
            messages.append(Message(role="assistant", content=turn.answer.text))
    return messages


def halted(turns: Conversation) -> Conversation:
    """The conversation whose running answer, if any, was stopped."""
    if not turns or turns[-1].phase != "running":
        return turns
    return (*turns[:-1], replace(turns[-1], phase="stopped"))


def as_json(turns: Conversation) -> str:
    """The conversation as one JSON document: its turns, each with its answer as elsewhere."""
    return json.dumps({"turns": list(map(_turn_document, turns))}, ensure_ascii=False, indent=1)


def kept(turns: Conversation) -> str:
    """The end of the conversation as a browser keeps it, without what found the evidence.

    Characters that no page shows are written by their numbers, so that they survive in one.
    """
    text = as_json(tuple(map(_without_hits, turns[-_MOST_KEPT:])))
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def restored(text: str) -> Conversation:
    """What a browser kept; nothing where it is not what `kept` gave."""
    try:
        return tuple(map(_turn_of, json.loads(text)["turns"]))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return ()


def as_markdown(turns: Conversation) -> str:
    """The conversation to be read: questions, answers, and each quotation with its article."""
    return "\n\n".join(turn_markdown(turn) for turn in turns) + "\n"


def turn_markdown(turn: Turn) -> str:
    """A turn to be read or sent: the question, the answer, its notes and its quotations."""
    lines = [f"## {turn.question}"]
    if turn.answer is not None:
        answer = turn.answer
        lines.append(f"*{STATUS_WORDS[answer.language][answer.status]}*")
        lines.append(answer.text)
        lines += [f"> {note.text}" for note in answer.notes]
        lines += [_citation_markdown(citation) for citation in answer.citations]
    if turn.problem:
        lines.append(f"> {turn.problem}".replace("\n", "\n> "))
    return "\n\n".join(line for line in lines if line)


def _citation_markdown(citation: Citation) -> str:
    day = citation.published.isoformat() if citation.published else ""
    facts = [citation.title or citation.article, citation.source, day, citation.url]
    quotation = phrases.listed(citation.quotation, citation.language)
    return f"[{citation.marker}] {' · '.join(fact for fact in facts if fact)}  \n{quotation}"


def _without_hits(turn: Turn) -> Turn:
    return replace(turn, answer=replace(turn.answer, hits=())) if turn.answer else turn


def _turn_document(turn: Turn) -> dict[str, Any]:
    answer = answer_document(turn.answer) if turn.answer else None
    return {**asdict(replace(turn, answer=None)), "answer": answer}


def _turn_of(document: Mapping[str, Any]) -> Turn:
    answer = document["answer"]
    phase: Phase = "done" if document["phase"] == "done" else "stopped"
    question, problem = str(document["question"]), str(document["problem"])
    return Turn(question, None if answer is None else _answer_of(answer), problem, phase)


def _answer_of(document: Mapping[str, Any]) -> Answer:
    status: Status = document["status"]
    if status not in get_args(Status):
        raise ValueError(f"no status {status!r}")
    probability = document["probability"]
    return Answer(
        status=status,
        text=str(document["text"]),
        language=_language(document["language"]),
        citations=tuple(map(_citation_of, document["citations"])),
        notes=tuple(map(_note_of, document["notes"])),
        probability=None if probability is None else float(probability),
        llm=str(document["llm"]),
        seconds={str(key): float(value) for key, value in document["seconds"].items()},
    )


def _citation_of(document: Mapping[str, Any]) -> Citation:
    texts = {key: str(document[key]) for key in ("article", "title", "url", "source", "quotation")}
    marks = tuple((int(start), int(end)) for start, end in document["marks"])
    return Citation(
        **texts,
        marker=int(document["marker"]),
        start=int(document["start"]),
        end=int(document["end"]),
        published=_day(document["published"]),
        language=_language(document["language"]),
        marks=marks,
    )


def _note_of(document: Mapping[str, Any]) -> Note:
    claims = tuple(
        Claim(**{**_texts(claim), "published": _day(claim["published"])})
        for claim in document["claims"]
    )
    articles: Sequence[object] = document["articles"]
    return Note(str(document["kind"]), str(document["text"]), tuple(map(str, articles)), claims)


def _texts(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(document[key]) for key in ("text", "article", "title", "source")}


def _language(value: object) -> Language:
    if value not in get_args(Language):
        raise ValueError(f"no language {value!r}")
    return "ar" if value == "ar" else "en"


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
