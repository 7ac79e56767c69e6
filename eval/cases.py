"""What a run asks: gold questions, as they are and with their own articles held out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.dataset import Expected, GoldQuestion, load_questions
from index.errors import EvaluationError
from index.filters import Filters
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
    def filters(self) -> Filters:
        """What may be used: nothing that is published later, nor what is held out."""
        held_out = self.gold.articles if self.held_out else ()
        return Filters(exclude=held_out, as_of=self.gold.as_of)

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

    One that names no articles cannot be held out. Raises `EvaluationError` where a file's name or a
    question's id is there twice, or where an article is not in the collection.
    """
    files: dict[str, Path] = {}
    golds: dict[str, GoldQuestion] = {}
    for path in paths:
        if any(path.name == other.name for other in files.values()):
            raise EvaluationError(
                f"Two files are named {path.name}: the scores of each could not be told apart. "
                "Give them names of their own."
            )
        for gold in load_questions(path):
            if gold.id.endswith(f"~{HELD_OUT}"):
                raise EvaluationError(
                    f"{path}: the id {gold.id!r} ends as those of held-out questions do. Change it."
                )
            if gold.id in golds:
                raise EvaluationError(
                    f"The question id {gold.id!r} is in {files[gold.id]} and in {path}: "
                    "give every question an id of its own."
                )
            files[gold.id], golds[gold.id] = path, gold
    languages = {row.id: row.language for row in index.catalogue.summaries()}
    _check_articles(golds, languages, index)
    pairs = {id_: pair_of(gold, languages) for id_, gold in golds.items()}
    return [
        Case(gold, files[id_].name, pairs[id_] or pairs.get(gold.original), held_out)
        for id_, gold in golds.items()
        for held_out in ([False, True] if hold_out and _can_be_held_out(gold) else [False])
    ]


def doubts(cases: Sequence[Case], index: Index) -> list[str]:
    """What a person should know before trusting the figures of these cases, as sentences."""
    golds = [case.gold for case in cases if not case.held_out]
    wanted = [gold for gold in golds if gold.expected in ("answered", "partly")]
    checks = {
        "have neither evidence nor answers: whether they are right cannot be told": [
            gold.id for gold in wanted if not (gold.evidence or gold.answers)
        ],
        "have evidence that stands in none of their articles: they cannot be right": [
            gold.id for gold in wanted if gold.articles and not _evidence_stands(gold, index)
        ],
        "name no articles: their retrieval cannot be scored, and they cannot be held out": [
            gold.id for gold in wanted if not gold.articles
        ],
    }
    return [
        f"{len(ids)} of {len(golds)} questions {what} (the first: {ids[0]!r})."
        for what, ids in checks.items()
        if ids
    ]


def stratified(cases: Sequence[Case], count: int) -> list[Case]:
    """`count` of the cases in their order: every language pair and kind by its share.

    Within a pair and kind the hash of the id chooses, so that it is the same ones every time; what
    the shares leave over goes to the largest remainders. Raises `ValueError` for a count below 1.
    """
    if count < 1:
        raise ValueError(f"a sample of {count} questions asks nothing; take 1 or more")
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


def _can_be_held_out(gold: GoldQuestion) -> bool:
    return bool(gold.articles) and gold.expected in ("answered", "partly")


def _evidence_stands(gold: GoldQuestion, index: Index) -> bool:
    texts = [index.catalogue.article(id_).text for id_ in gold.articles]
    return all(any(evidence in text for text in texts) for evidence in gold.evidence)


def pair_of(gold: GoldQuestion, languages: Mapping[str, str]) -> str | None:
    """The languages of a question and of what answers it, such as "ar-en"; its own language first.

    Where all of the evidence is needed and a part of it stands in the other language alone, which
    the tag "cross" says, it is the other. None where no article answers.
    """
    answering = {languages[id_] for id_ in gold.articles}
    other = answering - {gold.language}
    if gold.language in answering and not (other and gold.all_needed and "cross" in gold.tags):
        return f"{gold.language}-{gold.language}"
    return f"{gold.language}-{min(other)}" if other else None


def _hash(case: Case) -> str:
    return hashlib.sha256(case.id.encode()).hexdigest()
