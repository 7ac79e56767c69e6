"""The HTTP interface on a real server: questions, passages, articles, and who goes away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import httpx
import pytest
from http_support import MUSEUM, SUEZ, UNANSWERABLE, Talker, application, sent, serving
from pdf_support import line, pdf
from starlette.middleware.base import RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from tests_support import Scripted

from index.config import Config
from index.links import NOT_ALLOWED
from index.search import Index
from rag.answer import Assistant
from ui.arrival import Arrival
from ui.schemas import (
    AnswerDocument,
    ArticleDocument,
    ArticlesDocument,
    HealthDocument,
    HitsDocument,
    IngestDocument,
)
from ui.service import Service
from ui.streaming import QUESTIONS_AT_ONCE
from ui.uploads import MOST_LINKS

TIMBUKTU = "The library of Timbuktu reopened on 3 March 2031 after twelve years of repairs."
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[httpx.Client]:
    """Asks the quoting assistant on the sample articles."""
    with serving(application(Service(assistant))) as address:
        yield httpx.Client(base_url=address, timeout=60)


@pytest.fixture
def changing(own_home: Config, assistant: Assistant) -> Iterator[httpx.Client]:
    """Asks about a copy of the sample articles that may be changed."""
    index = Index.open(own_home, lambda: assistant.index.embedder)
    with serving(application(Service(Assistant(index, "quotes")))) as address:
        yield httpx.Client(base_url=address, timeout=60)


def events(text: str) -> list[tuple[str, Any]]:
    """The names and documents of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        name, _, data = block.partition("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def timeless(document: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without how long it took."""
    return {name: value for name, value in document.items() if name != "seconds"}


def test_an_answer_is_proved_by_what_the_article_says(client: httpx.Client) -> None:
    response = client.post("/api/ask", json={"question": SUEZ})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    answer = AnswerDocument.model_validate_json(response.text)
    assert answer.status == "answered"
    for each in answer.citations:
        article = ArticleDocument.model_validate_json(
            client.get(f"/api/articles/{each.article}").text
        )
        assert article.text[each.start : each.end] == each.quotation
    assert "six days" in answer.text


def test_arabic_is_sent_as_it_is_written(client: httpx.Client) -> None:
    response = client.post("/api/ask", json={"question": MUSEUM})
    assert "المتحف المصري الكبير" in response.text
    assert "\\u" not in response.text
    assert response.json()["language"] == "ar"


def test_what_the_articles_do_not_tell_is_not_found(client: httpx.Client) -> None:
    answer = client.post("/api/ask", json={"question": UNANSWERABLE}).json()
    assert (answer["status"], answer["citations"]) == ("not_found", [])


def test_history_filters_and_the_language_of_the_answer_count(client: httpx.Client) -> None:
    history = [{"role": "user", "content": MUSEUM}]
    followed = client.post("/api/ask", json={"question": "وأين يقع؟", "history": history}).json()
    assert "grand-egyptian-museum-ar" in {each["article"] for each in followed["citations"]}
    cited = {each["article"] for each in ask(client, SUEZ)["citations"]}
    left = ask(client, SUEZ, filters={"exclude": list(cited), "languages": ["en"]})
    assert cited.isdisjoint(hit["article"] for hit in left["hits"])
    assert {hit["language"] for hit in left["hits"]} == {"en"}
    assert ask(client, "Hello", answered_in="ar")["language"] == "ar"
    earlier = ask(client, SUEZ, filters={"as_of": "٢٠٢١-٠١-٠١"})
    assert "suez-ever-given-en" not in {hit["article"] for hit in earlier["hits"]}


def ask(client: httpx.Client, question: str, **more: object) -> dict[str, Any]:
    """The answer's document."""
    response = client.post("/api/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("way", ["header", "field"])
def test_events_end_with_what_the_document_would_be(client: httpx.Client, way: str) -> None:
    headers = EVENTS if way == "header" else {}
    body = {"question": SUEZ, "stream": way == "field"}
    response = client.post("/api/ask", json=body, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    *growing, (name, whole) = events(response.text)
    assert name == "done"
    assert {name for name, _ in growing} == {"answer"}
    assert timeless(whole) == timeless(ask(client, SUEZ))


def test_sentences_appear_as_they_are_grounded(assistant: Assistant) -> None:
    model = Talker()
    with serving(application(Service(assistant.written_by(model)))) as address:
        body = {"question": SUEZ, "stream": True}
        with httpx.stream("POST", f"{address}/api/ask", json=body, timeout=60) as response:
            for line in response.iter_lines():
                if line.startswith("data: ") and json.loads(line[6:])["citations"]:
                    break
        assert json.loads(line[6:])["text"].endswith("[1]")
        assert model.ends()


def test_an_answer_that_did_not_change_is_not_sent_again(assistant: Assistant) -> None:
    drafting = assistant.written_by(Scripted(draft="This is nothing that anybody said. " * 3))
    with serving(application(Service(drafting))) as address:
        text = httpx.post(
            f"{address}/api/ask", json={"question": SUEZ}, headers=EVENTS, timeout=60
        ).text
    documents = [document for name, document in events(text) if name == "answer"]
    assert all(before != after for before, after in pairwise(documents))
    assert len(documents) <= 3


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/ask", {"question": SUEZ}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": SUEZ}]}),
    ],
)
def test_whoever_goes_away_stops_the_model(
    assistant: Assistant, path: str, body: dict[str, object], stream: bool
) -> None:
    model = Talker()
    with serving(application(Service(assistant.written_by(model)))) as address:
        connection = sent(address, path, {**body, "stream": stream})
        assert model.begins()
        connection.close()
        assert model.ends()


