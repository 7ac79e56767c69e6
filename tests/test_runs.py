"""The evaluation runs of a home, as the page lists and compares them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_render import HOSTILE, assert_harmless, both_languages, plain

from eval.compare import Change, Comparison
from eval.dataset import GoldQuestion, row_of
from eval.intervals import Figure
from eval.run import evaluate, score_run
from index.errors import EvaluationError
from index.types import Language
from rag.answer import Assistant
from ui.runs import RunFigures, compared, comparison_html, report_of, runs_html, runs_of
from ui.strings_rooms import MEASURES, ROOMS

ASKED = 16


@pytest.fixture(scope="module")
def home(
    assistant: Assistant, gold: list[GoldQuestion], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A home with two runs of a few questions, the later one refusing everything, and oddities."""
    home = tmp_path_factory.mktemp("runs") / "home"
    within = [item for item in gold if "within" in item.tags and not item.history]
    chosen = list({item.event: item for item in within}.values())[:ASKED]
    questions = home.parent / "questions.jsonl"
    questions.write_text("\n".join(json.dumps(row_of(item)) for item in chosen), "utf-8")
    good, bad = home / "runs" / "20310101-000000", home / "runs" / "20310102-000000"
    evaluate(assistant, [questions], good)
    shutil.copytree(good, bad)
    rows = [json.loads(line) for line in (bad / "answers.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        row["answer"] |= {"status": "not_found", "text": "No.", "citations": []}
    (bad / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    score_run(bad)
    unscored = home / "runs" / "20310103-000000"
    unscored.mkdir()
    shutil.copy(good / "config.json", unscored)
    broken = home / "runs" / "20310104-000000"
    shutil.copytree(good, broken)
    (broken / "summary.json").write_text('{"counts": 3}', "utf-8")
    (home / "runs" / "empty").mkdir()
    (home / "runs" / "spoiled").mkdir()
    (home / "runs" / "spoiled" / "config.json").write_text("no JSON", "utf-8")
    (home / "runs" / "notes.txt").write_text("not a folder", "utf-8")
    (home / "report.html").write_text("not of a run", "utf-8")
    return home


def test_runs_are_listed_newest_first_and_folders_without_one_are_not(home: Path) -> None:
    runs = runs_of(home)
    assert [run.name for run in runs] == [f"2031010{day}-000000" for day in (4, 3, 2, 1)]
    assert {run.llm for run in runs} == {"quotes"}
    assert [run.summary is None for run in runs] == [True, True, False, False]
    summary = runs[-1].summary
    assert summary is not None
    assert sum(summary["counts"].values()) == ASKED


def test_a_home_without_runs_has_none(tmp_path: Path) -> None:
    assert runs_of(tmp_path) == []
    (tmp_path / "runs").mkdir()
    assert runs_of(tmp_path) == []


def cells(fragment: str) -> list[list[str]]:
    """What stands in each line of a table, its head first."""
    lines = re.findall("<tr>(.*?)</tr>", fragment)
    return [[plain(cell) for cell in re.findall("<t[hd].*?</t[hd]>", line)] for line in lines]


@both_languages
def test_the_headline_figures_of_a_run_are_those_of_its_summary(
    home: Path, language: Language
) -> None:
    runs = runs_of(home)
    fragment = runs_html(runs, language)
    words = ROOMS[language]
    head, broken, unscored, bad, good = cells(fragment)
    measures = list(MEASURES[language].values())
    assert head == [words.run, words.run_questions, *measures, words.report]
    assert broken[1:] == unscored[1:] == [words.not_scored]
    assert f'colspan="{len(head) - 1}"' in fragment
    assert good[0] == "20310101-000000 quotes"
    assert good[1] == bad[1] == str(ASKED)
    assert len(good) == len(head)
    summary = runs[-1].summary
    assert summary is not None
    figure = summary["metrics"]["crag_score"]
    expected = f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"
    assert good[2 + list(MEASURES[language]).index("crag_score")] == expected
    assert re.findall('href="(.*?)"', fragment) == [
        "/runs/20310102-000000",
        "/runs/20310101-000000",
    ]


@both_languages
def test_where_there_are_no_runs_it_says_how_to_make_one(language: Language) -> None:
    assert plain(runs_html([], language)) == ROOMS[language].no_runs
    assert "dalil eval run" in runs_html([], language)


def test_what_a_run_did_not_measure_is_a_dash() -> None:
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    summary: Mapping[str, Any] = {"counts": {"right": 2}, "metrics": {"crag_score": nothing}}
    _, row = cells(runs_html([RunFigures("one", "quotes", summary)], "en"))
    assert row == ["one quotes", "2", "–", "–", "–", "–", "–", "Report"]


def test_a_report_is_found_by_the_name_of_its_run(home: Path) -> None:
    path = report_of(home, "20310101-000000")
    assert path == home / "runs" / "20310101-000000" / "report.html"
    assert path.is_file()


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "/", "../runs/20310101-000000", "20310101-000000/", "./20310101-000000"),
        *("20310101-000000/../20310101-000000", "20310103-000000", "unknown", "empty", "notes.txt"),
        *("x" * 5_000, "a\0b", "\ud800"),
    ],
    ids=range(15),
)
def test_no_other_name_is_that_of_a_report(home: Path, name: str) -> None:
    with pytest.raises(KeyError):
        report_of(home, name)
    with pytest.raises(KeyError):
        report_of(home, str(home / "runs" / "20310101-000000"))


