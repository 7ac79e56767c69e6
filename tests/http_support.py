"""A real server for tests of what goes over HTTP, and a language model that must be stopped."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from pydantic import PrivateAttr
from tests_support import ROOT

from index.config import Config
from ui.api import router
from ui.problems import install
from ui.service import Service

SUEZ = "How long was the Suez Canal blocked by the Ever Given?"
MUSEUM = "متى افتتح المتحف المصري الكبير؟"
UNANSWERABLE = "Who won the chess championship of Antarctica in 1903?"


class Talker(CustomLLM):
    """Repeats the first quotation, then talks on for two minutes unless it is stopped."""

    _begun: threading.Semaphore = PrivateAttr(default_factory=lambda: threading.Semaphore(0))
    _ended: threading.Semaphore = PrivateAttr(default_factory=lambda: threading.Semaphore(0))

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=4096, num_output=200, model_name="talker")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="")

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        quotation = prompt.rpartition("[1] <<")[2].partition(">>")[0]

        def pieces() -> CompletionResponseGen:
            try:
                yield CompletionResponse(text="", delta=f"{quotation.rstrip('.')} [1]. ")
                self._begun.release()
                for _ in range(2400):
                    time.sleep(0.05)
                    yield CompletionResponse(text="", delta="and so on ")
            finally:
                self._ended.release()

        return pieces()

    def begins(self) -> bool:
        """Whether it begins to talk, once for each time that it is asked to, within a minute."""
        return self._begun.acquire(timeout=60)

    def ends(self) -> bool:
        """Whether it stops, once for each time that it began, long before it would by itself."""
        return self._ended.acquire(timeout=20)


def sent(address: str, path: str, body: object) -> http.client.HTTPConnection:
    """A connection on which a question was asked and nothing was read yet."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    return connection


def application(service: Service) -> FastAPI:
    """The interface by itself."""
    app = FastAPI(title="Dalil", docs_url=None, redoc_url=None)
    install(app)
    app.include_router(router(service))
    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The address of a server in a thread, on a free port of loopback."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


# A process started by a shell in the background does not listen to Ctrl-C by itself.
WITH_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from ui.cli import main; main()
"""


@dataclass(frozen=True, slots=True)
class Command:
    """`dalil serve` as a process, and the address that it printed."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def command(config: Config, *options: str, **settings: str) -> Iterator[Command]:
    """Run `dalil serve` by quotations on a free port; `settings` are environment variables."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    words = ("serve", "--home", str(config.home), "--port", port, "--llm", "quotes", *options)
    with subprocess.Popen(
        [sys.executable, "-c", WITH_CTRL_C, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **settings},
    ) as process:
        try:
            assert process.stdout is not None
            (address,) = re.findall(r"http://\S+/", process.stdout.readline())
            assert address == f"http://127.0.0.1:{port}/"
            yield Command(process, address)
        finally:
            process.kill()
