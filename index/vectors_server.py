"""Which Chroma servers are spoken to, and with which key."""

from __future__ import annotations

import os
import re

from index.errors import ConfigError, VectorsError

_SECONDS_TO_GREET = 10.0
_OLDEST = (1, 5, 9)
"""Chroma's Python server before it runs code that anyone sends (CVE-2026-45829)."""

_RUST_VERSION = "1.0.0"
"""What Chroma's server in Rust, which `chroma run` starts, calls itself in every release."""


def headers() -> dict[str, str]:
    """The key of the server, in both headers that Chroma and what stands before it may read."""
    key = os.environ.get("DALIL_VECTORS_KEY", "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(
            "DALIL_VECTORS_KEY holds characters that a key cannot have. Set it to ASCII letters, "
            "digits and signs on one line."
        )
    return {"Authorization": f"Bearer {key}", "X-Chroma-Token": key} if key else {}


def check_server(url: str, headers: dict[str, str]) -> None:
    """Raise `VectorsError` where no Chroma server answers, or one that is too old.

    The server in Rust gives no version of its own. It is told by an answer that the one in Python,
    which has the hole, does not give.
    """
    import httpx  # what Chroma's client speaks through: the same proxies and certificates

    with httpx.Client(headers=headers, timeout=_SECONDS_TO_GREET) as http:
        answer = http.get(f"{url}/api/v2/version")
        if answer.status_code in {401, 403}:
            raise VectorsError(
                f"The Chroma server {url} refuses the key. Set DALIL_VECTORS_KEY to the right one."
            )
        version = answer.text.strip().strip('"')
        numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:\D.*)?", version)
        if answer.status_code != 200 or numbers is None:
            raise VectorsError(
                f"What answers at {url} is no Chroma server of version {_dotted(_OLDEST)} or newer "
                f"(status {answer.status_code}). Set vectors to the address of one."
            )
        if tuple(map(int, numbers.groups())) >= _OLDEST:
            return
        if version == _RUST_VERSION:
            health = http.get(f"{url}/api/v2/healthcheck")
            if "is_executor_ready" in health.text:
                return
    raise VectorsError(
        f"The Chroma server {url} has version {version}. Up to 1.5.8 whoever reaches it can run "
        f"programs on it (CVE-2026-45829): update it to {_dotted(_OLDEST)} or newer."
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
