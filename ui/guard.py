"""Who may come in: hosts, origins, the key, sizes and rates, for every route, Gradio's included."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ui.problems import KIND_OF, MEDIA_TYPE, Problem, problem_document

LOOPBACK = ("127.0.0.1", "::1", "localhost")
COOKIE = "dalil-key"
SIGN_IN = "/sign-in"
RATE = 4.0

_BODY_BYTES = 2_000_000
_UPLOAD_BYTES = 110_000_000
_UPLOADS = re.compile(r"/api/articles|/(?:ar|en)/gradio_api/upload")
_ELSEWHERE = re.compile(r"/(?:ar|en)/gradio_api/(?:file=https?:|proxy=)", re.IGNORECASE)
"""Where Gradio would fetch from other hosts, and show it as if it were from this one."""
_BURST_SECONDS = 30
_GUESSES, _GUESSES_A_SECOND = 10, 1 / 6
_MOST_CLIENTS = 10_000
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may come in.

    `key` is None where everybody may who reaches the address, which must be loopback then. `hosts`
    are the names by which the server may be called, () for any, which needs a key. `token` is what
    the cookie of a browser that has shown the key holds: not the key, nor made from it. `rate` is
    how many requests other than reading a client may send in a second, in the long run; 0 for any.
    """

    key: str | None = None
    hosts: tuple[str, ...] = LOOPBACK
    token: str = field(default_factory=secrets.token_urlsafe, repr=False)
    rate: float = RATE


@dataclass(slots=True)
class Bucket:
    """A token bucket for each client: `burst` requests at once, then so many a second."""

    burst: float
    a_second: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, client: str, now: float, counted: int = 1) -> float:
        """Seconds until the client may come again; 0 where it may now, which is counted so."""
        left, then = self._left.pop(client, (self.burst, now))
        left = min(self.burst, left + (now - then) * self.a_second)
        allowed = left >= 1
        self._left[client] = (left - counted if allowed else left, now)
        while len(self._left) > _MOST_CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.a_second


class Guard:
    """The application behind the rules. Refusals are problem details (RFC 9457)."""

    def __init__(self, app: App, rules: Rules) -> None:
        self._app = app
        self._rules = rules
        self._rate = (
            Bucket(max(1.0, _BURST_SECONDS * rules.rate), rules.rate) if rules.rate else None
        )
        self._guesses = Bucket(_GUESSES, _GUESSES_A_SECOND)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal.answer(scope, send)
            return
        limit = _UPLOAD_BYTES if _UPLOADS.fullmatch(scope["path"]) else _BODY_BYTES
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            await _too_large(limit).answer(scope, send)
            return
        nonce = secrets.token_urlsafe(18)
        scope.setdefault("state", {})["nonce"] = nonce
        sending = with_headers(send, _headers(nonce))
        receive, send = _limited(scope, receive, sending, limit)
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Refused | None:
        """Why a request may not come in, before anything of its body is read."""
        if headers.keys() >= {"content-length", "transfer-encoding"}:
            return Refused(400, "The request says in two ways how long it is.", "Say it in one.")
        host = headers.get("host", "")
        if not self._is_known(host):
            return Refused(421, f"This server is not called {host!r}.", _CALL_IT)
        if not _is_own_origin(headers, host, scope):
            return Refused(403, "The request comes from a page of another place.", _CALL_IT)
        client, now = str((scope.get("client") or ("",))[0]), time.monotonic()
        reads = scope.get("method") in (None, "GET", "HEAD")
        signs_in = scope["path"] == SIGN_IN
        if not signs_in and (refusal := self._locked(scope, headers, client, now)):
            return refusal
        if _ELSEWHERE.match(scope["path"]):
            return Refused(403, "This server fetches nothing from other hosts.")
        bucket = self._guesses if signs_in else self._rate
        wait = 0.0 if reads or bucket is None else bucket.wait(client, now)
        return _too_often(wait) if wait else None

    def _locked(
        self, scope: Scope, headers: Mapping[str, str], client: str, now: float
    ) -> Refused | None:
        """Why a request may not come in for want of the key.

        Who guessed too often is not even told that a guess is right.
        """
        key, token = self._rules.key, self._rules.token
        if key is None or any(is_same(each, token) for each in _cookies(headers)):
            return None
        if "authorization" not in headers:
            return _no_key(scope, headers)
        if wait := self._guesses.wait(client, now, counted=0):
            return _too_often(wait)
        scheme, _, given = headers["authorization"].partition(" ")
        if scheme.lower() == "bearer" and is_same(given.strip(), key):
            return None
        self._guesses.wait(client, now)
        return _no_key(scope, headers)

    def _is_known(self, host: str) -> bool:
        name = host_name(host)
        return name is not None and (not self._rules.hosts or name in self._rules.hosts)


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal: the status, what happened, what to do; without either it only leads elsewhere."""

    status: int
    happened: str
    remedy: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    async def answer(self, scope: Scope, send: Send) -> None:
        """Send it, as a problem document where there is a problem."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": self.happened})
            return
        body = self._document(scope["path"]) if self.happened else b""
        headers = [("content-length", str(len(body))), *self.headers, *_REFUSAL_HEADERS]
        headers += [("content-type", MEDIA_TYPE)] if body else []
        encoded = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers]
        sending = with_headers(send, _HEADERS)
        await sending({"type": "http.response.start", "status": self.status, "headers": encoded})
        await sending({"type": "http.response.body", "body": body})

    def _document(self, path: str) -> bytes:
        said = f"{self.happened} {self.remedy}".strip()
        document = problem_document(Problem(KIND_OF[self.status], said), path)
        return json.dumps(document, ensure_ascii=False).encode()


