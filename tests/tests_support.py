"""Small makers that several tests use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from index.config import Config, load_config
from index.mend import duplicate
from index.text import language_of
from index.types import Article
from rag.answer import Assistant

ROOT = Path(__file__).parents[1]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DESK, PHONE = (1280, 800), (390, 844)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH"
)


def article(text: str, id: str = "one", title: str = "") -> Article:  # noqa: A002
    """An article with that text."""
    return Article(id=id, origin=f"/{id}", title=title, text=text, language=language_of(text))


def copied(config: Config, home: Path) -> Config:
    """A collection copied into another home, where it may be changed."""
    own = load_config(home, environment={})
    duplicate(config, own)
    return own


def count_letters(texts: Sequence[str]) -> list[int]:
    """A stand-in for a tokenizer in which every letter is a token."""
    return [len(text) for text in texts]


def dalil(*arguments: str, entered: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command; `settings` are environment variables."""
    return subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *arguments],
        cwd=ROOT,
        input=entered,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", **settings},
    )


def document(result: subprocess.CompletedProcess[str]) -> Any:
    """The one JSON document on standard output."""
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Scripted(CustomLLM):
    """A real LlamaIndex `LLM` that writes what it is told to, or fails."""

    draft: str = ""
    fails: bool = False

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    def complete(self, prompt: str, formatted: bool = False, **_: object) -> CompletionResponse:
        return CompletionResponse(text=self.draft)

    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: object
    ) -> CompletionResponseGen:
        if self.fails:
            raise ConnectionError("nobody listens there")
        for end in range(1, len(self.draft) + 1):
            yield CompletionResponse(text=self.draft[:end], delta=self.draft[end - 1])


def scripted(assistant: Assistant, draft: str = "", *, fails: bool = False) -> Assistant:
    """An assistant on the same collection whose language model writes `draft`, or fails."""
    return Assistant(assistant.index, Scripted(draft=draft, fails=fails))
