"""The child process that parses: bytes come in, JSON objects go out, one a line.

A request is a line {"format": …, "size": …} and that many bytes. The answers are the fields of
`Parsed`, or {"reason": …} where the file is refused, then {"done": true}; "exhausted" asks for a
new process. What is done here can be ended at any time by `index.parsing`; nothing is opened,
written or sent but through the two pipes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from index.fields import RefusedError
from index.parsing import Parsed

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


def main() -> None:
    """Answer requests until the input ends; the memory and the seconds of a file are arguments."""
    memory, seconds = (int(word) for word in sys.argv[1:])
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    logging.disable()
    confine(memory)
    while header := requests.readline():
        request = json.loads(header)
        data = requests.read(request["size"])
        _allow(seconds)
        for answer in _answers(request["format"], data, memory):
            answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _answers(form: str, data: bytes, memory: int) -> Iterator[dict[str, Any]]:
    try:
        for parsed in _parsed(form, data):
            yield asdict(parsed)
    except RefusedError as refused:
        yield {"reason": str(refused)}
    except MemoryError:
        reason = (
            f"Reading it takes more than {memory / 1e6:,.0f} MB of memory: split it, or save its "
            "text as .txt or .md."
        )
        yield {"reason": reason, "exhausted": True}
    except RecursionError:
        yield {"reason": "It is nested too deeply: save its text as .txt or .md."}
    except Exception as failure:
        yield {"reason": f"It could not be parsed ({type(failure).__name__}: {failure})."}
    yield {"done": True}


def _parsed(form: str, data: bytes) -> Iterable[Parsed]:
    if form == "html":
        from index.webpage import web_page

        return [web_page(data)]
    if form == "docx":
        from index.docx import document

        return [document(data)]
    if form == "pdf":
        from index.pdf import pages

        return [pages(data)]
    from index.tables import rows

    return rows(data)


def confine(memory: int) -> None:
    """Take from this process what parsing does not need."""
    sys.addaudithook(_refuse)
    try:
        import resource
    except ImportError:  # not POSIX: the time alone is limited, by the parent
        return
    for name, most in (("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_AS", _used() + memory)):
        # macOS does not limit memory so; the seconds limit what can be done with it.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (most, most))


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    """An audit hook, which cannot be taken away: nothing is sent and no process started."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not for what parses files")


def _used() -> int:
    """The address space of this process, in bytes, with room for the libraries to come."""
    libraries = 300_000_000
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + libraries
    except OSError:
        return libraries


def _allow(seconds: int) -> None:
    """Let the next file have so many seconds of the processor; then the system ends the process."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + seconds + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


if __name__ == "__main__":
    main()
