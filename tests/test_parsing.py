"""Untrusted files are parsed in a child process: what goes wrong there is one refusal."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from docx_support import docx, paragraph, run
from pdf_support import lines, pdf, stream

from index.fields import RefusedError
from index.parsing import FORMATS, Limits, Parsing
from index.readers import MAX_FILE_BYTES, read
from index.types import RawArticle, Refusal

WORDS = "The library of the harbour town was closed for twelve years after the storm."
PDF, DOCX = pdf(lines(WORDS)), docx(paragraph(run(WORDS)))
PAGE = f"<html><body><article><p>{WORDS}</p><p>{WORDS}</p></article></body></html>".encode()
SLOW = pdf("q Q " * 3_000_000)
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def parsing() -> Iterator[Parsing]:
    with Parsing() as opened:
        yield opened


def refusal(parsing: Parsing, form: str, data: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        parsing.ask(form, data)
    return str(caught.value)


def texts(found: list[RawArticle | Refusal]) -> dict[str, str]:
    return {
        Path(item.origin).name: item.text if isinstance(item, RawArticle) else item.reason
        for item in found
    }


def bomb(size: int) -> bytes:
    """A PDF whose page unpacks to so many bytes."""
    zeros = bytes(10_000_000)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    content = stream(b"\x78\x9c" + block * (size // len(zeros)), "/Filter /FlateDecode")
    return pdf("").replace(stream(b""), content)


def test_one_child_reads_every_format(parsing: Parsing) -> None:
    asked = {"html": PAGE, "pdf": PDF, "docx": DOCX, "csv": f"text\n{WORDS}\n".encode()}
    assert sorted(asked) == sorted(FORMATS)
    processes = set()
    for form, data in asked.items():
        (parsed,) = parsing.ask(form, data)
        assert WORDS in parsed.text
        processes.add(parsing.process)
    assert len(processes) == 1
    with pytest.raises(ValueError, match="none of"):
        parsing.ask("exe", b"")


def test_nothing_is_started_for_plain_text_and_the_child_ends(tmp_path: Path) -> None:
    with Parsing() as parsing:
        assert parsing.process is None
        parsing.ask("pdf", PDF)
        process = parsing.process
        assert process is not None
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_what_a_file_refuses_leaves_the_child_alone(parsing: Parsing) -> None:
    assert "damaged, or no PDF" in refusal(parsing, "pdf", b"no PDF")
    process = parsing.process
    assert parsing.ask("pdf", PDF)
    assert parsing.process == process


def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read() -> None:
    with Parsing(Limits(seconds=1)) as parsing:
        assert "longer than 1 seconds" in refusal(parsing, "pdf", SLOW)
        assert parsing.process is None
        assert WORDS in parsing.ask("pdf", PDF)[0].text


def test_a_child_that_was_killed_is_replaced(parsing: Parsing) -> None:
    parsing.ask("docx", DOCX)
    process = parsing.process
    assert process is not None

    def kill() -> None:
        time.sleep(0.3)
        os.kill(process, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert "stopped (exit status -9)" in refusal(parsing, "pdf", SLOW)
    killer.join()
    assert WORDS in parsing.ask("docx", DOCX)[0].text
    assert parsing.process != process


def test_a_child_that_died_between_two_files_costs_none(parsing: Parsing) -> None:
    parsing.ask("docx", DOCX)
    assert parsing.process is not None
    os.kill(parsing.process, signal.SIGKILL)
    os.waitid(os.P_PID, parsing.process, os.WEXITED | os.WNOWAIT)
    assert WORDS in parsing.ask("docx", DOCX)[0].text


@ON_LINUX
def test_a_pdf_that_unpacks_to_more_than_the_memory_is_refused() -> None:
    with Parsing() as parsing:
        assert "more than 1,074 MB of memory" in refusal(parsing, "pdf", bomb(2_000_000_000))
        assert WORDS in parsing.ask("pdf", PDF)[0].text


def test_an_answer_that_is_too_long_is_refused() -> None:
    with Parsing(Limits(answer=100)) as parsing:
        assert "text: split it" in refusal(parsing, "csv", b"text\n" + 90 * b"words ")


@ON_LINUX
def test_the_child_gets_neither_secrets_nor_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsing: Parsing
) -> None:
    monkeypatch.setenv("DALIL_KEY", "a secret of the server")
    connection = sqlite3.connect(tmp_path / "catalogue.sqlite")
    connection.execute("CREATE TABLE t (a)")
    parsing.ask("docx", DOCX)
    child = Path("/proc") / str(parsing.process)
    assert b"secret" not in (child / "environ").read_bytes()
    opened = {os.readlink(each) for each in (child / "fd").iterdir()}
    assert not [name for name in opened if str(tmp_path) in name]
    connection.close()


def test_the_child_can_neither_send_nor_start_anything() -> None:
    code = """
import socket, subprocess, sys
from index.parser import confine
confine(1 << 30)
for attempt in (socket.socket, lambda: subprocess.run(["true"]), lambda: __import__("os").fork()):
    try:
        attempt()
    except PermissionError:
        print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 3


def test_folders_are_read_in_several_threads_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
        for name, data in {"a.pdf": PDF, "b.docx": DOCX, "c.html": PAGE, "d.pdf": b"%PDF"}.items():
            (folder / name).write_bytes(data)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda folder: texts(list(read([folder]))), folders))
    assert all(WORDS in each[name] for each in found for name in ("a.pdf", "b.docx", "c.html"))
    assert all("damaged" in each["d.pdf"] for each in found)


def test_a_reading_that_is_given_up_ends_its_child(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(PDF)
    found = read([tmp_path])
    next(found)
    before = children()
    assert before
    found.close()  # type: ignore[attr-defined]
    assert not before & children()


def children() -> set[int]:
    """The processes that parse for this one."""
    command = ["ps", "-eo", "pid,ppid,args"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()[1:]]
    return {
        int(pid) for pid, parent, words in rows if int(parent) == os.getpid() and ".parser" in words
    }


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_pages_nested_without_end_are_read_or_refused(tmp_path: Path, depth: int) -> None:
    (tmp_path / "deep.html").write_text("<div>" * depth + f"<p>{WORDS}</p>" + "</div>" * depth)
    (tmp_path / "next.html").write_bytes(PAGE)
    found = texts(list(read([tmp_path])))
    assert found["deep.html"].startswith(("No article was found", WORDS))
    assert WORDS in found["next.html"]


def test_a_line_of_fifty_megabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "long.csv").open("wb") as file:
        file.write(b"text\n")
        file.truncate(50_000_000)
    found = texts(list(read([tmp_path])))
    assert f"larger than {MAX_FILE_BYTES / 1e6:.0f} MB" in found["long.csv"]
