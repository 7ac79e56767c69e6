"""Which articles of a listing somebody looks for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from index.rows import ArticleSummary
from index.text import fold
from index.types import Language


def matching(
    summaries: Sequence[ArticleSummary],
    text: str = "",
    language: Language | None = None,
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[ArticleSummary]:
    """The articles whose title, source or id has every word of `text`, however it is spelled.

    None leaves everything in; either day leaves undated articles out.
    """
    wanted = fold(text).split()

    def fits(item: ArticleSummary) -> bool:
        told = fold(f"{item.title} {item.source} {item.id}")
        return (
            language in (None, item.language)
            and source in (None, item.source)
            and (since is None or (item.published is not None and item.published >= since))
            and (until is None or (item.published is not None and item.published <= until))
            and all(word in told for word in wanted)
        )

    return [item for item in summaries if fits(item)]
