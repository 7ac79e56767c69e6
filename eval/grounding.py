"""How well the check of drafts tells what a quotation proves from what it does not.

    python -m eval.grounding [--no-verifier] [FILE…]

A file, by default the built-in one for tests, has sentences with the quotation that proves them,
each with altered ones that say something else in one place. Printed with 95 % intervals, articles
drawn as wholes: the share of true sentences that is kept, and of altered ones, by kind, that is
dropped; within a language and across.
--no-verifier leaves that out, as where a home has no reader.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.dataset import ARTICLES
from eval.intervals import Figure, interval
from index.embed import Embedder
from index.errors import ReadError
from index.readers import read
from index.text import language_of
from index.types import Article, RawArticle, Sentence
from index.writer import article_of
from rag.ground import Checks, ground
from rag.types import Evidence
from rag.verifier import Verifier

DATA = Path(__file__).parent / "data"
ALTERED_DEV = DATA / "altered.dev.jsonl"
ALTERED_TEST = DATA / "altered.test.jsonl"

TRUE = "true"


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence that was checked: its kind, "true" or what was altered; `kept` if let through."""

    article: str
    pair: str
    kind: str
    kept: bool


def checked(
    rows: Sequence[Mapping[str, Any]], articles: Mapping[str, Article], checks: Checks
) -> Iterator[Checked]:
    """Every sentence of some rows, checked against the quotation of its row.

    Raises `ReadError` where a quotation does not stand in its article.
    """
    for row in rows:
        article = articles.get(row["article"])
        start = article.text.find(row["quotation"]) if article else -1
        if article is None or start < 0:
            raise ReadError(f"{row['id']}: its quotation does not stand in {row['article']}.")
        sentence = Sentence(start, start + len(row["quotation"]), article.language)
        evidence = [Evidence(article, sentence, 0.0)]
        pair = f"{language_of(row['sentence'])}-{article.language}"
        for kind, said in _sentences(row):
            grounded = ground(f"{said} [1]", evidence, row["question"], checks)
            yield Checked(article.id, pair, kind, grounded is not None)


def _sentences(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield TRUE, row["sentence"]
    for each in row["altered"]:
        yield each["kind"], each["sentence"]


def table(found: Sequence[Checked]) -> str:
    """The figures as a table of Markdown."""
    groups: dict[str, dict[str, list[Checked]]] = defaultdict(lambda: defaultdict(list))
    for each in found:
        one, two = each.pair.split("-")
        group = groups["within a language" if one == two else "across"]
        group[each.kind].append(each)
        if each.kind != TRUE:
            group["altered"].append(each)
    names = [TRUE, "altered", *sorted({each.kind for each in found} - {TRUE})]
    lines = [f"| share | {' | '.join(groups)} |", "|---|" + "---|" * len(groups)]
    for name in names:
        cells = [_cell(group[name], kept=name == TRUE) for group in groups.values()]
        what = "true sentences, kept" if name == TRUE else f"{name}, dropped"
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: Sequence[Checked], *, kept: bool) -> str:
    if not found:
        return "–"
    values = np.array([each.kept == kept for each in found], np.float64)
    figure: Figure = interval(values, [each.article for each in found])
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}] of {figure.n}"


def builtin_articles() -> dict[str, Article]:
    """The built-in articles by id, as they are stored."""
    found = (article_of(item) for item in read([ARTICLES]) if isinstance(item, RawArticle))
    return {article.id: article for article in found}


def main() -> None:
    """Check and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, default=[ALTERED_TEST])
    parser.add_argument("--no-verifier", action="store_true", help="by words and figures alone")
    given = parser.parse_args()
    embedder = Embedder.open()
    checks = Checks(embedder, None if given.no_verifier else Verifier(embedder))
    lines = [line for path in given.files for line in path.read_text("utf-8").splitlines()]
    found = list(checked(list(map(json.loads, lines)), builtin_articles(), checks))
    print(table(found))


if __name__ == "__main__":
    main()
