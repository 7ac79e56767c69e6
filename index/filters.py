"""Filters: which articles and chunks a search may use, decided before anything is ranked."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from typing import get_args

from index.types import Language


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may use; a field that is empty leaves everything in.

    `languages`: of the chunk. `sources`: as the articles name theirs. `since`, `until`: the first
    and the last day of publication, both included; either leaves undated articles out. `articles`,
    `exclude`: ids of articles, the only ones and those that must not be used. `as_of`: the day that
    stands for today; what was published later does not exist yet, undated articles do.
    Raises `ValueError` for a language that is none, or a period that ends before it begins.
    """

    languages: tuple[Language, ...] = ()
    sources: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    articles: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    as_of: date | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), str):
                raise ValueError(f"{field.name} = {value!r} must be a tuple, such as ({value!r},)")
        if unknown := set(self.languages) - set(get_args(Language)):
            known = " and ".join(get_args(Language))
            raise ValueError(f"no language {min(unknown)!r}: the languages are {known}")
        if self.since and self.until and self.since > self.until:
            raise ValueError(
                f"the period from {self.since} until {self.until} ends before it begins; "
                "exchange the two days"
            )


EVERYTHING = Filters()

_OF_ARTICLES = {
    "articles": "id IN (SELECT value FROM json_each(:articles))",
    "exclude": "id NOT IN (SELECT value FROM json_each(:exclude))",
    "sources": "source IN (SELECT value FROM json_each(:sources))",
    "since": "published >= :since",
    "until": "published <= :until",
    "as_of": "(published IS NULL OR published <= :as_of)",
}


def condition(filters: Filters) -> tuple[str, dict[str, object]]:
    """What SQL must ask of a chunk `c` of the catalogue, and the values for it, by name."""
    values = {field.name: getattr(filters, field.name) for field in fields(filters)}
    given: dict[str, object] = {name: _stored(value) for name, value in values.items() if value}
    asked = [text for name, text in _OF_ARTICLES.items() if name in given]
    parts = ["c.language IN (SELECT value FROM json_each(:languages))"] if filters.languages else []
    if asked:
        parts.append(f"c.article IN (SELECT number FROM articles WHERE {' AND '.join(asked)})")  # noqa: S608
    return " AND ".join(parts) or "TRUE", given


def _stored(value: tuple[str, ...] | date) -> str:
    return value.isoformat() if isinstance(value, date) else json.dumps(value)
