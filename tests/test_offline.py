"""Offline and private, proved: real processes whose every try to reach another machine is seen.

Two detectors look: strace at the system calls of whole process trees, those of Rust and C++
included, and an audit hook in every Python, which also refuses. Each is shown to find what it is
for.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from eval.dataset import ARTICLES
from index.config import Config
from index.embed import Embedder

ROOT = Path(__file__).parents[1]
WATCH = Path(__file__).parent / "watch"
DALIL = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from ui.cli import main; main()"
)
TRACING = ("-f", "-q", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg")
QUESTIONS = ("When did Hope reach Mars?", "متى وقع انفجار مرفأ بيروت؟")
FEW = [path for name in ("hope-*", "beirut-*", "suez-*") for path in sorted(ARTICLES.glob(name))]
SECONDS = 300

# Nothing is sent by any of these: a datagram socket is only told whom it would speak to.
TRIES = {
    "IPv4": "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))",
    "IPv6": "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)"
    ".connect(('2001:db8::1', 9))",
    "DNS": "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.53', 53))",
    "a child": "import subprocess, sys; subprocess.run([sys.executable, '-c', "
    "\"import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))\"])",
}
NAME = "import socket; socket.getaddrinfo('dalil.invalid', 443)"
C_CALL = """
import ctypes, struct
libc = ctypes.CDLL(None)
address = struct.pack("=H2s4s8x", 2, bytes([0, 9]), bytes([192, 0, 2, 1]))
libc.connect(libc.socket(2, 2, 0), address, len(address))
"""
UNPICKLES = "import pickle, collections; pickle.loads(pickle.dumps(collections.OrderedDict))"
HERE = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(("localhost", server.getsockname()[1])).close()
"""


@dataclass(slots=True)
class Seen:
    """What the detectors saw of some processes."""

    events: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def tries(self) -> list[dict[str, Any]]:
        """What Python tried to reach."""
        return [each for each in self.events if each["event"].startswith("socket.")]

    def unpickled(self) -> list[dict[str, Any]]:
        """Whatever was unpickled."""
        return [each for each in self.events if each["event"] == "pickle.find_class"]

    def calls(self) -> list[str]:
        """The system calls that had to do with another machine, or with a resolver."""
        return [line for line in self.lines if _leaves(line)]

    def was_traced(self) -> bool:
        """Whether strace saw the process to its end, or is not to be had."""
        return not MAY_TRACE or any("+++ exited with 0 +++" in line for line in self.lines)


def _leaves(line: str) -> bool:
    """Whether a line of strace shows an address that is not this machine's, or DNS."""
    if "sa_family=AF_INET" not in line:
        return False
    here = re.search(r'inet_addr\("127\.|inet_pton\(AF_INET6, "(::1|::ffff:127\.[\d.]+)"', line)
    return here is None or "htons(53)" in line


def _may_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(["strace", *TRACING, "true"], check=False, capture_output=True)
    return tried.returncode == 0


MAY_TRACE = _may_trace()
needs_strace = pytest.mark.skipif(not MAY_TRACE, reason="no strace here, or it is not permitted")


