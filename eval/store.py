"""The folder of a run: what was asked, what was answered, what it was worth.

config.json      everything that made the run
questions.jsonl  the cases, with their gold answers
answers.jsonl    one record a case, saved as soon as it is there
articles.jsonl   the articles that are quoted or hold an answer, as they were
judged.jsonl     what a judge said, where one was named
scores.jsonl, summary.json, report.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.cases import Case
from eval.dataset import question_of, row_of
from eval.score import Record
from index.errors import EvaluationError

Row = Mapping[str, Any]

_GROWING = ("answers.jsonl", "judged.jsonl")
_OWN = ("questions.jsonl", "questions.jsonl.new", "config.json.new")
"""What an interruption before the first question can leave."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder; what is in it is read when it is asked for."""

    folder: Path

    def begin(self, config: Row, cases: Sequence[Case]) -> None:
        """Begin the run, or go on with it.

        Raises `EvaluationError` where the folder holds another run: what made it is compared.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EvaluationError(
                f"{self.folder} cannot be made a run's folder: {error}. Name another with --out."
            ) from error
        path = self.folder / "config.json"
        if path.exists():
            other = list(_differing(self.config(), json.loads(json.dumps(config))))
            if other:
                raise EvaluationError(
                    f"{self.folder} holds a run that was made in another way: {', '.join(other)} "
                    "differ. Name another folder with --out."
                )
            return
        if any(file.name not in _OWN for file in self.folder.iterdir()):
            raise EvaluationError(f"{self.folder} holds other files. Name another folder.")
        self.write("questions.jsonl", (_case_row(case) for case in cases))
        _replace(path, json.dumps(config, ensure_ascii=False, indent=1) + "\n")

    def config(self) -> dict[str, Any]:
        """What made the run; raises `EvaluationError` where the folder holds none."""
        return self._document("config.json")

    def summary(self) -> dict[str, Any]:
        """The summary; raises `EvaluationError` where the run was not scored."""
        self.config()
        if not all((self.folder / name).exists() for name in ("summary.json", "scores.jsonl")):
            raise EvaluationError(
                f"{self.folder} was not scored. Run: dalil eval score {self.folder}"
            )
        return self._document("summary.json")

    def cases(self) -> list[Case]:
        """The cases in the order asked."""
        return [
            Case(question_of(row["gold"]), row["file"], row["pair"], row["held_out"])
            for row in self.rows("questions.jsonl")
        ]

    def records(self) -> dict[str, Record]:
        """What was answered so far, by case; of a case that was asked again the last."""
        return {row["id"]: _record(row) for row in self.rows("answers.jsonl")}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The objects of a file, none where it is missing.

        Half a line at the end of a file that grows row by row is what an interruption left, and
        left out; raises `EvaluationError` for any other line that cannot be read.
        """
        path = self.folder / name
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")
        if name in _GROWING:
            lines = lines[:-1]
        try:
            return [json.loads(line) for line in lines if line]
        except ValueError as error:
            raise EvaluationError(
                f"{path} is damaged: {error}. Remove the line, or the file where it can be made "
                "again."
            ) from error

    def appender(self, name: str) -> Appender:
        """Opens a file for one row after the other."""
        return Appender(self.folder / name)

    def write(self, name: str, rows: Iterable[Row]) -> None:
        """Write a file of rows anew."""
        _replace(self.folder / name, "".join(_line(row) for row in rows))

    def write_summary(self, summary: Row) -> None:
        """Write the summary anew."""
        _replace(
            self.folder / "summary.json", json.dumps(summary, ensure_ascii=False, indent=1) + "\n"
        )

    def _document(self, name: str) -> dict[str, Any]:
        try:
            document = dict[str, Any](json.loads((self.folder / name).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise EvaluationError(
                f"{self.folder} holds no evaluation run that could be read: {name}: {error}. "
                "Name the folder that `dalil eval run` wrote."
            ) from error
        return document


class Appender:
    """A file that rows are added to, each handed to the system before the next is made."""

    def __init__(self, path: Path) -> None:
        """Opens the file, and cuts off the half line that an interruption left."""
        self._stream = path.open("ab+")
        self._stream.seek(0)
        whole = self._stream.read().rfind(b"\n") + 1
        self._stream.truncate(whole)

    def __enter__(self) -> Callable[[Row], None]:
        return self._add

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _add(self, row: Row) -> None:
        self._stream.write(_line(row).encode("utf-8", "backslashreplace"))
        self._stream.flush()


def _record(row: Row) -> Record:
    return Record(
        id=row["id"],
        ranking=tuple(row["ranking"]),
        candidates=tuple((article, text) for article, text in row["candidates"]),
        hit=tuple((article, text) for article, text in row.get("hit", ())),
        hit_probability=row.get("hit_probability"),
        answer=row["answer"],
        error=row["error"],
    )


def _case_row(case: Case) -> Row:
    return {
        "id": case.id,
        "file": case.file,
        "held_out": case.held_out,
        "pair": case.pair,
        "gold": row_of(case.gold),
    }


def _differing(one: Row, other: Row) -> Iterator[str]:
    return (key for key in sorted({*one, *other}) if one.get(key) != other.get(key))


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
