"""One shape for every error over HTTP: problem details, RFC 9457, without anything internal.

`type` is an address on this server where the kind of problem is explained. What is asked through
the interface of OpenAI gets the member `error` beside, so that its clients show the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Match

from index.errors import ConfigError, DalilError, LockedError
from rag.documents import Document
from ui.log import tell_error

MEDIA_TYPE = "application/problem+json"
PAGE = "/api"
"""Where the kinds of problems are explained."""
OPENAI_PREFIX = "/v1/"

_SECONDS_TO_WAIT = 10
_MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its HTTP status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(400, "The request cannot be read", "Mend what `detail` says."),
    "bad-setting": Kind(400, "A setting cannot be used", "Choose a value that `detail` names."),
    "key": Kind(401, "The server needs its key", "Send it: `Authorization: Bearer KEY`."),
    "refused": Kind(403, "The request is refused", "`detail` says why."),
    "not-found": Kind(
        404, "There is no such thing here", "Look at the list: of articles, of models, or /api."
    ),
    "unknown-model": Kind(404, "There is no such language model", "See GET /v1/models."),
    "method": Kind(405, "The method is not allowed here", "The header Allow names those that are."),
    "too-large": Kind(413, "The request is too large", "Send less at a time."),
    "media-type": Kind(415, "The body has another form than is read here", "See Content-Type."),
    "misdirected": Kind(421, "The server is not called so", "Use the address that it printed."),
    "invalid": Kind(
        422, "The request has fields that cannot be used", "`errors` says of each what to do."
    ),
    "too-often": Kind(
        429, "These are too many requests", "Wait as many seconds as Retry-After says."
    ),
    "failed": Kind(500, "Something went wrong in the server", "Its log says what."),
    "locked": Kind(
        503,
        "Another process is writing to the collection",
        "Send the request again after as many seconds as the header Retry-After says.",
    ),
    "unavailable": Kind(
        503, "The collection or a model cannot be used now", "The server's log says why."
    ),
}
"""Every kind of problem by the last part of its `type`."""

KIND_OF = {kind.status: name for name, kind in reversed(tuple(KINDS.items()))}
"""The most general kind of each status."""

_NAMED_BY_US = {
    "missing": "It is missing. Send it.",
    "extra_forbidden": "There is no such field. Leave it out, or mend its name.",
    "string_too_long": "It is too long. Send at most {max_length} characters.",
    "too_long": "These are too many. Send at most {max_length}.",
    "too_short": "There is nothing in it. Send at least {min_length}.",
    "greater_than_equal": "It is too small. Send {ge} or more.",
    "less_than_equal": "It is too large. Send {le} or less.",
    "literal_error": "There is no such value. Send one of these: {expected}.",
}
"""What to do about the commonest errors of a field, by Pydantic's name of them."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request, and what to do."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem to be answered with; `kind` is a key of `KINDS`.

    `status` is set where it is another than that of the kind.
    """

    kind: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None


class ProblemError(Exception):
    """Raised to answer a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def invalid(name: str, detail: str) -> ProblemError:
    """The error to raise about one field of a request."""
    return ProblemError(Problem("invalid", f"{name}: {detail}", (FieldError(name, detail),)))


def problem_of(error: Exception) -> Problem:
    """What an error is over HTTP; what cannot be shown is printed on standard error.

    The texts of most `DalilError`s name folders and processes of the server.
    """
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, RequestValidationError):
        return invalid_request(error.errors())
    if isinstance(error, ClientDisconnect):
        return Problem("bad-request", "The request ended before all of it was there.")
    if isinstance(error, HTTPException):
        return _http(error)
    if isinstance(error, ConfigError):
        return Problem("bad-setting", str(error))
    return _of_server(error)


def problem_document(problem: Problem, path: str) -> Document:
    """The problem as RFC 9457 has it; `path` is that of the request."""
    kind = KINDS[problem.kind]
    document: Document = {
        "type": f"{PAGE}#problem-{problem.kind}",
        "title": kind.title,
        "status": problem.status or kind.status,
        "detail": problem.detail,
        "instance": path,
    }
    if problem.errors:
        document["errors"] = [{"field": e.field, "detail": e.detail} for e in problem.errors]
    if path.startswith(OPENAI_PREFIX):
        faulty = "server_error" if document["status"] >= 500 else "invalid_request_error"
        first = problem.errors[0].field if problem.errors else None
        code = problem.kind.replace("-", "_")
        document["error"] = {
            "message": problem.detail,
            "type": faulty,
            "param": first,
            "code": "model_not_found" if problem.kind == "unknown-model" else code,
        }
    return document


