"""What a catalogue was built with, and whether it is what would build it now."""

from __future__ import annotations

from collections.abc import Callable

from index.catalogue import Catalogue, Settings
from index.chunk import CHUNKING
from index.embed import Embedder
from index.errors import CatalogueError

TEXT = "clean-2"
"""Names this way of cleaning and folding; a catalogue remembers it, as it does the chunking."""

OpenEmbedder = Callable[[], Embedder]


def settings_of(embedder: Embedder) -> Settings:
    """What a catalogue built now with `embedder` would remember."""
    return Settings(embedder.name, embedder.dimension, embedder.precision, CHUNKING, TEXT)


def check_settings(catalogue: Catalogue, embedding: str) -> None:
    """Raise `CatalogueError` where the catalogue was built in another way than it would be now."""
    built = catalogue.settings()
    for what, then, now in (
        ("embedding", built.embedding, embedding),
        ("chunking", built.chunking, CHUNKING),
        ("text version", built.text, TEXT),
    ):
        if then != now:
            toml = catalogue.path.parent / "dalil.toml"
            keep = f', or write embedding = "{then}" into {toml}' if what == "embedding" else ""
            raise CatalogueError(
                f"{catalogue.path} was built with {what} {then!r}, but {now!r} is set. "
                f"Run: dalil rebuild --embedding {embedding}{keep}."
            )


def check_embedder(catalogue: Catalogue, embedder: Embedder) -> None:
    """Raise `CatalogueError` where a model of that name now gives vectors of another length."""
    if (built := catalogue.settings().dimension) != embedder.dimension:
        raise CatalogueError(
            f"{catalogue.path} holds vectors of {built} dimensions, the embedding model "
            f"{embedder.name!r} now gives {embedder.dimension}. Run: dalil rebuild."
        )
