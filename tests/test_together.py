"""Several at once on one home: nobody who reads sees an error, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from http_support import MUSEUM, SUEZ
from tests_support import ROOT

from index.catalogue import Catalogue
from index.check import check
from index.config import Config
from index.embed import Embedder
from index.search import Index
from rag.answer import Assistant
from ui.server import running
from ui.service import Service

Write = Callable[[str, str], Path]

HOPE = "When did the Hope probe reach Mars?"
AT_ONCE = 50
PAUSE = 0.2
"""Seconds between the questions of a reader: the writers are to get on."""
TOWNS = ("Aden", "Basra", "Cairo", "Doha", "Erbil", "Fez")


def story(number: int, writer: str) -> str:
    """An article of several chunks that differs from every other."""
    town = TOWNS[number % len(TOWNS)]
    lines = (
        f"The {writer} office in {town} opened gate {writer}-{number}-{line} in the year "
        f"{1900 + 7 * number + line}. Its {line + 2} keepers counted {number * 31 + line} boats, "
        "and the harbour master wrote every one of them into the long grey book of the port."
        for line in range(8)
    )
    return "\n\n".join(lines)


def ingesting(folder: Path, config: Config) -> subprocess.Popen[str]:
    """Another process that reads a folder into a home."""
    code = "from ui.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "ingest", str(folder), "--home", str(config.home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def ended(processes: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    """How each process ended, and what it complained of."""
    said = [process.communicate(timeout=300)[1] for process in processes]
    return [(process.returncode, words) for process, words in zip(processes, said, strict=True)]


def is_whole(config: Config) -> bool:
    return check(config.home, models=False).is_sound


def test_two_processes_ingest_while_others_ask(
    own_home: Config, embedder: Embedder, write: Write
) -> None:
    names = {"north": range(2), "south": range(2, 4)}
    for writer, numbers in names.items():
        for number in numbers:
            write(f"{writer}/{writer}-{number}.txt", story(number, writer))
    root = write("north/north-0.txt", story(0, "north")).parents[1]
    opened = Index.open(own_home, lambda: embedder)
    expected = {asked: opened.search(asked, 1)[0].chunk.id for asked in (HOPE, MUSEUM)}
    over, found = threading.Event(), list[tuple[str, str]]()

    def ask(question: str, anew: bool) -> None:
        """Ask until the writers are done, by one opened collection or by a new one each time."""
        while True:
            done = over.is_set()
            index = Index.open(own_home, lambda: embedder) if anew else opened
            found.append((question, index.search(question, 1)[0].chunk.id))
            if done:
                return
            over.wait(PAUSE)

    writers = [ingesting(root / name, own_home) for name in names]
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(ask, HOPE, False), pool.submit(ask, MUSEUM, False)]
        readers.append(pool.submit(ask, HOPE, True))
        try:
            for name, (status, said) in zip(names, ended(writers), strict=True):
                if status:  # it waited for half a minute, then said for whom
                    assert "is being written to by process" in said, said
                    assert ended([ingesting(root / name, own_home)])[0][0] == 0
        finally:
            over.set()
        for reader in readers:
            reader.result()
    assert {answer for question, answer in found if question == HOPE} == {expected[HOPE]}
    assert {answer for question, answer in found if question == MUSEUM} == {expected[MUSEUM]}
    stored = {summary.id for summary in Catalogue.open(own_home.catalogue).summaries()}
    assert {f"{name}-{number}" for name, numbers in names.items() for number in numbers} <= stored
    keepers = opened.search("How many keepers of the office in Doha counted boats?", 1)
    assert keepers[0].chunk.article_id == "south-3"
    assert is_whole(own_home)


def test_readers_in_other_processes_see_no_error(own_home: Config, write: Write) -> None:
    for number in range(2):
        folder = write(f"east/east-{number}.txt", story(number, "east")).parent
    code = "from ui.cli import main; main()"
    writer = ingesting(folder, own_home)
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", code, "search", question, "--home", str(own_home.home)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for question in (HOPE, SUEZ, MUSEUM)
    ]
    assert [status for status, _ in ended([writer, *asking])] == [0] * 4
    assert is_whole(own_home)


def test_fifty_requests_at_once_are_answered_while_articles_come_in(
    own_home: Config, embedder: Embedder, write: Write
) -> None:
    for number in range(3):
        folder = write(f"west/west-{number}.txt", story(number, "west")).parent
    assistant = Assistant(Index.open(own_home, lambda: embedder), "quotes")
    with (
        running(Service(assistant)) as address,
        httpx.Client(base_url=address, timeout=240) as http,
    ):

        def answered(number: int) -> int:
            question = (HOPE, SUEZ, MUSEUM)[number % 3]
            path = "/api/search" if number % 2 else "/api/ask"
            return http.post(path, json={"question": question}).status_code

        writer = ingesting(folder, own_home)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = list(pool.map(answered, range(AT_ONCE)))
        assert [status for status, _ in ended([writer])] == [0]
        # The server writes after another process has: what it knows of the index is old by now.
        article = {"id": "late", "title": "Late", "text": story(9, "late")}
        added = http.post("/api/articles", json={"articles": [article]})
        late = http.post("/api/search", json={"question": "Which gate did the late office open?"})
    assert statuses == [200] * AT_ONCE
    assert added.status_code == 200, added.text
    assert late.json()["hits"][0]["article"] == "late"
    assert is_whole(own_home)
