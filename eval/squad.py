"""Public question sets in SQuAD's form (XQuAD, ARCD, TyDi GoldP, MLQA) into the formats here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import ReadError
from index.text import language_of


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import wrote and where, and how many questions it had to leave out."""

    articles: int
    questions: int
    left_out: int
    article_file: str
    question_file: str


def import_squad(source: Path, out: Path, wording: Path | None = None) -> Imported:
    """Write `<out>/<name>.articles.jsonl` and `<out>/<name>.questions.jsonl`.

    Every paragraph becomes an article, since the questions are about paragraphs. A question's
    evidence is its answer at the offset that the file gives, with as many words around it as tell
    it from other places. SQuAD 2.0's impossible questions become unanswerable ones. A question
    whose answer does not stand at its offset, or whose id was there before, is left out and
    counted.

    `wording` is the same set in another language, with the same ids: its questions are asked about
    the articles of `source`, in a file of their own, `<name>.<wording's name>.questions.jsonl`.
    Raises `ReadError` for a file of another form.
    """
    name = source.stem
    with _in_form(source):
        articles, questions, left_out = _converted(name, _subjects(source))
    if not questions:
        raise ReadError(f"{source} holds no question whose answer stands in its paragraph.")
    files = [out / f"{name}.articles.jsonl", out / f"{name}.questions.jsonl"]
    if wording is not None:
        with _in_form(wording):
            asked = _wordings(_subjects(wording), name)
        worded = [_reworded(row, asked, wording.stem) for row in questions if row["id"] in asked]
        left_out += len(questions) - len(worded)
        questions = worded
        files[1] = out / f"{name}.{wording.stem}.questions.jsonl"
    out.mkdir(parents=True, exist_ok=True)
    for file, rows in zip(files, (articles, questions), strict=True):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.write_text(text, "utf-8")
    return Imported(len(articles), len(questions), left_out, str(files[0]), str(files[1]))


@contextmanager
def _in_form(path: Path) -> Iterator[None]:
    """Turns whatever is wrong with a file into a `ReadError`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ReadError(f"{path} cannot be read as JSON: {error}.") from error
    except (KeyError, TypeError, IndexError) as error:
        raise ReadError(
            f"{path} is not in SQuAD's form (data, paragraphs, context, qas): {error!r}."
        ) from error


def _subjects(path: Path) -> list[Mapping[str, Any]]:
    subjects: list[Mapping[str, Any]] = json.loads(path.read_text("utf-8"))["data"]
    return subjects


def _wordings(subjects: Sequence[Mapping[str, Any]], name: str) -> dict[str, str]:
    """The questions of a set by the ids that they have in the set `name`."""
    return {
        f"{name}.{asked['id']}": asked["question"]
        for subject in subjects
        for paragraph in subject["paragraphs"]
        for asked in paragraph["qas"]
    }


def _reworded(row: Mapping[str, object], asked: Mapping[str, str], name: str) -> dict[str, object]:
    """A question in the words of another language; its id says whose."""
    question = asked[str(row["id"])]
    language = language_of(question)
    return {**row, "id": f"{row['id']}.{name}", "question": question, "language": language}


def _converted(
    name: str, subjects: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, object]], list[dict[str, object]], int]:
    """Ids say which text a paragraph is of, so that training can keep its paragraphs together."""
    articles: dict[str, dict[str, object]] = {}
    questions: dict[str, dict[str, object]] = {}
    left_out = 0
    for number, subject in enumerate(subjects):
        for place, paragraph in enumerate(subject["paragraphs"]):
            text = paragraph["context"]
            id_ = articles[text]["id"] if text in articles else f"{name}-{number:03d}-{place:02d}"
            title = subject.get("title", "")
            language = language_of(text)
            articles[text] = {"id": id_, "title": title, "text": text, "language": language}
            for asked in paragraph["qas"]:
                row = _question(asked, name, str(id_), text)
                if row is None or row["id"] in questions:
                    left_out += 1
                else:
                    questions[str(row["id"])] = row
    return list(articles.values()), list(questions.values()), left_out


def _question(
    asked: Mapping[str, Any], name: str, article: str, text: str
) -> dict[str, object] | None:
    """One gold question, or None where no answer stands at its offset."""
    answerable = not asked.get("is_impossible", False)
    answers = [(a["text"], a["answer_start"]) for a in asked["answers"]] if answerable else []
    placed = [
        (words, start) for words, start in answers if text[start : start + len(words)] == words
    ]
    if answerable and not placed:
        return None
    return {
        "id": f"{name}.{asked['id']}",
        "question": asked["question"],
        "language": language_of(asked["question"]),
        "answerable": answerable,
        "answers": list(dict.fromkeys(words for words, _ in placed)),
        "articles": [article] if answerable else [],
        "evidence": list(dict.fromkeys(_around(text, placed))),
        "tags": [],
    }


def _around(text: str, placed: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Each answer with as few words around it as make it stand in the text once."""
    for words, start in placed:
        begin, end = start, start + len(words)
        while text.count(text[begin:end]) > 1:
            begin = text.rfind(" ", 0, max(begin - 1, 0)) + 1
            end = next((i for i in range(end + 1, len(text)) if text[i].isspace()), len(text))
        yield text[begin:end]
