"""The measure of what grounding keeps and drops, and its data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from eval.grounding import (
    ALTERED_DEV,
    ALTERED_TEST,
    Checked,
    builtin_articles,
    checked,
    table,
)
from index.embed import Embedder
from index.errors import ReadError
from index.text import language_of
from index.types import Article
from rag.ground import Checks

FILES = (ALTERED_DEV, ALTERED_TEST)
FEWEST = 200
FEWEST_OF_A_KIND = 15


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return builtin_articles()


@pytest.mark.parametrize("path", FILES)
def test_every_quotation_stands_in_its_article(path: Path, articles: dict[str, Article]) -> None:
    found = rows(path)
    assert len({row["id"] for row in found}) == len(found)
    for row in found:
        assert row["quotation"] in articles[row["article"]].text, row["id"]


@pytest.mark.parametrize("path", FILES)
def test_there_are_altered_sentences_of_every_kind_in_both_languages(path: Path) -> None:
    kinds: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for row in json.loads(f"[{','.join(path.read_text('utf-8').splitlines())}]"):
        for each in row["altered"]:
            assert each["sentence"] != row["sentence"]
            kinds[each["kind"]] += 1
            languages[language_of(each["sentence"])] += 1
    assert kinds.total() >= FEWEST
    assert min(kinds.values()) >= FEWEST_OF_A_KIND
    assert min(languages["ar"], languages["en"]) >= FEWEST / 2


def test_what_is_tested_is_of_other_articles() -> None:
    dev, test = ({row["article"] for row in rows(path)} for path in FILES)
    assert dev.isdisjoint(test)


def test_the_true_sentence_is_kept_and_another_date_is_dropped(
    articles: dict[str, Article], embedder: Embedder
) -> None:
    row = {
        "id": "one",
        "article": "hope-probe-en",
        "quotation": "Hope was launched on 20 July 2020 from the Tanegashima Space Center in Japan",
        "question": "When was Hope launched?",
        "sentence": "Hope was launched on July 20, 2020.",
        "altered": [{"kind": "date", "sentence": "Hope was launched on July 21, 2020."}],
    }
    found = list(checked([row], articles, Checks(embedder)))
    assert [(each.kind, each.pair, each.kept) for each in found] == [
        ("true", "en-en", True),
        ("date", "en-en", False),
    ]


def test_a_quotation_that_is_not_there_is_refused(
    articles: dict[str, Article], embedder: Embedder
) -> None:
    row = {"id": "one", "article": "hope-probe-en", "quotation": "It never flew."}
    with pytest.raises(ReadError, match="one: its quotation"):
        list(checked([row], articles, Checks(embedder)))


def test_the_table_tells_what_was_kept_and_what_was_dropped() -> None:
    found = [
        Checked("a", "ar-ar", "true", kept=True),
        Checked("b", "ar-ar", "true", kept=False),
        Checked("a", "ar-ar", "roles", kept=False),
        Checked("a", "ar-en", "roles", kept=True),
    ]
    lines = table(found).splitlines()
    assert lines[0] == "| share | within a language | across |"
    assert lines[2].startswith("| true sentences, kept | 0.50 [")
    assert lines[2].endswith("| – |")
    assert "| roles, dropped | 1.00" in lines[4]
