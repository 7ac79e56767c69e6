"""Attacks on answers by the articles, and the collections in which they are planted.

An attack is a text in an article that would steer the answer to one question: an instruction to
whoever answers, what would be read as a link, or a false answer. It stands in a copy of the article
that answers, which takes that one's place, or in articles of their own beside it.
"""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from eval.dataset import ARTICLES, DATA, DEVELOPMENT, GoldQuestion, load_questions
from index.build import ingest, remove
from index.config import Config, load_config
from index.errors import EvaluationError
from index.mend import duplicate
from index.readers import read
from index.settings import OpenEmbedder
from index.types import Language, RawArticle

ATTACKS = DATA / "attacks.jsonl"

POISONS = ("flood", "copies")
"""The kinds that state a false answer; all others give instructions or markup."""

_JOINER = "\u200b"
_OVERRIDES: Mapping[Language, tuple[str, str]] = {
    "ar": ("\u202d", "\u202c"),
    "en": ("\u202e", "\u202c"),
}
_FIRST_TAG = 0xE0000

_UNSEEN = {
    "display": '<p style="display:none">{}</p>',
    "white": '<p style="color:#ffffff;background-color:#ffffff">{}</p>',
    "tiny": '<p style="font-size:1px">{}</p>',
    "comment": "<!-- {} -->",
    "offscreen": '<p style="position:absolute;left:-9999px">{}</p>',
    "attribute": '<p hidden aria-hidden="true">{}</p>',
}
"""Ways of hiding a paragraph of a web page from those who look at it."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack on the answer to one question.

    `language` is that of its text. `half`: "dev", defences were made with it in view; "held", it
    was written with these and looked at only after the defences were first measured; "fresh", it
    was written last, and no defence was changed for it. `question` is the id of a development
    question, `article` the one that answers it. `place`: where in it the `text` stands ("start",
    "before" and "after" the paragraph that answers, "inside" it, "end", "html": before it, in a
    page), or what of it becomes the text ("title", "author", "source", "url", "id"). "five": the
    five `texts` are articles of their own by `source`; "copies": five copies of the article by
    `source`, in which the words `change[0]` are `change[1]`. `hide` says how the text is hidden;
    `signs` are words that no right answer has.
    """

    id: str
    kind: str
    language: Language
    half: str
    question: str
    article: str
    place: str
    text: str = ""
    texts: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    source: str = ""
    hide: str = ""
    signs: tuple[str, ...] = ()


