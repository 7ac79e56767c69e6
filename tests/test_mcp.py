"""The server of the Model Context Protocol, as a process, seen by the protocol's own client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent, Tool
from tests_support import ROOT, dalil

from index.catalogue import Catalogue
from index.config import Config
from index.embed import Embedder

ARGUMENTS = ["-c", "from ui.cli import main; main()", "mcp"]

QUESTION = {"ar": "متى وقع انفجار مرفأ بيروت؟", "en": "When did the Ever Given run aground?"}
REFUSED = "Who painted the Mona Lisa?"

# Prints as libraries do, once the server has taken standard output for itself.
NOISY = """
import os, threading, time
def shout():
    while not os.path.sameopenfile(1, 2):
        time.sleep(0.01)
    print("a library says something")
    os.write(1, b"a library in C says something\\n")
threading.Thread(target=shout, daemon=True).start()
from ui.cli import main; main()
"""


class Call(Protocol):
    def __call__(self, tool: str, /, **arguments: object) -> CallToolResult: ...


def parameters(home: Path) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=[*ARGUMENTS, "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )


@pytest.fixture(scope="module")
def home(sample_home: Config, embedder: Embedder) -> Path:
    return sample_home.home


@pytest.fixture(scope="module")
def catalogue(sample_home: Config) -> Catalogue:
    return Catalogue.open(sample_home.catalogue)


@pytest.fixture(scope="module")
def session(home: Path) -> Iterator[tuple[Client, Call]]:
    """One server for most tests, with the handshake of today's clients."""
    client = Client(parameters(home), mode="legacy", read_timeout_seconds=120)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client):

        def call(tool: str, /, **arguments: object) -> CallToolResult:
            result: CallToolResult = portal.call(client.call_tool, tool, arguments)
            return result

        yield client, call


@pytest.fixture
def call(session: tuple[Client, Call]) -> Call:
    return session[1]


@pytest.fixture(scope="module")
def tools(home: Path) -> dict[str, Tool]:
    """The tools, as a client of the newest protocol sees them."""

    async def listed() -> list[Tool]:
        async with Client(parameters(home), read_timeout_seconds=60) as client:
            return (await client.list_tools()).tools

    return {tool.name: tool for tool in anyio.run(listed)}


def content(result: CallToolResult) -> Any:
    assert not result.is_error, text(result)
    return result.structured_content


