"""The server: the page, the interface for programs, and the guard before both."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from index.errors import ConfigError
from index.lock import is_writing, wait_until_written
from index.weights import is_present, pull
from rag.answer import Assistant
from rag.llm import EMBEDDED, embedded_weights
from ui import api, problems, web
from ui.arrival import ModelArrival
from ui.guard import LOOPBACK, RATE, App, Guard, Rules, host_name
from ui.log import tell
from ui.pages import dressing, pages
from ui.requests import Logged
from ui.service import Service
from ui.strings import NAME

KEY = "DALIL_KEY"
"""The environment variable that holds the key of the server."""

_SHORTEST_KEY = 12
_FIT_KEY = re.compile(rf"[!-~]{{{_SHORTEST_KEY},}}")
_CLOSING_SECONDS = 2
_ABOUT = (
    "Answers from Arabic and English articles, every sentence proved by an exact quotation. "
    "Where the server has a key, send it: `Authorization: Bearer KEY`."
)


def serve(
    assistant: Assistant,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    llms: Sequence[str] = (),
    names: Sequence[str] = (),
    key: str | None = None,
    rate: float = RATE,
    open_browser: bool = False,
) -> None:
    """Serve at `host`:`port` until Ctrl-C or SIGTERM; fetch a missing language model meanwhile.

    What is being written then is finished; answers that grow are broken off after two seconds.

    `llms` are further language models to choose from, `names` further names by which the server
    may be called, `rate` as in `Rules`. Raises `ConfigError` for a host that is not this machine
    without a key, a key that cannot be one, a name or a model that is none, or a port that cannot
    be had.
    """
    rules = replace(rules_of(host, names, key), rate=rate)
    arrival = ModelArrival(lambda progress: pull(embedded_weights(), progress))
    service = Service(assistant, llms, arrival.state)
    with _listening(host, port) as listener:
        application = build(service, rules)
        if assistant.llm_name == EMBEDDED and not is_present(embedded_weights()):
            arrival.start()
        address = address_of(host, listener.getsockname()[1])
        server = uvicorn.Server(_configuration(application))
        print(f"{NAME}: {address}  (Ctrl-C)", flush=True)
        if open_browser and _has_screen():
            threading.Timer(1.0, webbrowser.open, [address]).start()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):  # the server has closed, and tells why
            server.run(sockets=[listener])
    if is_writing():
        tell("finishing what is being written")
        wait_until_written()
    tell("stopped")


@contextmanager
def running(service: Service, rules: Rules | None = None) -> Iterator[str]:
    """Serve on a free port of loopback in a thread; gives the address."""
    with in_thread(build(service, rules or Rules())) as address:
        yield address


@contextmanager
def in_thread(application: App) -> Iterator[str]:
    """Any application, served as `running` serves its own."""
    with _listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(_configuration(application))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield address_of("127.0.0.1", listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(30)


def build(service: Service, rules: Rules) -> App:
    """The whole application, behind its guard, its requests logged."""
    return Logged(Guard(dressing(unguarded(service, rules)), rules))


def unguarded(service: Service, rules: Rules) -> FastAPI:
    """All the routes, Gradio's included."""
    app = FastAPI(title="Dalil", description=_ABOUT, docs_url=None, redoc_url=None)
    problems.install(app)
    app.include_router(api.router(service))
    app.include_router(pages(service, rules))
    web.mount(app, service)
    return app


def rules_of(host: str, names: Sequence[str], key: str | None) -> Rules:
    """Who may come in; raises `ConfigError` where that would be anybody."""
    if key is not None and not _FIT_KEY.fullmatch(key):
        raise ConfigError(
            f"{KEY} is too short, or has other characters than HTTP can carry: take "
            f"{_SHORTEST_KEY} or more of ASCII's letters, digits and signs, without spaces."
        )
    for name in names:
        if host_name(name) != name.lower():
            raise ConfigError(f"--name {name} is not the name of a host, such as dalil.example.")
    hosts = (*LOOPBACK, host.lower(), *(name.lower() for name in names))
    if host in LOOPBACK:
        return Rules(key, hosts)
    if key is None:
        raise ConfigError(
            f"--host {host} would open the collection to other machines, which needs a key: set "
            f"the environment variable {KEY}, or use one of {', '.join(LOOPBACK)}."
        )
    return Rules(key, hosts if names else ())


def address_of(host: str, port: int) -> str:
    """The address of the page."""
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _configuration(application: App) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",  # It refuses heads without end, and those that name two hosts.
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens; raises `ConfigError` where the port cannot be had."""
    if not 0 <= port <= 65535:
        raise ConfigError(f"--port {port} is not a port. Choose one from 1 to 65535.")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=512)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigError(
            f"Port {port} of {host} cannot be had: {reason}. Choose another one with --port."
        ) from error
    with listener:
        yield listener


def _has_screen() -> bool:
    """Whether a browser would have a window; without one, Python opens it in the terminal."""
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
