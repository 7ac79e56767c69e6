"""Who may come in, asked of a real server with an application behind the guard that does little."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket

from ui.guard import COOKIE, SIGN_IN, Bucket, Guard, Rules, host_name, is_same, policy
from ui.server import in_thread

KEY = "a key of 20 signs-".replace(" ", "-")
RULES = Rules(KEY)
BEARER = {"Authorization": f"Bearer {KEY}"}
HANDSHAKE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
received: list[int] = []
"""How many bytes of a body the application got, piece by piece."""


@contextmanager
def guarded(rules: Rules) -> Iterator[str]:
    """The address of a server that answers whatever passes the guard."""
    app = FastAPI(openapi_url=None)

    @app.websocket("/{path:path}")
    async def accept(path: str, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    @app.api_route("/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    async def answer(path: str, request: Request) -> dict[str, int]:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            received.append(size)
        return {"size": size}

    with in_thread(Guard(app, rules)) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="module")
def locked() -> Iterator[str]:
    with guarded(RULES) as address:
        yield address


@pytest.fixture(scope="module")
def unlocked() -> Iterator[str]:
    with guarded(Rules()) as address:
        yield address


def status_of(address: str, request: str) -> int:
    """The status that a server answers to a request written out."""
    at = urlsplit(address)
    with socket.create_connection((at.hostname, at.port or 0), timeout=60) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def problem(answer: httpx.Response, status: int) -> str:
    """What a refusal says; the answer must be one, in the shape that they all have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert said["title"]
    assert said["instance"] == answer.request.url.path
    return str(said["detail"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_every_method_needs_the_key(locked: str, method: str) -> None:
    refused = httpx.request(method, f"{locked}/x")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert httpx.request(method, f"{locked}/x", headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", KEY, f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"]
)
def test_another_key_is_refused(given: str) -> None:
    with guarded(RULES) as address:
        answer = httpx.get(f"{address}/x", headers={"Authorization": given})
        assert "Bearer KEY" in problem(answer, 401)


def test_a_key_in_another_encoding_is_refused() -> None:
    with guarded(RULES) as address:
        for given in ("Bearer مفتاح".encode(), b"Bearer \xff\xfe\x80"):
            assert httpx.get(address, headers={b"Authorization": given}).status_code == 401
    assert not is_same("مفتاح", KEY)
    assert is_same("مفتاح", "مفتاح")


def test_the_cookie_opens_among_others_of_any_form(locked: str) -> None:
    own = f"{COOKIE}={RULES.token}"
    for cookies in (own, f'broken={{"a": "b"}}; {own}', f"{COOKIE}=old; {own}; =;;"):
        assert httpx.get(f"{locked}/x", headers={"Cookie": cookies}).status_code == 200
    for cookies in (f"{COOKIE}={KEY}", f"{COOKIE}=", f"other={RULES.token}", f"{COOKIE}=\xff"):
        headers = {b"Cookie": cookies.encode("latin-1")}
        assert httpx.get(f"{locked}/x", headers=headers).status_code == 401


def test_the_word_in_the_cookie_is_another_at_every_start() -> None:
    assert Rules(KEY).token != Rules(KEY).token
    assert len(RULES.token) >= 43
    assert RULES.token not in repr(RULES)


def test_a_browser_is_led_to_the_form_and_back(locked: str) -> None:
    page = {"Accept": "text/html,*/*"}
    answer = httpx.get(f"{locked}/en/?a=1&b=%D8%A3", headers=page)
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"] == f"{SIGN_IN}?next=/en/%3Fa%3D1%26b%3D%25D8%25A3"
    assert httpx.post(f"{locked}/en/", headers=page).status_code == 401
    assert httpx.get(f"{locked}{SIGN_IN}").status_code == 200
    assert httpx.get(f"{locked}{SIGN_IN}/").status_code == 401


@pytest.mark.parametrize("target", ["//x", "/../x", "/ar/../api/ask", "/%2e%2e/x", "/SIGN-IN", "*"])
def test_a_path_written_otherwise_needs_the_key_too(locked: str, target: str) -> None:
    method = "OPTIONS" if target == "*" else "GET"
    assert status_of(locked, f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n") == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.", "localhost.evil.example", "127.0.0.2", "", "a b", "[::1"]
)
def test_a_server_answers_to_its_own_names_only(unlocked: str, host: str) -> None:
    assert status_of(unlocked, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n") in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "LocalHost:80", "127.0.0.1:1", "[::1]", "[::1]:9"])
def test_a_server_answers_to_each_of_its_names(unlocked: str, host: str) -> None:
    assert status_of(unlocked, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n") == 200


def test_the_refusal_of_a_name_says_so(unlocked: str) -> None:
    answer = httpx.get(f"{unlocked}/x", headers={"Host": "evil.example"})
    assert "evil.example" in problem(answer, 421)
    assert status_of(unlocked, "GET / HTTP/1.0\r\n\r\n") == 421


def test_names_are_any_where_none_are_given() -> None:
    with guarded(Rules(KEY, ())) as address:
        request = "GET / HTTP/1.1\r\nHost: any_name.example:80\r\n"
        assert status_of(address, f"{request}\r\n") == 401
        assert status_of(address, f"{request}Authorization: bearer {KEY}\r\n\r\n") == 200


@pytest.mark.parametrize(
    ("host", "name"),
    [("A.b:80", "a.b"), ("[::1]:80", "::1"), ("a:b", None), ("a/b", None), ("a@b", None)],
)
def test_the_name_of_a_host(host: str, name: str | None) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_pages_of_other_places_are_refused(
    unlocked: str, method: str, headers: dict[str, str]
) -> None:
    assert "another place" in problem(httpx.request(method, f"{unlocked}/x", headers=headers), 403)


def test_a_form_of_another_place_cannot_be_sent_here(unlocked: str) -> None:
    going = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert httpx.post(f"{unlocked}{SIGN_IN}", headers=going).status_code == 403
    assert httpx.get(f"{unlocked}/", headers=going).status_code == 200


def test_own_pages_and_programs_pass(unlocked: str) -> None:
    for headers in ({"Origin": unlocked}, {"Sec-Fetch-Site": "same-origin"}, {}):
        assert httpx.post(f"{unlocked}/x", headers=headers).status_code == 200


def test_web_sockets_are_guarded_as_well(locked: str) -> None:
    begin = f"GET /x HTTP/1.1\r\n{HANDSHAKE}"
    known = f"Host: localhost\r\nAuthorization: Bearer {KEY}\r\n"
    assert status_of(locked, f"{begin}{known}\r\n") == 101
    assert status_of(locked, f"{begin}{known}Origin: http://localhost\r\n\r\n") == 101
    assert status_of(locked, f"{begin}{known}Origin: http://evil.example\r\n\r\n") == 403
    assert status_of(locked, f"{begin}Host: localhost\r\n\r\n") == 403
    assert status_of(locked, f"{begin}{known.replace('localhost', 'evil.example')}\r\n") == 403


def test_guesses_are_limited_and_then_even_the_right_one_waits() -> None:
    with guarded(RULES) as address:
        answers = [httpx.get(address, headers={"Authorization": f"Bearer {n}"}) for n in range(12)]
        assert [answer.status_code for answer in answers[:10]] == [401] * 10
        problem(answers[-1], 429)
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 7
        assert httpx.get(address, headers=BEARER).status_code == 429
        assert httpx.post(f"{address}{SIGN_IN}").status_code == 429
        cookie = {"Cookie": f"{COOKIE}={RULES.token}"}
        assert httpx.get(address, headers=cookie).status_code == 200
        assert httpx.get(f"{address}{SIGN_IN}").status_code == 200


def test_guesses_in_the_form_are_limited_and_the_right_key_never_is() -> None:
    with guarded(RULES) as address, httpx.Client(base_url=address) as client:
        assert {client.get("/x", headers=BEARER).status_code for _ in range(20)} == {200}
        answers = [client.post(SIGN_IN).status_code for _ in range(12)]
        assert (answers[:10], answers[-1]) == ([200] * 10, 429)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_work_is_limited_and_reading_is_not(method: str) -> None:
    with guarded(Rules()) as address, httpx.Client(base_url=address) as client:
        assert {client.get("/x").status_code for _ in range(200)} == {200}
        found = [client.request(method, "/x").status_code for _ in range(400)]
        assert found[:120] == [200] * 120
        assert 429 in found


def test_a_bucket_is_per_client_and_fills_again() -> None:
    bucket = Bucket(burst=2, a_second=0.5)
    assert [bucket.wait("a", 100.0) for _ in range(3)] == [0, 0, 2]
    assert bucket.wait("b", 100.0) == 0
    assert bucket.wait("a", 101.0) == 1
    assert bucket.wait("a", 102.0) == 0
    assert [bucket.wait("a", 200.0) for _ in range(3)] == [0, 0, 2]


def test_a_bucket_can_be_asked_without_being_used() -> None:
    bucket = Bucket(burst=1, a_second=1)
    assert [bucket.wait("a", 0.0, counted=0) for _ in range(3)] == [0, 0, 0]
    assert bucket.wait("a", 0.0) == 0
    assert bucket.wait("a", 0.0, counted=0) == 1


def test_a_bucket_forgets_who_was_longest_away() -> None:
    bucket = Bucket(burst=1, a_second=0.001)
    for number in range(10_001):
        bucket.wait(str(number), 0.0)
    assert bucket.wait("10000", 0.0) > 0
    assert bucket.wait("0", 0.0) == 0


def test_a_body_that_says_it_is_too_large_is_refused_unread(locked: str) -> None:
    head = f"POST /x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
    assert status_of(locked, f"{head}Content-Length: 2000001\r\n\r\n") == 413
    assert status_of(locked, f"{head}Content-Length: {'9' * 19}\r\n\r\n") == 413
    upload = head.replace("/x", "/ar/gradio_api/upload")
    assert status_of(locked, f"{upload}Content-Length: 110000001\r\n\r\n") == 413
    exact = httpx.post(f"{locked}/x", content=b"x" * 2_000_000, headers=BEARER)
    assert exact.json() == {"size": 2_000_000}
    larger = httpx.post(f"{locked}/api/articles", content=b"x" * 2_000_001, headers=BEARER)
    assert larger.json() == {"size": 2_000_001}


@pytest.mark.parametrize("size", ["x", "-1", "+1", "9" * 5000, "1\r\nContent-Length: 2"])
def test_a_size_that_is_none_is_refused(unlocked: str, size: str) -> None:
    request = f"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    assert status_of(unlocked, request) == 400


def test_a_body_in_pieces_ends_where_it_becomes_too_large(unlocked: str) -> None:
    received.clear()
    pieces = (b"x" * 50_000 for _ in range(400))
    try:
        answer = httpx.post(f"{unlocked}/x", content=pieces, timeout=60)
    except httpx.TransportError:
        pass  # The server hung up before all was sent, which is as good.
    else:
        assert "2 MB" in problem(answer, 413)
    assert 0 < max(received) <= 2_000_000
    small = httpx.post(f"{unlocked}/x", content=iter([b"a", b"b"]))
    assert small.json() == {"size": 2}


def test_a_size_said_in_two_ways_is_refused(unlocked: str) -> None:
    head = "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    assert status_of(unlocked, f"{head}Content-Length: 2\r\n\r\n0\r\n\r\n") == 400
    assert status_of(unlocked, f"{head}\r\n0\r\n\r\n") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/ar/gradio_api/file=https://example.org/x",
        "/en/gradio_api/file=http:/example.org",
        "/en/gradio_api/file=%68TTP%3A//example.org/x",
        "/ar/gradio_api/proxy=https://x.hf.space/",
    ],
)
def test_gradio_fetches_nothing_from_elsewhere(unlocked: str, path: str) -> None:
    assert "other hosts" in problem(httpx.get(f"{unlocked}{path}"), 403)
    assert httpx.get(f"{unlocked}/ar/gradio_api/file=/tmp/http:").status_code == 200


def test_every_answer_has_the_headers(locked: str) -> None:
    for headers in (BEARER, {}, {"Host": "evil.example"}, {"Origin": "null"}):
        answer = httpx.get(f"{locked}/x", headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"] in ("no-store", "private, no-cache")


def test_the_policy_lets_nothing_be_asked_of_another_host() -> None:
    said = policy("n0nce")
    assert "default-src 'self'" in said
    assert "'nonce-n0nce'" in said
    assert "http" not in said
    assert "*" not in said
    scripts = next(part for part in said.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
