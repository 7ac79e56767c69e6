"""Evaluation runs: gold questions in; saved answers, scores, a summary and a report out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.cases import Case, cases_of, doubts, stratified
from eval.dataset import Quotation, row_of
from eval.judge import Judge, judge_run, judgement
from eval.metrics import RANKING_DEPTH
from eval.provenance import code_of, provenance
from eval.report import write_report
from eval.score import Record, Score, score
from eval.store import Run
from eval.summary import summarize
from index.errors import EvaluationError
from index.search import Index
from index.types import Hit
from rag.answer import Assistant
from rag.documents import answer_document, article_document
from rag.evidence import ranked
from rag.findings import findings, quotable
from rag.standalone import understood

Progress = Callable[[int, int], None]
"""Told the cases done and all of them."""


def evaluate(
    assistant: Assistant,
    questions: Sequence[Path],
    out: Path | None = None,
    *,
    retrieval_only: bool = False,
    hold_out: bool = False,
    sample: int | None = None,
    judge: Judge | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask every question of some files, save, score and report; gives the summary.

    `out` is the run's folder (default `<home>/runs/<time>`); where it holds the same run, cut
    short, that is continued, and what failed in it is asked again. `retrieval_only` ranks articles
    and answers nothing. `hold_out` asks every answerable question a second time with its own
    articles left out, when a refusal is right. `sample` takes that many cases, the same ones every
    time, spread over language pairs and kinds. A question that fails is counted and stops nothing.

    Raises `EvaluationError` for questions that do not fit the collection or a folder that holds
    another run, and `DalilError` where the language model cannot be opened.
    """
    cases = cases_of(questions, assistant.index, hold_out=hold_out)
    if sample is not None:
        cases = stratified(cases, sample)
    if not retrieval_only:
        assistant.warm_up()
    if assistant.index.reranker is not None:
        assistant.index.reranker.open()
    run = Run(out or new_folder(assistant.index.config.home))
    options = {"retrieval_only": retrieval_only, "hold_out": hold_out, "sample": sample}
    config = provenance(assistant, questions, **options)
    run.begin({**config, "doubts": doubts(cases, assistant.index)}, cases)
    _ask_all(assistant, run, cases, retrieval_only, progress)
    _save_articles(assistant.index, run, cases)
    return score_run(run.folder, judge, progress)


def new_folder(home: Path) -> Path:
    """Where a run goes that names no folder: `<home>/runs/<time>`, the time in UTC."""
    return home / "runs" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"