def host_name(host: str) -> str | None:
    """The name in a header Host, in small letters and without the port; None where it is none."""
    found = _HOST.fullmatch(host)
    return found["name"].strip("[]").lower() if found else None


def is_same(given: str, wanted: str) -> bool:
    """Whether two secrets are the same, without telling by the time how far they are."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def policy(nonce: str) -> str:
    """The content security policy of the page.

    Gradio compiles the templates of its parts, which needs `unsafe-eval`; handlers inside the HTML
    and scripts without the nonce do not run, and nothing is asked of another host.
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


_CALL_IT = "Open the address that `dalil serve` printed."
_HEADERS: Sequence[tuple[str, str]] = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # With "no-referrer" browsers do not say either that a form comes from this server.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("cache-control", "private, no-cache"),
)
_REFUSAL_HEADERS: Sequence[tuple[str, str]] = (
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cache-control", "no-store"),
)


def _is_own_origin(headers: Mapping[str, str], host: str, scope: Scope) -> bool:
    """Whether a request that a browser made for a page comes from this server's own.

    Going to the page from elsewhere is no request of another page.
    """
    origin = headers.get("origin")
    if origin is not None:
        return origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())
    site = headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") or (
        headers.get("sec-fetch-mode") == "navigate" and scope.get("method") == "GET"
    )


def _no_key(scope: Scope, headers: Mapping[str, str]) -> Refused:
    """A browser is led to the form, a program told what to send."""
    if scope.get("method") == "GET" and "text/html" in headers.get("accept", ""):
        query = scope.get("query_string", b"").decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        location = f"{SIGN_IN}?next={quote(path, safe='/')}"
        return Refused(303, "", "", (("location", location),))
    return Refused(
        401,
        "This server needs its key.",
        "Send it in the header: Authorization: Bearer KEY.",
        (("www-authenticate", 'Bearer realm="Dalil"'),),
    )


def _too_often(wait: float) -> Refused:
    seconds = str(int(wait) + 1)
    return Refused(
        429, "Too many requests.", f"Try again in {seconds} s.", (("retry-after", seconds),)
    )


def _too_large(limit: int) -> Refused:
    return Refused(
        413,
        f"The request is larger than {limit / 1e6:.0f} MB, or does not say how large it is.",
        "Send less at once.",
        (("connection", "close"),),
    )


def _cookies(headers: Mapping[str, str]) -> list[str]:
    """What the cookies of that name hold; others, of whatever form, are none of our business."""
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return [value for name, _, value in pairs if name == COOKIE]


def _limited(scope: Scope, receive: Receive, send: Send, limit: int) -> tuple[Receive, Send]:
    """`receive` and `send` for a body of at most `limit` bytes.

    Where there is more, the application sees a client that hung up, the client a refusal.
    """
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > limit else message

    async def answered(message: MutableMapping[str, Any]) -> None:
        if seen <= limit:
            await send(message)
        elif message["type"] == "http.response.start":
            await _too_large(limit).answer(scope, send)

    return counted, answered


def _headers(nonce: str) -> Sequence[tuple[str, str]]:
    return [*_HEADERS, ("content-security-policy", policy(nonce))]


def with_headers(send: Send, more: Sequence[tuple[str, str]]) -> Send:
    """What is sent, with `more` headers, names in small letters; those that it has stay."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            have = {key.lower() for key, _ in headers}
            headers += [
                (key.encode(), value.encode()) for key, value in more if key.encode() not in have
            ]
            message = {**message, "headers": headers}
        await send(message)

    return sending
