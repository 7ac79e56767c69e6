"""One shape for every error over HTTP, and the page that explains them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from http_support import MUSEUM, SUEZ, application, serving

from index.errors import CatalogueError, LockedError
from index.readers import MAX_FILE_BYTES
from rag.answer import Assistant
from ui.openapi_page import openapi_page
from ui.problems import KINDS, MEDIA_TYPE, ProblemError, problem_of
from ui.schemas import ProblemDocument
from ui.service import Service

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[httpx.Client]:
    """Asks the quoting assistant on the sample articles."""
    with serving(application(Service(assistant))) as address:
        yield httpx.Client(base_url=address, timeout=60)


def problem(response: httpx.Response) -> dict[str, Any]:
    """The problem that was answered; it says the same as the response."""
    assert response.headers["content-type"] == MEDIA_TYPE
    document: dict[str, Any] = response.json()
    ProblemDocument.model_validate(document)
    assert document["status"] == response.status_code
    assert document["instance"] == response.request.url.path
    kind = document["type"].removeprefix("/api#problem-")
    assert document["title"] == KINDS[kind].title
    return document


@pytest.mark.parametrize(
    ("body", "field", "advice"),
    [
        ({}, "question", "Send it"),
        ({"question": " ؟ "}, "question", "ask something"),
        ({"question": "س" * 2001}, "question", "at most 2000 characters"),
        ({"question": 5}, "question", "valid string"),
        ({"question": "half \ud800"}, "question", "send whole ones"),
        ({"question": SUEZ, "qestion": 1}, "qestion", "mend its name"),
        ({"question": SUEZ, "answered_in": "fr"}, "answered_in", "'ar' or 'en'"),
        ({"question": SUEZ, "history": [{"role": "x", "content": ""}]}, "history.0.role", "'user'"),
        (
            {"question": SUEZ, "history": [{"role": "user", "content": ""}] * 51},
            "history",
            "at most 50",
        ),
        (
            {"question": SUEZ, "history": [{"role": "user", "content": "x" * 20_001}]},
            "history.0.content",
            "at most 20000 characters",
        ),
        ({"question": SUEZ, "filters": {"since": 5}}, "filters.since", "as 2023-12-31"),
        (
            {"question": SUEZ, "filters": {"since": "2024-01-01", "until": "2023-01-01"}},
            "filters",
            "ends before it begins",
        ),
        ([SUEZ], "body", "a JSON object"),
    ],
)
def test_each_field_that_is_wrong_is_named_with_what_to_do(
    client: httpx.Client, body: object, field: str, advice: str
) -> None:
    response = client.post("/api/ask", content=json.dumps(body), headers=JSON)
    found = problem(response)
    assert response.status_code == 422
    (error,) = found["errors"]
    assert error["field"] == field
    assert advice in error["detail"]
    assert error["detail"] in found["detail"]


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "detail"),
    [
        ("GET", "/nowhere", {}, 404, "nothing at this address"),
        ("GET", "/api/articles/no/such", {}, 404, "no article 'no/such'"),
        ("DELETE", "/api/articles/none", {}, 404, "no article 'none'"),
        ("POST", "/api/ask", {"json": {"question": SUEZ, "llm": "gpt"}}, 400, "there is: quotes"),
        ("POST", "/api/ask", {"content": "{", "headers": JSON}, 422, "not JSON"),
        ("POST", "/api/ask", {"content": b'{"question": "\xff"}', "headers": JSON}, 400, "UTF-8"),
        ("POST", "/api/ask", {"content": '{"question": "x"}'}, 422, "Content-Type"),
        ("POST", "/api/search", {"json": {"question": SUEZ, "limit": 101}}, 422, "100 or less"),
        ("GET", "/api/articles", {"params": {"limit": 0}}, 422, "1 or more"),
        ("POST", "/api/articles", {"content": "x"}, 415, "multipart/form-data"),
        ("POST", "/api/articles", {"content": "x", "headers": JSON}, 422, "not JSON"),
        ("POST", "/api/articles", {"json": {"articles": []}}, 422, "at least 1"),
        ("POST", "/api/articles", {"json": {"articles": [{}] * 1001}}, 422, "at most 1000"),
        (
            "POST",
            "/api/articles",
            {"content": "x", "headers": {"Content-Type": "multipart/form-data"}},
            400,
            "boundary",
        ),
        ("GET", "/v1/models/gpt", {}, 404, "no language model 'gpt'"),
    ],
)
def test_every_error_has_the_one_shape(
    client: httpx.Client, method: str, path: str, options: Any, status: int, detail: str
) -> None:
    response = client.request(method, path, **options)
    assert response.status_code == status
    assert detail in problem(response)["detail"]


def test_a_method_that_is_not_there_names_those_that_are(client: httpx.Client) -> None:
    for path, allowed in (("/api/articles", "GET, POST"), ("/api/articles/x", "DELETE, GET")):
        response = client.put(path)
        assert problem(response)["status"] == 405
        assert response.headers["allow"] == allowed


def test_a_file_that_is_too_large_is_named(client: httpx.Client) -> None:
    files = {"files": ("large.txt", b"x" * (MAX_FILE_BYTES + 1))}
    found = problem(client.post("/api/articles", files=files))
    assert (found["status"], "'large.txt'" in found["detail"]) == (413, True)


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (LockedError("/srv/secret is being written to"), 503, "writing to the collection"),
        (CatalogueError("/srv/secret cannot be used"), 503, "server's log"),
        (RuntimeError("/srv/secret"), 500, "server's log|Its log"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_goes_wrong_inside_stays_inside(
    assistant: Assistant,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    says: str,
    stream: bool,
) -> None:
    class Failing(Service):
        def stream(self, request: Any) -> Any:
            raise error
            yield

        def assistant(self, llm: str = "") -> Assistant:
            if llm:
                raise error
            return super().assistant()

    with serving(application(Failing(assistant))) as address:
        for llm in ("", "other"):
            body = {"question": SUEZ, "stream": stream, "llm": llm}
            response = httpx.post(f"{address}/api/ask", json=body, timeout=60)
            found = problem(response)
            assert found["status"] == status
            assert re.search(says, found["detail"])
            assert "secret" not in response.text
            assert ("retry-after" in response.headers) == (status == 503)
    printed = capfd.readouterr().err + caplog.text
    assert ("Traceback" in printed and "/srv/secret" in printed) == (
        status == 500 or "used" in str(error)
    )


def test_what_fails_midway_is_the_last_event(assistant: Assistant) -> None:
    class Failing(Service):
        def stream(self, request: Any) -> Any:
            yield next(super().stream(request))
            raise ProblemError(problem_of(LockedError("")))

    with serving(application(Failing(assistant))) as address:
        body = {"question": "Hello", "stream": True}
        text = httpx.post(f"{address}/api/ask", json=body, timeout=60).text
    first, last = text.strip().split("\n\n")
    assert first.startswith("event: answer\n")
    name, _, data = last.partition("\ndata: ")
    assert name == "event: problem"
    assert ProblemDocument.model_validate_json(data).instance == "/api/ask"


class Links(HTMLParser):
    """The tags, ids and references of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.references: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag."""
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.add(value or "")
            if name in ("href", "src"):
                self.references.add(value or "")


def test_the_page_describes_every_route_and_needs_nothing_else(client: httpx.Client) -> None:
    page = client.get("/api")
    assert page.headers["content-type"].startswith("text/html")
    found = Links(page.text)
    assert found.tags.isdisjoint({"script", "link", "img", "iframe"})
    assert {each[1:] for each in found.references if each.startswith("#")} <= found.ids
    assert {each for each in found.references if not each.startswith("#")} == {"/openapi.json"}
    assert {f"problem-{kind}" for kind in KINDS} <= found.ids
    for path in client.get("/openapi.json").json()["paths"]:
        assert html.escape(path) in page.text


def test_every_route_is_described_with_its_problems(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    routes = [each for path in document["paths"].values() for each in path.values()]
    assert len(routes) == 10
    for route in routes:
        assert route["summary"]
        assert route["description"]
        for status, response in route["responses"].items():
            assert response["description"]
            if status >= "4":
                (shape,) = response["content"].items()
                reference = {"$ref": "#/components/schemas/ProblemDocument"}
                assert shape == (MEDIA_TYPE, {"schema": reference})
    assert MUSEUM in json.dumps(document, ensure_ascii=False)


def test_what_the_document_says_is_text_on_the_page() -> None:
    evil = "<script>alert(1)</script>\"'"
    schema = {"type": evil, "default": evil, "description": evil}
    operation = {
        "summary": evil,
        "description": evil,
        "tags": [evil],
        "operationId": evil,
        "parameters": [{"name": evil, "schema": schema, "description": evil}],
        "requestBody": {"content": {evil: {"schema": schema, "example": evil}}},
        "responses": {evil: {"description": evil, "content": {evil: {"schema": {"enum": [evil]}}}}},
    }
    page = openapi_page(
        {
            "info": {"title": evil, "description": evil},
            "paths": {evil: {evil: operation}},
            "components": {"schemas": {evil: {"properties": {evil: {"$ref": evil}}}}},
        }
    )
    assert "script" not in Links(page).tags
    assert "&lt;script&gt;" in page
