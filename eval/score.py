"""Scoring: what one saved answer is worth, measure by measure, and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval import metrics
from eval.cases import Case
from eval.dataset import GoldQuestion, Quotation
from index.text import language_of, words
from index.types import Language
from rag import phrases

Outcome = Literal["right", "incomplete", "wrong", "refused", "failed", "message", "unknown"]

WORTH: Mapping[Outcome, float] = {"right": 1.0, "incomplete": 0.5, "refused": 0.0, "wrong": -1.0}
"""CRAG's worth of an answer (Yang et al. 2024): one that misses a part is worth a half."""

SAID = 0.6
"""The least share of an accepted answer's stems that makes a drafted answer say it."""

_MARKER = re.compile(r"\s*\[\d+\]")
_NUMBER = re.compile(r"\[(\d+)\]")
_SENTENCE_END = re.compile(r"[.!?؟]")

Texts = Mapping[str, str]
"""The text of every article that a run quotes, by id."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a run saves of one case: all that scoring needs.

    `ranking`: ids of articles, best first. `candidates`: what would be quoted if nothing were
    refused. `hit`: the first hit, where there is one, and how likely it was said to answer.
    `answer`: the answer as a document, None where only retrieval was asked for or where
    `error` says what went wrong.
    """

    id: str
    ranking: tuple[str, ...] = ()
    candidates: tuple[Quotation, ...] = ()
    hit: tuple[Quotation, ...] = ()
    hit_probability: float | None = None
    answer: Mapping[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """One case with its figures; None is a measure that does not apply.

    `probability`: how likely the evidence answers, as the run decided; `supported`: whether what
    would be quoted does hold evidence, else an accepted answer, 0 or 1; `hit_probability` and
    `hit_supported`: the same of the first hit.
    """

    case: Case
    status: str
    outcome: Outcome
    metrics: Mapping[str, float | None]
    seconds: Mapping[str, float]
    probability: float | None
    supported: float | None
    hit_probability: float | None
    hit_supported: float | None
    reasons: tuple[str, ...]


def score(case: Case, record: Record, texts: Texts, judged: Mapping[str, float | None]) -> Score:
    """Score one saved answer; `judged` are the measures that a judge made of it."""
    answer = record.answer
    outcome = outcome_of(case, record)
    supported = _supported(case, record, record.candidates)
    figures: dict[str, float | None] = {}
    if case.gold.articles and not case.held_out and record.error is None:
        figures |= metrics.retrieval_scores(record.ranking, case.gold.articles)
    if answer is not None:
        figures |= _of_evidence(case, answer, texts)
        figures |= _of_text(case, answer)
        figures |= _of_honesty(case, answer["status"], outcome)
        figures |= judged
    figures["failed"] = float(record.error is not None)
    return Score(
        case=case,
        status="failed" if record.error else answer["status"] if answer else "searched",
        outcome=outcome,
        metrics=figures,
        seconds=answer["seconds"] if answer else {},
        probability=answer["probability"] if answer else None,
        supported=supported if answer else None,
        hit_probability=record.hit_probability,
        hit_supported=_supported(case, record, record.hit),
        reasons=tuple(_reasons(case, record, outcome)),
    )


def outcome_of(case: Case, record: Record) -> Outcome:  # noqa: PLR0911  a table of cases
    """Right where the quotations hold the evidence that is needed, and no words above them differ.

    A short answer, and what a language model drafted, have to say an accepted answer themselves: a
    false sentence above a right quotation is wrong. Without evidence in the gold question an
    accepted answer in the text counts; without either it is not known.
    """
    if record.error is not None:
        return "failed"
    if case.expected == "message":
        return "message"
    answer = record.answer
    if answer is None:
        return "unknown"
    if answer["status"] == "not_found":
        return "refused"
    if case.expected == "not_found":
        return "wrong"
    held = case.gold.evidence_held(_quotations(answer))
    if held is None:
        held = metrics.answer_recall(answer["text"], case.gold.answers)
    if held is None:
        return "unknown"
    if not held or not _says(case.gold, _stated(answer)):
        return "wrong"
    return "right" if held == 1 and answer["status"] == case.expected else "incomplete"


def drafted(answer: Mapping[str, Any]) -> str:
    """What a language model wrote of an answer, with its markers; "" where it is all quotations."""
    short = {
        phrases.short(citation["quotation"][start:end], citation["marker"])
        for citation in answer["citations"]
        for start, end in citation["marks"]
    }
    return "\n".join(part for part in _stated(answer).split("\n") if part not in short)


def _stated(answer: Mapping[str, Any]) -> str:
    """What an answer says but for its quotations: its short answer, and what was drafted."""
    lines = {
        phrases.quoted(citation["quotation"], citation["language"], citation["marker"])
        for citation in answer["citations"]
    }
    return "\n".join(part for part in answer["text"].split("\n\n") if part not in lines)


def _says(gold: GoldQuestion, stated: str) -> bool:
    """Whether an accepted answer is stated; where nothing is, or without gold, it passes."""
    if not stated or not gold.answers:
        return True
    return (metrics.token_recall(_MARKER.sub("", stated), gold.answers) or 0.0) >= SAID


def _of_evidence(case: Case, answer: Mapping[str, Any], texts: Texts) -> dict[str, float | None]:
    gold, quotations = case.gold, _quotations(answer)
    asked = not case.held_out and bool(gold.evidence)
    exact = [
        c["article"] in texts and texts[c["article"]][c["start"] : c["end"]] == c["quotation"]
        for c in answer["citations"]
    ]
    return {
        "evidence_recall": gold.evidence_held(quotations) if asked else None,
        "evidence_precision": _precision(gold, quotations) if asked and quotations else None,
        "quotations": float(len(quotations)) if quotations else None,
        "citations_exist": _existing(answer),
        "citations_exact": sum(exact) / len(exact) if exact else None,
    }


def _existing(answer: Mapping[str, Any]) -> float | None:
    """The share of the markers in the text that a citation of the answer has."""
    markers = [int(number) for number in _NUMBER.findall(answer["text"])]
    known = {citation["marker"] for citation in answer["citations"]}
    return sum(marker in known for marker in markers) / len(markers) if markers else None


def _precision(gold: GoldQuestion, quotations: Sequence[Quotation]) -> float:
    return sum(bool(gold.evidence_held([each])) for each in quotations) / len(quotations)


def _of_text(case: Case, answer: Mapping[str, Any]) -> dict[str, float | None]:
    """What the answer says; nothing of it applies to a refusal but its language."""
    figures: dict[str, float | None] = {"answer_language": _in_language(case, answer)}
    if answer["status"] == "not_found":
        return figures
    accepted = () if case.held_out else case.gold.answers
    text = _MARKER.sub("", answer["text"])
    marked = " ".join(_marked(answer))
    shortest = marked or text
    draft = _MARKER.sub("", drafted(answer))
    quoted = [text for _, text in _quotations(answer)]
    return {
        **figures,
        "exact_match": metrics.exact_match(shortest, accepted),
        "token_f1": metrics.token_f1(shortest, accepted),
        "answer_recall": metrics.answer_recall(text, accepted),
        "token_recall": metrics.token_recall(text, accepted),
        "marked_recall": _marked_recall(answer, accepted),
        "numbers_agree": metrics.numbers_agree(draft, quoted) if draft else None,
    }


def _marked_recall(answer: Mapping[str, Any], accepted: Sequence[str]) -> float | None:
    """1 where the marked words hold an accepted answer, which can only be one in their language."""
    figures = []
    for language in ("ar", "en"):
        marked = " ".join(_marked(answer, language))
        said = [each for each in accepted if language_of(each, language) == language]
        if marked and said:
            figures.append(metrics.answer_recall(marked, said) or 0.0)
    return max(figures, default=None)


def _in_language(case: Case, answer: Mapping[str, Any]) -> float | None:
    """Whether what the product itself says is in the question's language.

    Quotations are left out, and so are titles that it names. None where it says nothing itself.
    """
    own = _MARKER.sub("", drafted(answer))
    if answer["status"] == "message":
        own = own.split("\n", maxsplit=1)[0]
    if answer["status"] == "not_found":
        own = _SENTENCE_END.split(own, maxsplit=1)[0]
    if not words(own):
        return None
    return float(language_of(own) == case.gold.language)


def _of_honesty(case: Case, status: str, outcome: Outcome) -> dict[str, float | None]:
    """Refusing where nothing answers, answering where something does."""
    if outcome in ("message", "unknown"):
        return {}
    refused, missing = status == "not_found", case.expected == "not_found"
    return {
        "crag_score": WORTH[outcome],
        "coverage": None if missing else float(not refused),
        "correctness": None if refused else float(outcome == "right"),
        "refusal_precision": float(missing) if refused else None,
        "refusal_recall": float(refused) if missing else None,
        "partly_recall": float(status == "partly") if case.expected == "partly" else None,
    }


def _supported(case: Case, record: Record, texts: Sequence[Quotation]) -> float | None:
    """Whether some texts hold evidence; None where that cannot be known."""
    if record.error is not None or case.expected == "message":
        return None
    if case.expected == "not_found":
        return 0.0
    held = case.gold.evidence_held(texts)
    if held is None:
        held = metrics.answer_recall("\n".join(text for _, text in texts), case.gold.answers)
    return None if held is None else float(held > 0)


def _reasons(case: Case, record: Record, outcome: Outcome) -> Iterator[str]:
    """Why it scored as it did, for a person."""
    if record.error is not None:
        yield f"It failed: {record.error}"
        return
    gold = case.gold
    if case.held_out:
        yield f"Asked without the articles that answer it: {', '.join(gold.articles)}."
    if gold.articles and not case.held_out:
        yield _found_at(record.ranking, gold.articles)
    if record.answer is None or outcome == "message":
        return
    if outcome == "unknown":
        yield "The gold question has neither evidence nor answers: right or wrong is not known."
    elif outcome == "refused":
        fit = (
            "rightly: nothing in the collection answers"
            if case.expected == "not_found"
            else ("although its articles are there")
        )
        yield f"It was refused, {fit}."
    elif case.expected == "not_found":
        yield "It was answered, although nothing in the collection answers."
    else:
        yield from _of_parts(case, record.answer)


def _of_parts(case: Case, answer: Mapping[str, Any]) -> Iterator[str]:
    gold, quotations = case.gold, _quotations(answer)
    if gold.evidence:
        held = gold.evidence_held(quotations) or 0.0
        yield f"The quotations hold {held:.0%} of the evidence that is needed."
    elif gold.answers:
        said = metrics.answer_recall(answer["text"], gold.answers)
        yield f"An accepted answer stands {'' if said else 'not '}in the text."
    stated = _stated(answer)
    if stated and gold.answers:
        says = "says" if _says(gold, stated) else "does not say"
        yield f"What stands above the quotations {says} an accepted answer."
    if answer["status"] != case.expected:
        yield f'Its status is "{answer["status"]}", "{case.expected}" was right.'


def _found_at(ranking: Sequence[str], relevant: Collection[str]) -> str:
    places = [place for place, id_ in enumerate(ranking, 1) if id_ in relevant]
    if not places:
        return f"None of its articles is among the first {metrics.RANKING_DEPTH}."
    return f"Its articles were found at place {', '.join(map(str, places))}."


def _quotations(answer: Mapping[str, Any]) -> list[Quotation]:
    return [(citation["article"], citation["quotation"]) for citation in answer["citations"]]


def _marked(answer: Mapping[str, Any], language: Language | None = None) -> Iterator[str]:
    """The marked words of the quotations, of all or of those in one language."""
    for citation in answer["citations"]:
        if language not in (None, citation["language"]):
            continue
        for start, end in citation["marks"]:
            yield citation["quotation"][start:end]
