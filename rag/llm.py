"""Language models, all through LlamaIndex's `LLM` interface and one wire: OpenAI's chat protocol.

"embedded" and GGUF files are run in this process by llama.cpp (xllamacpp), whose server opens a
free port on loopback, guarded by a random key, without a web page. Everything else is a server that
somebody runs.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.errors import ConfigError, LanguageModelError
from index.intact import check_intact
from index.pinned import Weights
from index.weights import Progress, find, is_present, pull
from rag.listening import pieces
from rag.types import Message

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

QUOTES = "quotes"
EMBEDDED = "embedded"
EMBEDDED_WEIGHTS = "qwen2.5-coder-1.5b-instruct"

_CONTEXT_TOKENS = 4096
_ANSWER_TOKENS = 160
_TIMEOUT_SECONDS = 300.0
_PROMPT_TOKENS_AT_ONCE = 128
"""After so many the server sees that nobody waits any more: it rests 1.3 s after that, with 2,048
(as it is made) after 8 s or more; 250 tokens take 7.2 s of one core either way."""
_OPENAI = re.compile(r"openai:(?P<model>[^@]+)@(?P<url>https?://.+)")


@dataclass(frozen=True, slots=True)
class _Served:
    """A llama.cpp server in this process; it stops when nothing refers to it any more."""

    server: Any
    address: str
    key: str


_served: dict[Path, _Served] = {}
_serving = threading.Lock()


def check_llm(name: str) -> None:
    """Raise `ConfigError` where `name` is not a language model that could be opened."""
    if name in (QUOTES, EMBEDDED) or _OPENAI.fullmatch(name):
        return
    if name.startswith("openai:"):
        raise ConfigError(
            f"{name!r} is not of the form openai:MODEL@URL, such as "
            "openai:qwen3@http://127.0.0.1:8080/v1."
        )
    path = Path(name).expanduser()
    if not path.is_file():
        raise ConfigError(
            f"There is no language model {name!r}: it is neither {EMBEDDED!r}, {QUOTES!r} nor "
            "openai:MODEL@URL, and no such GGUF file exists."
        )
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise ConfigError(f"{path} is not a GGUF file.")


def short_name(name: str) -> str:
    """What a language model is called where its address or its path is nobody's business."""
    found = _OPENAI.fullmatch(name)
    if found:
        return found["model"]
    return Path(name).stem if name.lower().endswith(".gguf") else name


def embedded_weights() -> Weights:
    """The weights that "embedded" runs."""
    weights = find(EMBEDDED_WEIGHTS)
    assert weights is not None
    return weights


def is_ready(name: str) -> bool:
    """Whether a model could be opened without fetching anything."""
    return name != EMBEDDED or is_present(embedded_weights())


def open_llm(name: str, progress: Progress | None = None) -> LLM:
    """Open a language model by name, fetching the default one where it is missing.

    `name` is "embedded", "openai:MODEL@URL" or the path of a GGUF file. The key in `DALIL_LLM_KEY`
    is sent to a server by URL. Raises `ConfigError`, `LanguageModelError` or `WeightsError`.
    """
    check_llm(name)
    if found := _OPENAI.fullmatch(name):
        return _client(found["model"], _base(found["url"]), os.environ.get("DALIL_LLM_KEY", "none"))
    path = Path(name).expanduser()
    if name == EMBEDDED:
        path = pull(embedded_weights(), progress)
        check_intact(embedded_weights())
    served = _serve(path.resolve())
    return _client(path.stem, f"{served.address}/v1", served.key)


def stream_text(llm: LLM, messages: Sequence[Message]) -> Generator[str]:
    """What a model writes, piece by piece. Raises `LanguageModelError` where it does not answer.

    Empty pieces come while it says nothing. Closing the generator ends the request at once, and
    with it the model's work.
    """
    from llama_index.core.llms import ChatMessage

    turns = [ChatMessage(role=turn["role"], content=turn["content"]) for turn in messages]
    try:
        yield from pieces(llm, turns)
    except GeneratorExit:
        raise
    except Exception as error:  # every client library raises its own
        raise LanguageModelError(
            f"the language model did not answer: {type(error).__name__}: {error}"
        ) from error


def _client(model: str, base: str, key: str) -> LLM:
    from llama_index.llms.openai_like import OpenAILike  # heavy: loaded at the first draft

    return OpenAILike(
        model=model,
        api_base=base,
        api_key=key,
        is_chat_model=True,
        context_window=_CONTEXT_TOKENS,
        max_tokens=_ANSWER_TOKENS,
        temperature=0.0,
        timeout=_TIMEOUT_SECONDS,
        max_retries=1,
        reuse_client=False,  # so that a request can be broken off, see `rag.listening`
    )


def _base(url: str) -> str:
    return url.rstrip("/") if urlsplit(url).path.strip("/") else url.rstrip("/") + "/v1"


def _serve(path: Path) -> _Served:
    """Run a GGUF file in this process, once."""
    with _serving:
        if path not in _served:
            _served[path] = _start(path)
        return _served[path]


def _start(path: Path) -> _Served:
    """Run a GGUF file by threads that give way to questions."""
    with ThreadPoolExecutor(1, initializer=_give_way) as starting:
        return starting.submit(_run, path).result()


def _give_way() -> None:
    """Let this thread, and those that it starts, run where nothing else would; on Linux alone.

    Eight questions at once took 1.9 s beside a model of their own priority, then 1.1 s beside one
    of the least niceness, and 0.9 to 1.0 s so; the model alone is as fast as before.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # where the process may not, everything stays equal
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _run(path: Path) -> _Served:
    import xllamacpp

    key = secrets.token_urlsafe(24)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = 0
    parameters.n_parallel = 1
    parameters.n_ctx = _CONTEXT_TOKENS
    parameters.n_batch = parameters.n_ubatch = _PROMPT_TOKENS_AT_ONCE
    parameters.cache_ram_mib = 0
    parameters.cpuparams.n_threads = os.cpu_count() or 1
    try:
        server = xllamacpp.Server(parameters)
    except Exception as error:  # llama.cpp's own runtime errors
        raise LanguageModelError(
            f"{path} cannot be run by llama.cpp: {error}. Choose another --llm."
        ) from error
    return _Served(server, server.listening_address, key)
