"""The default language model in llama.cpp, for real: in process, and as a server on loopback."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from test_answer import QUESTION, check_citations

from index.errors import LanguageModelError
from index.weights import path_of, pull
from rag import llm as language_models
from rag.answer import Assistant
from rag.llm import embedded_weights, open_llm, stream_text

DRAFTED = "On what day did the Ever Given run aground?"
"""What the embedded model answers in a sentence that is kept."""


@pytest.fixture(scope="module")
def weights() -> Path:
    """The default model's file, fetched where it is missing."""
    return pull(embedded_weights())


def listening_ports() -> set[tuple[str, int]]:
    """Addresses (hexadecimal) and ports on which this process listens, from /proc."""
    sockets = {
        link.readlink().name.removeprefix("socket:[").rstrip("]")
        for link in Path("/proc/self/fd").iterdir()
        if str(_target(link)).startswith("socket:")
    }
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
    ]
    found = [row[1].split(":") for row in rows if row[3] == "0A" and row[9] in sockets]
    return {(address, int(port, 16)) for address, port in found}


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def test_the_embedded_model_answers_with_exact_citations(
    assistant: Assistant, weights: Path
) -> None:
    if not Path("/proc/self/net/tcp").exists():
        pytest.skip("open ports are listed from /proc")
    before = listening_ports()
    embedded = Assistant(assistant.index, "embedded")
    answers = list(embedded.stream(DRAFTED))
    final = answers[-1]
    assert (final.status, final.language, final.llm) == ("answered", "en", "embedded")
    assert final.citations
    assert "23 March" in final.text.split("[1]")[0]
    check_citations(assistant, final)
    for shorter, longer in pairwise(answers):
        assert longer.text.startswith(shorter.text)
    port = urlsplit(language_models._served[path_of(embedded_weights()).resolve()].address).port
    assert ("0100007F", port) in listening_ports()  # 127.0.0.1
    assert listening_ports() - before <= {("0100007F", port)}

    arabic = embedded.ask("متى وقع انفجار مرفأ بيروت؟")
    assert (arabic.status, arabic.language) == ("answered", "ar")
    check_citations(assistant, arabic)


def test_the_embedded_model_gives_way_to_questions(weights: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere nothing gives way")
    open_llm("embedded")
    list(stream_text(open_llm("embedded"), [{"role": "user", "content": "Say yes."}]))
    tasks = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    giving_way = [task for task in tasks if _is_idle(task)]
    assert len(giving_way) >= (os.cpu_count() or 1)
    assert not _is_idle(threading.get_native_id())
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(_is_idle, 0).result()


def _is_idle(task: int) -> bool:
    """Whether a thread runs only where nothing else would; false for one that has ended."""
    try:
        return sys.platform == "linux" and os.sched_getscheduler(task) == os.SCHED_IDLE
    except ProcessLookupError:
        return False


def test_a_prompt_that_nobody_waits_for_is_not_read_on(weights: Path) -> None:
    long = " ".join(f"Ship {number} left port {number % 7}." for number in range(200))
    pieces = stream_text(open_llm("embedded"), [{"role": "user", "content": long}])
    assert [next(pieces) for _ in range(8)] == [""] * 8
    pieces.close()
    end = time.monotonic() + 60
    while _seconds_used_in(0.5) > 0.25 and time.monotonic() < end:
        pass
    assert time.monotonic() < end - 30  # reading all of it takes the processor 30 s or more


def _seconds_used_in(seconds: float) -> float:
    """What this process uses of the processors in so many seconds."""
    before = time.process_time()
    time.sleep(seconds)
    return time.process_time() - before


def test_a_server_by_url_answers_as_the_file_does(
    assistant: Assistant, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_llm("embedded")
    served = language_models._served[path_of(embedded_weights()).resolve()]
    monkeypatch.setenv("DALIL_LLM_KEY", served.key)
    name = f"openai:qwen@{served.address}"
    question = "When did the Ever Given leave the Suez Canal?"
    answer = Assistant(assistant.index, name).ask(question)
    assert answer.llm == name
    assert not [note for note in answer.notes if note.kind == "no_model"]
    assert answer.text == Assistant(assistant.index, str(weights)).ask(question).text


def test_the_server_wants_its_key(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_llm("embedded")
    served = language_models._served[path_of(embedded_weights()).resolve()]
    monkeypatch.setenv("DALIL_LLM_KEY", "wrong")
    model = open_llm(f"openai:qwen@{served.address}/v1")
    with pytest.raises(LanguageModelError, match="did not answer"):
        list(stream_text(model, [{"role": "user", "content": "Say yes."}]))


def test_a_server_that_is_not_there_leaves_quotations(assistant: Assistant) -> None:
    answer = Assistant(assistant.index, "openai:m@http://127.0.0.1:9/v1").ask(QUESTION)
    assert answer.citations
    assert [note.kind for note in answer.notes if note.kind == "no_model"]


def test_a_broken_file_is_a_clear_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\x00" * 100)
    with pytest.raises(LanguageModelError, match="cannot be run"):
        open_llm(str(broken))
