"""The command `dalil`. Heavy libraries load inside the commands: the help answers at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.config import EMBEDDED, Config, load_config
from index.errors import DalilError
from index.filters import EVERYTHING, Filters
from ui.evaluate import eval_app
from ui.manage import articles_app, check, models_app
from ui.options import (
    AsJson,
    Home,
    OnlyArticles,
    OnlyLanguage,
    OnlySources,
    Reader,
    Reranker,
    Since,
    Until,
    check_known,
    errors,
    filters_of,
    print_json,
)
from ui.serving import mcp, serve

if TYPE_CHECKING:
    from index.settings import OpenEmbedder
    from index.writer import Summary
    from rag.answer import Assistant
    from rag.types import Message

app = typer.Typer(
    name="dalil",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(articles_app, name="articles")
app.add_typer(models_app, name="models")
app.add_typer(eval_app, name="eval")

Llm = Annotated[
    str | None,
    typer.Option(help="embedded, quotes, openai:MODEL@URL, or a GGUF file. [default: embedded]"),
]


@app.callback(invoke_without_command=True)
def alone(context: typer.Context) -> None:
    """Answers from Arabic and English articles, every sentence proved by an exact quotation."""
    if context.invoked_subcommand is not None:
        return
    from ui.terminal import next_steps, say

    with errors():
        say(next_steps(load_config()))


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files and folders of articles, or links.")],
    prune: Annotated[
        Path | None, typer.Option(help="Remove articles that came from this folder and are gone.")
    ] = None,
    links: Annotated[
        str | None, typer.Option(help="Whether links are fetched: none, or public.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Read articles into the collection; only --prune deletes.

    Read are .txt, .md, .html, .pdf, .docx, .jsonl and .csv files.
    """
    from index.build import ingest as run

    def work(config: Config, report: Callable[[int, int, int], None]) -> Summary:
        with _embedder_opener(config) as open_embedder:
            return run(paths, config, open_embedder, report, prune)

    _indexing(home, as_json, {"links": links}, work)


@app.command()
def rebuild(
    embedding: Annotated[
        str | None, typer.Option(help="Another embedding model, by name or folder.")
    ] = None,
    vectors: Annotated[
        bool,
        typer.Option("--vectors", help="Only copy the vectors into Chroma again; embed nothing."),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Clean, cut and embed every article again, from the texts that the catalogue keeps."""
    from index.build import rebuild as run

    if vectors and embedding:
        raise typer.BadParameter("--vectors embeds nothing: leave out --embedding")
    if vectors:
        _refill(home, as_json)
        return

    def work(config: Config, report: Callable[[int, int, int], None]) -> Summary:
        with _embedder_opener(config) as open_embedder:
            return run(config, open_embedder, report)

    _indexing(home, as_json, {"embedding": embedding}, work)


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question; without one, a conversation begins.")
    ] = None,
    llm: Llm = None,
    language: OnlyLanguage = None,
    source: OnlySources = None,
    since: Since = None,
    until: Until = None,
    article: OnlyArticles = None,
    reranker: Reranker = None,
    reader: Reader = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question in Arabic or English."""
    filters = filters_of(language, source, since, until, article)
    if question is None and as_json:
        raise typer.BadParameter("--json needs a question")
    if question is not None:
        _check_question(question)
    from rag.documents import answer_document
    from ui.terminal import show_growing

    opened = _assistant(home, llm, filters=filters, reranker=reranker, reader=reader)
    with errors(), opened as assistant:
        if question is None:
            _converse(assistant, filters)
        elif as_json:
            print_json(answer_document(assistant.ask(question, filters=filters)))
        else:
            show_growing(assistant.stream(question, filters=filters))


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many chunks to show.")] = 10,
    language: OnlyLanguage = None,
    source: OnlySources = None,
    since: Since = None,
    until: Until = None,
    article: OnlyArticles = None,
    reranker: Reranker = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the chunks that a question finds, best first."""
    filters = filters_of(language, source, since, until, article)
    _check_question(question)
    from rag.documents import hit_document
    from ui.terminal import say

    with errors(), _assistant(home, "quotes", filters=filters, reranker=reranker) as assistant:
        hits = assistant.search(question, limit, filters=filters)
        if as_json:
            print_json({"hits": [{**hit_document(h), "text": h.chunk.text} for h in hits]})
            return
        for number, hit in enumerate(hits, 1):
            copies = f" = {', '.join(hit.copies)}" if hit.copies else ""
            figures = f"{hit.score:.2f} · {hit.probability or 0:.0%}"
            say(f"{number}. {hit.chunk.article_id}{copies} · {figures}")
            say(" ".join(hit.chunk.text.split()))
            say()


app.command()(check)
app.command()(serve)
app.command()(mcp)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Arabic must come in and out whole, whatever the locale says.
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    app()


def _indexing(
    home: Path | None,
    as_json: bool,
    settings: Mapping[str, str | None],
    work: Callable[[Config, Callable[[int, int, int], None]], Summary],
) -> None:
    from ui.documents import ingest_document
    from ui.terminal import indexing

    with errors():
        config = load_config(home, settings)
        with indexing() as report:
            summary = work(config, report)
        if as_json:
            print_json(ingest_document(summary))
        else:
            _tell(summary)


def _refill(home: Path | None, as_json: bool) -> None:
    from index.build import refill
    from ui.terminal import say

    with errors():
        config = load_config(home)
        copied = refill(config)
    where = config.vectors_folder if config.vectors == EMBEDDED else config.vectors
    print_json({"vectors": copied}) if as_json else say(f"{copied} vectors are in {where}.")


def _tell(summary: Summary) -> None:
    from ui.hidden import hidden_in
    from ui.terminal import complain, say

    for refusal in summary.refused:
        complain(f"Refused: {refusal.origin}: {refusal.reason}")
    for copy, original in summary.copies.items():
        say(f"{copy} is a copy of {original}.")
    for id_, kinds in summary.hidden.items():
        say(hidden_in(id_, kinds, "en"))
    counts = ("added", "changed", "unchanged", "removed", "refused")
    say(", ".join(f"{len(getattr(summary, name))} {name}" for name in counts) + ".")


@contextmanager
def _embedder_opener(config: Config) -> Iterator[OpenEmbedder]:
    from index.embed import Embedder
    from ui.terminal import fetching

    with fetching() as progress:
        yield lambda: Embedder.open(config.embedding, progress)


@contextmanager
def _assistant(
    home: Path | None,
    llm: str | None,
    fetch: bool = True,
    filters: Filters = EVERYTHING,
    reranker: str | None = None,
    reader: str | None = None,
) -> Iterator[Assistant]:
    """The assistant of a home; the default language model is fetched only where it is asked for.

    Raises `ConfigError` where `filters` name what the home does not have.
    """
    check_known(filters, home)
    from rag.answer import Assistant
    from ui.terminal import fetching

    with fetching() as progress:
        yield Assistant.open(
            load_config(home).home,
            llm,
            fetch=fetch and llm is not None,
            progress=progress,
            reranker=reranker,
            reader=reader,
        )


def _check_question(question: str) -> None:
    from rag.question import prepare

    try:
        prepare(question)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _converse(assistant: Assistant, filters: Filters) -> None:
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
        try:
            answer = show_growing(assistant.stream(question, tuple(history), filters=filters))
        except (ValueError, DalilError) as error:
            complain(f"dalil: {error}")
            continue
        if answer is not None:
            history += [
                {"role": "user", "content": question},
                {"role": "assistant", "content": answer.text},
            ]