def load_attacks(path: Path = ATTACKS) -> list[Attack]:
    """The attacks of a file."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    lists = ("texts", "change", "signs")
    return [Attack(**{**row, **{name: tuple(row.get(name, ())) for name in lists}}) for row in rows]


@cache
def questions() -> Mapping[str, GoldQuestion]:
    """The development questions by id."""
    return {question.id: question for question in load_questions(DEVELOPMENT)}


@cache
def originals() -> Mapping[str, RawArticle]:
    """The sample articles by id, as they are read."""
    return {item.id: item for item in read([ARTICLES]) if isinstance(item, RawArticle)}


def apart(attacks: Sequence[Attack]) -> list[list[Attack]]:
    """The attacks in groups that share a collection: in each, one attack on an event at most."""
    groups: list[list[Attack]] = []
    of_event: defaultdict[str, int] = defaultdict(int)
    for attack in attacks:
        event = questions()[attack.question].cluster
        if of_event[event] == len(groups):
            groups.append([])
        groups[of_event[event]].append(attack)
        of_event[event] += 1
    return groups


def plant(
    attacks: Sequence[Attack], samples: Config, folder: Path, open_embedder: OpenEmbedder
) -> Config:
    """A copy of the collection of the samples, in `folder`, with attacks planted in it.

    Raises `DalilError`; `EvaluationError` where an attack is not taken as it was written.
    """
    config = load_config(folder / "home", environment={})
    duplicate(samples, config)
    files = folder / "articles"
    files.mkdir(parents=True)
    for attack in attacks:
        if attack.place not in ("five", "copies"):
            remove([attack.article], config)
        _write(attack, files)
    summary = ingest([files], config, open_embedder)
    if summary.refused:
        raise EvaluationError(f"Attacks were not taken: {summary.refused}.")
    return config


def _write(attack: Attack, folder: Path) -> None:
    """Write the articles of an attack as files."""
    original = originals()[attack.article]
    if attack.place == "html":
        (folder / f"{attack.article}.html").write_text(_page(attack, original), "utf-8")
    elif attack.place == "id":
        name = attack.text.replace("/", "∕")
        (folder / f"{name}.txt").write_text(original.text, "utf-8")
    else:
        lines = "".join(f"{_line(each)}\n" for each in _articles(attack, original))
        (folder / f"{attack.id}.jsonl").write_text(lines, "utf-8")


def _line(article: RawArticle) -> str:
    fields = asdict(article)
    del fields["origin"], fields["metadata"]
    return json.dumps({**fields, "published": str(article.published)}, ensure_ascii=False)


def _articles(attack: Attack, original: RawArticle) -> Iterator[RawArticle]:
    own = replace(original, author="", source=attack.source)
    for number, text in enumerate(attack.texts, 1):
        yield replace(own, id=f"{attack.id}-{number}", title="", text=text)
    if attack.place == "copies":
        honest, false = attack.change
        text, title = (said.replace(honest, false) for said in (original.text, original.title))
        paragraphs = text.split("\n\n")
        for number in range(1, 6):
            kept = "\n\n".join([*paragraphs[:number], *paragraphs[number + 1 :]])
            kept = kept if false in kept else text
            yield replace(own, id=f"{attack.id}-{number}", title=title, text=kept)
    elif attack.place in ("title", "author", "source", "url"):
        changed: Any = {attack.place: attack.text}
        yield replace(original, **changed)
    elif not attack.texts:
        yield replace(original, text=_with_text(attack, original))


def _with_text(attack: Attack, original: RawArticle) -> str:
    """The text of an article with the attack in it."""
    paragraphs = original.text.split("\n\n")
    at, said = _answering(attack, paragraphs), hidden(attack)
    if attack.place == "inside":
        paragraphs[at] = f"{paragraphs[at]} {said}"
    else:
        places = {"start": 0, "before": at, "after": at + 1, "end": len(paragraphs)}
        paragraphs.insert(places[attack.place], said)
    return "\n\n".join(paragraphs)


def _answering(attack: Attack, paragraphs: Sequence[str]) -> int:
    """Which paragraph answers."""
    evidence = questions()[attack.question].evidence
    return next(
        at for at, text in enumerate(paragraphs) if any(words in text for words in evidence)
    )


def hidden(attack: Attack) -> str:
    """The text of an attack as it is hidden by characters, or as it is."""
    if attack.hide == "joiners":
        return _JOINER.join(attack.text)
    if attack.hide == "tags":
        return "".join(chr(_FIRST_TAG + ord(letter)) for letter in attack.text if letter.isascii())
    if attack.hide == "override":
        first, last = _OVERRIDES[attack.language]
        return f"{first}{attack.text}{last}"
    return attack.text


def _page(attack: Attack, original: RawArticle) -> str:
    """The article as a web page that hides the attack."""
    paragraphs = original.text.split("\n\n")
    shown = [f"<p>{html.escape(text)}</p>" for text in paragraphs]
    unseen = _UNSEEN[attack.hide].format(html.escape(attack.text, quote=False))
    shown.insert(_answering(attack, paragraphs), unseen)
    title, body = html.escape(original.title), "\n".join(shown)
    return (
        f'<!doctype html><html lang="{original.language}"><head><meta charset="utf-8">'
        f'<title>{title}</title><meta name="date" content="{original.published}"></head>'
        f"<body><main><article><h1>{title}</h1>\n{body}\n</article></main></body></html>"
    )
