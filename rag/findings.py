"""What is found for a question: its evidence and whether it answers, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from index.filters import EVERYTHING, Filters
from index.search import Index
from index.text import informative, stems
from rag.antecedents import with_antecedent
from rag.comparison import Side, sides_of
from rag.decide import Decision, decide
from rag.differing import differing
from rag.evidence import Gathered, gather, near_the_best
from rag.parts import parts_of
from rag.reader import Reader
from rag.repeats import altered
from rag.standalone import standing_alone
from rag.subject import shares_name
from rag.types import Evidence, Question, Statement

_MARKS = ("?", "؟")
_NAMED = 0.75
"""The share of a compared thing's own words that its article has: with half of them the earthquake
of Lisbon would be looked for in any article on an earthquake."""

_NONE = ("",)
"""No article has this id; a filter without ids leaves all in."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one thing that is asked; `question.asked` are the words that ask it.

    `differing`: what is said that does not agree, empty where nothing does not.
    """

    question: Question
    gathered: Gathered
    decision: Decision
    differing: tuple[Statement, ...] = ()


def findings(
    index: Index, asked: Question, filters: Filters = EVERYTHING, reader: Reader | None = None
) -> tuple[Finding, ...]:
    """One for each thing that is asked, or that is compared."""
    if sides := sides_of(asked.asked):
        return tuple(_side(index, asked, side, filters, reader) for side in sides)
    parts = parts_of(asked.asked)
    if len(parts) == 1:
        return (_finding(index, asked, filters, reader),)
    found: list[Finding] = []
    end = 0
    for part in parts:
        start = asked.text.index(part, end)
        end = start + len(part)
        said = part if part.endswith(_MARKS) else part + _MARKS[asked.language == "ar"]
        text = standing_alone(index, said, asked.text[:start], filters)
        question = replace(asked, asked=part, text=text)
        if found and (leaned := text.removesuffix(said)):
            found.append(_leaning(index, question, leaned, found[0], filters, reader))
        else:
            found.append(_finding(index, question, filters, reader))
    return tuple(found)


def _side(
    index: Index, asked: Question, side: Side, filters: Filters, reader: Reader | None
) -> Finding:
    """For one of two things that are compared.

    An article that holds fewer than `_NAMED` of its own words is about something else, and so is
    one in the other language, unless it shares a name or the collection has these words.
    """
    question = replace(asked, asked=side.name, text=side.question)
    finding = _finding(index, question, filters, reader)
    among = _holding(side.own, finding.gathered, _NAMED)
    own = set(informative(side.own))
    if len(index.catalogue.stem_counts(own)) < _NAMED * len(own):
        articles = finding.gathered.articles
        among = tuple(id_ for id_ in among if shares_name(side.own, articles[id_]))
    best = finding.gathered.evidence[:1]
    if best and best[0].article.id in among:
        return finding
    return _finding(index, question, replace(filters, articles=among or _NONE), reader)


def _leaning(
    index: Index,
    question: Question,
    leaned: str,
    first: Finding,
    filters: Filters,
    reader: Reader | None,
) -> Finding:
    """For a part that takes the words `leaned` along from what was asked before it.

    It is looked for in the articles that were found for the first part and hold half of these words
    or more, and is not answered by one that holds no other word of it. Words of the other language
    cannot be compared; all of its articles are taken.
    """
    among = _holding(leaned, first.gathered, 0.5)
    finding = _finding(index, question, replace(filters, articles=among or _NONE), reader)
    best = finding.gathered.evidence[:1]
    if best and best[0].article.id not in _holding(question.asked, finding.gathered):
        return replace(finding, decision=replace(finding.decision, answers=False))
    return finding


def quotable(found: Sequence[Finding], limit: int) -> tuple[Evidence, ...]:
    """The evidence worth showing, at most `limit` quotations; several parts take turns.

    Behind the best stands what does not agree on it. A quotation that cannot be read alone has the
    sentence before it, unless that is shown itself.
    """
    turns = zip_longest(*(_worth_showing(each, limit) for each in found))
    chosen = {
        (item.article.id, item.sentence.start): item for turn in turns for item in turn if item
    }
    shown = dict(list(chosen.items())[:limit])
    whole = [(item, with_antecedent(item)) for item in shown.values()]
    return tuple(
        item if (more.article.id, more.sentence.start) in shown else more for item, more in whole
    )


def disputed(found: Sequence[Finding], evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """What does not agree, of evidence that is worth showing."""
    places = {
        (each.evidence.article.id, each.evidence.sentence.end)
        for finding in found
        for each in finding.differing
    }
    return tuple(item for item in evidence if (item.article.id, item.sentence.end) in places)


def voices(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence without that of articles that repeat one another, or all where that is all."""
    return tuple(item for item in evidence if not item.echoes) or tuple(evidence)


def _worth_showing(finding: Finding, limit: int) -> tuple[Evidence, ...]:
    shown = near_the_best(finding.gathered.evidence[:limit])
    return (*shown[:1], *(each.evidence for each in finding.differing), *shown[1:])


def _finding(index: Index, question: Question, filters: Filters, reader: Reader | None) -> Finding:
    gathered = _unechoed(index, question, gather(index, question, filters, reader))
    decision = decide(question, gathered)
    if not decision.answers:
        return Finding(question, gathered, decision)
    differ = differing(question, gathered.evidence) or _altered(index, gathered)
    return Finding(question, gathered, decision, differ)


def _unechoed(index: Index, question: Question, gathered: Gathered) -> Gathered:
    """What was found, the best of what repeats itself behind another voice where one answers."""
    others = tuple(item for item in gathered.evidence if not item.echoes)
    if not others or others[0] is gathered.evidence[0]:
        return gathered
    alone = replace(gathered, evidence=others)
    if not decide(question, alone).answers:
        return gathered
    shown = near_the_best(others)[: max(1, index.config.quotations - 1)]
    return replace(gathered, evidence=(*shown, gathered.evidence[0]))


def _altered(index: Index, gathered: Gathered) -> tuple[Statement, ...]:
    """The words that answer, and what copies of their article have in their place; best first."""
    for item in near_the_best(gathered.evidence[: index.config.quotations]):
        if item.mark is None or item.group is None:
            continue
        ids = {
            id_
            for found in gathered.found
            if found.stored.group == item.group
            for id_ in (found.hit.chunk.article_id, *found.hit.copies)
            if id_ != item.article.id
        }
        with index.catalogue.reading():
            copies = [index.catalogue.article(id_) for id_ in sorted(ids)]
        if version := altered(item, copies):
            return (Statement(item, item.mark.start, item.mark.end), version)
    return ()


def _holding(text: str, gathered: Gathered, least: float = 0.0) -> tuple[str, ...]:
    """The ids of the articles that hold a share of the words of a text, of `least` or more.

    At least one word; those in another language than the question are among them.
    """
    wanted = set(informative(text))
    enough = max(1, least * len(wanted)) if wanted else 0
    return tuple(
        id_
        for id_, article in gathered.articles.items()
        if article.language != gathered.query.language
        or len(wanted.intersection(stems(article.text))) >= enough
    )
