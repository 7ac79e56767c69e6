"""Safe fragments of HTML in which Arabic and English stay in order, for reports and for the page.

Everything that comes from an article, a model or a person is escaped and shown as it is: nothing is
read as HTML or Markdown. Every block gets the direction of the script that is the larger part of
what it says itself, quotations aside, because the first letter misleads (an Arabic sentence may
begin with a Latin name); numbers, markers, addresses and words of the other script are isolated in
`<bdi>`, so that they stay in place.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from index.text import ARABIC_LETTER, language_of
from index.types import Language
from rag import phrases
from rag.types import Answer, Citation, Claim, Note, Status

Marks = Sequence[tuple[int, int]]
"""Pairs of start and end, in code points of the text they belong to."""

STATUS_WORDS: dict[Language, dict[Status, str]] = {
    "ar": {
        "answered": "إجابة من المقالات",
        "partly": "إجابة جزئية",
        "not_found": "ليست في المقالات",
        "message": "رد",
    },
    "en": {
        "answered": "Answered from the articles",
        "partly": "Partly answered",
        "not_found": "Not in the articles",
        "message": "Reply",
    },
}
_SIGNS: dict[Status, str] = {"answered": "✓", "partly": "◐", "not_found": "✕", "message": "•"}
_UNDATED: dict[Language, str] = {"ar": "بلا تاريخ", "en": "undated"}
_OPEN: dict[Language, str] = {"ar": "المقالة على", "en": "Article on"}
_QUOTATION: dict[Language, str] = {"ar": "الاقتباس", "en": "Quotation"}

_DIFFERING: dict[Language, tuple[str, str, str, str]] = {
    "ar": ("المقالات لا تتفق", "من قال", "ماذا قال", "متى"),
    "en": ("The articles do not agree", "Who", "What", "When"),
}
_NEWEST: dict[Language, str] = {"ar": "الأحدث", "en": "the newest"}

CONTROLS = re.compile(r"[\u0000-\u0008\u000B-\u001F\u007F\u202A-\u202E\u2066-\u2069\uD800-\uDFFF]")
"""What is left out of what is shown: it cannot be seen, steers direction, or is no character."""

_URL = r"https?://[^\s<>«»“”\"]*[^\s<>«»“”\".,;:!?؟،؛)\]]"
_MARKER = r"\[(?P<marker>\d{1,3})\]"
_DAY = r"\d{4}-\d{2}-\d{2}"
_NUMBER = r"(?<!\w)[+\-−]?[$€£]?\d+(?:[.,:/٫٬]\d+)*[%٪]?"
_LATIN = (
    r"(?<=«)[^«»\u0620-\u06FF]+(?=»)"
    r"|[A-Za-zÀ-ɏ](?:[^«»\[\]\u0620-\u06FF]*[A-Za-zÀ-ɏ0-9])?[+#]*"
)
_ARABIC = (
    r"(?<=“)[^“”A-Za-zÀ-ɏ]+(?=”)"
    r"|[«(]?[\u0620-\u06FF](?:[^“”\[\]A-Za-zÀ-ɏ]*[\u0620-\u06FF])?»?"
)
_RUNS: dict[Language, re.Pattern[str]] = {
    "ar": re.compile(f"{_URL}|{_MARKER}|{_LATIN}|{_DAY}|{_NUMBER}"),
    "en": re.compile(f"{_URL}|{_MARKER}|{_ARABIC}|{_DAY}|{_NUMBER}"),
}

_QUOTED = re.compile("«[^»]*»|“[^”]*”")

LIGHT = {
    "ink": "#1d2420",
    "quiet": "#58635d",
    "line": "#d9dcd6",
    "ground": "#f6f6f2",
    "paper": "#ffffff",
    "accent": "#0a6352",
    "on-accent": "#ffffff",
    "soft": "#e3efeb",
    "mark": "#ffe79a",
    "warn": "#8f3a12",
}
DARK = {
    "ink": "#e8ebe8",
    "quiet": "#a3ada7",
    "line": "#3a423e",
    "ground": "#131715",
    "paper": "#1c211f",
    "accent": "#6fd3bd",
    "on-accent": "#0c1f1a",
    "soft": "#20342e",
    "mark": "#66541a",
    "warn": "#f2a679",
}
"""The colours that `STYLE` uses, on light and on dark ground, by name."""

FONTS = '"Segoe UI", system-ui, "Noto Sans Arabic", "Noto Naskh Arabic", Tahoma, sans-serif'

STYLE = """
.answer, .citation { color: var(--ink); line-height: 1.75; overflow-wrap: anywhere; }
.answer p, .citation p { margin: 0 0 .6em; text-align: start; }
.answer p.short { font-size: 1.15em; }
.status { display: flex; flex-wrap: wrap; gap: 0 .6em; align-items: baseline; font-size: .85rem; }
.status b { color: var(--accent); font-weight: 600; }
.status-not_found b, .status-partly b { color: var(--warn); }
.status span, .notes, .facts { color: var(--quiet); }
.notes { list-style: none; margin: .4em 0 0; padding: 0; font-size: .85rem; }
.notes li { margin: .2em 0; padding-inline-start: .8em;
  border-inline-start: 3px solid var(--line); }
