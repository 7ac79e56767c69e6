"""The articles of the collection over HTTP: listed, shown, added and removed."""

from __future__ import annotations

from typing import Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from index.addresses import LONGEST_LINK
from index.readers import ENDINGS, MAX_FILE_BYTES
from index.types import Language
from rag.documents import Document, article_document
from ui import uploads
from ui.bodies import MOST_ARTICLES, ArticleFields, ArticlesBody
from ui.documents import ingest_document, summary_document
from ui.listing import matching
from ui.problems import Problem, ProblemError, invalid
from ui.schemas import ArticleDocument, ArticlesDocument, IngestDocument, RemovedDocument, problems
from ui.service import Service
from ui.uploads import MOST_LINKS, Upload

MOST_LISTED = 100

_READING_AT_ONCE = 8
_WRITING_AT_ONCE = 1
"""The collection lets one writer in; the others wait here, where they hold no thread."""
_LONGEST_TEXT = 200
_ADDED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "minProperties": 1,
                    "properties": {
                        "articles": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_ARTICLES,
                            "items": ArticleFields.model_json_schema(),
                        },
                        "links": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_LINKS,
                            "items": {"type": "string", "maxLength": LONGEST_LINK},
                            "description": "Pages to fetch over https, where the setting `links` "
                            "of the collection is `public`; else they are refused.",
                        },
                    },
                },
                "example": {
                    "articles": [{"id": "t", "text": "The library reopened on 3 March 2031."}]
                },
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {
                            "type": "array",
                            "maxItems": MOST_ARTICLES,
                            "items": {"type": "string", "format": "binary"},
                            "description": f"Files ({', '.join(ENDINGS)}) of 20 MB at most.",
                        }
                    },
                }
            },
        },
    }
}


ArticleId = Annotated[
    str,
    Path(
        alias="id",
        max_length=1_000,
        description="The article's id, slashes and all.",
        examples=["t"],
    ),
]


def router(service: Service) -> APIRouter:
    """The routes below /api/articles."""
    routes = APIRouter(tags=["Articles"])
    _add_reading(routes, service)
    _add_writing(routes, service)
    return routes


def _add_reading(routes: APIRouter, service: Service) -> None:
    reading = CapacityLimiter(_READING_AT_ONCE)

    @routes.get(
        "/api/articles",
        response_model=ArticlesDocument,
        responses=problems("invalid", "failed", "unavailable"),
        summary="List articles",
    )
    async def list_articles(
        text: Annotated[
            str,
            Query(max_length=_LONGEST_TEXT, description="Words of the title, id or source."),
        ] = "",
        language: Annotated[Language | None, Query(description="Only in this language.")] = None,
        source: Annotated[
            str | None, Query(max_length=1_000, description="Only of this source.")
        ] = None,
        limit: Annotated[
            int, Query(ge=1, le=MOST_LISTED, description="How many at most.")
        ] = MOST_LISTED,
        offset: Annotated[
            int, Query(ge=0, le=2**53, description="How many to pass over first.")
        ] = 0,
    ) -> Response:
        """The articles of the collection, newest first."""

        def work() -> Document:
            found = matching(service.index.catalogue.summaries(), text, language, source)
            shown = [summary_document(each) for each in found[offset : offset + limit]]
            return {"articles": shown, "total": len(found)}

        return JSONResponse(await run_sync(work, limiter=reading))

    @routes.get(
        "/api/articles/{id:path}",
        response_model=ArticleDocument,
        responses=problems("not-found", "invalid", "failed", "unavailable"),
        summary="Show an article",
    )
    async def show_article(id_: ArticleId) -> Response:
        """One article with its whole text, in which the offsets of quotations count."""
        try:
            article = await run_sync(service.index.catalogue.article, id_, limiter=reading)
        except KeyError:
            raise _no_article(id_) from None
        return JSONResponse(article_document(article))


def _add_writing(routes: APIRouter, service: Service) -> None:
    writing = CapacityLimiter(_WRITING_AT_ONCE)

    @routes.post(
        "/api/articles",
        response_model=IngestDocument,
        responses=problems(
            "bad-request", "too-large", "media-type", "invalid", "failed", "locked", "unavailable"
        ),
        openapi_extra=_ADDED,
        summary="Add articles",
    )
    async def add_articles(request: Request) -> Response:
        """Reads articles into the collection, as JSON, as files or by link; done when this is
        answered.

        One that is there already, by its id, is replaced; what cannot be read is refused with the
        reason while the rest goes on.
        """
        files, links = await _brought(request)
        summary = await run_sync(uploads.add, service.index, files, links, limiter=writing)
        return JSONResponse(ingest_document(summary))

    @routes.delete(
        "/api/articles/{id:path}",
        response_model=RemovedDocument,
        responses=problems("not-found", "invalid", "failed", "locked", "unavailable"),
        summary="Remove an article",
    )
    async def remove_article(id_: ArticleId) -> Response:
        """Removes an article from the collection; the file that it came from is left alone."""
        removed = await run_sync(uploads.remove, service.index, [id_], limiter=writing)
        if not removed:
            raise _no_article(id_)
        return JSONResponse({"removed": list(removed)})


def _no_article(id_: str) -> ProblemError:
    detail = f"There is no article {id_[:200]!r}. GET /api/articles lists those that there are."
    return ProblemError(Problem("not-found", detail))


async def _brought(request: Request) -> tuple[list[Upload], list[str]]:
    """The files and links that were sent, in either form.

    Raises `ProblemError` or `RequestValidationError`.
    """
    form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if form == "application/json":
        return await run_sync(_from_json, await request.body())
    if form == "multipart/form-data":
        return await _from_form(request), []
    detail = "Send application/json or multipart/form-data, and say which in Content-Type."
    raise ProblemError(Problem("media-type", detail))


def _from_json(body: bytes) -> tuple[list[Upload], list[str]]:
    try:
        sent = ArticlesBody.model_validate_json(body)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(found) from None
    return [uploads.as_upload(sent.articles)] if sent.articles else [], sent.links


async def _from_form(request: Request) -> list[Upload]:
    brought = []
    async with request.form(max_files=MOST_ARTICLES) as form:
        for _, value in form.multi_items():
            if not isinstance(value, UploadFile):
                continue
            name = value.filename or ""
            if (value.size or 0) > MAX_FILE_BYTES:
                detail = f"{name[:200]!r} is larger than {MAX_FILE_BYTES:,} bytes. Divide it."
                raise ProblemError(Problem("too-large", detail))
            brought.append(Upload(name, await value.read()))
    if not brought:
        raise invalid("files", "There is no file. Send at least one.")
    return brought
