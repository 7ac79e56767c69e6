"""Articles by link: a page is fetched over https from a public address, then read as a file is.

The name of the host is resolved once, every address that it has is checked, and the connection goes
to one of these; its certificate is checked against the name. Each redirect begins anew. Neither
proxies, cookies nor passwords are used, and size and time are bounded for all hops together.
"""

from __future__ import annotations

import hashlib
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpcore

from index.addresses import Link, checked, is_public, redirected
from index.config import PUBLIC_LINKS
from index.fields import RefusedError
from index.readers import MAX_FILE_BYTES, read
from index.types import RawArticle, Refusal

if TYPE_CHECKING:
    from ssl import SSLContext

SECONDS = 30.0
"""The most that a link may take, its redirects included."""
MOST_REDIRECTS = 5

Resolve = Callable[[str], Sequence[str]]
"""The IP addresses of a host's name. Raises `OSError` where it has none."""
Connect = Callable[[str, int, float], httpcore.NetworkStream]
"""A connection to an IP address and a port, within so many seconds. Raises httpcore's errors."""

NOT_ALLOWED = (
    f'Links are not fetched unless that is allowed: set links = "{PUBLIC_LINKS}" in dalil.toml or '
    f"DALIL_LINKS={PUBLIC_LINKS}, or give dalil ingest --links {PUBLIC_LINKS}."
)

_REDIRECTS = (301, 302, 303, 307, 308)
_ADDRESSES_TRIED = 4
_LONGEST_ID = 120
_HASH_LETTERS = 12
_LINK = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/csv": ".csv",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
}
"""How the files are called that the types of content would be in."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a link led to: the last URL, the type of its content in small letters, its bytes."""

    url: str
    kind: str
    content: bytes


def is_link(text: object) -> bool:
    """Whether something that was given to be read is a link rather than a path."""
    return isinstance(text, str) and _LINK.match(text) is not None


def read_links(
    links: Iterable[str], setting: str, fetched: Callable[[str], Page] | None = None
) -> Iterator[RawArticle | Refusal]:
    """The articles of links, or why there is none; `setting` is `Config.links`.

    `fetched` is `fetch`, unless another is given.
    """
    for link in dict.fromkeys(links):
        if setting != PUBLIC_LINKS:
            yield Refusal(link, NOT_ALLOWED)
            continue
        try:
            yield from _articles(checked(link), (fetched or fetch)(link))
        except RefusedError as refused:
            yield Refusal(link, str(refused))


def fetch(
    url: str,
    resolve: Resolve | None = None,
    connect: Connect | None = None,
    trust: SSLContext | None = None,
    seconds: float = SECONDS,
    most_bytes: int = MAX_FILE_BYTES,
) -> Page:
    """Fetch a link, following its redirects. Raises `RefusedError`, which says why not.

    `trust` has the authorities whose certificates are believed, those of the machine unless given.
    """
    ends = time.monotonic() + seconds
    trusted = trust or httpcore.default_ssl_context()
    link = checked(url)
    for _ in range(MOST_REDIRECTS + 1):
        backend = _Checked(resolve or _resolve, connect or _connect, ends)
        with _network_errors(link, seconds):
            answer = _asked(link, backend, trusted, most_bytes)
        if isinstance(answer, Page):
            return answer
        link = redirected(link, answer)
    raise RefusedError(f"It leads on more than {MOST_REDIRECTS} times.")


