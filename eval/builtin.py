"""The project's own articles as a collection, made where it is missing or out of date."""

from __future__ import annotations

from pathlib import Path

from eval.dataset import ARTICLES
from eval.provenance import code_of, sha256
from index.build import ingest, rebuild
from index.config import Config
from index.rows import SCHEMA
from index.settings import OpenEmbedder
from index.weights import cache_folder
from index.writer import Report


def builtin_home() -> Path:
    """The home of the built-in collection, in the cache folder: one for each layout."""
    return cache_folder() / f"builtin-{SCHEMA}"


def build_builtin(
    config: Config, open_embedder: OpenEmbedder, report: Report | None = None
) -> None:
    """Index the built-in articles into `config.home`, as the code that runs now would.

    A mark says which code, embedding model and articles made what is there; where they are the
    same, nothing is done. Raises `DalilError`.
    """
    mark = config.home / "builtin.sha256"
    made_by = sha256(
        code_of("index").encode(),
        config.embedding.encode(),
        *(path.read_bytes() for path in sorted(ARTICLES.iterdir())),
    )
    if mark.exists() and mark.read_text("utf-8") == made_by:
        return
    if config.catalogue.exists():
        rebuild(config, open_embedder, report)
    ingest([ARTICLES], config, open_embedder, report, prune=ARTICLES)
    mark.write_text(made_by, "utf-8")
