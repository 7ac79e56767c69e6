"""The log of the server: one JSON object a line on standard error.

    {"time": "2026-05-04T09:30:00.123+00:00", "level": "info", "event": "request",
     "request": "9f2c…", "method": "POST", "path": "/api/ask", "status": 200, "seconds": 0.21}

Nothing that was asked, answered or read is in it unless that is asked for: of an error the kind and
the lines of code, of a request the path without its query. What libraries log comes in the same
form, with their words.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import datetime
from typing import IO

from index.errors import CatalogueError, ConfigError, LockedError, VectorsError, WeightsError

LOGGER = logging.getLogger("dalil")
"""What Dalil itself logs; it belongs to the main program whether anybody reads it."""

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is worked on."""

_FACTS = "facts"
_TOLD = (CatalogueError, ConfigError, LockedError, OSError, VectorsError, WeightsError)
"""Errors whose words hold nothing that was asked, answered or read."""


def start(*, texts: bool = False, stream: IO[str] | None = None) -> None:
    """Send the log of the whole process to `stream`, standard error where it is None.

    With `texts` questions, answers and the words of errors are in it.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines(texts))
    handler.addFilter(_of_request)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(logging.INFO)
    logging.captureWarnings(True)


def tell(event: str, *, texts: dict[str, str] | None = None, **facts: object) -> None:
    """Log that something happened, with plain facts, and `texts` where these are asked for."""
    LOGGER.info(event, extra={_FACTS: facts, "texts": texts or {}})


def tell_error(error: BaseException) -> None:
    """Log an error that the person at the other end is not told of."""
    LOGGER.error("error", exc_info=error)


def _of_request(record: logging.LogRecord) -> bool:
    """Note the request at once: a record may be written elsewhere."""
    record.request = REQUEST.get()
    return True


class _Lines(logging.Formatter):
    """A record as one JSON object on a line."""

    def __init__(self, texts: bool) -> None:
        super().__init__()
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        when = datetime.fromtimestamp(record.created).astimezone()
        line: dict[str, object] = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        own = record.name == LOGGER.name
        line |= {"event": record.getMessage()} if own else {"event": "library"}
        if not own:
            line |= {"library": record.name, "message": record.getMessage()}
        if request := getattr(record, "request", ""):
            line["request"] = request
        line |= getattr(record, _FACTS, {})
        if self._texts:
            line |= getattr(record, "texts", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= self._error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)

    def _error(self, error: BaseException) -> dict[str, object]:
        frames = traceback.extract_tb(error.__traceback__)
        found: dict[str, object] = {
            "error": type(error).__name__,
            "lines": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if self._texts or isinstance(error, _TOLD):
            found["said"] = str(error)
        if error.__cause__ is not None:
            found["cause"] = self._error(error.__cause__)
        return found
