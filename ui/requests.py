"""Every request has an id, by which the log calls it, and is logged when its answer is complete."""

from __future__ import annotations

import secrets
import time

from ui.guard import App, Receive, Scope, Send, with_headers
from ui.log import REQUEST, tell

ID_HEADER = "x-request-id"
"""The header of every answer that has the id of its request."""

_OWN = ("/api", "/v1/", "/articles/", "/runs/", "/sign-in")
"""What the addresses begin with that are always told of; the page's parts only fail."""

_GONE, _FAILED = 499, 500


class Logged:
    """The application, with its requests logged."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, status, begun = secrets.token_hex(8), _GONE, time.monotonic()
        token = REQUEST.set(request)

        async def sending(message: Scope) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, with_headers(sending, ((ID_HEADER, request),)))
        except Exception:
            status = _FAILED
            raise
        finally:
            _tell(scope, status, time.monotonic() - begun)
            REQUEST.reset(token)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    path, reads = scope["path"], scope["method"] in ("GET", "HEAD")
    if status >= 400 or not reads or path.startswith(_OWN):
        tell("request", method=scope["method"], path=path, status=status, seconds=round(seconds, 3))
