"""What every command shares: its options, how it fails, how it prints a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from index.errors import ConfigError, DalilError

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
    print(json.dumps(document, ensure_ascii=False, indent=2))
