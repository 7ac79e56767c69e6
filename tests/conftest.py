"""What several tests share: the real embedding model and a home with the sample articles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from page_support import OpenPage
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from tests_support import CHROMIUM, DESK, copied

from eval.dataset import ARTICLES, DEVELOPMENT, GoldQuestion, load_questions
from index.build import ingest
from index.config import Config, load_config
from index.embed import Embedder
from index.search import Index
from rag.answer import Assistant


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default embedding model, fetched where it is missing."""
    return Embedder.open()


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Config:
    """A home with the sample articles; tests only read it."""
    config = load_config(tmp_path_factory.mktemp("samples") / "home", environment={})
    ingest([ARTICLES], config, lambda: embedder)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        """Only SQLite may open the catalogue that it has open (see `duplicate`)."""
        if event == "open" and str(arguments[0]).startswith(str(config.catalogue)):
            raise AssertionError(f"{arguments[0]} is open: read it through the catalogue.")

    sys.addaudithook(refuse)
    return config


@pytest.fixture(scope="session")
def assistant(sample_home: Config, embedder: Embedder) -> Assistant:
    """Answers by quotations from the sample articles."""
    return Assistant(Index.open(sample_home, lambda: embedder), "quotes")


@pytest.fixture(scope="session")
def gold() -> list[GoldQuestion]:
    """The development questions on the sample articles."""
    return load_questions(DEVELOPMENT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's or another Chromium that is on the PATH."""
    with sync_playwright() as playwright:
        arguments = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens the page; afterwards checks that no other host was asked and no script complained."""
    requested: list[str] = []
    complaints: list[str] = []
    contexts = []

    def opened(
        url: str, size: tuple[int, int] = DESK, scheme: Any = "light", locale: str = "en-US"
    ) -> Page:
        viewport: Any = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=locale)
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: requested.append(request.url))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda said: complaints.append(said.text) if _is_error(said) else None)
        tab.goto(url)
        expect(tab.locator("#talk")).to_be_visible()
        return tab

    yield opened
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in requested if not url.startswith(("data:", "blob:"))}
    assert hosts <= {"127.0.0.1"}
    assert complaints == []


def _is_error(said: ConsoleMessage) -> bool:
    """Whether a script or the policy complained; what is merely not there, it tells otherwise."""
    return said.type == "error" and "Failed to load resource" not in said.text


@pytest.fixture
def own_home(sample_home: Config, tmp_path: Path) -> Config:
    """A copy of the sample articles that may be changed."""
    return copied(sample_home, tmp_path / "own")


@pytest.fixture
def home(tmp_path: Path) -> Config:
    """An empty home."""
    return load_config(tmp_path / "home", environment={})


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file of articles and returns its path."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write_file