def text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def properties(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every property of a schema and of those it refers to."""
    schemas = [schema, *schema.get("$defs", {}).values()]
    return {name: each for part in schemas for name, each in part.get("properties", {}).items()}


def test_it_introduces_itself(session: tuple[Client, Call]) -> None:
    client, _ = session
    assert client.server_info is not None
    assert client.server_info.name == "dalil"
    assert client.server_capabilities.tools is not None
    assert "not_found" in str(client.instructions)


def test_the_tools_explain_themselves(tools: dict[str, Tool]) -> None:
    assert list(tools) == ["ask", "search", "read_article", "list_articles"]
    for tool in tools.values():
        assert len(str(tool.description).split()) > 40
        assert tool.output_schema is not None
        for schema in (tool.input_schema, tool.output_schema):
            told = {name: each.get("description", "") for name, each in properties(schema).items()}
            assert {name for name, words in told.items() if len(words.split()) < 3} == set()
        assert tool.input_schema["additionalProperties"] is False
    asking = str(tools["ask"].description)
    assert "not_found" in asking
    assert "memory" in asking
    assert "verbatim" in asking


def test_the_tools_change_nothing(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        hints = tool.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.idempotent_hint) == (True, True)
        assert (hints.destructive_hint, hints.open_world_hint) == (False, False)


def test_what_must_be_given_is_told(tools: dict[str, Tool]) -> None:
    required = {name: tool.input_schema.get("required", []) for name, tool in tools.items()}
    assert required == {
        "ask": ["question"],
        "search": ["question"],
        "read_article": ["id"],
        "list_articles": [],
    }
    ask = tools["ask"].input_schema["properties"]
    assert set(ask) == {
        "question", "language", "languages", "sources", "since", "until", "articles",
    }  # fmt: skip
    assert ask["languages"]["items"]["enum"] == ["ar", "en"]
    assert tools["search"].input_schema["properties"]["limit"]["maximum"] == 50


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_question_is_answered_by_exact_quotations(call: Call, language: str) -> None:
    result = call("ask", question=QUESTION[language])
    answer = content(result)
    assert (answer["status"], answer["language"], answer["llm"]) == (
        "answered", language, "quotes",
    )  # fmt: skip
    assert answer["citations"]
    for citation in answer["citations"]:
        place = {"start": citation["start"], "end": citation["end"]}
        part = content(call("read_article", id=citation["article"], **place))
        assert part["text"] == citation["quotation"]
        assert part["title"] == citation["title"]
        assert f"[{citation['marker']}]" in answer["text"]
        for shown in (citation["quotation"], citation["title"], citation["article"]):
            assert shown in text(result)
    assert answer["text"] in text(result)


def test_a_refusal_says_that_nothing_must_be_filled_in(call: Call) -> None:
    result = call("ask", question=REFUSED)
    answer = content(result)
    assert (answer["status"], answer["citations"]) == ("not_found", [])
    assert "Status: not_found" in text(result)
    assert "do not answer from memory" in text(result)


def test_the_answer_comes_in_the_language_asked_for(call: Call) -> None:
    answer = content(call("ask", question=REFUSED, language="ar"))
    assert answer["language"] == "ar"
    assert "المقالات" in answer["text"]


def test_filters_leave_out_what_they_say(call: Call, catalogue: Catalogue) -> None:
    cited = content(call("ask", question=QUESTION["en"], articles=["suez-ever-given-en"]))
    assert {each["article"] for each in cited["citations"]} == {"suez-ever-given-en"}
    hits = content(call("search", question=QUESTION["en"], languages=["ar"], limit=5))["hits"]
    assert {hit["language"] for hit in hits} == {"ar"}
    days = {"since": "2021-01-01", "until": "2021-12-31"}
    hits = content(call("search", question="Suez", limit=50, **days))["hits"]
    assert hits
    assert {hit["published"][:4] for hit in hits} == {"2021"}
    source = "Dalil sample desk: Coast"
    hits = content(call("search", question="Suez", sources=[source], limit=50))["hits"]
    wanted = {item.id for item in catalogue.summaries() if item.source == source}
    assert {hit["article"] for hit in hits} <= wanted
    assert len(hits) > 1


def test_lists_may_come_as_strings_and_nothing_as_null(call: Call) -> None:
    given = {"articles": '["suez-ever-given-en"]', "languages": "en", "since": None}
    hits = content(call("search", question="Suez", **given))["hits"]
    assert {hit["article"] for hit in hits} == {"suez-ever-given-en"}


def test_search_gives_passages_word_for_word(call: Call, catalogue: Catalogue) -> None:
    result = call("search", question="Hope probe Mars", limit=3)
    hits = content(result)["hits"]
    assert len(hits) == 3
    assert hits[0]["article"] == "hope-probe-en"
    for hit in hits:
        article = catalogue.article(hit["article"])
        assert article.text[hit["start"] : hit["end"]] == hit["text"]
        assert hit["title"] == article.title
        assert hit["text"] in text(result)


def test_a_search_that_nothing_is_left_for_says_so(call: Call) -> None:
    result = call("search", question="Suez", until="1900-01-01")
    assert content(result)["hits"] == []
    assert "Widen the filters" in text(result)


@pytest.mark.parametrize("id_", ["beirut-port-ar", "suez-ever-given-en"])
def test_the_parts_of_an_article_join_to_it(call: Call, catalogue: Catalogue, id_: str) -> None:
    article = catalogue.article(id_)
    parts, start = [], 0
    while start is not None:
        result = call("read_article", id=id_, start=start, limit=400)
        part = content(result)
        assert part["length"] == len(article.text)
        assert part["text"] in [block.text for block in result.content]  # type: ignore[union-attr]
        assert (f"start = {part['next_start']}" in text(result)) == bool(part["next_start"])
        parts.append(part["text"])
        start = part["next_start"]
    assert len(parts) == -(-len(article.text) // 400)
    assert "".join(parts) == article.text
    assert content(call("read_article", id=id_))["text"] == article.text


def test_no_place_on_this_machine_is_told(call: Call, home: Path, catalogue: Catalogue) -> None:
    article = catalogue.article("beirut-port-ar")
    for result in (
        call("read_article", id=article.id),
        call("ask", question=QUESTION["ar"]),
        call("list_articles"),
    ):
        told = json.dumps(content(result)) + text(result)
        assert article.origin not in told
        assert str(home) not in told


def test_articles_are_listed_in_parts(call: Call, catalogue: Catalogue) -> None:
    ids: list[str] = []
    offset = 0
    while offset is not None:
        part = content(call("list_articles", limit=25, offset=offset))
        assert part["total"] == catalogue.article_count()
        ids += [each["id"] for each in part["articles"]]
        offset = part["next_offset"]
    assert ids == [item.id for item in catalogue.summaries()]


def test_articles_are_found_by_what_is_known_of_them(call: Call, catalogue: Catalogue) -> None:
    everything = catalogue.summaries()

    def listed(**wanted: object) -> set[str]:
        found = content(call("list_articles", limit=500, **wanted))
        assert found["total"] == len(found["articles"])
        return {each["id"] for each in found["articles"]}

    assert "beirut-port-ar" in listed(text="إنفجار مرفا بيروت")
    assert listed(text="SUEZ-ever") >= {"suez-ever-given-en"}
    assert listed(text="no such thing") == set()
    assert listed(language="ar") == {item.id for item in everything if item.language == "ar"}
    source = "Dalil sample desk: East"
    assert listed(source=source) == {item.id for item in everything if item.source == source}
    day = "2021-07-08"
    assert listed(since=day, until=day) == {
        item.id for item in everything if str(item.published) == day
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("ask", {"question": ""}, "empty"),
        ("ask", {}, "needs the argument 'question'"),
        ("ask", {"question": "Who?", "language": "fr"}, "language = 'fr'"),
        ("ask", {"question": "Who?", "since": "tomorrow"}, "write it as 2023-12-31"),
        ("ask", {"question": "Who?", "since": "2024-01-02", "until": "2024-01-01"}, "exchange"),
        ("ask", {"question": "Who?", "sources": ["Nobody"]}, "Dalil sample desk: Coast"),
        ("ask", {"question": "Who?", "articles": ["nothing"]}, "list_articles"),
        ("search", {"question": "Who?", "limit": 51}, "50"),
        ("search", {"question": "Who?", "language": "en"}, "it has: since, until, languages"),
        ("read_article", {"id": "nothing"}, "list_articles"),
        ("read_article", {"id": "beirut-port-ar", "start": 100_000}, "smaller start"),
        ("read_article", {"id": "beirut-port-ar", "start": 9, "end": 3}, "larger end"),
        ("list_articles", {"source": "Nobody"}, "Dalil sample desk: Coast"),
        ("frobnicate", {}, "ask, search, read_article, list_articles"),
    ],
)
def test_an_error_says_what_to_do(
    call: Call, tool: str, arguments: dict[str, object], says: str
) -> None:
    result = call(tool, **arguments)
    assert result.is_error
    assert says in text(result)
    assert "Traceback" not in text(result)
    assert "pydantic" not in text(result)


def test_it_answers_while_it_works(home: Path) -> None:
    """A ping and a list overtake questions that wait for the models."""
    ended: list[str] = []

    async def asking(client: Client, question: str) -> None:
        assert content(await client.call_tool("ask", {"question": question}))["citations"]
        ended.append(question)

    async def work() -> None:
        client = Client(parameters(home), mode="legacy", read_timeout_seconds=120)
        async with client, anyio.create_task_group() as group:
            group.start_soon(asking, client, QUESTION["ar"])
            group.start_soon(asking, client, QUESTION["en"])
            await anyio.sleep(0.1)
            await client.session.send_ping()
            ended.append("ping")
            assert content(await client.call_tool("list_articles", {"limit": 1}))["total"]
            ended.append("list")

    anyio.run(work)
    assert ended[:2] == ["ping", "list"]
    assert set(ended[2:]) == set(QUESTION.values())


def test_standard_output_holds_the_protocol_and_nothing_else(home: Path) -> None:
    asked: list[dict[str, Any]] = [
        {
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        },
        {"method": "notifications/initialized"},
        {
            "id": 2,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": QUESTION["ar"]}},
        },
    ]
    command = [sys.executable, "-c", NOISY, "mcp", "--home", str(home)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in asked:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
        lines = [process.stdout.readline(), process.stdout.readline()]
        rest, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    answers = [json.loads(line) for line in lines + rest.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["structuredContent"]["status"] == "answered"
    assert "a library says something" in complaints
    assert "a library in C says something" in complaints


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [((), 1, "dalil ingest"), (("--llm", "nonsense"), 2, "nonsense")],
)
def test_a_server_that_cannot_serve_says_why(
    tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    result = dalil("mcp", "--home", str(tmp_path), *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert says in result.stderr
    assert "Traceback" not in result.stderr