def score_run(
    folder: Path, judge: Judge | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Score the saved answers of a run again; gives the summary.

    With a judge, the citations of drafted answers are judged as well, each once. Raises
    `EvaluationError` where the folder holds no run, or one that is not finished.
    """
    run = Run(folder)
    config, cases, records = run.config(), run.cases(), run.records()
    missing = [case.id for case in cases if case.id not in records]
    if missing:
        raise EvaluationError(
            f"{folder} lacks the answers to {len(missing)} of {len(cases)} questions: "
            "`dalil eval run` with the same arguments and --out goes on with it."
        )
    if judge is not None:
        judge_run(run, judge, progress)
    judged = judgement(run)
    articles = {row["id"]: row for row in run.rows("articles.jsonl")}
    texts = {id_: row["text"] for id_, row in articles.items()}
    scores = [
        score(case, records[case.id], texts, judged.figures(case.id) if judged else {})
        for case in cases
    ]
    warnings = config.pop("doubts", [])
    summary = summarize(scores, {**config, "scored_by": code_of("eval")}, warnings)
    if judged:
        summary["judge"] = judged.document()
    rows = [_score_row(each) for each in scores]
    run.write("scores.jsonl", rows)
    run.write_summary(summary)
    full = [
        _report_row(row, records[row["id"]], case) for row, case in zip(rows, cases, strict=True)
    ]
    write_report(folder / "report.html", summary, full, articles)
    return summary


def _ask_all(
    assistant: Assistant,
    run: Run,
    cases: Sequence[Case],
    retrieval_only: bool,
    progress: Progress | None,
) -> None:
    """Ask what was not answered yet; every record is saved before the next question."""
    done = {id_ for id_, record in run.records().items() if record.error is None}
    with run.appender("answers.jsonl") as save:
        for number, case in enumerate(cases, 1):
            if case.id not in done:
                save(asdict(_ask(assistant, case, retrieval_only)))
            if progress is not None:
                progress(number, len(cases))


def _ask(assistant: Assistant, case: Case, retrieval_only: bool) -> Record:
    """One case; whatever goes wrong becomes its record."""
    gold = case.gold
    try:
        found = search(assistant.index, case)
        if retrieval_only:
            return found
        answer = assistant.ask(gold.question, gold.history, filters=case.filters)
        if failure := next((note.text for note in answer.notes if note.kind == "no_model"), None):
            return replace(found, error=failure)
        document = {key: each for key, each in answer_document(answer).items() if key != "hits"}
        return replace(found, candidates=_candidates(assistant, case), answer=document)
    except Exception as error:  # whatever broke it, the answer is counted
        return Record(case.id, error=f"{type(error).__name__}: {error}")


def search(index: Index, case: Case) -> Record:
    """The first articles that a question finds, each at the place of its best chunk; the first hit.

    Near-identical articles follow the one whose chunk was shown.

    Asking for more chunks weighs more candidates against each other: what it adds is put behind
    what the product finds when it asks for its own number.
    """
    asked = understood(index, case.gold.question, case.gold.history, case.filters)
    query, limit = index.query(asked.text), RANKING_DEPTH
    articles: dict[str, None] = {}
    first: tuple[Hit, ...] = ()
    while True:
        found = ranked(index, asked, query, limit, case.filters)
        first = first or tuple(item.hit for item in found[:1])
        articles |= dict.fromkeys(
            id_ for item in found for id_ in (item.hit.chunk.article_id, *item.hit.copies)
        )
        if len(articles) >= RANKING_DEPTH or len(found) < limit:
            break
        limit *= 2
    return Record(
        case.id,
        tuple(articles)[:RANKING_DEPTH],
        hit=tuple((hit.chunk.article_id, hit.chunk.text) for hit in first),
        hit_probability=first[0].probability if first else None,
    )


def _candidates(assistant: Assistant, case: Case) -> tuple[Quotation, ...]:
    """What would be quoted if nothing were refused."""
    index, gold = assistant.index, case.gold
    asked = understood(index, gold.question, gold.history, case.filters)
    found = findings(index, asked, case.filters, assistant.reader)
    shown = quotable(found, index.config.quotations)
    return tuple((item.article.id, item.text) for item in shown)


def _save_articles(index: Index, run: Run, cases: Sequence[Case]) -> None:
    """The articles that are quoted or hold an answer, so that scoring needs no collection."""
    answers = [record.answer for record in run.records().values() if record.answer is not None]
    cited = {citation["article"] for answer in answers for citation in answer["citations"]}
    named = {id_ for case in cases for id_ in case.gold.articles}
    with index.catalogue.reading():
        known = [id_ for id_ in sorted(cited | named) if index.catalogue.digest(id_) is not None]
        rows = [article_document(index.catalogue.article(id_)) for id_ in known]
    run.write("articles.jsonl", ({k: v for k, v in row.items() if k != "origin"} for row in rows))


def _score_row(score: Score) -> dict[str, Any]:
    case = score.case
    return {
        "id": case.id,
        "file": case.file,
        "question": case.gold.question,
        "language": case.gold.language,
        "pair": case.pair,
        "tags": list(case.tags),
        "expected": case.expected,
        "status": score.status,
        "outcome": score.outcome,
        "held_out": case.held_out,
        "probability": score.probability,
        "supported": score.supported,
        "hit_probability": score.hit_probability,
        "hit_supported": score.hit_supported,
        "metrics": dict(score.metrics),
        "seconds": dict(score.seconds),
        "reasons": list(score.reasons),
    }


def _report_row(row: dict[str, Any], record: Record, case: Case) -> dict[str, Any]:
    return {**row, "gold": row_of(case.gold), "answer": record.answer, "error": record.error}
