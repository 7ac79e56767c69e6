"""A web page as an article: its main text as trafilatura finds it, without what nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.encoding import readable
from index.fields import RefusedError, day, one_line, tidied
from index.hidden import Kind, total
from index.parsing import Parsed
from index.styles import take_out_hidden

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)
_CODE = re.compile(r"[<>{}=;\[\]]|https?:")
_FEWEST_WORDS = 8
"""A comment with fewer words names a part of the page or who made it."""


def web_page(data: bytes) -> Parsed:
    """The article of a page. `RefusedError` where there is none.

    Menus, headers and footers are no part of it, so nothing that is hidden in them is reported.
    """
    from trafilatura import bare_extraction
    from trafilatura.utils import load_html

    source = readable(data, declares=True)
    tree = load_html(source)
    hidden = [*_comments(source), *(take_out_hidden(tree) if tree is not None else ())]
    page = tree is not None and bare_extraction(
        tree,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if not page or isinstance(page, dict) or not page.text:
        raise RefusedError("No article was found in the page: save its text as .txt or .md.")
    published = day(one_line(page.date))
    fields = {
        "title": page.title,
        "url": page.url,
        "source": page.sitename,
        "author": page.author,
        "published": published.isoformat() if published else None,
    }
    return Parsed(tidied(page.text), fields, total(hidden))


def _comments(source: str) -> Iterator[tuple[Kind, str]]:
    """Comments that are sentences."""
    for found in _COMMENT.finditer(source):
        if len(found[1].split()) >= _FEWEST_WORDS and not _CODE.search(found[1]):
            yield "markup", found[1]
