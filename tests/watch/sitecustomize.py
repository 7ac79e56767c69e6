"""Put on a process's PYTHONPATH: Python then refuses all of the network but this machine.

What was tried is written, a JSON document a line, to the file of the process in the folder that
`DALIL_WATCH` names; at the end, which settings of the libraries were in effect.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

_LOG = Path(os.environ["DALIL_WATCH"], f"{os.getpid()}.jsonl")
_BY_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_BY_NAME = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_DNS = 53


def _write(event: str, about: object) -> None:
    with _LOG.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": event, "about": about}) + "\n")


def _is_here(host: object, port: object = None) -> bool:
    if port == _DNS:
        return False
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        _write(event, [str(argument) for argument in arguments])
    elif event in _BY_NAME and not _is_here(*arguments[:2]):
        _refuse(event, arguments)
    elif event in _BY_ADDRESS and isinstance(arguments[1], tuple):  # else within this machine
        family = arguments[0].family
        if family in (socket.AF_INET, socket.AF_INET6) and not _is_here(*arguments[1][:2]):
            _refuse(event, arguments[1:])


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    _write(event, [str(argument) for argument in arguments])
    raise PermissionError(f"{event} beyond this machine: {arguments}")


def _effective() -> dict[str, object]:
    """What the libraries that were loaded go by."""
    found: dict[str, object] = {}
    if hub := sys.modules.get("huggingface_hub.constants"):
        found["huggingface"] = not hub.HF_HUB_DISABLE_TELEMETRY
    if clients := sys.modules.get("chromadb.api.shared_system_client"):
        systems = clients.SharedSystemClient._identifier_to_system.values()
        found["chroma"] = [system.settings.anonymized_telemetry for system in systems]
    if gradio := sys.modules.get("gradio.analytics"):
        found["gradio"] = gradio.analytics_enabled()
    found["code that came with a model"] = "transformers_modules" in sys.modules
    return found


_write("start", sys.orig_argv)
sys.addaudithook(_watch)
atexit.register(lambda: _write("end", _effective()))