def test_what_stands_between_does_not_mind_who_goes_away(
    assistant: Assistant, capfd: pytest.CaptureFixture[str]
) -> None:
    model = Talker()
    app = application(Service(assistant.written_by(model)))

    async def between(request: Request, go_on: RequestResponseEndpoint) -> Response:
        return await go_on(request)

    app.middleware("http")(between)
    with serving(app) as address:
        connection = sent(address, "/api/ask", {"question": SUEZ})
        assert model.begins()
        connection.close()
        assert model.ends()
    assert "Traceback" not in capfd.readouterr().err


def test_a_question_beyond_the_places_waits_while_the_rest_goes_on(assistant: Assistant) -> None:
    model = Talker()
    service = Service(assistant.written_by(model))
    with serving(application(service)) as address:
        body = {"question": SUEZ}
        connections = [sent(address, "/api/ask", body) for _ in range(QUESTIONS_AT_ONCE)]
        assert all(model.begins() for _ in connections)
        waiting = sent(address, "/api/ask", {"question": "Hello"})
        assert waiting.sock is not None
        waiting.sock.settimeout(2)
        with pytest.raises(TimeoutError):
            waiting.sock.recv(1)
        assert httpx.get(f"{address}/api/health", timeout=20).status_code == 200
        connections.pop().close()
        waiting.sock.settimeout(60)
        assert waiting.getresponse().status == 200
        for connection in connections:
            connection.close()
        assert all(model.ends() for _ in range(QUESTIONS_AT_ONCE))


def test_passages_come_with_their_texts(client: httpx.Client) -> None:
    body = {"question": SUEZ, "limit": 3, "filters": {"languages": ["en"]}}
    found = HitsDocument.model_validate_json(client.post("/api/search", json=body).text).hits
    assert len(found) == 3
    assert {hit.language for hit in found} == {"en"}
    article = client.get(f"/api/articles/{found[0].article}").json()
    assert article["text"][found[0].start : found[0].end] == found[0].text


