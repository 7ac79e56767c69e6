"""Building a collection: files in, articles cleaned, cut, embedded and stored.

Nothing is deleted but by `prune` and `remove`. What is stored is acknowledged by the catalogue's
transaction; the neighbour index follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from index import database
from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder
from index.errors import CatalogueError
from index.links import is_link, read_links
from index.lock import writing
from index.mend import catch_up, refill_neighbours
from index.readers import count, read
from index.settings import OpenEmbedder, settings_of
from index.types import RawArticle, Refusal
from index.vectors import NeighbourIndex, collection_name
from index.writer import Report, Summary, Writer


def ingest(
    paths: Sequence[Path | str],
    config: Config,
    open_embedder: OpenEmbedder | None = None,
    report: Report | None = None,
    prune: Path | None = None,
) -> Summary:
    """Read files and folders into the collection of `config.home`; make it where there is none.

    Among `paths` may be links, texts such as "https://example.org/article", which are fetched where
    `config.links` allows it.
    The embedder, that of `config` unless `open_embedder` gives another, is opened only when
    something is new. With `prune`, articles that once came from
    that folder and are gone are removed. Raises `DalilError`; what was stored before stays.
    """
    links = [str(path) for path in paths if is_link(path)]
    files = [Path(path) for path in paths if not is_link(path)]
    # The links first, as nobody else may write while this does.
    found = chain(read(files), list(read_links(links, config.links)))
    total = count(files) + len(links) if report else 0
    opened = open_embedder or (lambda: Embedder.open(config.embedding))
    return take(found, config, opened, report, total, prune)


def take(
    found: Iterable[RawArticle | Refusal],
    config: Config,
    open_embedder: OpenEmbedder,
    report: Report | None = None,
    total: int = 0,
    prune: Path | None = None,
) -> Summary:
    """Take what was read into the collection of `config.home`, otherwise as `ingest` does.

    `total` is how many articles there will be, about.
    """
    with (
        writing(config.home, "ingest"),
        Writer(config, open_embedder, report, total) as writer,
    ):
        gone = _gone(prune, writer.catalogue) if prune else []
        writer.release(gone)
        for item in found:
            writer.take(item)
        writer.flush()
        removed = writer.remove(gone)
        return replace(writer.summary(), removed=removed)


def remove(ids: Sequence[str], config: Config) -> tuple[str, ...]:
    """Remove articles by id; returns the ids that were there. Raises `DalilError`."""
    Catalogue.open(config.catalogue)  # before a lock is made in a home that is none
    with writing(config.home, "remove"):
        catalogue = Catalogue.open(config.catalogue)
        known = tuple(dict.fromkeys(id_ for id_ in ids if catalogue.digest(id_) is not None))
        if known:  # else nothing is written: readers need not look again
            catalogue.remove(known)
            catch_up(config, catalogue, catalogue.chunk_count() // 100)
        return known


def rebuild(config: Config, open_embedder: OpenEmbedder, report: Report | None = None) -> Summary:
    """Clean, cut and embed every article again, from the raw texts that the catalogue keeps.

    Readers go on with the old state until the new one takes its place in one transaction.
    """
    Catalogue.open(config.catalogue)  # before a lock is made in a home that is none
    with writing(config.home, "rebuild"):
        catalogue = Catalogue.open(config.catalogue)
        beside = config.rebuilt
        database.delete(beside)
        collection = collection_name(catalogue.collection(), catalogue.generation() + 1)
        old = NeighbourIndex.find(config, catalogue.collection())
        if old is not None:
            old.drop_others()
        embedder = open_embedder()
        made = Catalogue.create(beside, settings_of(embedder), collection)
        neighbours = NeighbourIndex.open(config, collection)
        total = catalogue.article_count()
        with Writer(config, lambda: embedder, report, total, made) as writer:
            for raw in catalogue.raw_articles():
                writer.take(raw)
            writer.flush()
        _nothing_refused(writer.summary())
        catch_up(config, made)
        catalogue.become(made)
        neighbours.drop_others()
        database.delete(beside)
        return writer.summary()


def refill(config: Config) -> int:
    """Copy the catalogue's vectors into the neighbour index anew; returns how many.

    For an index that was lost or is to be somewhere else now; nothing is embedded. Readers go on
    with the old one until the new one is whole.
    """
    Catalogue.open(config.catalogue)  # before a lock is made in a home that is none
    with writing(config.home, "rebuild --vectors"):
        catalogue = Catalogue.open(config.catalogue)
        return refill_neighbours(config, catalogue).count()


def _nothing_refused(summary: Summary) -> None:
    """Raise `CatalogueError` where a rebuild would lose an article."""
    if summary.refused:
        lost = "; ".join(f"{refusal.origin}: {refusal.reason}" for refusal in summary.refused)
        raise CatalogueError(
            f"Nothing was rebuilt, because these articles would be lost: {lost}. Remove them first "
            "with: dalil articles remove ID."
        )


def _gone(folder: Path, catalogue: Catalogue | None) -> list[str]:
    """Ids of articles that came from `folder` and are no longer in it.

    What cannot be read now is not taken for gone, nor is anything below a folder that cannot be.
    """
    if catalogue is None:
        return []
    root = folder.resolve()
    found = list(read([root]))
    present = {item.origin for item in found}
    unread = {_file(item.origin) for item in found if isinstance(item, Refusal)}
    return [
        id_
        for origin, id_ in catalogue.origins().items()
        if Path(origin).is_relative_to(root)
        and origin not in present
        and unread.isdisjoint(map(str, (_file(origin), *Path(_file(origin)).parents)))
    ]


def _file(origin: str) -> str:
    """The file of an origin: a file of lines without "#" and an id, or ":" and a line number."""
    return re.sub(r"(\.jsonl|\.csv)(?:#.*|:\d+)$", r"\1", origin, flags=re.DOTALL | re.IGNORECASE)
