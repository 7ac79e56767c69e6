"""What the chat page shows: pure functions from conversations and states to HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.rows import ArticleSummary
from index.text import language_of
from index.types import Language
from rag.html import (
    answer_html,
    citation_html,
    date_html,
    escape,
    inline,
    paragraphs,
    turned,
)
from rag.types import Answer, Message
from ui.arrival import Arrival
from ui.strings import NAME, SAMPLE_QUESTIONS, WORDS, both, count_of_articles

LANGUAGES: tuple[Language, Language] = ("ar", "en")

_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it; `problem` is why no answer came."""

    question: str
    answer: Answer | None = None
    problem: str = ""
    phase: Literal["running", "done", "stopped"] = "running"

    @property
    def language(self) -> Language:
        """The language of the question."""
        return language_of(self.question)


Conversation = tuple[Turn, ...]
"""The turns of one browser tab, oldest first."""


def history_of(turns: Conversation) -> list[Message]:
    """The conversation as `Assistant.stream` takes it; questions without an answer are left out."""
    messages: list[Message] = []
    for turn in turns:
        if turn.answer is not None and turn.answer.text:
            messages.append(Message(role="user", content=turn.question))
            messages.append(Message(role="assistant", content=turn.answer.text))
    return messages


def examples(summaries: Sequence[ArticleSummary]) -> list[str]:
    """Up to four questions that this collection answers, both languages where it has both."""
    known = {summary.id for summary in summaries}
    samples = [question for article, question in SAMPLE_QUESTIONS if article in known]
    if len(samples) == _EXAMPLES:
        return samples
    titled = [summary for summary in summaries if summary.title]
    arabic = [summary for summary in titled if summary.language == "ar"]
    english = [summary for summary in titled if summary.language == "en"]
    of_each = _EXAMPLES // 2
    chosen = [*arabic[: max(of_each, _EXAMPLES - len(english))], *english][:_EXAMPLES]
    return [WORDS[item.language].about.format(title=item.title) for item in chosen]


def header_html(summaries: Sequence[ArticleSummary]) -> str:
    """The name of the page and, in both languages, what it is for and what it knows."""
    lines = "".join(
        f"<div {turned(language)}><p>{WORDS[language].purpose}</p>"
        f'<p class="quiet">{_extent(summaries, language)}</p></div>'
        for language in reversed(LANGUAGES)
    )
    return f'<header><h1>{NAME}</h1><div class="sides">{lines}</div></header>'


def conversation_html(turns: Conversation, questions: Sequence[str] = ()) -> str:
    """All turns, or the example `questions` before the first."""
    if not turns:
        return _welcome(questions)
    last = len(turns)
    return "".join(_turn_html(turn, n, older=n < last) for n, turn in enumerate(turns, 1))


def citations_html(turns: Conversation) -> str:
    """The cards of the latest answer."""
    answer = turns[-1].answer if turns else None
    heading = f"<h2>{both('quotations')}</h2>"
    if answer is not None and answer.citations:
        return heading + _cards(answer, len(turns))
    if not turns or turns[-1].phase == "running":
        return heading + "".join(_hint("no_quotations_yet", each) for each in LANGUAGES)
    return heading + _hint("no_quotations", turns[-1].language)


def announcement(turns: Conversation) -> str:
    """What a screen reader says when the latest answer is complete, once; nothing before."""
    if not turns or turns[-1].phase == "running":
        return ""
    turn = turns[-1]
    text = turn.problem or (turn.answer.text if turn.answer else "")
    if turn.phase == "stopped":
        text = f"{text}\n{WORDS[turn.language].stopped}"
    return paragraphs(text, turn.language)


