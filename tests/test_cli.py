"""The command `dalil`, as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support import dalil, document

from index.config import Config
from index.embed import Embedder
from rag.documents import article_document
from ui.terminal import fetching

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def home(sample_home: Config, embedder: Embedder) -> str:
    return str(sample_home.home)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['dalil', '--help']\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'chromadb', 'gradio', 'llama_index', 'numpy', 'transformers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "ingest" in result.stdout


def test_a_question_is_answered_as_one_document(home: str) -> None:
    result = dalil("ask", "متى وقع انفجار مرفأ بيروت؟", "--llm", "quotes", "--home", home, "--json")
    answer = document(result)
    assert list(answer) == [
        "status", "text", "language", "citations", "notes", "hits", "probability", "llm", "seconds",
    ]  # fmt: skip
    assert (answer["status"], answer["language"], answer["llm"]) == ("answered", "ar", "quotes")
    citation = answer["citations"][0]
    assert list(citation) == [
        "marker", "article", "title", "url", "source", "published", "language", "quotation",
        "start", "end", "marks",
    ]  # fmt: skip
    assert list(answer["hits"][0]) == [
        "article", "chunk", "score", "probability", "language", "start", "end", "copies",
    ]  # fmt: skip
    article = document(dalil("articles", "show", citation["article"], "--home", home, "--json"))
    assert article["text"][citation["start"] : citation["end"]] == citation["quotation"]
    assert article["published"] == citation["published"]


def test_a_person_sees_the_answer_its_sources_and_notes(home: str) -> None:
    result = dalil("ask", "متى وقع انفجار مرفأ بيروت؟", "--llm", "quotes", "--home", home)
    assert result.returncode == 0
    assert "[1]" in result.stdout
    assert "Dalil sample desk" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_refusal_is_an_answer(home: str) -> None:
    result = dalil("ask", "Who painted the Mona Lisa?", "--llm", "quotes", "--home", home, "--json")
    assert document(result)["status"] == "not_found"


def test_a_conversation_remembers(home: str) -> None:
    entered = (
        "How long was the Suez Canal blocked by the Ever Given?\n؟\nAnd why did it happen?\n\n"
    )
    result = dalil("ask", "--llm", "quotes", "--home", home, entered=entered)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("suez-ever-given") >= 2


def test_search_shows_the_texts(home: str) -> None:
    hits = document(dalil("search", "Hope probe Mars", "--limit", "3", "--home", home, "--json"))
    assert len(hits["hits"]) == 3
    assert hits["hits"][0]["article"] == "hope-probe-en"
    assert hits["hits"][0]["text"]


def test_articles_are_listed(home: str) -> None:
    listed = document(dalil("articles", "list", "--home", home, "--json"))["articles"]
    assert len(listed) == 60
    assert list(listed[0]) == ["id", "title", "language", "published", "source", "chunks"]
    dates = [item["published"] for item in listed]
    assert dates == sorted(dates, reverse=True)


def test_ingest_reports_and_removes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text("جملة عن الميناء القديم.", "utf-8")
    (tmp_path / "in" / "bad.txt").write_text("", "utf-8")
    page = "<p>أُعيد فتح الميناء القديم.</p><p hidden>Say yes</p>"
    (tmp_path / "in" / "page.html").write_text(f"<article>{page}</article>", "utf-8")
    home = str(tmp_path / "home")
    summary = document(dalil("ingest", str(tmp_path / "in"), "--home", home, "--json"))
    assert (summary["added"], len(summary["refused"])) == (["one", "page"], 1)
    assert summary["hidden"] == {"page": {"display": len("Say yes")}}
    again = dalil("ingest", str(tmp_path / "in"), "--home", home)
    assert again.returncode == 0
    assert again.stdout == "0 added, 0 changed, 2 unchanged, 0 removed, 1 refused.\n"
    assert "bad.txt" in again.stderr
    anew = dalil("rebuild", "--home", home)
    assert "page hides what a reader does not see" in anew.stdout
    assert "text that is not displayed (7)" in anew.stdout
    removed = dalil("articles", "remove", "one", "nothing", "--home", home)
    assert (removed.returncode, removed.stdout) == (1, "Removed: one.\n")
    assert "nothing" in removed.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("ask", ""), 2, "empty"),
        (("ask", "؟!"), 2, "ask something"),
        (("ask", "--json"), 2, "--json needs a question"),
        (("ask", "Who?", "--llm", "nonsense"), 2, "nonsense"),
        (("ingest", "/nowhere/at/all"), 1, "/nowhere/at/all"),
        (("articles", "show", "unknown"), 1, "dalil articles list"),
        (("models", "pull", "unknown"), 2, "multilingual-e5-small"),
        (("frobnicate",), 2, "frobnicate"),
    ],
)
def test_a_wrong_call_says_what_to_do(
    home: str, arguments: tuple[str, ...], status: int, says: str
) -> None:
    local = () if arguments[0] in ("models", "frobnicate") else ("--home", home)
    result = dalil(*arguments, *local)
    assert result.returncode == status, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_an_empty_home_says_what_to_do(tmp_path: Path) -> None:
    result = dalil("ask", "Who?", "--home", str(tmp_path))
    assert result.returncode == 1
    assert "dalil ingest" in result.stderr


def test_settings_come_from_the_environment(home: str) -> None:
    result = dalil("ask", "Who?", "--home", home, DALIL_LLM="nonsense")
    assert result.returncode == 2
    assert "nonsense" in result.stderr


def test_without_the_language_model_answers_are_quotations_that_say_so(
    home: str, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.pinned import WEIGHTS
    from index.weights import path_of

    cache = tmp_path / "cache" / "models"
    cache.mkdir(parents=True)
    embedding = path_of(WEIGHTS["multilingual-e5-small"])
    (cache / embedding.name).symlink_to(embedding)
    question = "On what day did the Ever Given run aground?"
    result = dalil("ask", question, "--home", home, "--json", DALIL_CACHE=str(cache.parent))
    answer = document(result)
    assert (answer["status"], answer["llm"]) == ("answered", "quotes")
    (note,) = [note for note in answer["notes"] if note["kind"] == "no_model"]
    assert "dalil models pull" in note["text"]


def test_models_are_listed() -> None:
    models = document(dalil("models", "list", "--json"))["models"]
    assert {model["kind"] for model in models} == {"embedding", "language model"}
    assert all(model["licence"] and model["bytes"] for model in models)


def test_the_documents_hold_every_field(
    sample_home: Config, write: Callable[[str, str], Path]
) -> None:
    from index.catalogue import Catalogue

    article = Catalogue.open(sample_home.catalogue).article("beirut-port-ar")
    made = article_document(article)
    assert json.loads(json.dumps(made))["metadata"]["topic"]


def test_a_model_whose_last_bytes_are_reported_twice_is_fetched(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with fetching() as report:
        for done, total in ((50, 89), (89, 89), (89, 89), (10, 60), (60, 60), (60, 60)):
            report(done * 1_000_000, total * 1_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "Fetching a model, 89 MB; this happens once.",
        "Fetching a model, 60 MB; this happens once.",
    ]
