"""What a run asks: gold questions, as they are and with their own articles held out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.dataset import Expected, GoldQuestion, load_questions
from index.errors import EvaluationError
from index.search import Index

HELD_OUT = "held-out"


@dataclass(frozen=True, slots=True)
class Case:
    """A gold question of a file, asked as it is or with its own articles held out.

    `pair`: the languages of question and answering article, such as "ar-en"; of an altered copy
    that nothing answers the original's; None where there is neither.
    """

    gold: GoldQuestion
    file: str
    pair: str | None = None
    held_out: bool = False

    @property
    def id(self) -> str:
        """The question's id, with a suffix where its articles are held out."""
        return f"{self.gold.id}~{HELD_OUT}" if self.held_out else self.gold.id

    @property
    def exclude(self) -> tuple[str, ...]:
        """The articles to leave out."""
        return self.gold.articles if self.held_out else ()

    @property
    def expected(self) -> Expected:
        """What a right answer is, with the articles that are left."""
        return "not_found" if self.held_out else self.gold.expected

    @property
    def tags(self) -> tuple[str, ...]:
        """The question's tags, and "held-out" where it is."""
        return (*self.gold.tags, HELD_OUT) if self.held_out else self.gold.tags


def cases_of(paths: Sequence[Path], index: Index, *, hold_out: bool = False) -> list[Case]:
    """Every question of some files, with `hold_out` each answerable one a second time.

    Raises `EvaluationError` where an id is there twice or an article is not in the collection.
    """
    files: dict[str, Path] = {}
    golds: dict[str, GoldQuestion] = {}
    for path in paths:
        for gold in load_questions(path):
            if gold.id in golds:
                raise EvaluationError(
                    f"The question id {gold.id!r} is in {files[gold.id]} and in {path}: "
                    "give every question an id of its own."
                )
            files[gold.id], golds[gold.id] = path, gold
    languages = {row.id: row.language for row in index.catalogue.summaries()}
    _check_articles(golds, languages, index)
    pairs = {id_: _pair(gold, languages) for id_, gold in golds.items()}
    return [
        Case(gold, files[id_].name, pairs[id_] or pairs.get(gold.original), held_out)
        for id_, gold in golds.items()
        for held_out in ([False, True] if hold_out and gold.articles else [False])
    ]


def stratified(cases: Sequence[Case], count: int) -> list[Case]:
    """`count` of the cases in their order: every language pair and kind by its share.

    Within a pair and kind the hash of the id chooses, so that it is the same ones every time; what
    the shares leave over goes to the largest remainders.
    """
    strata: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        strata[case.pair or case.gold.language, case.expected].append(case)
    count = min(count, len(cases))
    exact = {key: len(group) * count / len(cases) for key, group in strata.items()}
    taken = {key: int(share) for key, share in exact.items()}
    for key in sorted(strata, key=lambda key: (taken[key] - exact[key], key)):
        if sum(taken.values()) < count:
            taken[key] += 1
    chosen = {
        case.id for key, group in strata.items() for case in sorted(group, key=_hash)[: taken[key]]
    }
    return [case for case in cases if case.id in chosen]


def _check_articles(
    golds: Mapping[str, GoldQuestion], languages: Mapping[str, str], index: Index
) -> None:
    lacking = [id_ for id_, gold in golds.items() if not set(gold.articles) <= languages.keys()]
    if lacking:
        raise EvaluationError(
            f"{len(lacking)} of {len(golds)} questions name articles that are not in "
            f"{index.config.home} (the first is {lacking[0]!r}). Ingest the articles that the "
            "questions are about, or name another --home."
        )


def _pair(gold: GoldQuestion, languages: Mapping[str, str]) -> str | None:
    """The languages of a question and of what answers it, its own language first."""
    answering = {languages[id_] for id_ in gold.articles}
    if not answering:
        return None
    return f"{gold.language}-{gold.language if gold.language in answering else min(answering)}"


def _hash(case: Case) -> str:
    return hashlib.sha256(case.id.encode()).hexdigest()