def arrival_html(arrival: Arrival) -> str:
    """How far the language model is, or why it does not come; nothing when there is no news."""
    if arrival.problem:
        lines = "".join(
            f"<p {turned(language)}>{WORDS[language].arrival_failed}</p>" for language in LANGUAGES
        )
        return (
            f'<div class="arrival failed" role="status">{lines}{paragraphs(arrival.problem)}</div>'
        )
    if not arrival.active:
        return ""
    percent = f"{100 * arrival.done // arrival.total if arrival.total else 0}%"
    texts = [WORDS[language].arriving.format(percent=percent) for language in LANGUAGES]
    lines = paragraphs("\n".join(texts))
    bar = f'<div class="bar" aria-hidden="true"><div style="width: {percent}"></div></div>'
    return f'<div class="arrival">{lines}{bar}</div>'


def _extent(summaries: Sequence[ArticleSummary], language: Language) -> str:
    """How many articles there are, and from when to when."""
    count = inline(count_of_articles(len(summaries), language), language)
    days = sorted(summary.published for summary in summaries if summary.published)
    if days:
        words = WORDS[language].on_day if days[0] == days[-1] else WORDS[language].period
        first, last = date_html(days[0], language), date_html(days[-1], language)
        count = f"{count} {words.format(first=first, last=last)}"
    return WORDS[language].extent.format(extent=count)


def _welcome(questions: Sequence[str]) -> str:
    titles = "".join(
        f"<h2 {turned(each)}>{WORDS[each].welcome}</h2>" for each in reversed(LANGUAGES)
    )
    buttons = "".join(
        f'<button type="button" data-question="{escape(question)}" '
        f"{turned(language_of(question))}>{inline(question, language_of(question))}</button>"
        for question in questions
    )
    return f'<div class="welcome"><div class="sides">{titles}</div>{buttons}</div>'


def _turn_html(turn: Turn, number: int, *, older: bool) -> str:
    language = turn.language
    question = turn.question and (
        f'<div class="question" {turned(language)}>'
        f'<h3 class="unseen">{WORDS[language].question}</h3>'
        f"{paragraphs(turn.question, language)}</div>"
    )
    body = _reply(turn, number) if turn.answer is not None or not turn.problem else ""
    body += _problem(turn) if turn.problem else ""
    if older and turn.answer is not None and turn.answer.citations:
        words = WORDS[language].older_quotations.format(number=len(turn.answer.citations))
        body += (
            f"<details {turned(language)}><summary>{inline(words, language)}</summary>"
            f"{_cards(turn.answer, number)}</details>"
        )
    return f'<section class="turn" id="turn-{number}">{question}{body}</section>'


def _reply(turn: Turn, number: int) -> str:
    words = WORDS[turn.language]
    stopped = f"<p {turned(turn.language)} class='quiet'>{words.stopped}</p>"
    if turn.answer is None:
        waiting = f"<p {turned(turn.language)} class='quiet waiting'>{words.searching}</p>"
        return stopped if turn.phase == "stopped" else waiting
    if turn.phase == "running":
        return f'<div class="growing">{answer_html(turn.answer, _prefix(number))}</div>'
    shown = answer_html(turn.answer, _prefix(number), _made_by(turn.answer))
    return shown + (stopped if turn.phase == "stopped" else "")


def _made_by(answer: Answer) -> str:
    """Who wrote an answer and how long it took."""
    words = WORDS[answer.language]
    who = words.by_quotations if answer.llm == "quotes" else words.by_model.format(name=answer.llm)
    facts = [who] if answer.citations else []
    if "total" in answer.seconds:
        facts.append(words.seconds.format(seconds=f"{answer.seconds['total']:.2f}"))
    return " · ".join(facts)


def _problem(turn: Turn) -> str:
    failed = WORDS[turn.language].failed
    return (
        f'<div class="problem"><p {turned(turn.language)}><b>{failed}</b></p>'
        f"{paragraphs(turn.problem, turn.language)}</div>"
    )


def _cards(answer: Answer, number: int) -> str:
    return "".join(citation_html(citation, _prefix(number)) for citation in answer.citations)


def _prefix(number: int) -> str:
    return f"citation-{number}"


def _hint(field: str, language: Language) -> str:
    return f"<p class='quiet' {turned(language)}>{getattr(WORDS[language], field)}</p>"
