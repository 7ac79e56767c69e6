"""The commands `dalil eval …`: run, score and compare evaluations, import questions, benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import ConfigError
from ui.options import AsJson, Home, Reader, Reranker, errors, print_json

if TYPE_CHECKING:
    from eval.judge import Judge
    from rag.answer import Assistant

eval_app = typer.Typer(
    help="Measure the quality of answers on gold questions.", no_args_is_help=True
)
import_app = typer.Typer(help="Bring public question sets.", no_args_is_help=True)
eval_app.add_typer(import_app, name="import")

JudgeName = Annotated[
    str | None,
    typer.Option(
        "--judge", help="A language model that judges citations: embedded, openai:… or a GGUF file."
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")]


@eval_app.command()
def run(
    questions: Annotated[
        list[Path] | None, typer.Option(help="Files of gold questions (JSON Lines).")
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    builtin: Annotated[
        bool, typer.Option("--builtin", help="Ask about the project's own sample articles.")
    ] = False,
    llm: Annotated[
        str, typer.Option(help="embedded, quotes, openai:MODEL@URL, or a GGUF file.")
    ] = "quotes",
    retrieval_only: Annotated[
        bool, typer.Option("--retrieval-only", help="Rank articles; answer nothing.")
    ] = False,
    hold_out: Annotated[
        bool,
        typer.Option("--hold-out", help="Ask again without the articles that hold the answer."),
    ] = False,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Ask only so many, spread over kinds and languages.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder. [default: <home>/runs/<time>]")
    ] = None,
    judge: JudgeName = None,
    reranker: Reranker = None,
    reader: Reader = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Ask gold questions and score the answers; an interrupted run with --out goes on."""
    from eval.run import evaluate, new_folder
    from ui.results import show_summary
    from ui.terminal import complain, counting

    with errors():
        files = _question_files([*(questions or []), *(more or [])], builtin, home)
        with (
            _evaluated(builtin, home, llm, reranker, reader) as assistant,
            counting("asking") as progress,
        ):
            out = out or new_folder(assistant.index.config.home)
            complain(f"Saving in {out}; interrupted, the same command with --out {out} goes on.")
            summary = evaluate(
                assistant,
                files,
                out,
                retrieval_only=retrieval_only,
                hold_out=hold_out,
                sample=sample,
                judge=_judge(judge),
                progress=progress,
            )
    print_json(summary) if as_json else show_summary(summary, out)
    if set(summary["counts"]) == {"failed"}:
        complain("dalil: every question failed; answers.jsonl there says why.")
        raise typer.Exit(1)


@eval_app.command()
def score(folder: Folder, judge: JudgeName = None, as_json: AsJson = False) -> None:
    """Score the saved answers of a run again, and write its report anew."""
    from eval.run import score_run
    from ui.results import show_summary
    from ui.terminal import counting

    with errors(), counting("judging") as progress:
        summary = score_run(folder, _judge(judge), progress)
    print_json(summary) if as_json else show_summary(summary, folder)


@eval_app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="The folder of the first run.")],
    after: Annotated[Path, typer.Argument(help="The folder of the second run.")],
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit with 1 where something got significantly worse.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two runs on the questions that both asked, with paired tests."""
    from eval.compare import compare as run_compare
    from ui.results import comparison_document, show_comparison

    with errors():
        comparison = run_compare(before, after)
    print_json(comparison_document(comparison)) if as_json else show_comparison(comparison)
    if gate and comparison.worse:
        raise typer.Exit(1)


@eval_app.command()
def bench(
    articles: Annotated[
        list[Path] | None, typer.Option(help="Articles to index. [default: the sample articles]")
    ] = None,
    questions: Annotated[
        list[Path] | None, typer.Option(help="Gold questions. [default: those of the samples]")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    chunks: Annotated[
        str | None,
        typer.Option(
            metavar="N,N…",
            help="Measure Dalil alone, in collections of so many chunks made from the articles.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure speed and quality beside other systems, on the same articles, in one run."""
    from eval.bench import bench as run_bench
    from eval.bench import markdown
    from eval.dataset import ARTICLES, DEVELOPMENT, TEST
    from ui.terminal import say

    if chunks is not None:
        _bench_sizes(chunks, articles, questions, rounds, as_json)
        return
    if bool(articles) != bool(questions):
        raise typer.BadParameter("--articles and --questions belong together")
    with errors():
        document = run_bench(
            articles or [ARTICLES], questions or [DEVELOPMENT, TEST], rounds=rounds
        )
    print_json(document) if as_json else say(markdown(document))


def _bench_sizes(
    chunks: str,
    articles: list[Path] | None,
    questions: list[Path] | None,
    rounds: int,
    as_json: bool,
) -> None:
    from eval.dataset import ARTICLES, DEVELOPMENT
    from eval.scale import markdown, scale
    from ui.terminal import say

    sizes = [int(each) if each.strip().isdecimal() else 0 for each in chunks.split(",")]
    if min(sizes) < 1:
        raise typer.BadParameter(
            f"--chunks {chunks!r} is not a list of numbers of chunks, such as 10000,100000"
        )
    with errors():
        document = scale(sizes, articles or [ARTICLES], questions or [DEVELOPMENT], rounds=rounds)
    print_json(document) if as_json else say(markdown(document))


@import_app.command()
def squad(
    file: Annotated[Path, typer.Argument(help="A JSON file in SQuAD's form.")],
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path(),
    wording: Annotated[
        Path | None,
        typer.Option(help="The same set in another language: ask its questions, matched by id."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a SQuAD-shaped set (XQuAD, ARCD, TyDi, MLQA) into articles and gold questions."""
    from dataclasses import asdict

    from eval.squad import import_squad
    from ui.terminal import say

    with errors():
        imported = import_squad(file, out, wording)
    if as_json:
        print_json(asdict(imported))
        return
    say(f"{imported.articles} articles in {imported.article_file}.")
    say(f"{imported.questions} questions in {imported.question_file}.")
    if imported.left_out:
        say(
            f"{imported.left_out} left out: their answer does not stand at its offset in the text, "
            "their id was there before, or the other wording lacks them."
        )


def _question_files(files: list[Path], builtin: bool, home: Path | None) -> list[Path]:
    from eval.dataset import TEST

    if builtin and home is not None:
        raise ConfigError("--builtin is a collection of its own: leave out --home.")
    if not files and not builtin:
        raise ConfigError("Name the gold questions with --questions FILE, or take --builtin.")
    return files or [TEST]


@contextmanager
def _evaluated(
    builtin: bool, home: Path | None, llm: str, reranker: str | None, reader: str | None
) -> Iterator[Assistant]:
    """The assistant to evaluate; the built-in collection is made where it is missing."""
    from eval.builtin import build_builtin, builtin_home
    from index.config import load_config
    from index.embed import Embedder
    from rag.answer import Assistant
    from ui.terminal import fetching, indexing

    config = load_config(builtin_home() if builtin else home, {"llm": llm})
    with fetching() as progress:
        if builtin:
            with indexing() as report:
                build_builtin(config, lambda: Embedder.open(config.embedding, progress), report)
        yield Assistant.open(config.home, llm, progress=progress, reranker=reranker, reader=reader)


def _judge(name: str | None) -> Judge | None:
    from eval.judge import Judge

    return Judge.open(name) if name is not None else None