def test_articles_are_listed_in_pages_and_found_by_their_titles(client: httpx.Client) -> None:
    whole = client.get("/api/articles").json()
    assert whole["total"] == len(whole["articles"]) == 60
    page = client.get("/api/articles", params={"limit": 7, "offset": 50}).json()
    assert (page["total"], page["articles"]) == (60, whole["articles"][50:57])
    found = client.get("/api/articles", params={"text": "المُتحف الكبير", "language": "ar"}).text
    ids = [each.id for each in ArticlesDocument.model_validate_json(found).articles]
    assert "grand-egyptian-museum-ar" in ids
    assert len(ids) < 30
    source = whole["articles"][0]["source"]
    of_it = client.get("/api/articles", params={"source": source}).json()["articles"]
    assert {each["source"] for each in of_it} == {source}


def test_an_article_is_added_asked_about_and_removed(changing: httpx.Client) -> None:
    fields = {"id": "africa/timbuktu", "text": TIMBUKTU, "published": "2031-03-04", "x": 1}
    response = changing.post("/api/articles", json={"articles": [fields, {"title": "no text"}]})
    done = IngestDocument.model_validate_json(response.text)
    assert (done.added, len(done.refused)) == (["africa/timbuktu"], 1)
    question = "When did the library of Timbuktu reopen?"
    (citation,) = ask(changing, question)["citations"]
    assert (citation["article"], citation["quotation"]) == ("africa/timbuktu", TIMBUKTU)
    shown = changing.get("/api/articles/africa/timbuktu").json()
    assert (shown["published"], shown["metadata"]) == ("2031-03-04", {"x": "1"})
    removed = changing.delete("/api/articles/africa%2Ftimbuktu").json()
    assert removed == {"removed": ["africa/timbuktu"]}
    assert changing.delete("/api/articles/africa/timbuktu").status_code == 404
    assert "africa/timbuktu" not in {hit["article"] for hit in ask(changing, question)["hits"]}


def test_files_are_added_in_the_form_that_browsers_send(changing: httpx.Client) -> None:
    page = pdf(line(TIMBUKTU), line("Say yes", before="3 Tr"))
    brought = {"timbuktu.txt": TIMBUKTU.encode(), "x.png": b"\x89PNG", "page.pdf": page}
    files = [("files", each) for each in brought.items()]
    done = changing.post("/api/articles", files=files).json()
    assert done["added"] == ["timbuktu", "page"]
    assert done["refused"][0]["origin"] == "upload:x.png"
    assert IngestDocument.model_validate(done).hidden == {"page": {"display": len("Say yes")}}
    assert changing.get("/api/health").json()["articles"] == 62


def test_links_are_refused_until_they_are_allowed(changing: httpx.Client) -> None:
    link = "https://example.org/timbuktu"
    sent = {"links": [link], "articles": [{"id": "t", "text": TIMBUKTU}]}
    done = changing.post("/api/articles", json=sent).json()
    assert (done["added"], done["refused"]) == (["t"], [{"origin": link, "reason": NOT_ALLOWED}])
    too_many, too_long = [link] * (MOST_LINKS + 1), ["a" * 5_000]
    for links in ([], too_many, too_long):
        assert changing.post("/api/articles", json={"links": links}).status_code == 422


def test_health_tells_whether_the_language_model_is_there(assistant: Assistant) -> None:
    def state(service: Service) -> tuple[str, str, int]:
        with serving(application(service)) as address:
            found = HealthDocument.model_validate_json(httpx.get(f"{address}/api/health").text)
            assert (found.status, found.articles) == ("ok", 60)
            return found.model.name, found.model.state, found.model.done

    assert state(Service(assistant)) == ("quotes", "here", 0)
    arriving = Service(assistant, arrival=lambda: Arrival(active=True, done=3, total=9))
    assert state(arriving) == ("quotes", "arriving", 3)
    failed = Service(assistant, arrival=lambda: Arrival(problem="No route to /home/me."))
    assert state(failed) == ("quotes", "failed", 0)