def _asked(
    link: Link, backend: httpcore.NetworkBackend, trust: SSLContext, most_bytes: int
) -> Page | str:
    """What a host answers: the page, or where it leads on to, as the host says it."""
    url = httpcore.URL(scheme="https", host=link.host, target=link.target)
    headers = [
        ("User-Agent", "Dalil"),
        ("Accept", ", ".join(_ENDINGS)),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    with (
        httpcore.ConnectionPool(trust, network_backend=backend) as pool,
        pool.stream("GET", url, headers=headers) as response,
    ):
        said = {key.lower(): value.decode("utf-8", "replace") for key, value in response.headers}
        if response.status in _REDIRECTS:
            return said.get(b"location", "")
        if response.status != 200:
            raise RefusedError(f"{link.host} answers with status {response.status}, not with it.")
        if said.get(b"content-encoding", "identity").lower() != "identity":
            raise RefusedError(f"{link.host} sends it compressed although it was asked not to.")
        kind = said.get(b"content-type", "").partition(";")[0].strip().lower()
        if kind not in _ENDINGS:
            raise RefusedError(f"It is {kind or 'of no type'}; {', '.join(_ENDINGS)} are read.")
        return Page(link.url, kind, _body(response, said.get(b"content-length", ""), most_bytes))


def _body(response: httpcore.Response, declared: str, most_bytes: int) -> bytes:
    """All of the body; raises `RefusedError` as soon as it is known to be too large."""
    too_large = RefusedError(f"It is larger than {most_bytes / 1e6:.0f} MB.")
    if declared.isdecimal() and int(declared) > most_bytes:
        raise too_large
    body = bytearray()
    for data in response.iter_stream():
        body += data
        if len(body) > most_bytes:
            raise too_large
    return bytes(body)


@contextmanager
def _network_errors(link: Link, seconds: float) -> Iterator[None]:
    """Turn what the network does into `RefusedError`."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise RefusedError(f"{link.host} did not send it within {seconds:.0f} s.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise RefusedError(f"{link.host} cannot be asked: {error}.") from error


class _Checked(httpcore.NetworkBackend):
    """Connects to public addresses alone, and to the very ones that were checked."""

    def __init__(self, resolve: Resolve, connect: Connect, ends: float) -> None:
        """`ends`: when everything must be over, by `time.monotonic`."""
        self._resolve = resolve
        self._connect = connect
        self._ends = ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises `RefusedError` where one address of the host is not public."""
        addresses = self._addresses(host)
        if private := [address for address in addresses if not is_public(address)]:
            raise RefusedError(f"{host} has an address that is not public: {private[0]}.")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                return _Bounded(self._connect(address, port, _left(self._ends)), self._ends)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str) -> Sequence[str]:
        """The system's resolver knows no time limit, so it is waited for from beside."""
        pool = ThreadPoolExecutor(1, "resolving")
        try:
            return pool.submit(self._resolve, host).result(_left(self._ends))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"its name cannot be resolved: {error}") from error
        finally:
            pool.shutdown(wait=False)


class _Bounded(httpcore.NetworkStream):
    """A connection that ends in time, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As of any stream, `timeout` being what is left."""
        return self._stream.read(max_bytes, _left(self._ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As of any stream, `timeout` being what is left."""
        self._stream.write(buffer, _left(self._ends))

    def close(self) -> None:
        """As of any stream."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """As of any stream, `timeout` being what is left."""
        inner = self._stream.start_tls(ssl_context, server_hostname, _left(self._ends))
        return _Bounded(inner, self._ends)

    def get_extra_info(self, info: str) -> Any:
        """As of any stream."""
        return self._stream.get_extra_info(info)


def _left(ends: float) -> float:
    """The seconds until then; raises httpcore's `ReadTimeout` where there are none."""
    seconds = ends - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return seconds


def _resolve(host: str) -> Sequence[str]:
    """What the system knows by that name."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    return httpcore.SyncBackend().connect_tcp(address, port, seconds)


def _articles(link: Link, page: Page) -> Iterator[RawArticle | Refusal]:
    """What the readers of files find in a page; its origin is the link, not where that led."""
    with TemporaryDirectory(prefix="dalil-") as folder:
        name = hashlib.sha256(link.url.encode()).hexdigest()
        path = Path(folder).resolve() / f"{name}{_ENDINGS[page.kind]}"
        path.write_bytes(page.content)
        for item in read([path]):
            named = replace(item, origin=item.origin.replace(str(path), link.url, 1))
            if isinstance(named, RawArticle):
                own = named.id.replace(name, id_of(link), 1)
                named = replace(named, id=own, url=named.url or page.url)
            yield named


def id_of(link: Link) -> str:
    """The id of a link's article: its host and path; where more tells it apart, with a hash."""
    written = unquote(link.host + link.target).rstrip("/")
    parts = re.split(r"[^\w.~-]+", written.partition("?")[0])
    name = "/".join(filter(None, parts))[:_LONGEST_ID]
    if name == written:
        return name
    return f"{name}-{hashlib.sha256(link.url.encode()).hexdigest()[:_HASH_LETTERS]}"
