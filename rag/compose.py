"""Composing an `Answer`: sentences with their citations, quotations, refusals, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index.types import Language
from rag import phrases
from rag.decide import Decision
from rag.evidence import Gathered
from rag.llm import QUOTES
from rag.types import Answer, Citation, Evidence, Note, Question

_NEAREST_SHOWN = 3

SURE = 0.6
"""How likely the words must be that an answer begins with: on questions that training did not read
0.67 of them are an accepted answer on the samples, where one answer in twenty begins so, 0.89 on
XQuAD in Arabic and 0.84 in English, where a quarter and a third do; on ARCD, whose accepted answers
are longer, 0.50. At 0.4 it would be 0.62, 0.72, 0.83 and 0.55."""

MARKED = 0.1
"""How likely the words must be that are marked in a quotation."""


def extended(answer: Answer, sentence: str, item: Evidence) -> Answer:
    """The answer with one more sentence; markers are numbered in the order of their first use."""
    known = next((c for c in answer.citations if _is_of(c, item)), None)
    citation = known or _citation(len(answer.citations) + 1, item)
    text = f"{sentence} [{citation.marker}]"
    return replace(
        answer,
        text=f"{answer.text} {text}" if answer.text else text,
        citations=answer.citations if known else (*answer.citations, citation),
    )


def with_quotations(
    answer: Answer, evidence: Sequence[Evidence], sure: Evidence | None = None
) -> Answer:
    """The answer with evidence itself appended, but for what it cites already.

    Where nothing was said yet, the words that answer come first from what the reader is `sure` of.
    """
    fresh = [item for item in evidence if not any(_is_of(c, item) for c in answer.citations)]
    first = len(answer.citations) + 1
    added = [_citation(number, item) for number, item in enumerate(fresh, first)]
    lines = [phrases.quoted(c.quotation, c.language, c.marker) for c in added]
    if not answer.text and sure is not None and sure.mark is not None:
        said = sure.text[sure.mark.start : sure.mark.end]
        lines.insert(0, phrases.short(said, first + fresh.index(sure)))
    text = "\n\n".join([*([answer.text] if answer.text else []), *lines])
    return replace(answer, text=text, citations=(*answer.citations, *added))


def surest(evidence: Sequence[Evidence], language: Language) -> Evidence | None:
    """The evidence with the words that answer, where the reader is sure of them.

    Words of the other language are none that an answer can begin with.
    """
    marked = [item for item in evidence if item.mark and item.sentence.language == language]
    best = max(marked, key=lambda item: item.mark.probability if item.mark else 0.0, default=None)
    if best is None or best.mark is None or best.mark.probability < SURE:
        return None
    return best


def _citation(marker: int, item: Evidence) -> Citation:
    article, sentence, mark = item.article, item.sentence, item.mark
    return Citation(
        marker=marker,
        article=article.id,
        title=article.title,
        url=article.url,
        source=article.source,
        published=article.published,
        language=sentence.language,
        quotation=item.text,
        start=sentence.start,
        end=sentence.end,
        marks=((mark.start, mark.end),) if mark and mark.probability >= MARKED else (),
    )


def _is_of(citation: Citation, item: Evidence) -> bool:
    return (citation.article, citation.start) == (item.article.id, item.sentence.start)


def refusal(asked: Question, gathered: Gathered, decision: Decision) -> Answer:
    """The answer that nothing answers, naming the nearest articles."""
    nearest = list(gathered.articles.values())[:_NEAREST_SHOWN]
    text = phrases.not_found(asked.language, nearest)
    return Answer(
        "not_found",
        text,
        asked.language,
        hits=gathered.hits,
        probability=decision.probability,
        llm=QUOTES,
    )


def with_notes(answer: Answer, evidence: Sequence[Evidence], more: tuple[Note, ...]) -> Answer:
    """The answer with what its reader should know about the articles that it cites."""
    cited = {citation.article for citation in answer.citations}
    articles = {item.article.id: item.article for item in evidence if item.article.id in cited}
    notes = [*answer.notes, *more]
    for article in articles.values():
        if article.truncated:
            text = phrases.truncated(answer.language, article)
            notes.append(Note("truncated", text, (article.id,)))
    foreign = {c.language for c in answer.citations if c.language != answer.language}
    for language in foreign:
        text = phrases.other_language(answer.language, language)
        quoted = [c.article for c in answer.citations if c.language == language]
        notes.append(Note("other_language", text, tuple(dict.fromkeys(quoted))))
    groups = {item.group or item.article.id for item in evidence if item.article.id in articles}
    if len(groups) == 1:  # reprints are no further source
        notes.append(Note("single_source", phrases.single_source(answer.language), tuple(articles)))
    return replace(answer, notes=tuple(notes))
