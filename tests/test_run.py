"""Evaluation runs on the real collection: saved, continued, repeated, scored again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.cases import cases_of, pair_of, stratified
from eval.dataset import DEVELOPMENT, GoldQuestion, load_questions, question_of, row_of
from eval.run import evaluate, score_run
from index.config import Config
from index.errors import EvaluationError
from rag.answer import Assistant

Ask = Callable[..., Path]


@pytest.fixture
def ask(tmp_path: Path, gold: list[GoldQuestion]) -> Ask:
    """Writes a file with the first questions that have each tag, and rows of one's own."""

    def write(*tags: str, more: tuple[dict[str, Any], ...] = (), name: str = "q.jsonl") -> Path:
        chosen = [next(g for g in gold if tag in g.tags and not g.original) for tag in tags]
        rows = list({each.id: row_of(each) for each in chosen}.values())
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(row) for row in (*rows, *more)), "utf-8")
        return path

    return write


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def without_timings(summary: dict[str, Any]) -> dict[str, Any]:
    metrics = {k: v for k, v in summary["metrics"].items() if not k.startswith("seconds_")}
    return {**summary, "metrics": metrics}


BROKEN = {"id": "broken", "question": "؟؟ !!"}


def test_a_run_saves_everything(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    path, out = ask("number", "cross", "foreign", "everyday"), tmp_path / "run"
    summary = evaluate(assistant, [path], out)
    assert sorted(file.name for file in out.iterdir()) == [
        "answers.jsonl", "articles.jsonl", "config.json", "questions.jsonl", "report.html",
        "scores.jsonl", "summary.json",
    ]  # fmt: skip
    assert json.loads((out / "summary.json").read_text("utf-8")) == json.loads(json.dumps(summary))
    assert sum(summary["counts"].values()) == 4
    assert summary["counts"]["message"] == 1
    assert set(summary) == {"metrics", "counts", "by", "curves", "warnings", "config"}
    assert summary["warnings"] == []
    for name in ("crag_score", "ndcg@10", "evidence_recall", "refusal_recall", "seconds_total_p95"):
        assert set(summary["metrics"][name]) == {"value", "low", "high", "n"}
    assert summary["metrics"]["citations_exact"]["value"] == 1
    assert summary["config"]["llm"] == "quotes"
    assert summary["config"]["articles"] == 60
    assert len(summary["config"]["questions"][path.name]) == 64
    report = (out / "report.html").read_text("utf-8")
    assert all(row["id"] in report for row in lines(out / "scores.jsonl"))


def test_the_same_run_twice_is_the_same_but_for_the_timings(
    assistant: Assistant, ask: Ask, tmp_path: Path
) -> None:
    path = ask("number", "cross", "near", "partly", "follow-up")
    first, second = (
        evaluate(assistant, [path], tmp_path / name, hold_out=True) for name in ("one", "two")
    )
    assert without_timings(first) == without_timings(second)
    assert first["metrics"].keys() == second["metrics"].keys()


def test_a_broken_answer_neither_stops_a_run_nor_disappears(
    assistant: Assistant, ask: Ask, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    summary = evaluate(assistant, [ask("number", "foreign", more=(BROKEN,))], out)
    assert summary["counts"]["failed"] == 1
    assert sum(summary["counts"].values()) == 3
    assert summary["metrics"]["crag_score"]["n"] == 2
    broken = next(row for row in lines(out / "scores.jsonl") if row["id"] == "broken")
    assert (broken["status"], broken["outcome"], broken["metrics"]) == (
        "failed",
        "failed",
        {"failed": 1},
    )
    assert "empty" in broken["reasons"][0]


def test_an_interrupted_run_goes_on(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    path, out = ask("number", "who", "date", "foreign"), tmp_path / "run"

    def stop_after_two(done: int, total: int) -> None:
        assert total == 4
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(assistant, [path], out, progress=stop_after_two)
    saved = (out / "answers.jsonl").read_bytes()
    assert saved.count(b"\n") == 2
    with pytest.raises(EvaluationError, match="lacks the answers to 2 of 4"):
        score_run(out)
    with (out / "answers.jsonl").open("ab") as stream:
        stream.write(b'{"id": "half a li')
    summary = evaluate(assistant, [path], out)
    assert (out / "answers.jsonl").read_bytes().startswith(saved)
    assert len(lines(out / "answers.jsonl")) == 4
    assert without_timings(summary) == without_timings(evaluate(assistant, [path], tmp_path / "2"))


def test_an_interruption_at_the_very_start_leaves_nothing_in_the_way(
    assistant: Assistant, ask: Ask, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "questions.jsonl").write_text('{"id": "from an earlier try"')
    assert sum(evaluate(assistant, [ask("number")], out)["counts"].values()) == 1


def test_a_damaged_file_is_named(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "run"
    evaluate(assistant, [ask("number", "foreign")], out)
    first, second = (out / "answers.jsonl").read_bytes().splitlines()
    (out / "answers.jsonl").write_bytes(first[:-9] + b"\n" + second + b"\n")
    with pytest.raises(EvaluationError, match=r"answers\.jsonl is damaged"):
        score_run(out)


def test_doubtful_gold_is_told(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    doubtful = (
        {"id": "bare", "question": "When did the Hope probe reach Mars?"},
        {
            "id": "wrong",
            "question": "How long is the Ever Given?",
            "articles": ["suez-ever-given-en"],
            "evidence": ["no such words"],
        },
    )
    summary = evaluate(assistant, [ask("number", more=doubtful)], tmp_path / "run", hold_out=True)
    told = "\n".join(summary["warnings"])
    assert "1 of 3 questions have neither evidence nor answers" in told
    assert "stands in none of their articles" in told
    assert "'wrong'" in told
    assert "cannot be held out" in told
    assert summary["counts"]["unknown"] == 1
    assert "coverage_area" not in summary["metrics"]
    with pytest.raises(ValueError, match="asks nothing"):
        stratified(cases_of([DEVELOPMENT], assistant.index), 0)


def test_what_failed_is_asked_again(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    path, out = ask("number", more=(BROKEN,)), tmp_path / "run"
    evaluate(assistant, [path], out)
    evaluate(assistant, [path], out)
    asked = [row["id"] for row in lines(out / "answers.jsonl")]
    assert asked.count("broken") == 2
    assert len(asked) == 3


def test_another_run_in_the_folder_is_refused(
    assistant: Assistant, ask: Ask, tmp_path: Path
) -> None:
    path, out = ask("number"), tmp_path / "run"
    evaluate(assistant, [path], out)
    with pytest.raises(EvaluationError, match="hold_out differ"):
        evaluate(assistant, [path], out, hold_out=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(EvaluationError, match="holds other files"):
        evaluate(assistant, [path], tmp_path / "full")


def test_saved_answers_are_scored_again_without_the_collection(
    assistant: Assistant, ask: Ask, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    summary = evaluate(assistant, [ask("number", "cross", "foreign")], out)
    for name in ("scores.jsonl", "summary.json", "report.html"):
        (out / name).unlink()
    assert score_run(out) == summary
    assert (out / "report.html").exists()
    with pytest.raises(EvaluationError, match="no evaluation run"):
        score_run(tmp_path)


def test_held_out_questions_are_asked_twice(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "run"
    summary = evaluate(assistant, [ask("number", "who", "foreign")], out, hold_out=True)
    rows = {row["id"]: row for row in lines(out / "scores.jsonl")}
    assert len(rows) == 5
    held = [row for row in rows.values() if row["held_out"]]
    assert {row["expected"] for row in held} == {"not_found"}
    saved = {row["id"]: row for row in lines(out / "answers.jsonl")}
    for row in held:
        gold = next(g for g in load_questions(DEVELOPMENT) if f"{g.id}~held-out" == row["id"])
        cited = {c["article"] for c in saved[row["id"]]["answer"]["citations"]}
        assert set(gold.articles).isdisjoint(saved[row["id"]]["ranking"])
        assert set(gold.articles).isdisjoint(cited)
    assert summary["by"]["tag"]["held-out"]["refusal_recall"]["n"] == 2


def test_retrieval_alone_answers_nothing(assistant: Assistant, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "run"
    summary = evaluate(assistant, [ask("number", "cross", "foreign")], out, retrieval_only=True)
    assert set(summary["metrics"]) == {
        "failed", "ndcg@10", "recall@1", "recall@5", "recall@10", "recall@100", "mrr@10", "hit@1",
    }  # fmt: skip
    assert all(row["answer"] is None for row in lines(out / "answers.jsonl"))
    assert summary["curves"] == {"coverage": [], "calibration": []}


def test_a_sample_has_every_pair_and_kind_by_its_share(assistant: Assistant) -> None:
    cases = cases_of([DEVELOPMENT], assistant.index)
    sample = stratified(cases, 60)
    assert len(sample) == 60
    assert [case.id for case in sample] == [case.id for case in stratified(cases, 60)]
    for pair in ("ar-ar", "ar-en", "en-ar", "en-en"):
        share = sum(case.pair == pair for case in cases) / len(cases)
        assert sum(case.pair == pair for case in sample) == pytest.approx(60 * share, abs=2)
    assert {case.expected for case in sample} == {"answered", "partly", "not_found", "message"}
    assert stratified(cases, 10_000) == cases


def test_a_pair_is_the_questions_language_first() -> None:
    def pair(*articles: str, **more: Any) -> str | None:
        row = {"id": "1", "question": "من؟", "articles": list(articles), **more}
        return pair_of(question_of(row), {"a": "ar", "e": "en"})

    assert [pair("a"), pair("e"), pair("e", "a"), pair()] == ["ar-ar", "ar-en", "ar-ar", None]
    assert pair("e", "a", tags=["two-articles", "cross"]) == "ar-en"
    assert pair("a", tags=["two-articles", "cross"]) == "ar-ar"


def test_twins_count_where_their_original_does(assistant: Assistant) -> None:
    cases = {case.id: case for case in cases_of([DEVELOPMENT], assistant.index)}
    twins = [case for case in cases.values() if "twin" in case.tags]
    assert twins
    assert all(twin.pair == cases[twin.gold.original].pair for twin in twins)
    assert {case.pair for case in cases.values() if "foreign" in case.tags} == {None}


def test_questions_must_fit_the_collection(
    assistant: Assistant, ask: Ask, tmp_path: Path, sample_home: Config
) -> None:
    lost = {"id": "lost", "question": "Who?", "articles": ["gone-en"]}
    with pytest.raises(EvaluationError, match=r"1 of 2 questions.*'lost'"):
        evaluate(assistant, [ask("number", more=(lost,))], tmp_path / "run")
    twice = [ask("number"), ask("number", name="again.jsonl")]
    with pytest.raises(EvaluationError, match=r"q\.jsonl and in .*again\.jsonl"):
        evaluate(assistant, twice, tmp_path / "run")
    with pytest.raises(EvaluationError, match=r"Two files are named q\.jsonl"):
        evaluate(assistant, [twice[0], twice[0]], tmp_path / "run")
    ends = {"id": "a~held-out", "question": "Who?"}
    with pytest.raises(EvaluationError, match="held-out questions do"):
        evaluate(assistant, [ask("number", more=(ends,))], tmp_path / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(EvaluationError, match="cannot be made a run's folder"):
        evaluate(assistant, [ask("number")], tmp_path / "file")
    assert not (tmp_path / "run").exists()
    assert not (sample_home.home / "runs").exists()


def test_a_run_without_a_folder_goes_into_the_home(
    assistant: Assistant, ask: Ask, sample_home: Config
) -> None:
    evaluate(assistant, [ask("number")])
    (folder,) = (sample_home.home / "runs").iterdir()
    assert (folder / "report.html").exists()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.parent.rmdir()
