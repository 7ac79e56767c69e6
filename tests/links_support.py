"""A site of this machine that the fetcher of links takes for one of the internet.

It speaks real TLS with certificates of an authority made for the test. The fetcher is led to it by
the seams that it has: who resolves names, and who connects.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpcore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from index.links import Page, fetch

PUBLIC = "93.184.216.34"
"""An address of the public internet; no packet is sent to it."""

HTML = (
    "<!doctype html><html><head><title>The harbour of Tunis</title></head><body><article>"
    "<h1>The harbour of Tunis</h1><p>The harbour of Tunis was widened in 2031 after nine years of "
    "work, the port authority said on Monday.</p><p>Ships of three hundred metres can now berth "
    "there, and a second quay is to follow within two years.</p></article></body></html>"
)

Answer = Callable[[socket.socket], None]
"""Writes what the site answers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in: the name in the TLS greeting, the first line, the headers."""

    greeted: str | None
    line: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Site:
    """A server for every name: what it answers by host and path, and what it was asked."""

    trust: ssl.SSLContext
    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)
    names: dict[str, list[Sequence[str]]] = field(default_factory=dict)

    def resolve(self, host: str) -> Sequence[str]:
        """The addresses of a name, other ones each time where there are several lists of them."""
        self.resolved.append(host)
        lists = self.names.get(host, [[PUBLIC]])
        return lists.pop(0) if len(lists) > 1 else lists[0]

    def connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        """A connection to this site, whatever the address is."""
        self.reached.append((address, port))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, seconds)

    def fetch(self, url: str, seconds: float = 20.0, most_bytes: int = 1_000_000) -> Page:
        """`fetch`, led to this site."""
        return fetch(url, self.resolve, self.connect, self.trust, seconds, most_bytes)


def answer(
    body: bytes | str = HTML,
    kind: str | None = "text/html; charset=utf-8",
    status: str = "200 OK",
    **headers: str,
) -> Answer:
    """A whole answer; `headers` with "_" for "-"."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def leading(location: str, status: str = "302 Found", **headers: str) -> Answer:
    """A redirect."""
    return answer("", None, status, Location=location, **headers)


def raw(data: bytes) -> Answer:
    """Bytes as they are."""
    return partial(_send, data)


def _send(data: bytes, stream: socket.socket) -> None:
    stream.sendall(data)


def dripping(head: bytes, drop: bytes, stop: threading.Event) -> Answer:
    """A beginning, and then a drop every twentieth of a second until the test is over."""

    def drip(stream: socket.socket) -> None:
        stream.sendall(head)
        while not stop.wait(0.05):
            stream.sendall(drop)

    return drip


@dataclass(frozen=True, slots=True)
class Authority:
    """Whoever signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def trust(self) -> ssl.SSLContext:
        """Believes this authority alone."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=pem)


def authority() -> Authority:
    """A new one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
    return Authority(key, _signed(key, name, key, name, None, timedelta(days=1)))


def served_by(
    signer: Authority,
    folder: Path,
    names: Sequence[str] = ("*.example.org", "example.org"),
    lasts: timedelta = timedelta(days=1),
) -> ssl.SSLContext:
    """How a server shows a certificate for these names; `lasts` below 0 for one that is over."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    issuer = signer.certificate.subject
    certificate = _signed(key, subject, signer.key, issuer, names, lasts)
    path = folder / f"{len(list(folder.iterdir()))}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _signed(
    key: ec.EllipticCurvePrivateKey,
    subject: x509.Name,
    signing: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    names: Sequence[str] | None,
    lasts: timedelta,
) -> x509.Certificate:
    """A certificate for `names`, or where there are none for an authority."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names is not None:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
        builder = builder.add_extension(alternatives, critical=False)
        builder = builder.add_extension(issued_by, critical=False)
    return builder.sign(signing, hashes.SHA256())


@contextmanager
def site_of(context: ssl.SSLContext, trust: ssl.SSLContext) -> Iterator[Site]:
    """Serve on a free port of loopback; `trust` is what the fetcher believes."""
    site = Site(trust)
    greetings: dict[ssl.SSLObject | ssl.SSLSocket, str | None] = {}

    def greet(stream: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        greetings[stream] = name

    context.sni_callback = greet

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as stream:
                asked = _read(stream, greetings.pop(stream, None))
                site.asked.append(asked)
                path = asked.line.split(" ")[1]
                site.answers[asked.headers.get("host", "") + path](stream)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join(10)


def _read(stream: socket.socket, greeted: str | None) -> Asked:
    head = b""
    while b"\r\n\r\n" not in head:
        data = stream.recv(4096)
        if not data:
            raise ConnectionError("the client went away")
        head += data
    line, *rest = head.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
    pairs = (each.partition(": ") for each in rest)
    return Asked(greeted, line, {name.lower(): value for name, _, value in pairs})
