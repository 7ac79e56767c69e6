"""What articles say and are called, as plain text that no program takes for anything else.

The text of an answer is read as Markdown by many clients, and its markers become links. Nothing
that an article brings along may therefore look like a marker of a citation, a link, an image or an
element, nor end the quotation that it stands in. `Citation.quotation` stays word for word.
"""

from __future__ import annotations

import re

from index.types import Article, Language
from rag.addressed import is_addressed

_MARKER = re.compile(r"\[(\s*[\d٠-٩]{1,3}(?:\s*[,،]\s*[\d٠-٩]{1,3})*\s*)\]")
_TARGET = re.compile(r"\](?=\s?[(\[:])")
_ELEMENT = re.compile(r"<(?=[A-Za-z/!?|])")
_ADDRESS = re.compile(r"[a-z0-9+.-]{0,30}://+|www\.(?=\w)|mailto:(?=\w)", re.IGNORECASE)
_SCRIPT = re.compile(r"((?:java|vb)script|data):(?=\S)", re.IGNORECASE)
_NO_WEB_ADDRESS = re.compile(r"[\s<>\"`\[\]]|^(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)

_MARKS: dict[Language, tuple[str, str, dict[int, int]]] = {
    "ar": ("«", "»", str.maketrans("«»", "“”")),
    "en": ("“", "”", str.maketrans("“”", "‘’")),
}
_OPENING_LETTERS = 200


def plain(text: str) -> str:
    """A text on one line, without what could be read as a marker, a link, an image or an element.

    Square brackets around numbers become round ones, addresses lose their scheme.
    """
    return unlinked(_MARKER.sub(r"(\1)", text))


def unlinked(text: str) -> str:
    """A text on one line, without what could be read as a link, an image or an element."""
    said = _TARGET.sub("] ", _ELEMENT.sub("‹", " ".join(text.split()))).replace("![", "! [")
    return _SCRIPT.sub(r"\1 :", _ADDRESS.sub("", said))


def within_marks(text: str, language: Language) -> str:
    """A text as it can stand between the quotation marks of a language.

    Marks within it that would end the quotation are inner ones; those in pairs stay.
    """
    said = plain(text)
    opening, closing, inner = _MARKS[language]
    depth = 0
    for letter in said:
        depth += (letter == opening) - (letter == closing)
        if depth < 0:
            return said.translate(inner)
    return said


def title_of(article: Article) -> str:
    """The title of an article, "" where it has none.

    How the article begins, where the title, or without one the id, speaks to whoever answers.
    """
    if is_addressed(article.title or article.id):
        opening = article.text[:_OPENING_LETTERS].split("\n")[0]
        return "" if is_addressed(opening) else plain(opening)
    return plain(article.title)


def source_of(article: Article) -> str:
    """The source of an article, "" where there is none or it speaks to whoever answers."""
    return "" if is_addressed(article.source) else plain(article.source)


def address_of(article: Article) -> str:
    """The address of an article, "" where it is none of the web."""
    return "" if _NO_WEB_ADDRESS.search(article.url) else article.url
