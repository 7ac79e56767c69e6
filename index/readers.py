"""The files people bring, as articles: text, Markdown, web pages, PDF, DOCX, JSON Lines and CSV.

`read` yields one `RawArticle` or one `Refusal` for each file, or each line of a JSON Lines or CSV
file; a refusal says what to do about it, and no file stops the others. The id of an article is the
one it gives itself, else the path of its file below the ingested folder without its ending (the
name alone for a file that was given by itself); a line without an id gets that path, "-" and the
start of a hash of its text, which stays the same when lines move. What needs a parser is read in a
child process (`index.parsing`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from index.clean import boilerplate, without_agency
from index.encoding import binary_kind, readable
from index.errors import ReadError
from index.fields import MAX_TEXT_CHARACTERS, RefusedError, described, one_line, tidied
from index.hidden import undrawn
from index.markdown import front_matter, words
from index.parsing import Parsed, Parsing
from index.types import RawArticle, Refusal

MAX_FILE_BYTES = 20_000_000
"""The largest file, except JSON Lines; 20 MB."""
MAX_LINE_BYTES = 20_000_000
"""The longest line of a JSON Lines file; 20 MB."""
MAX_TITLE_CHARACTERS = 120
"""The longest first line of a plain text file that is taken for its title."""

_CLEARLY_LONGER = 1.5
_HASH_LETTERS = 12
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _File:
    """A file to read and the id that its article gets when it names none itself."""

    path: Path
    id: str

    @property
    def origin(self) -> str:
        return _named(str(self.path))


def read(paths: Sequence[Path]) -> Iterator[RawArticle | Refusal]:
    """The articles of files and folders, in the order given and by name within a folder.

    Folders are walked with their subfolders, each once; hidden files and folders are left out. A
    file that is reached twice is read once. `ReadError` is raised at the call, before anything is
    read, where a path does not exist.
    """
    missing = [str(path) for path in paths if not os.path.exists(path)]
    if missing:
        raise ReadError(f"No such file or folder: {', '.join(missing)}. Check the spelling.")
    return _read(paths)


def count(paths: Sequence[Path]) -> int:
    """How many articles `read` will give, about: lines of files of lines, and other files."""
    found = [file for path in paths for file in _files(path) if isinstance(file, _File)]
    return sum(_lines(file.path) if _has_lines(file) else 1 for file in found)


def _has_lines(file: _File) -> bool:
    return file.path.suffix.lower() in (".jsonl", ".csv")


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return 0  # `read` will say why


def _read(paths: Sequence[Path]) -> Iterator[RawArticle | Refusal]:
    seen: set[str] = set()
    with Parsing() as parsing:
        for path in paths:
            for found in _files(path):
                if isinstance(found, Refusal):
                    yield found
                elif found.origin not in seen:
                    seen.add(found.origin)
                    yield from _articles(found, parsing)


def _files(path: Path) -> Iterator[_File | Refusal]:
    if os.path.isdir(path):
        yield from _walk(Path(os.path.realpath(path)))
    else:
        # A link given by itself keeps its own name, as it does within a folder.
        yield _File(Path(os.path.realpath(path.parent)) / path.name, _named(path.stem))


def _walk(folder: Path) -> Iterator[_File | Refusal]:
    failures: list[OSError] = []
    visited = {str(folder)}
    for here, folders, names in os.walk(folder, onerror=failures.append, followlinks=True):
        entered = []
        for name in sorted(folders):
            real = os.path.realpath(os.path.join(here, name))
            if not name.startswith(".") and real not in visited:
                visited.add(real)
                entered.append(name)
        folders[:] = entered
        for name in sorted(names):
            path = Path(here, name)
            if not name.startswith("."):
                below = path.relative_to(folder).with_suffix("").as_posix()
                yield _File(path, _named(below))
    for failure in failures:
        yield Refusal(str(failure.filename), _unreadable(failure))


def _named(name: str) -> str:
    # A name that is not UTF-8 is shown with its bytes, because no other text can hold it.
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _articles(file: _File, parsing: Parsing) -> Iterator[RawArticle | Refusal]:
    ending = file.path.suffix.lower()
    if ending == ".jsonl":
        yield from _each_once(file, _json_lines(file))
    elif ending == ".csv":
        yield from _each_once(file, _rows(file, parsing))
    elif ending in _TEXTS:
        yield _tried(file.origin, lambda: _TEXTS[ending](file))
    elif ending in _PARSED:
        yield _tried(file.origin, lambda: _parsed_article(file, _PARSED[ending], parsing))
    else:
        yield Refusal(
            file.origin, f"Files ending in {ending!r} are not read; {', '.join(ENDINGS)} are."
        )


def _tried(origin: str, work: Callable[[], RawArticle]) -> RawArticle | Refusal:
    """What `work` gives; whatever goes wrong in it becomes a refusal of this one article."""
    try:
        return _checked(work())
    except RefusedError as refused:
        return Refusal(origin, str(refused))
    except OSError as failure:
        return Refusal(origin, _unreadable(failure))
    except Exception as failure:
        return Refusal(origin, f"It could not be parsed ({type(failure).__name__}: {failure}).")


def _checked(article: RawArticle) -> RawArticle:
    if not any(character.isalpha() for character in article.text):
        raise RefusedError("There is no text in it.")
    if len(article.text) > MAX_TEXT_CHARACTERS:
        raise RefusedError(
            f"Its text has {len(article.text):,} characters, more than {MAX_TEXT_CHARACTERS:,}: "
            "split it into several articles."
        )
    parts = (article.title, article.text, article.source, article.author)
    if characters := undrawn((*parts, *article.metadata, *article.metadata.values())):
        return replace(article, hidden={**article.hidden, "characters": characters})
    return article


def _unreadable(failure: OSError) -> str:
    why = failure.strerror or failure
    return f"It cannot be opened ({why}): check that it exists and may be read."


def _bytes_of(file: _File) -> bytes:
    _check_ordinary(file)
    with file.path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise RefusedError(
            f"It is larger than {MAX_FILE_BYTES / 1e6:.0f} MB: split it, or bring its articles "
            "as lines of a .jsonl file."
        )
    return data


def _check_ordinary(file: _File) -> None:
    # Opening a named pipe would wait for ever.
    if file.path.exists() and not file.path.is_file():
        raise RefusedError("It is not an ordinary file.")


def _plain_text(file: _File) -> RawArticle:
    text = readable(_bytes_of(file)).lstrip()
    first, _, rest = text.partition("\n")
    title = first.strip()
    if _is_title(title, rest):
        return RawArticle(file.id, file.origin, title, rest)
    return RawArticle(file.id, file.origin, "", text)


def _is_title(line: str, rest: str) -> bool:
    """Whether the first line of a text, with `rest` below it, looks like its title."""
    below = rest.partition("\n")[0].strip()
    return (
        len(line) <= MAX_TITLE_CHARACTERS
        and not line.rstrip("\"'”’»)").endswith((".", "۔", ":", "،", ","))
        and (not below or len(below) >= _CLEARLY_LONGER * len(line))
        and any(character.isalpha() for character in line)
        and any(character.isalpha() for character in rest)
        and not boilerplate(line)
        and without_agency(line) == line
    )


def _markdown(file: _File) -> RawArticle:
    fields, body = front_matter(readable(_bytes_of(file)))
    if "published" not in fields and "date" in fields:
        fields["published"] = fields.pop("date")
    heading, text = words(body, takes_title=not one_line(fields.get("title")))
    return described(file.origin, file.id, text, fields | ({"title": heading} if heading else {}))


def _parsed_article(file: _File, form: str, parsing: Parsing) -> RawArticle:
    (parsed,) = parsing.ask(form, _bytes_of(file))
    article = described(file.origin, file.id, parsed.text, parsed.fields)
    return replace(article, hidden=parsed.hidden)


def _each_once(
    file: _File, lines: Iterable[tuple[int, Callable[[], RawArticle]]]
) -> Iterator[RawArticle | Refusal]:
    """The articles of numbered lines; of two that have one id, the first."""
    first_lines: dict[str, int] = {}
    try:
        for number, work in lines:
            where = f"{file.origin}:{number}"
            article = _tried(where, work)
            if isinstance(article, RawArticle) and article.id in first_lines:
                earlier = first_lines[article.id]
                yield Refusal(where, f"Its id {article.id!r} is that of line {earlier}: change it.")
                continue
            if isinstance(article, RawArticle):
                first_lines[article.id] = number
            yield article
    except OSError as failure:
        yield Refusal(file.origin, _unreadable(failure))
    except RefusedError as refused:
        yield Refusal(file.origin, str(refused))


def _json_lines(file: _File) -> Iterator[tuple[int, Callable[[], RawArticle]]]:
    for number, line in _numbered_lines(file):
        yield number, partial(_json_article, file, line)


def _rows(file: _File, parsing: Parsing) -> Iterator[tuple[int, Callable[[], RawArticle]]]:
    for parsed in parsing.ask("csv", _bytes_of(file)):
        yield parsed.line, partial(_row_article, file, parsed)


def _numbered_lines(file: _File) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, counted from 1; of one that is too long, one byte too many."""
    _check_ordinary(file)
    with file.path.open("rb") as stream:
        head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        if binary_kind(head) or b"\x00" in head:
            raise RefusedError("It is binary or UTF-16, not JSON Lines: save it as UTF-8 text.")
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if line.strip():
                yield number, line
            while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES + 1)


