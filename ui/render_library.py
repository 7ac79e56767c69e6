"""What the library shows: counts, a plot of the months, the articles, and what was added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from index.rows import ArticleSummary
from index.types import Language
from index.writer import Summary
from rag.html import date_html, escape, inline, paragraphs, span, turned, verbatim
from ui.hidden import hidden_in
from ui.listing import matching
from ui.strings import WORDS, count_of_articles
from ui.strings_rooms import ROOMS

_MOST_LISTED = 200
_MOST_SOURCES = 12
_WIDTH, _HEIGHT, _FOOT = 640, 120, 22
"""Of the plot, in units of its own."""


def counts_html(summaries: Sequence[ArticleSummary], language: Language) -> str:
    """How many articles there are by language, by source and by month of publication."""
    words, names = ROOMS[language], _language_names(language)
    by_language = Counter(names[summary.language] for summary in summaries)
    by_source = Counter(summary.source or words.no_source for summary in summaries)
    sources = dict(by_source.most_common(_MOST_SOURCES))
    if others := len(summaries) - sum(sources.values()):
        sources[words.other_sources] = others
    return (
        f'<div class="counts" {turned(language)}>'
        f"{_table(words.by_language, by_language, language)}"
        f"{_table(words.by_source, sources, language)}"
        f"{_months(summaries, language)}</div>"
    )


def list_html(summaries: Sequence[ArticleSummary], typed: str, language: Language) -> str:
    """The articles whose title, source or id has every word of what is `typed`."""
    words = ROOMS[language]
    found = matching(summaries, typed)
    rows = "".join(_row(summary, language) for summary in found[:_MOST_LISTED])
    more = words.shown.format(shown=_MOST_LISTED, total=len(found))
    hint = f"<p class='quiet'>{more}</p>" if len(found) > _MOST_LISTED else ""
    count = inline(count_of_articles(len(found), language), language)
    return (
        f'<div class="shelf" {turned(language)}><h2>{words.articles}</h2>'
        f"<p class='quiet' role='status'>{count}</p>{hint}<ul>{rows}</ul></div>"
    )


def adding_html(done: int, total: int, language: Language) -> str:
    """How far adding is."""
    said = ROOMS[language].adding.format(done=done, total=total)
    share = 100 * done // total if total else 0
    return (
        f'<div class="arrival" role="status"><p {turned(language)}>{inline(said, language)}</p>'
        f'<div class="bar" aria-hidden="true"><div style="width: {share}%"></div></div></div>'
    )


def added_html(summary: Summary, language: Language) -> str:
    """What adding did: the articles by what became of them, and why some were refused."""
    words = ROOMS[language]
    parts = []
    for name, ids in (
        (words.added, summary.added),
        (words.changed, summary.changed),
        (words.unchanged, summary.unchanged),
    ):
        if ids:
            said = ", ".join(span(id_, language) for id_ in ids)
            parts.append(f"<p><b>{name}</b> ({len(ids)}): {said}</p>")
    for copy, original in summary.copies.items():
        said = words.copy_of.format(copy=span(copy, language), original=span(original, language))
        parts.append(f"<p>{said}</p>")
    for id_, kinds in summary.hidden.items():
        parts.append(f"<p>{hidden_in(span(id_, language), kinds, language)}</p>")
    if summary.refused:
        items = "".join(
            f"<li>{span(refusal.origin.removeprefix('upload:'), language)}"
            f'<p lang="en" dir="ltr">{inline(refusal.reason, "en")}</p></li>'
            for refusal in summary.refused
        )
        parts.append(f"<p><b>{words.refused}</b> ({len(summary.refused)})</p><ul>{items}</ul>")
    failed = " failed" if summary.refused else ""
    return f'<div class="arrival{failed}" role="status" {turned(language)}>{"".join(parts)}</div>'


def said_html(text: str, language: Language, *, problem: bool = False) -> str:
    """One thing to know, such as that an article was removed, or why it was not."""
    failed = " failed" if problem else ""
    return f'<div class="arrival{failed}" role="status">{paragraphs(text, language)}</div>'


def _table(caption: str, counts: Mapping[str, int], language: Language) -> str:
    rows = "".join(
        f'<tr><th scope="row">{span(name, language)}</th><td><bdi>{number}</bdi></td></tr>'
        for name, number in counts.items()
    )
    return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"


def months_of(summaries: Sequence[ArticleSummary]) -> list[tuple[date, int]]:
    """Every month from the first to the last in which an article was published, with how many."""
    days = [summary.published for summary in summaries if summary.published]
    counts = Counter(12 * day.year + day.month - 1 for day in days)
    if not counts:
        return []
    months = range(min(counts), max(counts) + 1)
    return [(date(month // 12, month % 12 + 1, 1), counts[month]) for month in months]


def _months(summaries: Sequence[ArticleSummary], language: Language) -> str:
    """A bar for each month, years below, time running from left to right as in any plot."""
    words, months = ROOMS[language], months_of(summaries)
    undated = sum(summary.published is None for summary in summaries)
    if not months:
        return ""
    most, step = max(number for _, number in months), _WIDTH / len(months)
    bars, years = [], []
    for place, (month, number) in enumerate(months):
        height = (_HEIGHT - _FOOT) * number / most
        name = f"{month:%Y-%m}: {number}"
        if number:
            bars.append(
                f'<rect x="{place * step:.2f}" y="{_HEIGHT - _FOOT - height:.2f}" '
                f'width="{max(step * 0.8, 0.8):.2f}" height="{height:.2f}">'
                f"<title>{name}</title></rect>"
            )
        if month.month == 1:
            years.append((place * step, month.year))
    years = years or [(0.0, months[0][0].year)]
    apart = max(1, round(len(years) / 10))
    labels = "".join(
        f'<text x="{x:.1f}" y="{_HEIGHT - 6}">{year}</text>' for x, year in years[::apart]
    )
    told = "; ".join(f"{month:%Y-%m}: {number}" for month, number in months if number)
    more = f"<p class='quiet'>{words.undated}: <bdi>{undated}</bdi></p>" if undated else ""
    return (
        f"<figure><figcaption>{words.by_month}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" direction="ltr" '
        f'aria-label="{escape(f"{words.by_month}: {told}")}">{"".join(bars)}{labels}</svg>'
        f"{more}</figure>"
    )


def _row(summary: ArticleSummary, language: Language) -> str:
    words = ROOMS[language]
    title = summary.title or summary.id
    question = words.remove_question.format(title=title)
    facts = [span(summary.source, language)] if summary.source else []
    facts += [date_html(summary.published, language), span(summary.id, language)]
    named = f'data-article="{verbatim(summary.id)}"'
    return (
        f"<li><div><h3>{span(title, summary.language)}</h3>"
        f'<div class="facts">{" · ".join(facts)}</div></div><div class="actions">'
        f'<button type="button" data-open {named} aria-label="{escape(f"{words.open}: {title}")}">'
        f"{words.open}</button>"
        f'<button type="button" data-remove="{escape(question)}" {named} '
        f'aria-label="{escape(f"{words.remove}: {title}")}">{words.remove}</button></div></li>'
    )


def _language_names(language: Language) -> dict[Language, str]:
    return {"ar": WORDS[language].arabic, "en": WORDS[language].english}
