"""The whole server: every route behind the guard, and how it starts and ends."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator, Sequence

import httpx
import pytest
from http_support import command
from starlette.routing import BaseRoute
from tests_support import dalil

from index.config import Config
from index.errors import ConfigError
from rag.answer import Assistant
from ui.guard import COOKIE, LOOPBACK, Rules
from ui.server import KEY, address_of, rules_of, running, serve, unguarded
from ui.service import Service

RULES = Rules("a-key-for-the-server")
BEARER = {"Authorization": f"Bearer {RULES.key}"}
WITH_COOKIE = {"Cookie": f"{COOKIE}={RULES.token}"}


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with running(Service(assistant), RULES) as started:
        yield started


def addresses(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each method and path of an application and of what is mounted in it."""
    for route in routes:
        within = getattr(route, "original_router", None) or getattr(route, "app", None)
        path = prefix + re.sub(r"\{[^}]*\}", "x", getattr(route, "path", ""))
        for method in getattr(route, "methods", None) or ():
            yield method, path
        if not getattr(route, "methods", None):
            yield from addresses(getattr(within, "routes", ()), path)


def test_every_route_needs_the_key(assistant: Assistant, address: str) -> None:
    found = set(addresses(unguarded(Service(assistant), RULES).routes))
    known = {
        *(("GET", "/"), ("GET", "/api"), ("POST", "/api/ask"), ("POST", "/v1/chat/completions")),
        *(("GET", "/openapi.json"), ("GET", "/articles/x"), ("GET", "/runs/x"), ("GET", "/ar/")),
        *(("POST", "/ar/gradio_api/queue/join"), ("POST", "/en/gradio_api/upload")),
        *(("GET", "/ar/gradio_api/file=x"), ("GET", "/en/config"), ("GET", "/ar/assets/x")),
    }
    assert known - found == set()
    with httpx.Client(base_url=address, timeout=60) as client:
        for method, path in sorted(found - {("GET", "/sign-in"), ("POST", "/sign-in")}):
            answer = client.request(method, path)
            assert (path, answer.status_code) == (path, 401)
            if method == "GET":
                page = client.get(path, headers={"Accept": "text/html"})
                assert (path, page.status_code) == (path, 303)
                assert page.headers["location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("headers", [BEARER, WITH_COOKIE])
def test_the_key_opens_every_part(address: str, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        page = client.get("/ar/")
        (asset, *_) = re.findall(r'"\./(assets/[^"]+\.js)"', page.text)
        paths = "/ar/config /ar/theme.css /openapi.json /api /api/health /api/articles /v1/models"
        for path in (*paths.split(), f"/ar/{asset}", "/articles/hope-probe-en"):
            assert (path, client.get(path).status_code) == (path, 200)
        asked = client.post("/api/search", json={"question": "When did Hope reach Mars?"})
        assert asked.status_code == 200
        joined = client.post("/ar/gradio_api/queue/join", json={"data": [], "fn_index": 10**6})
        assert joined.status_code not in (401, 403, 303)


def test_every_answer_has_a_policy_and_errors_have_one_shape(address: str) -> None:
    with httpx.Client(base_url=address, headers=BEARER, timeout=60) as client:
        answers = [
            client.get("/none"),
            client.delete("/api/ask"),
            client.post("/api/ask", content=b"{"),
            client.get("/articles/none"),
            client.get("/api/health", headers={"Authorization": "", "Accept": "*/*"}),
            client.get("/api/health", headers={"Host": "evil.example"}),
            client.post("/api/ask", headers={"Origin": "https://evil.example"}),
            client.post("/api/ask", content=(b"x" * 50_000 for _ in range(60))),
        ]
        for answer in answers:
            assert answer.status_code >= 400
            assert answer.headers["content-type"] == "application/problem+json"
            assert {"type", "title", "status", "detail", "instance"} <= answer.json().keys()
        answers += [client.get("/ar/"), client.get("/ar/none"), client.get("/api")]
        for answer in answers:
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/etc/passwd", "requirements.lock", "../../etc/passwd"])
def test_gradio_serves_no_file_of_the_machine(address: str, path: str) -> None:
    target = f"/ar/gradio_api/file={path}".encode()
    with httpx.Client(headers=BEARER, timeout=60) as client:
        answer = client.get(address, extensions={"target": target})
    assert answer.status_code == 403
    assert b"File not allowed" in answer.content


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_other_machines_are_let_in_with_a_key_only(assistant: Assistant, host: str) -> None:
    with pytest.raises(ConfigError, match=KEY):
        serve(assistant, host)
    assert rules_of(host, (), "a-long-enough-key").hosts == ()


def test_the_names_of_a_server() -> None:
    assert rules_of("127.0.0.1", (), None).hosts[:3] == LOOPBACK
    assert "dalil.example" in rules_of("localhost", ("Dalil.Example",), None).hosts
    behind = rules_of("0.0.0.0", ("dalil.example",), "a-long-enough-key").hosts
    assert {"0.0.0.0", "dalil.example", "localhost"} <= set(behind)


@pytest.mark.parametrize("name", ["https://dalil.example", "dalil.example:80", "", "a b", "*"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="--name"):
        rules_of("127.0.0.1", (name,), None)


@pytest.mark.parametrize("key", ["", "elevensigns", "with a space in it", "مفتاح طويل بما يكفي"])
def test_a_key_that_cannot_be_one_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match=KEY) as raised:
        rules_of("127.0.0.1", (), key)
    assert not key or key not in str(raised.value)
    assert rules_of("127.0.0.1", (), "twelve-signs").key == "twelve-signs"


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(assistant: Assistant, port: int) -> None:
    with pytest.raises(ConfigError, match=f"--port {port}"):
        serve(assistant, port=port)


def test_a_port_in_use_is_named(assistant: Assistant) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} .* --port"):
            serve(assistant, port=port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 300])
def test_a_host_that_is_none_is_named(assistant: Assistant, host: str) -> None:
    with pytest.raises(ConfigError, match="cannot be had"):
        serve(assistant, host, 0, key="a-long-enough-key")


def test_an_address_can_be_opened() -> None:
    assert address_of("::1", 80) == "http://[::1]:80/"
    assert address_of("localhost", 80) == "http://localhost:80/"


def test_the_command_serves_until_ctrl_c(sample_home: Config) -> None:
    with command(sample_home, **{KEY: str(RULES.key)}) as served:
        health = f"{served.address}api/health"
        assert httpx.get(health, timeout=60).status_code == 401
        assert httpx.get(health, headers=BEARER, timeout=60).json()["status"] == "ok"
        served.process.send_signal(signal.SIGINT)
        _, errors = served.process.communicate(timeout=60)
    assert served.process.returncode == 0, errors
    assert "Traceback" not in errors


def test_the_command_names_what_is_wrong(sample_home: Config) -> None:
    home = ("--home", str(sample_home.home), "--llm", "quotes")
    refused = dalil("serve", *home, "--host", "0.0.0.0", **{KEY: ""})
    assert (refused.returncode, KEY in refused.stderr) == (2, True)
    assert "Traceback" not in refused.stderr
