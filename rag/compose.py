"""Composing an `Answer`: sentences with their citations, quotations, refusals, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from index.types import Article, Language
from rag import phrases
from rag.findings import Finding, voices
from rag.llm import QUOTES
from rag.plain import address_of, source_of, title_of
from rag.subject import OF_QUESTION, on_subject
from rag.types import Answer, Citation, Claim, Evidence, Note, Question, Statement

_NEAREST_SHOWN = 3

SURE = 0.6
"""How likely the words must be that an answer begins with.

On questions that training did not read and whose articles are there, these words are an accepted
answer, an F1 of a half or more, for 7 of 7 on the samples, 22 of 27 on XQuAD in Arabic, 31 of 37 in
English and 13 of 19 on ARCD, whose accepted answers are longer. Asked without the articles that
answer, 5 of the answers on the samples and XQuAD begin so, and 9 on ARCD, all wrong. Word for
word they are an accepted answer for 4 of the 7 and 16 of the 27.
"""

MARKED = 0.1
"""How likely the words must be that are marked in a quotation.

Of the questions on the samples that some quotation answers in its likeliest words, 0.88 have these
marked; of all that is marked where the article is there, 0.58 is an accepted answer, by the same
measure; 0.32 is one word for word. At 0.2 these would be 0.61 and 0.62, at 0.3 0.49 and 0.67.
"""


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
    if not answer.text and sure is not None:
        lines.insert(0, phrases.short(sure.marked, first + fresh.index(sure)))
    text = "\n\n".join([*([answer.text] if answer.text else []), *lines])
    return replace(answer, text=text, citations=(*answer.citations, *added))


def with_titles(answer: Answer, evidence: Sequence[Evidence]) -> Answer:
    """The answer with the titles of articles, one to a line, each citing a sentence of its own."""
    cited = tuple(_citation(number, item) for number, item in enumerate(evidence, 1))
    lines = [
        f"{phrases.titled(item.article.language, item.article)} [{number}]"
        for number, item in enumerate(evidence, 1)
    ]
    return replace(answer, text="\n\n".join([answer.text, *lines]), citations=cited)


def surest(evidence: Sequence[Evidence], language: Language) -> Evidence | None:
    """The evidence with the words that answer, where the reader is sure of them.

    Words of the other language are none that an answer can begin with, nor are those of articles
    that repeat one another where another answers.
    """
    own = [item for item in voices(evidence) if item.sentence.language == language]
    marked = [item for item in own if item.mark]
    likely = [(item.mark.probability, item) for item in marked if item.mark]
    probability, best = max(likely, key=lambda each: each[0], default=(0.0, None))
    return best if probability >= SURE else None


def _citation(marker: int, item: Evidence) -> Citation:
    article, sentence, mark = item.article, item.sentence, item.mark
    return Citation(
        marker=marker,
        article=article.id,
        title=title_of(article),
        url=address_of(article),
        source=source_of(article),
        published=article.published,
        language=sentence.language,
        quotation=item.text,
        start=sentence.start,
        end=sentence.end,
        marks=((mark.start, mark.end),) if mark and mark.probability >= MARKED else (),
    )


def _is_of(citation: Citation, item: Evidence) -> bool:
    return (citation.article, citation.start) == (item.article.id, item.sentence.start)


def begun(asked: Question, found: Sequence[Finding], llm: str) -> Answer:
    """An answer that says nothing yet but its first notes: what is missing, and how new it is."""
    answering = [each for each in found if each.decision.answers]
    missing = [each.question.asked for each in found if not each.decision.answers]
    notes = [Note("missing", phrases.missing(asked.answered_in, missing))] if missing else []
    if asked.latest and (newest := _newest(answering)) and newest.published:
        text = phrases.newest(asked.answered_in, newest.published)
        notes.append(Note("newest", text, (newest.id,)))
    hits = {hit.chunk.id: hit for each in answering for hit in each.gathered.hits}
    return Answer(
        "partly" if missing else "answered",
        "",
        asked.answered_in,
        notes=tuple(notes),
        hits=tuple(hits.values()),
        probability=max(each.decision.probability for each in answering),
        llm=llm,
    )


def _newest(found: Sequence[Finding]) -> Article | None:
    """The newest of the found articles that are on the subject and dated."""
    articles = [
        each.gathered.articles[id_]
        for each in found
        for id_ in on_subject(each.gathered.hits, OF_QUESTION)
    ]
    dated = [article for article in articles if article.published is not None]
    return max(dated, key=lambda article: article.published or date.min, default=None)


def refusal(asked: Question, finding: Finding) -> Answer:
    """The answer that nothing answers, naming the articles that are on the subject."""
    gathered = finding.gathered
    nearest = [gathered.articles[id_] for id_ in on_subject(gathered.hits, OF_QUESTION)]
    return Answer(
        "not_found",
        phrases.not_found(asked.answered_in, nearest[:_NEAREST_SHOWN]),
        asked.answered_in,
        hits=gathered.hits,
        probability=finding.decision.probability,
        llm=QUOTES,
    )


def with_notes(
    answer: Answer,
    evidence: Sequence[Evidence],
    more: tuple[Note, ...],
    found: Sequence[Finding] = (),
) -> Answer:
    """The answer with what one should know about the articles that it cites."""
    cited = {citation.article for citation in answer.citations}
    articles = {item.article.id: item.article for item in evidence if item.article.id in cited}
    notes = [*answer.notes, *more]
    for each in found:
        notes += _differing(answer, each.differing)
    for article in articles.values():
        if article.truncated:
            text = phrases.truncated(answer.language, article)
            notes.append(Note("truncated", text, (article.id,)))
    foreign = {c.language for c in answer.citations if c.language != answer.language}
    for language in foreign:
        quoted = [c.article for c in answer.citations if c.language == language]
        whole = len(quoted) == len(answer.citations)
        text = phrases.other_language(answer.language, language, whole=whole)
        notes.append(Note("other_language", text, tuple(dict.fromkeys(quoted))))
    groups = {item.group or item.article.id for item in evidence if item.article.id in articles}
    if len(groups) == 1:  # reprints are no further source
        notes.append(Note("single_source", phrases.single_source(answer.language), tuple(articles)))
    return replace(answer, notes=tuple(notes))


def _differing(answer: Answer, statements: Sequence[Statement]) -> list[Note]:
    """The note that statements do not agree, of those that the answer quotes; none for one."""
    quoted = [each for each in statements if any(_holds(c, each) for c in answer.citations)]
    if len(quoted) < 2:
        return []
    stated = [(each.text, each.evidence.article) for each in quoted]
    text = phrases.differing(answer.language, stated)
    claims = tuple(
        Claim(words, article.id, title_of(article), source_of(article), article.published)
        for words, article in stated
    )
    return [Note("differing", text, tuple(claim.article for claim in claims), claims)]


def _holds(citation: Citation, statement: Statement) -> bool:
    sentence = statement.evidence.sentence
    is_within = citation.start <= sentence.start and sentence.end <= citation.end
    return citation.article == statement.evidence.article.id and is_within
