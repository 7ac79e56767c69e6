"""Articles found beside other systems, on an imported set."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import ROOT

from eval.dataset import ARTICLES, DEVELOPMENT, load_questions, row_of
from eval.retrieval import DALIL, MEASURES, Row, compared, markdown
from index.readers import read
from index.types import RawArticle


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """A few of the sample articles and their questions, compared."""
    folder = tmp_path_factory.mktemp("compared")
    ids = {"beirut-port-ar", "suez-ever-given-en", "hope-probe-en", "hajj-1445-ar"}
    kept = [r for r in read([ARTICLES]) if isinstance(r, RawArticle) and r.id in ids]
    articles = folder / "few.articles.jsonl"
    articles.write_text(
        "\n".join(json.dumps({"id": r.id, "title": r.title, "text": r.text}) for r in kept), "utf-8"
    )
    golds = [g for g in load_questions(DEVELOPMENT) if g.articles and set(g.articles) <= ids]
    questions = folder / "few.questions.jsonl"
    questions.write_text("\n".join(json.dumps(row_of(g)) for g in golds[:12]), "utf-8")
    return list(compared(articles, [questions], folder / "built"))


def test_every_pair_and_measure_has_figures_and_differences(rows: list[Row]) -> None:
    assert {row.measure for row in rows} == set(MEASURES)
    for row in rows:
        ours = row.figures[DALIL].value
        assert ours is not None
        assert 0 <= ours <= 1
        for name, difference in row.differences.items():
            other = row.figures[name].value
            assert other is not None
            assert difference.value == pytest.approx(ours - other)


def test_the_table_has_a_column_for_every_system_and_difference(rows: list[Row]) -> None:
    lines = markdown(rows).splitlines()
    assert len(lines) == len(rows) + 2
    columns = 3 + len(rows[0].figures) + len(rows[0].differences)
    assert {line.count("|") for line in lines} == {columns}


def test_files_without_articles_are_told(tmp_path: Path) -> None:

    command = [sys.executable, "-m", "eval.retrieval", "--data", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "no X.articles.jsonl" in ran.stderr
