"""The JSON documents of the collection and the models, beside those of `rag.documents`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from index.pinned import Weights
from index.rows import ArticleSummary
from index.weights import is_present, path_of
from index.writer import Summary
from rag.documents import Document, dated

if TYPE_CHECKING:
    from index.check import Report


def summary_document(summary: ArticleSummary) -> Document:
    """One line of the list of articles."""
    return dated(asdict(summary))


def ingest_document(summary: Summary) -> Document:
    """What an ingest or a rebuild did."""
    return asdict(summary)


def report_document(report: Report) -> Document:
    """What was found in a home."""
    return {
        "home": str(report.home),
        "sound": report.is_sound,
        "mended": list(report.mended),
        "findings": [
            {"part": f.part, "state": f.state, "text": f.text, "remedy": f.remedy}
            for f in report.findings
        ],
        "readable": list(report.readable),
    }


def weights_document(weights: Weights) -> Document:
    """A model that can be fetched, and whether it is here."""
    return {
        "name": weights.name,
        "kind": weights.kind,
        "bytes": weights.size,
        "licence": weights.licence,
        "origin": weights.origin,
        "present": is_present(weights),
        "path": str(path_of(weights)),
    }
