"""What an article says of itself, in a front matter or a line of JSON: dates, languages, names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime

from index.types import Language, RawArticle

MAX_TEXT_CHARACTERS = 2_000_000
"""The longest text of an article."""

_LANGUAGES: Mapping[str, Language] = {
    **dict.fromkeys(("ar", "ara", "arabic", "عربي", "العربية"), "ar"),
    **dict.fromkeys(("en", "eng", "english"), "en"),
}
_OWN_FIELDS = {"id", "title", "text", "url", "source", "author", "published"}
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0E-\x1F\x7F-\x9F]")
_SURROGATES = re.compile(r"[\uD800-\uDFFF]")


class RefusedError(ValueError):
    """Why one article is refused, in words for the person who brought it."""


def tidied(text: str) -> str:
    """`text` with "\\n" for every line end, without control characters and lone surrogates."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)))


def described(origin: str, own_id: str, text: str, fields: Mapping[str, object]) -> RawArticle:
    """The article that the fields of a front matter or a JSON line describe.

    `own_id` is its id where they give none; fields that an article does not have become metadata.
    """
    language = _language(one_line(fields.get("language")))
    known = {"language"} if language else set()
    published = one_line(fields.get("published"))
    published_day = day(published)
    if published and not published_day:
        raise RefusedError(f"Its date {published!r} cannot be read: write it as YYYY-MM-DD.")
    return RawArticle(
        id=one_line(fields.get("id")) or own_id,
        origin=origin,
        title=one_line(fields.get("title")),
        text=text,
        language=language,
        url=one_line(fields.get("url")),
        source=one_line(fields.get("source")),
        author=one_line(fields.get("author")),
        published=published_day,
        metadata={
            one_line(name): _string(value)
            for name, value in fields.items()
            if name not in _OWN_FIELDS | known and _string(value)
        },
    )


def day(written: str) -> date | None:
    """The day of an ISO date or time, as written there; None for anything else."""
    try:
        return datetime.fromisoformat(re.sub(r"\s+(?=[+-])", "", written)).date()
    except ValueError:
        return None


def one_line(value: object) -> str:
    """A field's value as a single line, "" where there is none."""
    return " ".join(_string(value).split())


def _language(name: str) -> Language | None:
    """The language of "ar-EG", "en_US" or "Arabic", told by the first part; None for others."""
    return _LANGUAGES.get(re.split("[-_ ]", name.lower())[0])


def _string(value: object) -> str:
    """A field's value as text: a list of strings joined by commas, other structures as JSON."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    return tidied(value).strip()
