"""The tools that an assistant can call: what each is for, told to it, and the work itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from index.catalogue import Catalogue
from index.config import Config
from index.errors import DalilError
from index.filters import Filters
from index.types import Article
from rag.documents import answer_document, article_document, hit_document
from rag.plain import within_marks
from ui.documents import summary_document
from ui.listing import matching
from ui.tool_schemas import (
    AskArguments,
    AskResult,
    ListArguments,
    ListedArticle,
    ListResult,
    ReadArguments,
    ReadResult,
    SearchArguments,
    SearchHit,
    SearchResult,
)

if TYPE_CHECKING:
    from index.weights import Progress
    from ui.service import Service

_MOST_NAMED = 40


class Collection:
    """One collection, its models opened at the first question. Threads may share it."""

    def __init__(
        self, config: Config, llm: str, progress: Progress, pause: Callable[[], None]
    ) -> None:
        """`progress` is told done and total bytes of models that are fetched.

        `pause` is called while an answer grows and raises where nobody waits for it any more.
        Raises `DalilError` where there is no collection.
        """
        self.catalogue = Catalogue.open(config.catalogue)
        self.pause = pause
        self._config, self._llm, self._progress = config, llm, progress
        self._service: Service | None = None
        self._lock = Lock()

    def service(self) -> Service:
        """The opened collection; raises `DalilError`, and is tried anew at the next call then."""
        with self._lock:
            if self._service is None:
                from rag.answer import Assistant  # heavy: an unused server holds no models
                from ui.service import Service

                assistant = Assistant.open(self._config.home, self._llm, progress=self._progress)
                self._service = Service(assistant)
            return self._service

    def article(self, id_: str) -> Article:
        """The article with that id; raises `DalilError` where there is none."""
        try:
            return self.catalogue.article(id_)
        except KeyError:
            raise DalilError(
                f"There is no article {id_!r}. Call list_articles to see the ids."
            ) from None

    def check(self, filters: Filters) -> Filters:
        """The filters; raises `DalilError` where they name what no article has."""
        sources = self.catalogue.sources() if filters.sources else set()
        for source in filters.sources:
            if source not in sources:
                names = sorted(sources - {""})
                known = ", ".join(map(repr, names[:_MOST_NAMED])) or "none"
                more = ", and more in list_articles" if len(names) > _MOST_NAMED else ""
                raise DalilError(
                    f"No article has the source {source!r}. The sources are: {known}{more}. "
                    "Write one of them exactly, or leave out the filter."
                )
        for id_ in filters.articles:
            self.article(id_)
        return filters


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tool gives back: `result` for programs, and the same as `texts` to be read."""

    result: BaseModel
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that can be called.

    `run` raises `ValueError` or `DalilError` with a sentence.
    """

    name: str
    title: str
    description: str
    arguments: type[BaseModel]
    result: type[BaseModel]
    run: Callable[[Collection, Any], Reply]


def _ask(collection: Collection, given: AskArguments) -> Reply:
    from ui.service import Request

    filters = collection.check(given.filters())
    request = Request(given.question, filters=filters, answered_in=given.language)
    with closing(collection.service().stream(request)) as growing:
        for grown in growing:
            answer = grown
            collection.pause()
    result = AskResult.model_validate(answer_document(answer))
    lines = [f"Status: {result.status}", result.text]
    if result.status == "not_found":
        lines.append("Say that the articles do not hold the answer; do not answer from memory.")
    for item in result.citations:
        place = _heading(item.title, item.source, item.published, item.url)
        where = f"[{item.marker}] {place} · {_span(item.article, item.start, item.end)}"
        said = within_marks(item.quotation, item.language)
        lines.append(where if said in result.text else f"{where}\n{said}")
    lines += [f"Note: {note.text}" for note in result.notes]
    return Reply(result, ("\n\n".join(lines),))


def _search(collection: Collection, given: SearchArguments) -> Reply:
    filters = collection.check(given.filters())
    found = collection.service().assistant().search(given.question, given.limit, filters=filters)
    hits = []
    for hit in found:
        article = article_document(collection.article(hit.chunk.article_id))
        facts = {**article, **hit_document(hit), "text": hit.chunk.text}
        hits.append(SearchHit.model_validate(facts))
    lines = [
        f"{number}. {_heading(hit.title, hit.source, hit.published, hit.url)} · "
        f"{_span(hit.article, hit.start, hit.end)}\n{hit.text}"
        for number, hit in enumerate(hits, 1)
    ] or ["There is no passage that the filters leave. Widen the filters, or leave them out."]
    return Reply(SearchResult(hits=hits), ("\n\n".join(lines),))


def _read(collection: Collection, given: ReadArguments) -> Reply:
    article = collection.article(given.id)
    length = len(article.text)
    stop = length if given.end is None else min(given.end, length)
    if given.start >= stop:
        raise ValueError(
            f"The article {given.id!r} has {length} characters: from {given.start} to {stop} there "
            "is nothing. Give a smaller start, or a larger end."
        )
    end = min(stop, given.start + given.limit)
    following = end if end < stop else None
    part = {
        "text": article.text[given.start : end],
        "start": given.start,
        "end": end,
        "length": length,
        "next_start": following,
    }
    result = ReadResult.model_validate({**article_document(article), **part})
    heading = _heading(result.title, result.source, result.published, result.url)
    span = f"{heading} · {_span(result.id, result.start, end)} of {length}"
    rest = f"There is more: call read_article with start = {following}."
    return Reply(result, (span, result.text, *([rest] if following else [])))


def _list(collection: Collection, given: ListArguments) -> Reply:
    sources = () if given.source is None else (given.source,)
    collection.check(Filters(sources=sources, since=given.since, until=given.until))
    found = matching(
        collection.catalogue.summaries(),
        given.text,
        given.language,
        given.source,
        given.since,
        given.until,
    )
    end = given.offset + given.limit
    shown = [
        ListedArticle.model_validate(summary_document(item)) for item in found[given.offset : end]
    ]
    following = end if end < len(found) else None
    lines = [f"{len(found)} articles match; {len(shown)} of them from {given.offset}:"]
    lines += [f"{item.id} · {_heading(item.title, item.source, item.published)}" for item in shown]
    if following:
        lines.append(f"There are more: call list_articles with offset = {following}.")
    result = ListResult(articles=shown, total=len(found), next_offset=following)
    return Reply(result, ("\n".join(lines),))


def _heading(*facts: str | None) -> str:
    return " · ".join(fact for fact in facts if fact)


def _span(article: str, start: int, end: int) -> str:
    return f"article {article}, characters {start} to {end}"


TOOLS = (
    Tool(
        "ask",
        "Ask the articles",
        "Answers a question in Arabic or English from the articles of the collection, and from "
        "nothing else. Use it first for every question of fact that the articles may hold. Each "
        "sentence of the answer has a marker such as [1] that leads to a citation: an exact "
        "quotation with its article, source, day and place. Quote verbatim and keep the marker, "
        "say whose article it is, and pass the notes on (articles that disagree, an article that "
        "is cut, a part that is missing). Where the status is not_found the articles do not hold "
        "the answer: say so and do not fill it from memory; search may still show what is near. "
        "The first call takes some seconds longer, while the models are opened.",
        AskArguments,
        AskResult,
        _ask,
    ),
    Tool(
        "search",
        "Search the articles",
        "Finds the passages nearest to a question or to words, best first, in both languages. Use "
        "it to look around: for several articles on a subject, for more than ask quotes, or after "
        "ask found nothing. It does not judge whether a passage answers: the nearest passages are "
        "given even where nothing does. To quote one, take its words exactly; to see what stands "
        "around it, call read_article.",
        SearchArguments,
        SearchResult,
        _search,
    ),
    Tool(
        "read_article",
        "Read an article",
        "Gives the text of one article by its id, exactly as it is quoted, in parts of up to "
        "`limit` characters. For the rest of a long article call it again with start = next_start "
        "until that is null; the parts joined are the article. With the start and end of a "
        "citation or a passage it gives exactly those words.",
        ReadArguments,
        ReadResult,
        _read,
    ),
    Tool(
        "list_articles",
        "List the articles",
        "Lists the articles of the collection with id, title, source, language and day, newest "
        "first, and how many match. Use it to see what the collection holds, to find an id for "
        "read_article, or the exact name of a source for the filters. It looks at titles, ids and "
        "sources alone: to look inside the texts, use search.",
        ListArguments,
        ListResult,
        _list,
    ),
)