@contextmanager
def watched(
    folder: Path, words: Sequence[str], seen: Seen, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """A Python under both detectors, or under the hook alone where there is no strace."""
    folder.mkdir()
    trace = folder / "trace"
    tracing = ["strace", *TRACING, "-o", str(trace)]
    environment = {**os.environ, "PYTHONPATH": str(WATCH), "DALIL_WATCH": str(folder), **settings}
    with subprocess.Popen(
        [*(tracing if MAY_TRACE else ()), sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()
    logs = folder.glob("*.jsonl")
    seen.events += [
        json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()
    ]
    seen.lines += trace.read_text("utf-8", "replace").splitlines() if MAY_TRACE else []


def ran(folder: Path, code: str, *words: str, **settings: str) -> tuple[Seen, str]:
    """What was seen of a process that ran to its end, and what it printed; "" where it failed."""
    seen = Seen()
    with watched(folder, ["-c", code, *words], seen, **settings) as process:
        printed, _ = process.communicate(timeout=SECONDS)
    return seen, printed if process.returncode == 0 else ""


@pytest.fixture(scope="module")
def work(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder
) -> Mapping[str, tuple[Seen, str]]:
    """`ingest`, `ask` and `rebuild`, each as a process: what was seen, and what it printed."""
    folder = tmp_path_factory.mktemp("offline")
    home = ("--home", str(folder / "home"))
    articles = [str(path) for path in FEW]
    done = {"ingest": ran(folder / "ingest", DALIL, "ingest", *articles, *home, "--json")}
    asked = [("--llm", "quotes", "--json", *home) for _ in QUESTIONS]
    for number, question in enumerate(QUESTIONS):
        done[f"ask {number}"] = ran(folder / f"{number}", DALIL, "ask", question, *asked[number])
    done["rebuild"] = ran(folder / "rebuild", DALIL, "rebuild", *home, "--json")
    return done


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, sample_home: Config) -> tuple[Seen, Any, str]:
    """`serve`, as a process that is asked and stopped: what was seen, the answer, the page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    folder, seen = tmp_path_factory.mktemp("offline") / "serve", Seen()
    words = ["-c", DALIL, "serve", "--port", port, "--home", str(sample_home.home)]
    with watched(folder, [*words, "--llm", "quotes"], seen, DALIL_KEY="") as process:
        assert process.stdout is not None
        (address,) = re.findall(r"http://\S+/", process.stdout.readline())
        with httpx.Client(base_url=address, timeout=SECONDS, trust_env=False) as client:
            answer = client.post("/api/ask", json={"question": QUESTIONS[0]}).json()
            page = client.get("/ar/").text + client.get("/ar/config").text
            for asset in re.findall(r'"\./(assets/[^"]+)"', page)[:5]:
                assert client.get(f"/ar/{asset}").status_code == 200
        # To Python itself: strace keeps what is sent to it for its own end.
        os.kill(int(next(folder.glob("*.jsonl")).stem), signal.SIGINT)
        _, errors = process.communicate(timeout=SECONDS)
        assert (process.returncode, "Traceback" in errors) == (0, False), errors
    return seen, answer, page


def test_the_work_was_done(work: Mapping[str, tuple[Seen, str]]) -> None:
    assert len(json.loads(work["ingest"][1])["added"]) == len(FEW)
    told = [json.loads(work[f"ask {number}"][1])["status"] for number in range(len(QUESTIONS))]
    assert told == ["answered"] * len(QUESTIONS)
    assert len(json.loads(work["rebuild"][1])["added"]) == len(FEW)


def test_nothing_is_tried_beyond_this_machine(work: Mapping[str, tuple[Seen, str]]) -> None:
    assert {name: seen.tries() for name, (seen, _) in work.items() if seen.tries()} == {}
    assert all(seen.events[0]["event"] == "start" for seen, _ in work.values())


@needs_strace
def test_no_system_call_goes_beyond_this_machine(work: Mapping[str, tuple[Seen, str]]) -> None:
    assert {name: seen.calls() for name, (seen, _) in work.items() if seen.calls()} == {}
    assert all(seen.was_traced() for seen, _ in work.values())


def test_a_server_is_asked_and_asks_nobody(served: tuple[Seen, Any, str]) -> None:
    seen, answer, page = served
    assert (answer["status"], "<html" in page) == ("answered", True)
    assert seen.tries() == []
    assert seen.calls() == []
    assert seen.was_traced()


def test_the_page_names_no_other_host(served: tuple[Seen, Any, str]) -> None:
    loads = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(https?:)?//", served[2])
    assert loads == []


def test_telemetry_is_off_in_what_runs(
    work: Mapping[str, tuple[Seen, str]], served: tuple[Seen, Any, str]
) -> None:
    ends = {
        name: next(each["about"] for each in seen.events if each["event"] == "end")
        for name, seen in [
            *((name, seen) for name, (seen, _) in work.items()),
            ("serve", served[0]),
        ]
    }
    for name, effective in ends.items():
        assert (name, effective["huggingface"]) == (name, False)
        assert (name, effective["chroma"]) == (name, [False])
        assert (name, effective["code that came with a model"]) == (name, False)
    assert ends["serve"]["gradio"] is False
    assert '"analytics_enabled":false' in served[2].replace(" ", "")


def test_nothing_is_unpickled(
    work: Mapping[str, tuple[Seen, str]], served: tuple[Seen, Any, str]
) -> None:
    assert {name: seen.unpickled() for name, (seen, _) in work.items() if seen.unpickled()} == {}
    assert served[0].unpickled() == []


@pytest.mark.parametrize("what", TRIES)
def test_the_hook_finds_a_try_and_refuses_it(tmp_path: Path, what: str) -> None:
    seen, _ = ran(tmp_path / "tried", TRIES[what])
    assert [each["event"] for each in seen.tries()] == ["socket.connect"]


def test_the_hook_finds_names_and_pickles_and_lets_this_machine_pass(tmp_path: Path) -> None:
    assert [each["event"] for each in ran(tmp_path / "a", NAME)[0].tries()] == [
        "socket.getaddrinfo"
    ]
    assert ran(tmp_path / "b", UNPICKLES)[0].unpickled() != []
    here, _ = ran(tmp_path / "c", HERE)
    assert (here.tries(), here.calls(), here.events[-1]["event"]) == ([], [], "end")


@needs_strace
@pytest.mark.parametrize("code", [*TRIES.values(), C_CALL])
def test_strace_finds_a_try_that_no_hook_sees(tmp_path: Path, code: str) -> None:
    # -I: this Python takes nothing from PYTHONPATH, and so has no hook.
    isolated = code.replace("sys.executable, '-c'", "sys.executable, '-I', '-c'")
    seen = Seen()
    with watched(tmp_path / "tried", ["-I", "-c", isolated], seen) as process:
        process.communicate(timeout=SECONDS)
    assert seen.events == []
    assert len(seen.calls()) == 1


@pytest.mark.parametrize(
    ("call", "leaves"),
    [
        ('sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")', True),
        ('sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")', False),
        ('sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")', True),
        ('sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::1", &a)', False),
        ('sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::2", &a)', True),
        ('sa_family=AF_UNIX, sun_path="/run/nscd/socket"', False),
        ("sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000", False),
    ],
)
def test_lines_of_strace_are_understood(call: str, leaves: bool) -> None:
    assert _leaves(f"1 connect(3, {{{call}}}, 16) = -1 EINPROGRESS") == leaves
    assert _leaves(f'1 sendto(3, "", 4, 0, {{{call}}}, 16 <unfinished ...>') == leaves


SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for layer in ("index", "rag", "eval", "ui")
    for path in sorted((ROOT / layer).rglob("*.py"))
}
RISKY_MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
}
RISKY_CALLS = {
    "torch.load",
    "np.load",
    "numpy.load",
    "pandas.read_pickle",
    "yaml.load",
    "eval",
    "exec",
}


def risks(source: str) -> list[str]:
    """What in a module could run code that comes with data or with a model."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
            found += sorted(names & RISKY_MODULES)
        elif isinstance(node, ast.ImportFrom):
            found += sorted({(node.module or "").partition(".")[0]} & RISKY_MODULES)
            found += [a.name for a in node.names if f"{node.module}.{a.name}" in RISKY_CALLS]
        elif isinstance(node, ast.Call):
            found += sorted({ast.unparse(node.func)} & RISKY_CALLS)
        elif isinstance(node, ast.keyword) and node.arg in ("trust_remote_code", "allow_pickle"):
            is_false = isinstance(node.value, ast.Constant) and node.value.value is False
            found += [] if is_false else [node.arg]
        elif isinstance(node, ast.Constant) and node.value in ("trust_remote_code", "allow_pickle"):
            found.append(str(node.value))
    return found


@pytest.mark.parametrize("module", SOURCES)
def test_no_module_runs_code_that_comes_with_data(module: str) -> None:
    assert risks(SOURCES[module]) == []


@pytest.mark.parametrize(
    "source",
    [
        *("import pickle", "from joblib import load", "import torch\ntorch.load(x)"),
        *("np.load(x, allow_pickle=True)", "f(trust_remote_code=True)", "f(trust_remote_code=x)"),
        *("f(**{'trust_remote_code': True})", "yaml.load(x)", "from torch import load", "eval(x)"),
    ],
)
def test_such_code_is_found(source: str) -> None:
    assert risks(source) != []
    assert risks("import torch, yaml\nyaml.safe_load(x)\nf(trust_remote_code=False)") == []
