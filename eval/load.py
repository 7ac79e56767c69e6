"""The HTTP interface under load: how fast it is, and what it keeps.

    python -m eval.load --home HOME [--seconds 120] [--requests 10000] [--out FILE]

It starts `dalil serve` on a free port of this machine and asks it from eight clients: half of the
time questions, to be answered by quotations, half of the time searches. It prints requests per
second, median and 95th percentile of the seconds that one took, and errors. Then another server
gets so many requests, every tenth a question, the others searches: it prints memory and open files
after a tenth of them and after all. The clients have their share of the same cores. It runs on
Linux.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from threading import Lock

from eval.dataset import DEVELOPMENT, load_questions

ASK, SEARCH = "/api/ask", "/api/search"
CLIENTS = 8
_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Pace:
    """How requests went: how many, seconds of one, and how many were not answered with 200."""

    requests: int
    a_second: float
    median: float
    p95: float
    errors: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a server holds after so many requests: megabytes of memory, open files."""

    requests: int
    megabytes: float
    files: int


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port and its process id."""

    port: int
    pid: int


@contextmanager
def served(home: Path) -> Iterator[Server]:
    """`dalil serve` on a free port, by quotations, however often clients ask."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["serve", "--home", str(home), "--port", str(port), "--llm", "quotes", "--rate", "0"]
    with subprocess.Popen(
        [sys.executable, "-c", "from ui.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise SystemExit(f"The server did not start. Try: dalil serve --home {home}")
            yield Server(port, process.pid)
        finally:
            process.terminate()


def pace(
    server: Server,
    paths: Sequence[str],
    questions: Sequence[str],
    seconds: float = math.inf,
    most: float = math.inf,
) -> Pace:
    """Send requests from all clients, in turn to each of `paths`, so long or so many."""
    taken, lock, numbers, begun = list[float](), Lock(), count(), time.perf_counter()
    wrong = 0

    def ask() -> None:
        nonlocal wrong
        with closing(_connection(server)) as connection:
            while time.perf_counter() - begun < seconds:
                with lock:
                    number = next(numbers)
                if number >= most:
                    return
                body = json.dumps({"question": questions[number % len(questions)]})
                started = time.perf_counter()
                status = _status(connection, paths[number % len(paths)], body)
                with lock:
                    taken.append(time.perf_counter() - started)
                    wrong += status != http.client.OK

    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(ask) for _ in range(CLIENTS)]:
            done.result()
    whole = time.perf_counter() - begun
    return Pace(len(taken), len(taken) / whole, statistics.median(taken), _p95(taken), wrong)


def held(server: Server, requests: int) -> Held:
    """What the server holds now, after so many requests."""
    facts = Path(f"/proc/{server.pid}")
    status = (facts / "status").read_text()
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return Held(requests, int(kilobytes) / 1024, len(os.listdir(facts / "fd")))


def _connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_SECONDS)


def _status(connection: http.client.HTTPConnection, path: str, body: str) -> int:
    """The status of the answer, 0 where there was none."""
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
    except OSError:
        connection.close()
        return 0
    return response.status


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    questions = [gold.question for gold in load_questions(DEVELOPMENT)]
    found: dict[str, dict[str, object]] = {}
    with served(given.home) as server:
        pace(server, [ASK, SEARCH], questions, most=4 * CLIENTS)  # what is loaded at first use
        for path in (ASK, SEARCH):
            each = pace(server, [path], questions, seconds=given.seconds / 2)
            found[path] = asdict(each)
            print(
                f"{path}: {each.requests} requests, {each.a_second:.1f} a second, median "
                f"{each.median:.3f} s, 95th percentile {each.p95:.3f} s, {each.errors} errors"
            )
    tenth = given.requests // 10
    with served(given.home) as server:
        for name, more in (("early", tenth), ("late", given.requests - tenth)):
            errors = pace(server, [ASK, *[SEARCH] * 9], questions, most=more).errors
            state = held(server, tenth if name == "early" else given.requests)
            found[name] = {**asdict(state), "errors": errors}
            print(
                f"after {state.requests} requests: {state.megabytes:.0f} MB, {state.files} open "
                f"files, {errors} errors"
            )
    if given.out:
        given.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