def _json_article(file: _File, line: bytes) -> RawArticle:
    if len(line) > MAX_LINE_BYTES:
        raise RefusedError(f"The line is longer than {MAX_LINE_BYTES / 1e6:.0f} MB: split it.")
    try:
        fields = json.loads(readable(line.rstrip()))
    except json.JSONDecodeError as error:
        raise RefusedError(f"It is not JSON: {error.msg} at character {error.pos + 1}.") from error
    text = fields.get("text") if isinstance(fields, dict) else None
    if not isinstance(text, str):
        raise RefusedError('It is not a JSON object with a string "text".')
    return _line_article(file, tidied(text), fields)


def _row_article(file: _File, parsed: Parsed) -> RawArticle:
    if parsed.refused:
        raise RefusedError(parsed.refused)
    return _line_article(file, parsed.text, parsed.fields)


def _line_article(file: _File, text: str, fields: Mapping[str, object]) -> RawArticle:
    short_hash = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LETTERS]
    article = described(file.origin, f"{file.id}-{short_hash}", text, fields)
    return replace(article, origin=f"{file.origin}#{article.id}")


_TEXTS: Mapping[str, Callable[[_File], RawArticle]] = {
    ".txt": _plain_text,
    ".md": _markdown,
    ".markdown": _markdown,
}
_PARSED = {".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx"}
"""Formats of `index.parsing` by the endings of files that are one article."""
ENDINGS = (*_TEXTS, *_PARSED, ".jsonl", ".csv")
"""The endings of the files that are read."""