@both_languages
def test_two_runs_are_compared(home: Path, language: Language) -> None:
    comparison = compared(home, "20310101-000000", "20310102-000000")
    fragment, words = comparison_html(comparison, language), ROOMS[language]
    assert words.shared.format(number=ASKED) in fragment
    head, *lines = cells(fragment)
    assert head == ["", words.before, words.after, words.difference, "95 %", words.verdict]
    verdicts = {line[0]: line[-1] for line in lines}
    assert verdicts[MEASURES[language]["evidence_recall"]] == words.worse
    assert verdicts[MEASURES[language]["ndcg@10"]] == words.same
    recall = next(line for line in lines if line[0] == MEASURES[language]["evidence_recall"])
    (change,) = (
        each
        for each in comparison.changes
        if (each.measure, each.pair) == ("evidence_recall", None)
    )
    assert recall[1:4] == [f"{change.before:.3f}", "0.000", f"{change.difference.value:+.3f}"]
    back = cells(comparison_html(compared(home, "20310102-000000", "20310101-000000"), language))
    assert {line[0]: line[-1] for line in back}[MEASURES[language]["evidence_recall"]] == (
        words.better
    )


def test_a_run_and_itself_do_not_differ(home: Path) -> None:
    comparison = compared(home, "20310101-000000", "20310101-000000")
    lines = cells(comparison_html(comparison, "en"))[1:]
    assert {line[-1] for line in lines} == {"no proved difference"}
    assert {line[0] for line in lines} <= set(MEASURES["en"].values())


@pytest.mark.parametrize("name", ["unknown", "empty", "..", "20310103-000000", ""])
def test_what_cannot_be_compared_says_why(home: Path, name: str) -> None:
    with pytest.raises(EvaluationError, match=r"There is no run|was not scored"):
        compared(home, "20310101-000000", name)
    with pytest.raises(EvaluationError, match=r"There is no run|was not scored"):
        compared(home, name, "20310101-000000")


CHANGE = Change("quotations", "ar-en", 1.0, 2.0, Figure(1.0, 0.5, 1.5, 9), 0.001, 0.01, True, None)
COMPARISON = Comparison(9, 0, 0, 0, (0, 0), (CHANGE,), (), {}, None)


def test_a_proved_difference_that_is_neither_good_nor_bad_is_one() -> None:
    _, row = cells(comparison_html(COMPARISON, "en"))
    assert row == [
        "quotations (ar-en)",
        "1.000",
        "2.000",
        "+1.000",
        "[+0.500, +1.500]",
        "different",
    ]


def test_what_did_not_change_for_certain_is_left_out_unless_it_is_a_headline() -> None:
    chance = replace(CHANGE, adjusted=0.5)
    headlines = (replace(chance, measure="crag_score"), replace(chance, measure="crag_score"))
    changes = (chance, headlines[0], replace(headlines[1], pair=None))
    lines = cells(comparison_html(replace(COMPARISON, changes=changes), "en"))
    assert [line[0] for line in lines[1:]] == ["Score"]


@both_languages
def test_nothing_that_is_shown_is_read_as_html(language: Language) -> None:
    summary: Mapping[str, Any] = {"counts": {}, "metrics": {}}
    shown, like = (
        runs_html([RunFigures(text, text, summary), RunFigures(text, text, None)], language)
        for text in (HOSTILE, "plain")
    )
    assert_harmless(shown, like)
    shown, like = (
        comparison_html(replace(COMPARISON, changes=(replace(CHANGE, measure=text),)), language)
        for text in (HOSTILE, "plain")
    )
    assert_harmless(shown, like)
