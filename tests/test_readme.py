"""The examples of the README, run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from index.config import Config

README = Path(__file__).parents[1] / "README.md"


def test_the_python_examples_run(
    sample_home: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = README.read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        here = block.replace(".dalil/sample", str(sample_home.home))
        exec(here.replace(".dalil/run", str(tmp_path / "run")), names)
    printed = capsys.readouterr().out
    assert printed.startswith("answered “The United Arab Emirates")
    assert "10 آب 2020" in printed


def test_the_answers_shown_are_those_of_the_demo(sample_home: Config) -> None:
    from rag.answer import Assistant

    text = README.read_text("utf-8")
    makefile = (README.parent / "Makefile").read_text("utf-8")
    questions = re.findall(r'dalil ask "(.+?)"', makefile)
    assert len(questions) == 2
    assistant = Assistant.open(sample_home.home, "quotes")
    for question in questions:
        assert f"**{question}**" in text
        assert assistant.ask(question).text in text
