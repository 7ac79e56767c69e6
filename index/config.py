"""Settings: the command line over the environment (`DALIL_…`) over `<home>/dalil.toml`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from index.errors import ConfigError

DEFAULT_EMBEDDING = "multilingual-e5-small"

DEFAULT_READER = "default"
NO_READER = "none"

EMBEDDED = "embedded"
"""The neighbour index in this process, in a folder of the home."""

NO_RERANKER = "none"
NO_ENTAILMENT = "none"

NO_LINKS = "none"
PUBLIC_LINKS = "public"


@dataclass(frozen=True, slots=True)
class Config:
    """Where a collection lives and which models serve it.

    `embedding`: a name that `dalil models list` shows, a sentence-transformers folder, or a model
    name. `llm`: "embedded", "quotes", "openai:MODEL@URL", or the path of a GGUF file.
    `quotations`: the most quotations an answer shows. `vectors`: where Chroma holds the neighbour
    index, "embedded" or the URL of a server. `reranker`: "none", or a sentence-transformers
    cross-encoder, a folder or a model name. `reader`: "default", or "none" for answers without it
    and the verifier.
    `entailment`: "none", or a cross-encoder for natural language inference that reads what a
    language model drafts, a folder or a model name. `links`: "none", or "public" where links that
    are given to be read may be fetched from the public internet.
    """

    home: Path
    embedding: str = DEFAULT_EMBEDDING
    llm: str = "embedded"
    quotations: int = 3
    vectors: str = EMBEDDED
    reranker: str = NO_RERANKER
    reader: str = DEFAULT_READER
    entailment: str = NO_ENTAILMENT
    links: str = NO_LINKS

    @property
    def catalogue(self) -> Path:
        """The SQLite file that is the truth."""
        return self.home / "catalogue.sqlite"

    @property
    def rebuilt(self) -> Path:
        """The catalogue that a rebuild makes, until it takes the other's place."""
        return self.home / "rebuild.sqlite"

    @property
    def opening(self) -> Path:
        """The mark that is there while the embedded Chroma's folder is being opened."""
        return self.home / "vectors.opening"

    @property
    def vectors_folder(self) -> Path:
        """The embedded Chroma's folder, which can be made again from the catalogue."""
        return self.home / "vectors"


def load_config(
    home: Path | None = None,
    overrides: Mapping[str, str | int | None] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Config:
    """The settings of a home; `overrides` come from the command line, None meaning not given.

    Raises `ConfigError` for an unknown key (with its path) or a value of the wrong type.
    """
    config = Config(home_folder(home, environment))
    toml = config.home / "dalil.toml"
    config = _apply(config, _read_toml(toml), str(toml))
    given = {key: environment.get(f"DALIL_{key.upper()}") for key in _keys()}
    config = _apply(config, {key: value for key, value in given.items() if value}, "DALIL_…")
    chosen = {key: value for key, value in (overrides or {}).items() if value is not None}
    return _apply(config, chosen, "the command line")


def home_folder(home: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Where a collection is: as it is given, else `DALIL_HOME`, else the user's data."""
    folder = home or Path(environment.get("DALIL_HOME") or platformdirs.user_data_path("dalil"))
    return folder.expanduser().absolute()


def _keys() -> list[str]:
    return [field.name for field in fields(Config) if field.name != "home"]


def _read_toml(path: Path) -> Mapping[str, object]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}. Mend or remove it.") from error


def _apply(config: Config, values: Mapping[str, object], origin: str) -> Config:
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in _keys():
            known = ", ".join(_keys())
            raise ConfigError(f"{origin}: unknown setting {key!r}. The settings are: {known}.")
        if key == "quotations":
            changes[key] = _number(value, origin)
        elif key == "vectors":
            changes[key] = _place(_text(key, value, origin).strip(), origin)
        elif key == "reader":
            changes[key] = _one_of((DEFAULT_READER, NO_READER), key, value, origin)
        elif key == "links":
            changes[key] = _one_of((NO_LINKS, PUBLIC_LINKS), key, value, origin)
        else:
            changes[key] = _text(key, value, origin)
    return replace(config, **changes)


def _number(value: object, origin: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if not 1 <= number <= 20:
        raise ConfigError(f"{origin}: quotations = {value!r} is not a number from 1 to 20.")
    return number


def _text(key: str, value: object, origin: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{origin}: {key} = {value!r} is not a text in quotation marks.")
    return value


def _one_of(known: Sequence[str], key: str, value: object, origin: str) -> str:
    if value not in known:
        raise ConfigError(f"{origin}: {key} = {value!r} is none of: {', '.join(known)}.")
    return str(value)


def _place(value: str, origin: str) -> str:
    """Where the neighbour index is; a URL that may hold a password is not shown."""
    if value == EMBEDDED:
        return value
    try:
        parts = urlsplit(value)
        has_secret = "@" in parts.netloc or bool(parts.query or parts.fragment)
        is_server = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an unfinished IPv6 address
        has_secret, is_server = "@" in value, False
    if has_secret:
        raise ConfigError(
            f"{origin}: the URL in vectors holds more than an address. Write http://HOST:PORT, "
            "and put the key of the server into the environment variable DALIL_VECTORS_KEY."
        )
    if not is_server:
        raise ConfigError(
            f'{origin}: vectors = {value!r} is neither "embedded" nor a URL such as '
            "http://127.0.0.1:8000."
        )
    return value.rstrip("/")
