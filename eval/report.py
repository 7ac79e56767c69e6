"""The report of an evaluation run: one HTML page that stands alone, from figures to each question.

The page holds its style, its scripts and its data, and asks nothing of any other place: its policy
allows the style and the script by their SHA-256 and nothing else. Data come as JSON that cannot end
the element it stands in, and the script shows them as text only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path, PurePath
from string import Template
from typing import Any

from rag.html import DARK, FONTS, LIGHT, variables

ASSETS = Path(__file__).parent
"""Where the template, the style sheet and the scripts are."""

GROUPS: dict[str, dict[str, str]] = {
    "Headline": {
        "crag_score": "the mean worth of an answer: right 1, incomplete ½, refused 0, wrong −1",
    },
    "Retrieval": {
        "ndcg": "relevant articles near the top of the first {k}",
        "recall": "relevant articles among the first {k}",
        "mrr": "one over the rank of the first relevant article, down to {k}",
        "hit": "questions whose first article is relevant",
    },
    "Evidence": {
        "evidence_recall": "needed evidence that the quotations hold",
        "evidence_precision": "quotations that hold needed evidence",
        "quotations": "quotations in an answer, on average",
        "citations_exist": "markers in the answer that a quotation has",
        "citations_exact": "quotations that stand word for word at their offsets",
    },
    "Answers": {
        "exact_match": "the marked words, or else the answer, are an accepted answer",
        "token_f1": "words they share with the best accepted answer",
        "answer_recall": "an accepted answer stands in the answer",
        "token_recall": "the words of an accepted answer that stand in the answer",
        "marked_recall": "an accepted answer stands in the marked words",
        "answer_language": "what is not quoted is in the language of the question",
        "numbers_agree": "numbers and months of a draft that its quotations hold",
    },
    "Honesty": {
        "coverage": "answerable questions that were answered",
        "correctness": "answers that are right",
        "refusal_precision": "refusals where nothing answers",
        "refusal_recall": "unanswerable questions that were refused",
        "refusal_f1": "harmonic mean of the two",
        "refusal_at_90": "unanswerable ones on its subjects that are refused at 0.90 coverage",
        "partly_recall": "partly answerable questions that were answered as such",
        "coverage_area": "mean correctness, the surest answered first",
        "calibration_error": "distance of probability and share right; lower is better",
        "hit_calibration_error": "the same of the first hit; lower is better",
        "failed": "questions that failed and are in no other figure; lower is better",
    },
    "Citations": {
        "citation_recall": "sentences that their citations support",
        "citation_precision": "citations that are to the point",
    },
    "Speed": {},
}
"""Heading by heading, the metrics and what each is; `{k}` is the depth: 5 of recall@5."""

OTHER = "Other"

_JUDGED = "citation_"
_SECONDS = "seconds_"
_SCRIPTS = ("report_plots.js", "report_figures.js", "report_question.js", "report.js")
_PLACES = ("language", "pair", "expected", "file", "tag")

# What could end a script element or, in old engines, a line of JavaScript; lone surrogates, which
# UTF-8 cannot hold.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def write_report(
    path: Path,
    summary: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    articles: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write the page of a run to `path`, over what was there; its folder is made if need be.

    Raises what `page` raises, and `OSError` where the file cannot be written.
    """
    text = page(summary, rows, articles)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def page(
    summary: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    articles: Mapping[str, Mapping[str, Any]],
) -> str:
    """The HTML of the report.

    `summary` holds "metrics", "by", "curves", "counts", "config" and, where a judge was asked,
    "judge"; `rows` are the questions in the order shown, seconds in seconds; the offsets of their
    citations count Unicode code points of `articles[id]["text"]`. Numbers that are not finite are
    shown as n/a. Raises `TypeError` for a value that JSON has no form for.
    """
    style = _style()
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    data = {
        "summary": summary,
        "groups": grouped(_names(summary)),
        "places": _ordered(summary.get("by", {}), _PLACES),
        "rows": rows,
        "articles": articles,
    }
    return Template(_asset("report.html")).substitute(
        policy=_policy(style, script), style=style, data=json_for_html(data), script=script
    )


def grouped(names: Iterable[str]) -> list[dict[str, Any]]:
    """Metric names under their headings, in the order of `GROUPS`, unknown ones last.

    Each metric has its "name", its "words" (what it is), its "unit" ("s" or "") and whether it is
    "judged", by a model that reads.
    """
    groups: dict[str, list[tuple[tuple[int, list[Any]], dict[str, Any]]]] = {}
    for name in set(names):
        heading, place, words = _placed(name)
        unit = "s" if heading == "Speed" else ""
        metric = {"name": name, "words": words, "unit": unit, "judged": name.startswith(_JUDGED)}
        groups.setdefault(heading, []).append(((place, _natural(name)), metric))
    return [
        {"heading": heading, "metrics": [metric for _, metric in sorted(groups[heading], key=_key)]}
        for heading in (*GROUPS, OTHER)
        if heading in groups
    ]


def json_for_html(value: object) -> str:
    """A value as JSON that may stand inside a script element: `<`, `>` and `&` are escaped."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _placed(name: str) -> tuple[str, int, str]:
    """The heading of a metric, its place under it, and what it is."""
    stem, _, depth = name.partition("@")
    for heading, metrics in GROUPS.items():
        if stem in metrics:
            return heading, list(metrics).index(stem), metrics[stem].replace("{k}", depth or "k")
    if name.startswith(_JUDGED):
        return "Citations", len(GROUPS["Citations"]), ""
    if name.startswith(_SECONDS):
        return "Speed", 0, "lower is better"
    return OTHER, 0, ""


def _key(entry: tuple[tuple[int, list[Any]], dict[str, Any]]) -> tuple[int, list[Any]]:
    return entry[0]


def _natural(name: str) -> list[Any]:
    """A sorting key by which recall@5 comes before recall@10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _names(summary: Mapping[str, Any]) -> list[str]:
    """Every metric that is there for the whole or for a part."""
    parts = [part for place in summary.get("by", {}).values() for part in place.values()]
    return [name for measured in (summary.get("metrics", {}), *parts) for name in measured]


def _ordered(keys: Iterable[str], known: Sequence[str]) -> list[str]:
    """The keys, those that are known first and in that order."""
    there = list(keys)
    return [key for key in known if key in there] + [key for key in there if key not in known]


def _plain(value: object) -> object:
    """The value as JSON can say it: days and paths as text, numbers that are not finite as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, PurePath) else value


def _style() -> str:
    """The style sheet, with the colours of the chat page; what is printed is always light."""
    colours = (
        f":root {{ {variables(LIGHT)} --fonts: {FONTS}; }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}\n"
    )
    return colours + _asset("report.css")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """The content security policy: this style, this script, no other host."""
    return (
        f"default-src 'none'; style-src '{_sha256(style)}'; script-src '{_sha256(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
