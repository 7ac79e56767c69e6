"""Settings and where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.config import load_config
from index.errors import ConfigError


def test_the_command_line_goes_over_the_environment_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "dalil.toml").write_text('llm = "file"\nembedding = "file"\nquotations = 5\n')
    config = load_config(
        tmp_path, {"llm": "given", "embedding": None}, {"DALIL_LLM": "x", "DALIL_EMBEDDING": "env"}
    )
    assert (config.llm, config.embedding, config.quotations) == ("given", "env", 5)


def test_the_home_comes_from_the_environment(tmp_path: Path) -> None:
    assert load_config(environment={"DALIL_HOME": str(tmp_path)}).home == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('language = "ar"', r"dalil\.toml: unknown setting 'language'"),
        ("quotations = 0", "not a number from 1 to 20"),
        ("llm = 3", "not a text"),
        ("llm = ", "cannot be read as TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "dalil.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        load_config(tmp_path, environment={})
