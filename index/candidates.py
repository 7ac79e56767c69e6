"""Candidates: the chunks worth ranking for a question, by vectors and by words, after filtering.

Neighbours come from Chroma without its own filter, which reads the metadata of the whole collection
at every question: among 60,000 chunks, a filter that leaves a tenth takes it four times as long as
scoring these exactly from the catalogue's vectors, and finds 0.85 of the nearest hundred. So many
neighbours are asked for and those that are filtered out dropped; where too few are left, and at
once where a filter leaves few chunks, all that it leaves are scored exactly. An open Chroma neither
sees what another process adds nor forgets what it removes; the catalogue makes up for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue
from index.filters import EVERYTHING, Filters, condition
from index.vectors import NeighbourIndex

Vector = NDArray[np.float32]

EXACTLY_SCORED = 3000
"""Where a filter leaves no more chunks than this, all of them are compared with the question."""

_ASKED, _ASKED_FILTERED = 2, 16
"""How many times the neighbours wanted are asked of Chroma: some are gone, or filtered out."""

_MOST_MATCHED, _ALWAYS_MATCHED = 0.2, 20_000
"""The share of a collection's chunks, and the number, that a question's words may match together.

Every match is scored, a million in a second. With less than a fifth quality falls (ARCD, 250
questions, 1,899 chunks: nDCG@10 0.872 with all words, 0.874 with a fifth, 0.865 with a twentieth).
"""


def nearest(
    catalogue: Catalogue,
    neighbours: NeighbourIndex | None,
    generation: int,
    vector: Vector,
    limit: int,
    filters: Filters = EVERYTHING,
    few: int = EXACTLY_SCORED,
) -> list[str]:
    """Ids of the `limit` chunks nearest to `vector` (d,) that `filters` leave, or all of those.

    `neighbours` was opened at `generation` of the catalogue; the nearest of the chunks that are
    newer come on top of the `limit`. It is not asked where filters leave no more than `few` chunks.
    Without it every chunk is compared: among 10,000 that takes 65 ms instead of 3.
    """
    if neighbours is None:
        return exactly_nearest(catalogue, vector, limit, filters)
    if filters != EVERYTHING and not _leaves_more_than(catalogue, few, filters):
        return exactly_nearest(catalogue, vector, limit, filters)
    asked = limit * (_ASKED if filters == EVERYTHING else _ASKED_FILTERED)
    near = neighbours.nearest(vector, asked)
    shown = _shown(catalogue, near, filters)
    kept = [id_ for id_ in near if id_ in shown][:limit]
    if len(kept) < limit:
        return exactly_nearest(catalogue, vector, limit, filters)
    if catalogue.generation() > generation:
        kept += exactly_nearest(catalogue, vector, limit, filters, newer_than=generation)
    return kept


def exactly_nearest(
    catalogue: Catalogue,
    vector: Vector,
    limit: int,
    filters: Filters = EVERYTHING,
    newer_than: int = -1,
) -> list[str]:
    """Ids of the chunks nearest to `vector` (d,), nearest first, by the catalogue's own vectors.

    Of those that `filters` leave and that became visible after generation `newer_than`.
    """
    asked, values = condition(filters)
    query = f"SELECT c.id, c.vector FROM chunks c WHERE generation > :newer_than AND {asked}"  # noqa: S608
    rows = catalogue.rows(query, {**values, "newer_than": newer_than})
    if not rows:
        return []
    matrix = np.frombuffer(b"".join(row["vector"] for row in rows), np.float16)
    scores = matrix.astype(np.float32).reshape(len(rows), -1) @ vector
    return [rows[i]["id"] for i in np.argsort(-scores)[:limit]]


def lexical_scores(
    catalogue: Catalogue, stems: Sequence[str], limit: int, filters: Filters = EVERYTHING
) -> dict[str, float]:
    """BM25 (k1 1.2, b 0.75) over stems: chunk id to score, the best `limit` that are left."""
    if not stems:
        return {}
    asked, values = condition(filters)
    # Without the plus, SQLite would look the words up anew for every chunk that is left.
    among = f"AND +rowid IN (SELECT c.number FROM chunks c WHERE {asked}) " if values else ""  # noqa: S608
    query = (
        "SELECT c.id, -l.score AS score FROM "  # noqa: S608
        "(SELECT rowid, bm25(lexicon) AS score FROM lexicon WHERE lexicon MATCH :terms "
        f"{among}ORDER BY score LIMIT :limit) l JOIN chunks c ON c.number = l.rowid"
    )
    terms = " OR ".join('"' + term.replace('"', "") + '"' for term in stems)
    rows = catalogue.rows(query, {**values, "terms": terms, "limit": limit})
    return {row["id"]: row["score"] for row in rows}


def rarest(stems: Sequence[str], catalogue: Catalogue) -> list[str]:
    """The rarest of some stems, as many as match few enough chunks, and always the first."""
    counts, matched = catalogue.stem_counts(stems), 0
    most = max(_MOST_MATCHED * catalogue.chunk_count(), _ALWAYS_MATCHED)
    kept: list[str] = []
    for stem in sorted(stems, key=lambda stem: counts.get(stem, 0)):
        matched += counts.get(stem, 0)
        if kept and matched > most:
            break
        kept.append(stem)
    return kept


def _leaves_more_than(catalogue: Catalogue, count: int, filters: Filters) -> bool:
    asked, values = condition(filters)
    query = f"SELECT 1 FROM chunks c WHERE {asked} LIMIT 1 OFFSET :count"  # noqa: S608
    return bool(catalogue.rows(query, {**values, "count": count}))


def _shown(catalogue: Catalogue, ids: Iterable[str], filters: Filters) -> set[str]:
    """Those of `ids` that are chunks of the collection and that `filters` leave."""
    asked, values = condition(filters)
    wanted = "SELECT value FROM json_each(:ids)"
    query = f"SELECT c.id FROM chunks c WHERE c.id IN ({wanted}) AND {asked}"  # noqa: S608
    return {row["id"] for row in catalogue.rows(query, {**values, "ids": json.dumps(list(ids))})}