def problem_response(problem: Problem, path: str) -> JSONResponse:
    """The answer to a request that has that problem."""
    document = problem_document(problem, path)
    return JSONResponse(
        document, document["status"], headers=dict(problem.headers), media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Give every error of an application the one shape, and its OpenAPI document the media type."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        problem = problem_of(error)
        if isinstance(error, HTTPException) and error.status_code == 405:
            problem = _with_allowed(problem, request)
        return problem_response(problem, request.url.path)

    async def answer_unexpected(request: Request, error: Exception) -> JSONResponse:
        """The server logs what it gets again afterwards."""
        return problem_response(_FAILED, request.url.path)

    for kind in (ProblemError, RequestValidationError, ClientDisconnect, HTTPException, DalilError):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Exception, answer_unexpected)
    made = app.openapi

    def openapi() -> Document:
        return _as_problems(made())

    app.openapi = openapi  # type: ignore[method-assign]


def _as_problems(document: Document) -> Document:
    """An OpenAPI document whose errors have the media type of problems."""
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "4" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document


_FAILED = Problem("failed", "Something went wrong in the server. Its log says what.")


def _of_server(error: Exception) -> Problem:
    wait = {"Retry-After": str(_SECONDS_TO_WAIT)}
    if isinstance(error, LockedError):
        detail = "Another process is writing to the collection. Send it again when that is done."
        return Problem("locked", detail, headers=wait)
    tell_error(error)
    if isinstance(error, DalilError):
        detail = "The collection or a model cannot be used now. The server's log says why."
        return Problem("unavailable", detail, headers=wait)
    return _FAILED


def _http(error: HTTPException) -> Problem:
    """FastAPI's own errors, such as for an address where nothing is."""
    status = error.status_code
    kind = KIND_OF.get(status, "failed" if status >= 500 else "bad-request")
    detail = str(error.detail)
    if kind == "not-found" and detail == "Not Found":
        detail = f"There is nothing at this address. {PAGE} lists what there is."
    if isinstance(error.__cause__, ValueError):
        detail = "The body cannot be read. Send JSON in UTF-8."
    if kind == "method":
        detail = f"This address is there, but not for this method. {PAGE} lists what there is."
    return Problem(kind, detail, headers=dict(error.headers or {}), status=status)


def _with_allowed(problem: Problem, request: Request) -> Problem:
    """The problem with all the methods that the address has."""
    allowed = {
        method
        for method in ("DELETE", "GET", "POST", "PUT")
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] == Match.FULL
    }
    headers = {name: value for name, value in problem.headers.items() if name.lower() != "allow"}
    allow = {"Allow": ", ".join(sorted(allowed))} if allowed else dict(problem.headers)
    return Problem(problem.kind, problem.detail, headers={**headers, **allow})


def invalid_request(found: Sequence[Any]) -> Problem:
    """The problem with what Pydantic found wrong."""
    errors = tuple(_field_error(cast("Mapping[str, Any]", each)) for each in found[:_MOST_ERRORS])
    detail = " ".join(f"{each.field}: {each.detail}" for each in errors)
    return Problem("invalid", detail, errors)


def _field_error(found: Mapping[str, Any]) -> FieldError:
    """A field and what to do, without what was sent: that may be long, or private."""
    where = [str(part) for part in found["loc"]]
    name = ".".join(where[1:]) or "body"
    kind, limits = str(found["type"]), cast("Mapping[str, Any]", found.get("ctx") or {})
    if kind == "too_long" and isinstance(found.get("input"), str):
        kind = "string_too_long"
    if kind == "json_invalid":
        return FieldError("body", f"It is not JSON: {limits.get('error', '')}. Mend it.")
    if kind in ("model_attributes_type", "model_type") and len(where) == 1:
        return FieldError(name, "Send a JSON object, with Content-Type: application/json.")
    if kind in _NAMED_BY_US:
        return FieldError(name, _NAMED_BY_US[kind].format_map(limits))
    reason = str(limits.get("error", found["msg"]) if kind == "value_error" else found["msg"])
    reason = reason.removeprefix("Input ").rstrip(".")
    return FieldError(name, f"{reason[:1].upper()}{reason[1:]}.")
