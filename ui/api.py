"""The HTTP interface: questions, passages and articles, as JSON documents and as they grow.

    app = FastAPI(docs_url=None, redoc_url=None)
    install(app)                        # of ui.problems: one shape for every error
    app.include_router(router(service))

Articles are in `ui.articles`, the interface of OpenAI in `ui.completions`; `/api` describes it all.
"""

from __future__ import annotations

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from rag.documents import Document, answer_document, hit_document
from rag.llm import is_ready
from rag.types import Answer
from ui import articles, completions
from ui.bodies import AskBody, SearchBody
from ui.openapi_page import openapi_page
from ui.problems import Problem, problem_document
from ui.schemas import AnswerDocument, HealthDocument, HitsDocument, problems
from ui.service import Service
from ui.streaming import QUESTIONS_AT_ONCE, AnswerResponse, event, written

_READING_AT_ONCE = 8
_EVENTS = {
    "description": "The answer: one JSON document, or server-sent events. Of those `answer` has "
    "the document of the answer as far as it has come, `done`, the last, that of the whole, and "
    "`problem` says what went wrong on the way.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "example": 'event: answer\ndata: {"status":"answered","text":"…","citations":[…]}\n\n'
            'event: done\ndata: {"status":"answered","text":"…","citations":[…]}\n\n',
        }
    },
}


def router(service: Service) -> APIRouter:
    """All routes on one collection; questions asked in any way share the places there are."""
    questions = CapacityLimiter(QUESTIONS_AT_ONCE)
    whole = APIRouter()
    whole.include_router(_asking(service, questions))
    whole.include_router(articles.router(service))
    whole.include_router(_health(service))
    whole.include_router(completions.router(service, questions))
    return whole


def _asking(service: Service, questions: CapacityLimiter) -> APIRouter:
    routes = APIRouter(tags=["Questions"])
    reading = CapacityLimiter(_READING_AT_ONCE)
    said = problems("bad-setting", "invalid", "failed", "unavailable")

    @routes.post(
        "/api/ask",
        response_model=AnswerDocument,
        responses={200: _EVENTS, **said},
        summary="Ask a question",
    )
    async def ask(body: AskBody, request: Request) -> Response:
        """The answer of the articles, every sentence of it proved by an exact quotation.

        Whoever hangs up stops the work on it. Eight questions are worked on at a time.
        """
        service.assistant(body.llm)
        streams = body.stream or "text/event-stream" in request.headers.get("accept", "")
        wire = _EventWire(request.url.path) if streams else _JsonWire()
        asked = body.request()
        return AnswerResponse(lambda: service.stream(asked), wire, questions)

    @routes.post(
        "/api/search", response_model=HitsDocument, responses=said, summary="Find passages"
    )
    async def search(body: SearchBody) -> Response:
        """The passages that a question finds, best first, with their texts."""

        def work() -> Document:
            assistant = service.assistant()
            hits = assistant.search(body.question, body.limit, filters=body.filters.filters())
            return {"hits": [{**hit_document(hit), "text": hit.chunk.text} for hit in hits]}

        return JSONResponse(await run_sync(work, limiter=reading))

    return routes


def _health(service: Service) -> APIRouter:
    routes = APIRouter(tags=["Server"])
    reading = CapacityLimiter(_READING_AT_ONCE)

    @routes.get(
        "/api/health",
        response_model=HealthDocument,
        responses=problems("failed", "unavailable"),
        summary="See whether all is well",
    )
    async def health() -> Response:
        """How much the collection holds, and whether the default language model is here."""
        return JSONResponse(await run_sync(_health_document, service, limiter=reading))

    @routes.get("/api", include_in_schema=False)
    def description(request: Request) -> HTMLResponse:
        return HTMLResponse(openapi_page(request.app.openapi()))

    return routes


class _JsonWire:
    """One JSON document, when all is done."""

    media_type = "application/json"
    sign_of_life = b""
    is_whole = True

    def grown(self, answer: Answer) -> bytes:
        return b""

    def done(self, answer: Answer) -> bytes:
        return written(answer_document(answer)).encode()

    def failed(self, problem: Problem) -> bytes:
        return b""


class _EventWire:
    """Server-sent events."""

    media_type = "text/event-stream"
    sign_of_life = b":\n\n"
    is_whole = False

    def __init__(self, path: str) -> None:
        self._path = path

    def grown(self, answer: Answer) -> bytes:
        return event("answer", answer_document(answer))

    def done(self, answer: Answer) -> bytes:
        return event("done", answer_document(answer))

    def failed(self, problem: Problem) -> bytes:
        return event("problem", problem_document(problem, self._path))


def _health_document(service: Service) -> Document:
    catalogue, arrival = service.index.catalogue, service.arrival()
    state = "here" if is_ready(service.assistant().llm_name) else "missing"
    if arrival.active or arrival.problem:
        state = "arriving" if arrival.active else "failed"
    return {
        "status": "ok",
        "articles": catalogue.article_count(),
        "chunks": catalogue.chunk_count(),
        "llms": list(service.llms),
        "model": {
            "name": service.llms[0],
            "state": state,
            "done": arrival.done,
            "total": arrival.total,
        },
    }
