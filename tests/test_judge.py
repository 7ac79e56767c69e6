"""The judge: read strictly, measured itself, and never asked about quotations alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from eval.cases import Case
from eval.dataset import GoldQuestion
from eval.judge import LABELS, Judge, Label, drafted_sentences, judge_run, judgement, load_labels
from eval.run import score_run
from eval.score import Record
from eval.store import Run
from index.errors import EvaluationError

DRAFT = "It is 83 metres high. [1] Two brothers built it. [1] [2]\n\n“Nobody paid.” [3]"
QUOTED = "“The tower is 83 metres high.” [1]\n\n“Two brothers built the tower.” [2]"
QUOTATIONS = ("The tower is 83 metres high.", "Two brothers built the tower.", "Nobody paid.")


class Verdicts(CustomLLM):
    """A real LlamaIndex `LLM` that says what a function makes of the last message."""

    verdict: Callable[[str], str]

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="verdicts")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=self.verdict(prompt))

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        text = self.verdict(prompt)
        yield CompletionResponse(text=text, delta=text)


def judge_of(verdict: Callable[[str], str], name: str = "verdicts") -> Judge:
    return Judge(name, Verdicts(verdict=verdict))


def claim_of(prompt: str) -> str:
    return prompt.rpartition("Claim: <<")[2].partition(">>")[0]


def by_labels(prompt: str) -> str:
    """What a judge says that knows every label, and else that brothers build."""
    known = {label.claim: label.supported for label in load_labels()}
    claim = claim_of(prompt)
    if claim in known:
        return "SUPPORTED" if known[claim] else "UNSUPPORTED"
    return (
        "Supported." if "83" in claim or "Two brothers built the tower" in prompt else "UNSUPPORTED"
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with one drafted answer, one of quotations and one refusal."""
    citations = [
        {
            "marker": n,
            "language": "en",
            "article": "a",
            "quotation": text,
            "start": 0,
            "end": 1,
            "marks": [],
        }
        for n, text in enumerate(QUOTATIONS, 1)
    ]
    common: dict[str, Any] = {
        "language": "en", "notes": [], "probability": 0.5, "seconds": {"total": 1.0},
    }  # fmt: skip
    answers: dict[str, dict[str, Any]] = {
        "drafted": {"status": "answered", "text": DRAFT, "citations": citations, "llm": "m"},
        "quoted": {"status": "answered", "text": QUOTED, "citations": citations, "llm": "quotes"},
        "refused": {"status": "not_found", "text": "No.", "citations": [], "llm": "quotes"},
    }
    run = Run(tmp_path / "run")
    golds = [GoldQuestion(name, "Who?", "en", answers=("83",)) for name in answers]
    run.begin({}, [Case(gold, "file") for gold in golds])
    records = [Record(name, answer=common | each) for name, each in answers.items()]
    run.write("answers.jsonl", map(asdict, records))
    run.write("articles.jsonl", [])
    return run


def test_labels_are_balanced_and_of_every_pair() -> None:
    rows = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    assert len(rows) >= 80
    pairs = Counter((row["pair"], row["supported"]) for row in rows)
    assert len(pairs) == 8
    assert min(pairs.values()) >= 8
    assert len(load_labels()) == len(rows)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("SUPPORTED", True),
        (" supported.\n", True),
        ("**UNSUPPORTED**", False),
        ("Unsupported", False),
    ],
)
def test_a_verdict_is_one_of_two_words(said: str, verdict: bool) -> None:
    assert judge_of(lambda _: said).supports("claim", ["quotation"]) is verdict


@pytest.mark.parametrize(
    "said", ["", "yes", "not supported", "SUPPORTED because it says so", "SUPPORTED UNSUPPORTED"]
)
def test_anything_else_is_an_error(said: str) -> None:
    with pytest.raises(EvaluationError, match="said neither word"):
        judge_of(lambda _: said).supports("claim", ["quotation"])


def test_nothing_supports_without_a_quotation() -> None:
    assert judge_of(lambda _: "SUPPORTED").supports("claim", []) is False


def test_agreement_is_kappa_with_the_labels() -> None:
    labels = [Label(f"claim {n}", "quotation", n % 2 == 0) for n in range(20)]

    def even(prompt: str) -> str:
        return "SUPPORTED" if int(claim_of(prompt).split()[1]) % 2 == 0 else "UNSUPPORTED"

    assert judge_of(even).agreement(labels).value == 1
    assert judge_of(lambda _: "SUPPORTED").agreement(labels).value == 0
    assert judge_of(lambda _: "gibberish").agreement(labels).value == -1

    def speaks_only_to_agree(prompt: str) -> str:
        return "SUPPORTED" if even(prompt) == "SUPPORTED" else "hm"

    assert judge_of(speaks_only_to_agree).agreement(labels).value == 0


def test_only_what_a_model_wrote_is_judged(run: Run) -> None:
    answer = run.records()["drafted"].answer
    assert answer is not None
    assert list(drafted_sentences(answer)) == [
        ("It is 83 metres high.", [QUOTATIONS[0]]),
        ("Two brothers built it.", [QUOTATIONS[0], QUOTATIONS[1]]),
    ]
    judge_run(run, judge_of(by_labels))
    assert [row.get("id") for row in run.rows("judged.jsonl")] == [None, "drafted"]


def test_figures_stand_beside_the_judges_own(run: Run) -> None:
    summary = score_run(run.folder, judge_of(by_labels))
    assert summary["judge"]["name"] == "verdicts"
    assert summary["judge"]["kappa"]["value"] == 1
    assert summary["metrics"]["citation_recall"]["value"] == 1
    assert summary["metrics"]["citation_recall"]["n"] == 1
    # of three citations one is idle: it does not support its sentence and the other one does
    assert summary["metrics"]["citation_precision"]["value"] == pytest.approx(2 / 3)
    assert "κ" in (run.folder / "report.html").read_text("utf-8")


def test_a_verdict_that_cannot_be_read_is_counted_not_scored(run: Run) -> None:
    asked: list[str] = []

    def loses_its_tongue(prompt: str) -> str:
        asked.append(prompt)
        return by_labels(prompt) if len(asked) <= len(load_labels()) else "perhaps"

    summary = score_run(run.folder, judge_of(loses_its_tongue))
    assert (summary["judge"]["judged"], summary["judge"]["failed"]) == (0, 1)
    assert "citation_recall" not in summary["metrics"]
    again = score_run(run.folder, judge_of(by_labels))
    assert (again["judge"]["judged"], again["judge"]["failed"]) == (1, 0)


def test_a_sentence_without_a_citation_is_not_supported(run: Run) -> None:
    answer = {**(run.records()["drafted"].answer or {}), "text": "It is tall. [1] And red."}
    assert list(drafted_sentences(answer)) == [("It is tall.", [QUOTATIONS[0]]), ("And red.", [])]


def test_what_is_judged_is_not_judged_again(run: Run) -> None:
    judge_run(run, judge_of(by_labels))

    def must_not_be_asked(prompt: str) -> str:
        raise AssertionError(prompt)

    judge_run(run, judge_of(must_not_be_asked))
    with pytest.raises(EvaluationError, match="another judge, named 'verdicts'"):
        judge_run(run, judge_of(by_labels, "another"))
    begun = judgement(run)
    assert begun is not None
    assert begun.document()["judged"] == 1


def test_quotes_cannot_judge() -> None:
    with pytest.raises(EvaluationError, match="no language model"):
        Judge.open("quotes")
