"""The commands `dalil eval …`, as processes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests_support import dalil, document

from eval.dataset import DEVELOPMENT, row_of
from eval.dataset import load_questions as load
from index.config import Config

SMALL = 4


@pytest.fixture(scope="module")
def home(sample_home: Config) -> str:
    return str(sample_home.home)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two files of gold questions."""
    folder = tmp_path_factory.mktemp("questions")
    golds = [gold for gold in load(DEVELOPMENT) if "within" in gold.tags and not gold.history]
    paths = [folder / "one.jsonl", folder / "two.jsonl"]
    for path, chosen in zip(paths, (golds[:SMALL], golds[SMALL : 2 * SMALL]), strict=True):
        path.write_text("\n".join(json.dumps(row_of(gold)) for gold in chosen), "utf-8")
    return [str(path) for path in paths]


def test_run_score_and_compare(home: str, files: list[str], tmp_path: Path) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    ran = dalil("eval", "run", "--questions", *files, "--home", home, "--out", first)
    assert ran.returncode == 0, ran.stderr
    assert "crag_score" in ran.stdout
    assert "report.html" in ran.stdout
    summary = document(
        dalil("eval", "run", "--questions", files[0], "--home", home, "--out", second, "--json")
    )
    assert summary["metrics"]["citations_exact"]["value"] == 1
    assert sum(summary["counts"].values()) == SMALL
    assert document(dalil("eval", "score", second, "--json")) == summary
    compared = dalil("eval", "compare", first, second, "--gate")
    assert compared.returncode == 0, compared.stderr
    assert f"{SMALL} questions in both runs, {SMALL} in one alone" in compared.stdout
    comparison = document(dalil("eval", "compare", first, second, "--json"))
    assert (comparison["shared"], comparison["worse"], comparison["turns"]) == (SMALL, [], [])


def test_the_gate_stops_what_got_worse(home: str, tmp_path: Path) -> None:
    golds = [gold for gold in load(DEVELOPMENT) if "within" in gold.tags and not gold.history]
    path, good, bad = tmp_path / "q.jsonl", tmp_path / "good", tmp_path / "bad"
    path.write_text("\n".join(json.dumps(row_of(gold)) for gold in golds[::3]), "utf-8")
    ran = dalil("eval", "run", "--questions", str(path), "--home", home, "--out", str(good))
    assert ran.returncode == 0, ran.stderr
    shutil.copytree(good, bad)
    answers = [json.loads(line) for line in (bad / "answers.jsonl").read_text("utf-8").splitlines()]
    for row in answers:
        row["answer"] |= {"status": "not_found", "text": "No.", "citations": []}
    (bad / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers), "utf-8")
    assert dalil("eval", "score", str(bad)).returncode == 0
    told = dalil("eval", "compare", str(good), str(bad), "--gate")
    assert told.returncode == 1, told.stderr
    assert "WORSE" in told.stdout
    assert "right → refused" in told.stdout
    assert dalil("eval", "compare", str(good), str(good), "--gate").returncode == 0


def test_the_built_in_collection_is_made_once(tmp_path: Path, files: list[str]) -> None:
    out = str(tmp_path / "run")
    arguments = ("eval", "run", "--builtin", "--questions", files[0], "--retrieval-only", "--json")
    summary = document(dalil(*arguments, "--out", out, "--sample", "3"))
    assert summary["config"]["articles"] == 60
    assert summary["config"]["sample"] == 3
    assert summary["metrics"]["ndcg@10"]["n"] == 3


def test_squad_is_imported(tmp_path: Path) -> None:
    context = "The library holds 90,000 books."
    answer = {"text": "90,000", "answer_start": context.index("90,000")}
    qas = [{"id": "1", "question": "How many books?", "answers": [answer]}]
    source = tmp_path / "set.json"
    source.write_text(json.dumps({"data": [{"paragraphs": [{"context": context, "qas": qas}]}]}))
    done = dalil("eval", "import", "squad", str(source), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "1 articles" in done.stdout
    assert (tmp_path / "out" / "set.questions.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("run",), 2, "--questions FILE"),
        (("run", "--builtin", "--home", "somewhere"), 2, "leave out --home"),
        (("run", "--questions", "none.jsonl", "--builtin"), 1, "none.jsonl cannot be read"),
        (("run", "--builtin", "--llm", "gpt"), 2, "no language model 'gpt'"),
        (("run", "--builtin", "--judge", "quotes"), 1, "cannot judge"),
        (("score", "nowhere"), 1, "no evaluation run"),
        (("compare", "nowhere", "elsewhere"), 1, "no evaluation run"),
        (("import", "squad", "none.json"), 1, "cannot be read"),
        (("bench", "--articles", "one.md"), 2, "belong together"),
    ],
)
def test_a_wrong_call_says_what_to_do(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = dalil("eval", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())
