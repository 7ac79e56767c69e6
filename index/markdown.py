"""Markdown as plain text: the fields of its front matter, its first heading and its words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from index.fields import RefusedError

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_FRONT_MATTER_CHARACTERS = 100_000
"""The longest front matter that is read."""

# A rule (---) with a blank line below it is not front matter.
_OPENS = re.compile(r"---[ \t]*\n(?=\S)")
_CLOSES = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.M)
_NULLS = ("~", "null", "Null", "NULL")
_UNSEEN_HTML = re.compile(
    r"<!--(?:(?!<!--).)*?-->|<(script|style)\b(?:(?!<\1\b).)*?</\1\s{0,9}>", re.S | re.I
)
_WITHIN_WORDS = re.compile(r"</?(?:a|abbr|b|bdi|bdo|em|font|i|mark|s|small|span|strong|u)\b", re.I)
_DEEPEST = 100


def front_matter(source: str) -> tuple[dict[str, object], str]:
    """The fields of the YAML front matter, and the Markdown below it.

    Scalars stay strings as they are written (`id: 007`), but a null is None. `RefusedError` where
    the front matter is not closed, is not YAML, is no mapping, or uses aliases, which can make a
    small file enormous.
    """
    opened = _OPENS.match(source)
    if opened is None:
        return {}, source
    closed = _CLOSES.search(source, opened.end())
    if closed is None:
        raise RefusedError('The front matter is not closed: end it with a line "---".')
    if closed.start() > MAX_FRONT_MATTER_CHARACTERS:
        raise RefusedError(
            f"The front matter is longer than {MAX_FRONT_MATTER_CHARACTERS:,} letters."
        )
    fields = _yaml(source[opened.end() : closed.start()])
    return fields, source[closed.end() :]


def _yaml(source: str) -> dict[str, object]:
    # Imported when needed, so that the command line starts fast; markdown_it below is, too.
    import yaml

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(source, yaml.BaseLoader)):
            raise RefusedError("The front matter uses a YAML alias (*name): write the value out.")
        # The base loader knows strings, lists and mappings alone, and runs nothing.
        value = yaml.BaseLoader(source).get_single_data()
    except yaml.MarkedYAMLError as error:
        # The first line of the file is the opening "---".
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise RefusedError(
            f"The front matter is broken at line {line}: {error.problem}."
        ) from error
    except yaml.YAMLError as error:
        raise RefusedError(f"The front matter is broken: {error}.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedError('The front matter is not made of "key: value" lines.')
    return {str(key): None if item in _NULLS else item for key, item in value.items()}


def words(source: str, *, takes_title: bool) -> tuple[str, str]:
    """The first top heading where `takes_title` asks for it, and the text, without that heading.

    A blank line parts paragraphs; items of a list and rows of a table have a line each, cells " | "
    between them. Marks, images and HTML go, numbers of list items and the words within tags stay.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST})
    # Without blocks of HTML their tags are inline ones, and the words between them are kept.
    parser.enable(["table", "strikethrough"]).disable("html_block")
    tokens = parser.parse(_UNSEEN_HTML.sub("", source))
    title = _taken_title(tokens) if takes_title else ""
    blocks = [(text, tight) for text, tight in _blocks(tokens) if text]
    text = ""
    for index, (block, tight) in enumerate(blocks):
        joint = "\n" if tight and blocks[index - 1][1] else "\n\n"
        text += block if index == 0 else joint + block
    return title, text


def _taken_title(tokens: list[Token]) -> str:
    """The words of the first top heading, which is emptied."""
    for opener, inline in pairwise(tokens):
        if opener.type == "heading_open" and opener.tag == "h1" and opener.level == 0:
            title = _words(inline.children or [])
            if title:
                inline.children = []
                return title
    return ""


def _blocks(tokens: list[Token]) -> Iterable[tuple[str, bool]]:
    """Each paragraph, item and row, and whether it stands close to others of its list or table."""
    cells: list[str] = []
    marker = ""
    for opener, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "inline" and opener is not None and opener.tag in ("td", "th"):
            cells.append(_words(token.children or []))
        elif token.type == "inline":
            text = _words(token.children or [])
            yield (marker + text if text else "", opener is not None and opener.hidden)
            marker = ""
        elif token.type == "tr_close":
            yield " | ".join(cells), True
            cells = []
        elif token.type in ("fence", "code_block"):
            yield token.content.strip("\n"), False


def _words(inline: Iterable[Token]) -> str:
    return "".join(_seen(token) for token in inline).strip()


def _seen(token: Token) -> str:
    if token.type in ("text", "code_inline"):
        return token.content
    if token.type == "html_inline":
        return "" if _WITHIN_WORDS.match(token.content) else " "
    return {"softbreak": " ", "hardbreak": "\n"}.get(token.type, "")
