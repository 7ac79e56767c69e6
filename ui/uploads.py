"""Articles that come in through the page or over HTTP, as files, as fields or by link."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from index.build import remove as remove_articles
from index.build import take
from index.links import read_links
from index.readers import read
from index.search import Index
from index.types import RawArticle, Refusal
from index.writer import Report, Summary

_ORIGIN = "upload:"
"""What the origin of an article begins with that came so: its file is not here to be read again."""

MOST_LINKS = 20
"""How many may come at once: each may take half a minute."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody brings: its name, whose ending says how it is read, and its bytes."""

    name: str
    content: bytes


def as_upload(articles: Sequence[Mapping[str, object]]) -> Upload:
    """Articles by their fields, those of a line of JSON Lines, as one file."""
    lines = "\n".join(json.dumps(dict(each), ensure_ascii=False) for each in articles)
    return Upload("articles.jsonl", lines.encode("utf-8", "surrogatepass"))


def add(
    index: Index,
    uploads: Sequence[Upload],
    links: Sequence[str] = (),
    report: Report | None = None,
) -> Summary:
    """Read files and links into an opened collection; one that comes again replaces its former
    self. Links are fetched where the collection's setting allows it.

    What cannot be read is refused with the reason. Raises `DalilError` where nothing can be stored.
    """
    found = [*_read(uploads), *read_links(links, index.config.links)]
    return take(found, index.config, lambda: index.embedder, report, len(found))


def adding(
    index: Index, uploads: Sequence[Upload], links: Sequence[str] = ()
) -> Iterator[tuple[int, int] | Summary]:
    """As `add`, telling meanwhile how many articles were looked at, of how many; at the end what
    was done. Raises what `add` does. Abandoned, it adds the rest nevertheless.
    """
    told: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
    with ThreadPoolExecutor(1, "adding") as pool:
        done = pool.submit(
            add, index, uploads, links, lambda seen, total, _: told.put((seen, total))
        )
        done.add_done_callback(lambda _: told.put(None))
        while (progress := told.get()) is not None:
            yield progress
        yield done.result()


def remove(index: Index, ids: Sequence[str]) -> tuple[str, ...]:
    """Remove articles by id; returns the ids that were there. Raises `DalilError`."""
    return remove_articles(ids, index.config)


def _read(uploads: Sequence[Upload]) -> Iterator[RawArticle | Refusal]:
    seen: set[str] = set()
    for upload in uploads:
        name = _safe(upload.name)
        if name in seen:
            yield Refusal(name, "Another file of this name came with it: rename one.")
            continue
        seen.add(name)
        with TemporaryDirectory(prefix="dalil-") as folder:
            path = Path(folder).resolve() / name
            try:
                path.write_bytes(upload.content)
            except OSError as error:
                yield Refusal(name, f"It could not be kept ({error.strerror}): rename it.")
                continue
            for item in read([path]):
                yield replace(item, origin=item.origin.replace(str(path), _ORIGIN + name, 1))


def _safe(name: str) -> str:
    """The last part of a name, whatever system it is from."""
    last = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return last if last.strip(". ") else "unnamed"
