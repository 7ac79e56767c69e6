"""The rows of a CSV file, by the field names of its first row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from index.encoding import readable
from index.fields import RefusedError, one_line
from index.parsing import Parsed

_DELIMITERS = (",", ";", "\t")


def rows(data: bytes) -> Iterator[Parsed]:
    """Each row as an article, or why it is none; blank rows are left out.

    The names are those of JSON Lines: `text`, and `id`, `title`, `language`, `url`, `source`,
    `author`, `published` where there are any; others are metadata. Commas, semicolons or tabs part
    the cells. `RefusedError` where the first row does not name a text.
    """
    source = readable(data)
    csv.field_size_limit(max(1, len(source)))
    reader = csv.reader(io.StringIO(source, newline=""), delimiter=_delimiter(source), strict=True)
    names = _names(reader)
    number = reader.line_num + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Parsed(line=number, refused=f"It is not CSV from here on ({error}): mend it.")
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _row(names, cells, number)
        number = reader.line_num + 1


def _delimiter(source: str) -> str:
    """What parts the names of the first row."""
    first = source.lstrip("\n").partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _names(reader: Iterator[list[str]]) -> list[str]:
    try:
        first = next((cells for cells in reader if any(cells)), [])
    except csv.Error as error:
        raise RefusedError(f"Its first row is not CSV ({error}): mend it.") from error
    names = [one_line(cell).lower() for cell in first]
    if "text" not in names:
        shown = ", ".join(names)[:200]
        raise RefusedError(
            f'Its first row names no column "text" ({shown}): name the column of the texts so, '
            "and others id, title, language, url, source, author and published."
        )
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise RefusedError(f"Its first row names {', '.join(twice)} more than once: mend it.")
    return names


def _row(names: list[str], cells: list[str], number: int) -> Parsed:
    if len(cells) > len(names) and any(cells[len(names) :]):
        return Parsed(
            line=number,
            refused=f"The row has {len(cells)} cells, more than the {len(names)} that are named: "
            'put a text that has the delimiter in it between "quotation marks".',
        )
    fields = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell.strip()}
    return Parsed(fields.pop("text", ""), fields, line=number)
