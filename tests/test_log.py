"""What the server logs, and how it ends: the command as a process, spoken to over HTTP."""

from __future__ import annotations

import io
import json
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from http_support import SUEZ, Command, command

from index.catalogue import Catalogue
from index.config import Config
from index.errors import LanguageModelError, VectorsError
from ui import log

KEY = "a-key-for-these-tests"
BEARER = {"Authorization": f"Bearer {KEY}"}


def lines(served: Command) -> list[dict[str, Any]]:
    """End the server with Ctrl-C; what it logged."""
    served.process.send_signal(signal.SIGINT)
    _, errors = served.process.communicate(timeout=60)
    assert served.process.returncode == 0, errors
    return [json.loads(line) for line in errors.splitlines()]


def test_every_request_has_an_id_and_no_text_is_logged(sample_home: Config) -> None:
    with command(sample_home, DALIL_KEY=KEY) as served, httpx.Client(headers=BEARER) as http:
        answer = http.post(f"{served.address}api/ask", json={"question": SUEZ}, timeout=60)
        http.get(f"{served.address}articles/ever-given-en?q=secret", timeout=60)
        wrong = {"Authorization": "Bearer a-key-that-is-not-right"}
        refused = http.get(f"{served.address}api/health", headers=wrong)
        logged = lines(served)
    assert (answer.status_code, refused.status_code) == (200, 401)
    assert all(line["time"] and line["level"] == "info" for line in logged)
    by_id = {line["request"]: line for line in logged if line["event"] == "request"}
    request = by_id[answer.headers["x-request-id"]]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/api/ask", 200)
    assert request["seconds"] > 0
    assert by_id[refused.headers["x-request-id"]]["status"] == 401
    (question,) = [line for line in logged if line["event"] == "question"]
    assert (question["status"], question["llm"]) == ("answered", "quotes")
    assert question["citations"] == len(answer.json()["citations"])
    everything = json.dumps(logged, ensure_ascii=False)
    for private in (SUEZ, answer.json()["text"], "secret", KEY, "a-key-that-is-not-right"):
        assert private not in everything


def test_questions_and_answers_are_logged_where_asked_for(sample_home: Config) -> None:
    with command(sample_home, "--log-texts") as served:
        answer = httpx.post(f"{served.address}api/ask", json={"question": SUEZ}, timeout=60)
        logged = lines(served)
    (question,) = [line for line in logged if line["event"] == "question"]
    assert (question["question"], question["answer"]) == (SUEZ, answer.json()["text"])
    assert question["request"] == answer.headers["x-request-id"]


def test_what_is_being_written_is_finished_when_the_server_is_stopped(own_home: Config) -> None:
    before = Catalogue.open(own_home.catalogue).article_count()
    articles = [
        {"id": f"flood-{number}", "text": f"The flood number {number} destroyed two dams. " * 40}
        for number in range(120)
    ]
    with command(own_home) as served:
        body = {"articles": articles}
        posted = threading.Thread(target=_post, args=(f"{served.address}api/articles", body))
        posted.start()
        while not (own_home.home / "writer.json").exists():
            time.sleep(0.01)
        served.process.send_signal(signal.SIGTERM)
        _, errors = served.process.communicate(timeout=120)
        posted.join()
    assert served.process.returncode == 0, errors
    events = [json.loads(line)["event"] for line in errors.splitlines()]
    assert events[-1] == "stopped"
    assert "finishing what is being written" in events
    assert Catalogue.open(own_home.catalogue).article_count() == before + len(articles)


def _post(address: str, body: object) -> None:
    try:
        httpx.post(address, json=body, timeout=120)
    except httpx.TransportError:
        return  # the server hung up, which it may


@pytest.fixture
def started() -> Iterator[Callable[..., io.StringIO]]:
    """Starts the log of this process; afterwards it is as it was before."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level

    def start(**settings: bool) -> io.StringIO:
        stream = io.StringIO()
        log.start(stream=stream, **settings)
        return stream

    yield start
    logging.captureWarnings(False)
    root.handlers = handlers
    root.setLevel(level)


def raised(error: Exception, cause: Exception) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


@pytest.mark.parametrize("texts", [False, True])
def test_an_error_is_logged_by_its_kind_and_its_lines(
    started: Callable[..., io.StringIO], texts: bool
) -> None:
    stream = started(texts=texts)
    log.tell_error(raised(LanguageModelError("it said: a secret"), ValueError("a question")))
    line = json.loads(stream.getvalue())
    assert (line["level"], line["event"], line["error"]) == ("error", "error", "LanguageModelError")
    assert "test_log.py" in line["lines"][-1]
    assert line["cause"]["error"] == "ValueError"
    assert ("a secret" in stream.getvalue()) == ("a question" in stream.getvalue()) == texts


def test_what_is_wrong_with_the_collection_is_said_in_words(
    started: Callable[..., io.StringIO],
) -> None:
    stream = started()
    log.tell_error(raised(VectorsError("The folder cannot be used."), OSError("disk full")))
    line = json.loads(stream.getvalue())
    assert line["said"] == "The folder cannot be used."
    assert line["cause"]["said"] == "disk full"


def test_what_libraries_say_has_the_same_form(started: Callable[..., io.StringIO]) -> None:
    stream = started()
    logging.getLogger("some.module").warning("a line\nand another")
    logging.getLogger("some.module").info("more than anybody wants to know")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["library"]) == ("library", "some.module")
    assert line["message"] == "a line\nand another"
