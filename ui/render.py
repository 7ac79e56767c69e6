"""What the room for questions shows: pure functions from conversations and states to HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from index.rows import ArticleSummary
from index.text import language_of
from index.types import Article, Language
from rag.html import (
    answer_html,
    citation_html,
    date_html,
    escape,
    inline,
    paragraphs,
    safe_link,
    span,
    turned,
)
from rag.llm import EMBEDDED, QUOTES
from rag.types import Answer, Citation
from ui.arrival import Arrival
from ui.conversation import Conversation, Turn, as_json, as_markdown, history_of, turn_markdown
from ui.strings import NAME, SAMPLE_QUESTIONS, WORDS, count_of_articles

OTHER: dict[Language, Language] = {"ar": "en", "en": "ar"}
"""The language that the page can be switched to."""

_EXAMPLES = 4
_AROUND = 20_000
"""How many characters of a long article are shown on either side of a quotation."""


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


def header_html(summaries: Sequence[ArticleSummary], language: Language) -> str:
    """What the page is, in two lines, what it knows, and the way to the other language."""
    words, other = WORDS[language], OTHER[language]
    return (
        f"<header {turned(language)}><div><h1>{NAME}</h1>"
        f'<a id="language" href="/{other}/" {turned(other)}>{words.other_language}</a></div>'
        f'<p>{words.purpose}</p><p class="quiet">{words.explained} {_extent(summaries, language)}'
        "</p></header>"
    )


def conversation_html(
    turns: Conversation, language: Language, questions: Sequence[str] = ()
) -> str:
    """All turns, or the example `questions` before the first, on a page in `language`."""
    words = WORDS[language]
    heading = f'<h2 class="unseen" {turned(language)}>{words.conversation}</h2>'
    if not turns:
        return heading + _welcome(questions, language)
    last = len(turns)
    shown = [_turn_html(turn, n, language, last=n == last) for n, turn in enumerate(turns, 1)]
    return heading + "".join(shown) + _export(turns, language)


def citations_html(turns: Conversation, language: Language) -> str:
    """The cards of the latest answer."""
    answer = turns[-1].answer if turns else None
    words = WORDS[language]
    heading = f"<h2 {turned(language)}>{words.quotations}</h2>"
    if answer is not None and answer.citations:
        return heading + _cards(answer, len(turns), language)
    waiting = not turns or turns[-1].phase == "running"
    hint = words.no_quotations_yet if waiting else words.no_quotations
    return f"{heading}<p class='quiet' {turned(language)}>{hint}</p>"


def article_html(article: Article, start: int, end: int, language: Language) -> str:
    """An article beside the conversation, `text[start:end]` highlighted, with a way to close it."""
    words = WORDS[language]
    close = f'<button type="button" data-close {turned(language)}>{words.close}</button>'
    first, last = max(0, start - _AROUND), end + _AROUND
    link = escape(citation_link(article.id, start, end))
    cut = (
        f"<p class='quiet' {turned(language)}>{words.cut} "
        f'<a href="{link}" target="_blank" rel="noopener">{words.whole}</a></p>'
    )
    text = article_text_html(article, start, end, first, last)
    return (
        f'<section class="article" tabindex="-1" {turned(article.language)}>{close}'
        f"<h2>{span(article.title or article.id, article.language)}</h2>"
        f"{facts_html(article)}{cut if first or last < len(article.text) else ''}{text}</section>"
    )


def article_text_html(
    article: Article, start: int, end: int, first: int = 0, last: int | None = None
) -> str:
    """The lines of `article.text[first:last]` as paragraphs, [start:end] of it highlighted.

    A line that reaches out of it is shown whole, unless it is very long.
    """
    parts, at = [], 0
    last = len(article.text) if last is None else last
    for line in article.text.splitlines(keepends=True):
        here, at = at, at + len(line)
        shown = line.rstrip()
        if len(line) > _AROUND:
            near = line[max(first - here, 0) : max(last - here, 0)]
            shown, here = near.rstrip(), max(first, here)
        if not shown or at <= first or here >= last:
            continue
        marked = (max(start - here, 0), min(end - here, len(shown)))
        language = language_of(shown, article.language)
        marks = (marked,) if marked[0] < marked[1] else ()
        parts.append(f"<p {turned(language)}>{inline(shown, language, marks)}</p>")
    return f'<div class="text">{"".join(parts)}</div>'


def facts_html(article: Article) -> str:
    """Where and when an article was published, with a link to it."""
    language = article.language
    facts = [span(article.source, language)] if article.source else []
    facts.append(date_html(article.published, language))
    link = safe_link(article.url, language)
    return f'<div class="facts">{" · ".join([*facts, *([link] if link else [])])}</div>'


def no_article_html(language: Language) -> str:
    """What stands where an article should, when there is none such."""
    words = WORDS[language]
    return (
        f'<section class="article" tabindex="-1" {turned(language)}><button type="button" '
        f"data-close>{words.close}</button><p>{words.no_article}</p></section>"
    )


def citation_link(article: str, start: int, end: int) -> str:
    """The path of a page of its own that shows an article at a quotation."""
    path = quote(article, errors="replace")
    return f"/articles/{path}?{urlencode({'start': start, 'end': end})}#quotation"


def announcement(turns: Conversation) -> str:
    """What a screen reader says when the latest answer is complete, once; nothing before."""
    if not turns or turns[-1].phase == "running":
        return ""
    turn = turns[-1]
    text = turn.problem or (turn.answer.text if turn.answer else "")
    if turn.phase == "stopped":
        text = f"{text}\n{WORDS[turn.language].stopped}"
    return paragraphs(text, turn.language)


def arrival_html(arrival: Arrival, language: Language) -> str:
    """How far the language model is, or why it does not come; nothing when there is no news."""
    words = WORDS[language]
    if arrival.problem:
        return (
            f'<div class="arrival failed" role="status"><p {turned(language)}>'
            f"{words.arrival_failed}</p>{paragraphs(arrival.problem)}</div>"
        )
    if not arrival.active:
        return ""
    percent = f"{100 * arrival.done // arrival.total if arrival.total else 0}%"
    line = paragraphs(words.arriving.format(percent=percent), language)
    bar = f'<div class="bar" aria-hidden="true"><div style="width: {percent}"></div></div>'
    return f'<div class="arrival">{line}{bar}</div>'


def llm_label(name: str, language: Language) -> str:
    """What a language model is called where one chooses who writes."""
    words = WORDS[language]
    return {QUOTES: words.llm_quotes, EMBEDDED: words.llm_embedded}.get(name, name)


def _extent(summaries: Sequence[ArticleSummary], language: Language) -> str:
    """How many articles there are, and from when to when."""
    count = inline(count_of_articles(len(summaries), language), language)
    days = sorted(summary.published for summary in summaries if summary.published)
    if days:
        words = WORDS[language].on_day if days[0] == days[-1] else WORDS[language].period
        first, last = date_html(days[0], language), date_html(days[-1], language)
        count = f"{count} {words.format(first=first, last=last)}"
    return WORDS[language].extent.format(extent=count)


def _welcome(questions: Sequence[str], language: Language) -> str:
    buttons = "".join(
        f'<button type="button" data-question="{escape(question)}" '
        f"{turned(language_of(question))}>{inline(question, language_of(question))}</button>"
        for question in questions
    )
    title = f"<h3 {turned(language)}>{WORDS[language].welcome}</h3>" if questions else ""
    return f'<div class="welcome">{title}{buttons}</div>'


def _turn_html(turn: Turn, number: int, page: Language, *, last: bool) -> str:
    language = turn.language
    question = turn.question and (
        f'<div class="question" {turned(language)}>'
        f'<h3 class="unseen">{WORDS[language].question}</h3>'
        f"{paragraphs(turn.question, language)}</div>"
    )
    body = _reply(turn, number) if turn.answer is not None or not turn.problem else ""
    body += _problem(turn) if turn.problem else ""
    if turn.phase != "running":
        body += _actions(turn, page, last=last)
    if not last and turn.answer is not None and turn.answer.citations:
        words = WORDS[page].older_quotations.format(number=len(turn.answer.citations))
        body += (
            f"<details {turned(page)}><summary>{inline(words, page)}</summary>"
            f"{_cards(turn.answer, number, page)}</details>"
        )
    return f'<section class="turn" id="turn-{number}">{question}{body}</section>'


def _actions(turn: Turn, page: Language, *, last: bool) -> str:
    """What can be done with a finished turn."""
    words = WORDS[page]
    copy = (
        f'<button type="button" data-copy="{words.copied}">{words.copy}</button>'
        f"<pre hidden>{escape(turn_markdown(turn))}</pre>"
    )
    again = f'<button type="button" data-again>{words.again}</button>'
    shown = (copy if turn.answer else "") + (again if last and turn.question else "")
    return f'<div class="actions" {turned(page)}>{shown}</div>' if shown else ""


def _export(turns: Conversation, page: Language) -> str:
    """Links that hold the conversation themselves, to be saved as files."""
    if turns[-1].phase == "running" or not history_of(turns):
        return ""
    words = WORDS[page]
    files = (
        ("Markdown", "md", "text/markdown", as_markdown(turns)),
        ("JSON", "json", "application/json", as_json(turns)),
    )
    links = "".join(
        f'<a download="dalil.{ending}" href="data:{kind};charset=utf-8;base64,'
        f'{base64.b64encode(text.encode("utf-8", "replace")).decode()}">{name}</a>'
        for name, ending, kind, text in files
    )
    return f'<p class="export" {turned(page)}>{words.export}: {links}</p>'


def _reply(turn: Turn, number: int) -> str:
    words = WORDS[turn.language]
    stopped = f"<p {turned(turn.language)} class='quiet'>{words.stopped}</p>"
    if turn.answer is None:
        waiting = f"<p {turned(turn.language)} class='quiet waiting'>{words.searching}</p>"
        return waiting if turn.phase == "running" else stopped
    if turn.phase == "running":
        return f'<div class="growing">{answer_html(turn.answer, _prefix(number))}</div>'
    shown = answer_html(turn.answer, _prefix(number), _made_by(turn.answer))
    return shown + (stopped if turn.phase == "stopped" else "")


def _made_by(answer: Answer) -> str:
    """Who wrote an answer and how long it took."""
    words = WORDS[answer.language]
    who = words.by_quotations if answer.llm == QUOTES else words.by_model.format(name=answer.llm)
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


def _cards(answer: Answer, number: int, page: Language) -> str:
    return "".join(
        citation_html(citation, _prefix(number), _ways_into(citation, page))
        for citation in answer.citations
    )


def _ways_into(citation: Citation, page: Language) -> str:
    """The button that opens the article at a quotation, and a link to send."""
    words, link = WORDS[page], citation_link(citation.article, citation.start, citation.end)
    return (
        f'<div class="actions" {turned(page)}><button type="button" data-open>{words.open_article}'
        f'</button><a href="{escape(link)}" target="_blank" rel="noopener">{words.link}</a></div>'
    )


def _prefix(number: int) -> str:
    return f"citation-{number}"