.claims { border-collapse: collapse; margin: .3em 0; color: var(--ink); }
.claims caption { text-align: start; font-weight: 600; color: var(--warn); padding-block: .2em; }
.claims th, .claims td { text-align: start; padding: .25em .8em; border: 1px solid var(--line);
  vertical-align: top; }
.claims th { font-weight: 600; }
a.marker { color: var(--accent); font-weight: 600; font-size: .85em; text-decoration: none;
  padding: .1em .25em; border-radius: 4px; background: var(--soft); }
a.marker:hover { text-decoration: underline; }
.citation { background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
  padding: .9rem 1rem; margin: 0 0 .75rem; scroll-margin: 1rem; }
.citation:target { border-color: var(--accent); box-shadow: 0 0 0 2px var(--accent); }
.citation h3 { margin: 0; font-size: .98rem; font-weight: 600; line-height: 1.5; color: inherit; }
.citation .number { color: var(--accent); font-weight: 700; }
.facts { font-size: .83rem; }
.facts a { color: var(--accent); }
.citation blockquote { margin: .6rem 0 0; padding-inline-start: .8rem; color: inherit;
  padding-block: 0; border: 0; border-inline-start: 3px solid var(--accent); text-align: start;
  white-space: pre-line; font-size: .95rem; }
mark { background: var(--mark); color: inherit; border-radius: 3px; }
"""
"""The look of these fragments; it needs the `variables` of `LIGHT` or `DARK`."""


def variables(colours: Mapping[str, str]) -> str:
    """Colours as declarations of CSS variables."""
    return "".join(f"--{name}: {colour}; " for name, colour in colours.items())


def escape(text: str) -> str:
    """Text as HTML shows it letter for letter; characters that steer direction are left out."""
    return html.escape(CONTROLS.sub("", text))


def verbatim(text: str) -> str:
    """Text as an attribute keeps it for a script, also what nobody sees of it, such as in an id."""
    return html.escape(text.encode("utf-8", "replace").decode())


def direction(language: Language) -> Literal["rtl", "ltr"]:
    """The direction in which a language is written."""
    return "rtl" if language == "ar" else "ltr"


def turned(language: Language) -> str:
    """The attributes of a block or a span in that language."""
    return f'lang="{language}" dir="{direction(language)}"'


def inline(
    text: str,
    language: Language,
    marks: Marks = (),
    markers: Collection[int] = (),
    prefix: str = "citation",
) -> str:
    """A line of text with its marks, and links for those of `markers` that it holds.

    `language` is that of the block around it; a marker n leads to the element `prefix`-n.
    """
    parts, end = [], 0
    for run in _RUNS[language].finditer(text):
        parts.append(_marked(text, end, run.start(), marks))
        inner = _marked(text, run.start(), run.end(), marks)
        if run["marker"] and int(run["marker"]) in markers:
            inner = _marker_link(int(run["marker"]), language, prefix)
        own: Language = "ar" if ARABIC_LETTER.search(run[0]) else "en"
        parts.append(f'<bdi dir="{direction(own)}">{inner}</bdi>')
        end = run.end()
    parts.append(_marked(text, end, len(text), marks))
    return "".join(parts)


def paragraphs(
    text: str,
    otherwise: Language = "en",
    markers: Collection[int] = (),
    prefix: str = "citation",
) -> str:
    """Every line of a text as a paragraph in its own direction.

    `otherwise` is the language of lines without letters; `markers` and `prefix` as for `inline`.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "".join(paragraph(line, otherwise, markers, prefix) for line in lines)


def paragraph(
    line: str,
    otherwise: Language = "en",
    markers: Collection[int] = (),
    prefix: str = "citation",
) -> str:
    """One line as a paragraph; its arguments are those of `paragraphs`."""
    language = _line_language(line, otherwise)
    short = phrases.SHORT.fullmatch(line)
    if short is not None:
        said = f"<strong>{inline(short['text'], language)}</strong>"
        marker = inline(short["marker"], language, (), markers, prefix)
        return f'<p class="short" {turned(language)}>{said} {marker}</p>'
    return f"<p {turned(language)}>{inline(line, language, (), markers, prefix)}</p>"


