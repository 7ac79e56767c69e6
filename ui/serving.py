"""The commands that go on until they are stopped: the server, and the server for assistants."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from index.config import load_config
from ui.options import Home, errors


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 7860,
    llm: Annotated[
        list[str] | None,
        typer.Option(help="As for ask; given more than once, one may choose. [default: embedded]"),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Another name by which the server is called, behind a proxy say."),
    ] = None,
    rate: Annotated[
        float,
        typer.Option(
            min=0, help="Requests that one client may send in a second, in the long run; 0: any."
        ),
    ] = 4,
    log_texts: Annotated[
        bool, typer.Option("--log-texts", help="Log questions and answers as well.")
    ] = False,
    home: Home = None,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Show it in the browser, where there is a screen.")
    ] = False,
) -> None:
    """Serve the chat page and the HTTP interface, which /api describes.

    A language model that is missing is fetched in the background. Where the environment variable
    DALIL_KEY is set, its value is the key that everybody needs; without one only this machine is
    let in.
    """
    from rag.answer import Assistant
    from ui import log
    from ui.server import KEY, rules_of
    from ui.server import serve as run
    from ui.terminal import fetching

    with errors(), fetching() as progress:
        key = os.environ.get(KEY) or None
        rules_of(host, name or (), key)  # said before the models are opened, which takes a while
        config = load_config(home)
        log.start(texts=log_texts)
        first, *others = llm or [config.llm]
        run(
            Assistant.open(config.home, first, fetch=False, progress=progress),
            host,
            port,
            llms=[*others, config.llm],
            names=name or (),
            key=key,
            rate=rate,
            open_browser=open_browser,
        )


def mcp(
    llm: Annotated[
        str,
        typer.Option(
            help="embedded, quotes, openai:MODEL@URL, or a GGUF file; the assistant writes itself, "
            "so that quotations are enough."
        ),
    ] = "quotes",
    home: Home = None,
) -> None:
    """Serve the collection to assistants (Model Context Protocol) on standard input and output."""
    from ui import log
    from ui.mcp import serve as run
    from ui.terminal import fetching

    with errors(), fetching() as progress:
        log.start()
        run(load_config(home), llm, progress)
