"""The examples of the README, run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from index.config import Config
from rag.answer import Assistant
from ui.server import running
from ui.service import Service

README = Path(__file__).parents[1] / "README.md"


def test_the_python_examples_run(
    own_home: Config,
    assistant: Assistant,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(README.parent)
    text = README.read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    printed = []
    with running(Service(assistant)) as address:
        for block in blocks:
            here = block.replace(".dalil/sample", str(own_home.home))
            here = here.replace(".dalil/run", str(tmp_path / "run"))
            exec(here.replace("http://127.0.0.1:7860/", address), names)
            printed.append(capsys.readouterr().out)
    assert printed[0].startswith("answered “The United Arab Emirates")
    assert "10 آب 2020" in printed[1]
    assert "hope-probe-en" in printed[1]
    assert "10 آب 2020" in printed[2]
    assert "'value': 0." in printed[3]
    assert "Emirati spacecraft Hope enters orbit around Mars" in printed[4]


def test_the_answers_shown_are_those_of_the_demo(sample_home: Config) -> None:
    text = README.read_text("utf-8")
    makefile = (README.parent / "Makefile").read_text("utf-8")
    questions = re.findall(r'dalil ask "(.+?)"', makefile)
    assert len(questions) == 2
    assistant = Assistant.open(sample_home.home, "quotes")
    for question in questions:
        assert f"**{question}**" in text
        assert assistant.ask(question).text in text
