"""What every command shares: its options, how it fails, how it prints a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, cast

import typer

from index.config import load_config
from index.errors import ConfigError, DalilError
from index.filters import Filters
from index.text import fold
from index.types import Language

Home = Annotated[
    Path | None, typer.Option(help="The collection's folder. [default: DALIL_HOME, or your data]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

Reranker = Annotated[
    str | None,
    typer.Option(
        help="A cross-encoder that reads the best hits again, by folder or name, or none."
    ),
]
Reader = Annotated[
    str | None,
    typer.Option(help="What reads the evidence: default, or none."),
]


def _day(typed: str | date) -> date:
    """A day as it is typed, in digits of either language; "2023-12-31"."""
    try:
        return typed if isinstance(typed, date) else date.fromisoformat(fold(typed).strip())
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is no day; write it as 2023-12-31") from None


OnlyLanguage = Annotated[
    str | None, typer.Option("--language", help="Only chunks in this language: ar or en.")
]
OnlySources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Only articles of this source; may be given more than once."),
]
Since = Annotated[
    date | None,
    typer.Option(parser=_day, metavar="DAY", help="Only articles published on this day or later."),
]
Until = Annotated[
    date | None,
    typer.Option(parser=_day, metavar="DAY", help="Only articles published on this day or before."),
]
OnlyArticles = Annotated[
    list[str] | None,
    typer.Option("--article", help="Only the article with this id; may be given more than once."),
]


def filters_of(
    language: str | None,
    sources: list[str] | None,
    since: date | None,
    until: date | None,
    articles: list[str] | None,
) -> Filters:
    """The filters that a command was given; exit 2 where there can be none such."""
    try:
        languages = cast("tuple[Language, ...]", (language,) if language else ())
        return Filters(languages, tuple(sources or ()), since, until, tuple(articles or ()))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def check_known(filters: Filters, home: Path | None) -> None:
    """Raise `ConfigError` for a source or an id that no article of the home has."""
    if not filters.sources and not filters.articles:
        return
    from index.catalogue import Catalogue  # heavy: brings NumPy

    catalogue = Catalogue.open(load_config(home).catalogue)
    sources = catalogue.sources()
    for source in set(filters.sources) - sources:
        known = ", ".join(sorted(sources - {""})) or "none"
        raise ConfigError(f"No article has the source {source!r}. The sources are: {known}.")
    for article in filters.articles:
        if catalogue.digest(article) is None:
            raise ConfigError(f"There is no article {article!r}. See: dalil articles list.")


@contextmanager
def errors() -> Iterator[None]:
    """Show an error as a sentence: exit 2 where the call was wrong, 1 where the work failed."""
    try:
        yield
    except ConfigError as error:
        typer.echo(f"dalil: {error}", err=True)
        raise typer.Exit(2) from error
    except DalilError as error:
        typer.echo(f"dalil: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def print_json(document: dict[str, object]) -> None:
    """Print a document for programs, letters as they are."""
    print(json.dumps(document, ensure_ascii=False, indent=2))