def _line_language(line: str, otherwise: Language) -> Language:
    """The language of what is not quoted; of the whole where nothing else has letters."""
    return language_of(_QUOTED.sub("", line), language_of(line, otherwise))


def span(text: str, otherwise: Language = "en") -> str:
    """A title or a name inside other text, isolated and in its own direction."""
    language = language_of(text, otherwise)
    return f"<bdi {turned(language)}>{inline(text, language)}</bdi>"


def quotation_html(text: str, marks: Marks, language: Language) -> str:
    """A quotation, word for word, with the marked words highlighted."""
    return f"<blockquote {turned(language)}>{inline(text, language, marks)}</blockquote>"


def date_html(day: date | None, language: Language) -> str:
    """A date in words, or that there is none."""
    if day is None:
        return _UNDATED[language]
    said = phrases.day_said(language, day)
    return f'<time datetime="{day.isoformat()}"><bdi {turned(language)}>{said}</bdi></time>'


def safe_link(url: str, language: Language) -> str:
    """A link to the article at `url`, or nothing where that is no address of the web."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\x00-\x1f]", url):
        return ""
    words = f"{_OPEN[language]} <bdi>{escape(host.removeprefix('www.'))}</bdi>"
    return f'<a href="{html.escape(url)}" target="_blank" rel="noopener noreferrer">{words}</a>'


def citation_html(citation: Citation, prefix: str = "citation", more: str = "") -> str:
    """The card of a citation; its id is `prefix`-marker. `more` is HTML that stands below."""
    language = citation.language
    facts = [span(citation.source, language)] if citation.source else []
    facts.append(date_html(citation.published, language))
    link = safe_link(citation.url, language)
    facts += [link] if link else []
    title = span(citation.title or citation.article, language)
    return (
        f'<article class="citation" id="{escape(prefix)}-{citation.marker}" {turned(language)} '
        f'data-article="{verbatim(citation.article)}" data-start="{citation.start}" '
        f'data-end="{citation.end}">'
        f'<h3><bdi class="number">[{citation.marker}]</bdi> {title}</h3>'
        f'<div class="facts">{" · ".join(facts)}</div>'
        f"{quotation_html(citation.quotation, citation.marks, language)}{more}</article>"
    )


def notes_html(notes: Sequence[Note], language: Language) -> str:
    """What one should know about an answer, as a list."""
    if not notes:
        return ""
    items = "".join(_note_html(note, _line_language(note.text, language)) for note in notes)
    return f'<ul class="notes" {turned(language)}>{items}</ul>'


def _note_html(note: Note, language: Language) -> str:
    said = _claims_html(note.claims, language) if note.claims else inline(note.text, language)
    return f"<li {turned(language)}>{said}</li>"


def _claims_html(claims: Sequence[Claim], language: Language) -> str:
    """Who states what, and when, as a table; where the days differ, which is the newest."""
    caption, *heads = _DIFFERING[language]
    days = {claim.published for claim in claims if claim.published}
    newest = max(days) if len(days) > 1 else None
    rows = ""
    for claim in claims:
        day = date_html(claim.published, language)
        told = f" ({_NEWEST[language]})" if newest and claim.published == newest else ""
        who = span(claim.source or claim.title or claim.article, language)
        rows += f"<tr><td>{who}</td><td>{span(claim.text, language)}</td><td>{day}{told}</td></tr>"
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return (
        f'<table class="claims"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def answer_html(answer: Answer, prefix: str = "citation", facts: str = "") -> str:
    """An answer: its status with `facts` (plain text) beside it, its text and its notes."""
    language = answer.language
    markers = {citation.marker for citation in answer.citations}
    status = (
        f'<p class="status status-{answer.status}"><b><span aria-hidden="true">'
        f"{_SIGNS[answer.status]}</span> {STATUS_WORDS[language][answer.status]}</b>"
        f"<span>{inline(facts, language)}</span></p>"
    )
    text = paragraphs(answer.text, language, markers, prefix)
    notes = notes_html(answer.notes, language)
    return f'<div class="answer" {turned(language)}>{status}{text}{notes}</div>'


def _marker_link(marker: int, language: Language, prefix: str) -> str:
    name = f"{_QUOTATION[language]} {marker}"
    return f'<a class="marker" href="#{escape(prefix)}-{marker}" aria-label="{name}">[{marker}]</a>'


def _marked(text: str, start: int, end: int, marks: Marks) -> str:
    """`text[start:end]` escaped, with what the marks cover of it in `<mark>`."""
    parts, at = [], start
    for mark in sorted(marks):
        first, last = max(mark[0], at), min(mark[1], end)
        if first < last:
            parts.append(f"{escape(text[at:first])}<mark>{escape(text[first:last])}</mark>")
            at = last
    return "".join([*parts, escape(text[at:end])])
