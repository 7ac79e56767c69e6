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


@pytest.mark.parametrize(
    "place", ["embedded", "http://127.0.0.1:8000", "https://chroma.example/behind/a/path"]
)
def test_vectors_are_embedded_or_on_a_server(tmp_path: Path, place: str) -> None:
    assert load_config(tmp_path, environment={}).vectors == "embedded"
    assert load_config(tmp_path, environment={"DALIL_VECTORS": place}).vectors == place


@pytest.mark.parametrize(
    "place",
    ["chroma.example:8000", "ftp://chroma.example", "http://", "http://host:port", "remote"],
)
def test_a_place_that_is_none_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigError, match="neither"):
        load_config(tmp_path, environment={"DALIL_VECTORS": place})


@pytest.mark.parametrize(
    "place",
    [
        "http://me:geheim@chroma.example:8000",
        "https://geheim@chroma.example",
        "http://chroma.example?token=geheim",
        "http://me:geheim@chroma.example:port",
    ],
)
def test_a_url_with_a_secret_is_refused_and_not_shown(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigError, match="DALIL_VECTORS_KEY") as caught:
        load_config(tmp_path, environment={"DALIL_VECTORS": place})
    assert "geheim" not in str(caught.value)
