"""The page that describes the HTTP interface: an OpenAPI document as HTML, without a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rag.html import DARK, FONTS, LIGHT, escape, variables
from ui.problems import KINDS, MEDIA_TYPE

Node = Mapping[str, Any]

_STYLE = f"""
:root {{ color-scheme: light dark; {variables(LIGHT)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}
body {{ background: var(--ground); color: var(--ink); font: 1rem/1.6 {FONTS};
  max-width: 62rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }}
a {{ color: var(--accent); }}
section {{ background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
  padding: .5rem 1rem; margin: 1rem 0; }}
section:target, tr:target {{ outline: 2px solid var(--accent); }}
code, pre {{ font-family: ui-monospace, monospace; font-size: .9em; }}
pre {{ background: var(--soft); border-radius: 8px; padding: .6rem; overflow-x: auto;
  white-space: pre-wrap; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: start; vertical-align: top; padding: .25rem .5rem .25rem 0;
  border-top: 1px solid var(--line); }}
th {{ color: var(--quiet); font-weight: 600; }}
h3 .method {{ color: var(--on-accent); background: var(--accent); border-radius: 6px;
  padding: .1rem .4rem; }}
.quiet {{ color: var(--quiet); }}
"""


def openapi_page(document: Node) -> str:
    """A whole page; everything that the OpenAPI document says is escaped."""
    title = escape(str(document["info"]["title"]))
    about = str(document["info"].get("description", ""))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: HTTP</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}: HTTP</h1>{_paragraphs(about)}"
        '<p>For programs: <a href="/openapi.json">/openapi.json</a>.</p>'
        f"{''.join(_routes(document))}"
        f"<h2>Shapes</h2>{''.join(_shapes(document))}"
        f"<h2>Problems</h2>{_problems()}</main></body></html>"
    )


def _routes(document: Node) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            tag = str(next(iter(operation.get("tags", ())), "Others"))
            groups.setdefault(tag, []).append(_route(path, method, operation))
    for tag, routes in groups.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(routes)}"


def _route(path: str, method: str, operation: Node) -> str:
    name = escape(str(operation.get("operationId", f"{method}-{path}")))
    parts = [
        f'<section id="{name}"><h3><code class="method">{escape(method.upper())}</code> '
        f"<code>{escape(path)}</code> {escape(str(operation.get('summary', '')))}</h3>",
        _paragraphs(str(operation.get("description", ""))),
    ]
    if parameters := operation.get("parameters"):
        rows = (
            _row(each["name"], each["schema"], each.get("required"), each.get("description", ""))
            for each in parameters
        )
        parts.append(_table("Parameter", rows))
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h4>Body: <code>{escape(media)}</code></h4>{_content(content)}")
    for status, response in operation.get("responses", {}).items():
        parts.append(f"<p><b>{escape(status)}</b> {_said(str(response['description']))}</p>")
        for media, content in response.get("content", {}).items():
            if media != MEDIA_TYPE:
                parts.append(f"<p><code>{escape(media)}</code></p>{_content(content)}")
    return "".join(parts) + "</section>"


def _content(content: Node) -> str:
    schema = content.get("schema", {})
    shown = f"<p>{_type(schema)}</p>"
    if "properties" in schema:
        shown = _fields(schema)
    if "example" in content:
        shown += _example(content["example"])
    return shown


def _shapes(document: Node) -> Iterator[str]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        described = _paragraphs(str(schema.get("description", "")))
        examples = "".join(map(_example, schema.get("examples", ())))
        yield (
            f'<section id="shape-{escape(name)}"><h3>{escape(name)}</h3>{described}'
            f"{_fields(schema)}{examples}</section>"
        )


def _fields(schema: Node) -> str:
    needed = schema.get("required", ())
    rows = (
        _row(name, each, name in needed, str(each.get("description", "")))
        for name, each in schema.get("properties", {}).items()
    )
    return _table("Field", rows)


def _table(heading: str, rows: Iterator[str]) -> str:
    return (
        f"<table><thead><tr><th>{heading}</th><th>Type</th><th>Meaning</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _row(name: str, schema: Node, required: object, meaning: str) -> str:
    needed = ' <span class="quiet">required</span>' if required else ""
    return (
        f"<tr><td><code>{escape(name)}</code>{needed}</td><td>{_type(schema)}</td>"
        f"<td>{_said(meaning)}</td></tr>"
    )


def _type(schema: Node) -> str:
    """What a value is, with links to the shapes it is made of; its limits behind it."""
    if reference := schema.get("$ref"):
        name = escape(str(reference).rpartition("/")[2])
        return f'<a href="#shape-{name}">{name}</a>'
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("prefixItems")
    if several:
        return (", " if "prefixItems" in schema else " or ").join(map(_type, several))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return " or ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}{_limits(schema)}"
    if isinstance(more := schema.get("additionalProperties"), Mapping):
        return f"object of {_type(more)}"
    kind = str(schema.get("format") or schema.get("type") or "any value")
    return f"{escape(kind)}{_limits(schema)}"


_LIMITS = {
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minimum": "from {}",
    "maximum": "to {}",
    "maxLength": "at most {} characters",
    "default": "else {}",
}


def _limits(schema: Node) -> str:
    said = [
        text.format(json.dumps(schema[name], ensure_ascii=False))
        for name, text in _LIMITS.items()
        if schema.get(name) not in (None, "", [])
    ]
    return f' <span class="quiet">{escape(", ".join(said))}</span>' if said else ""


def _example(example: object) -> str:
    if isinstance(example, str):
        text = example
    else:
        text = json.dumps(example, ensure_ascii=False, indent=2)
    return f'<pre dir="auto">{escape(text)}</pre>'


def _problems() -> str:
    rows = "".join(
        f'<tr id="problem-{name}"><td><code>{name}</code></td><td>{kind.status}</td>'
        f"<td>{_said(kind.title)}. {_said(kind.advice)}</td></tr>"
        for name, kind in KINDS.items()
    )
    return (
        f"<p>Every error is a document of <code>{MEDIA_TYPE}</code> (RFC 9457), see "
        '<a href="#shape-ProblemDocument">ProblemDocument</a>.</p><section><table><thead><tr>'
        f"<th>Kind</th><th>Status</th><th>Meaning</th></tr></thead><tbody>{rows}</tbody></table>"
        "</section>"
    )


def _paragraphs(text: str) -> str:
    """A description, its paragraphs apart."""
    return "".join(f"<p>{_said(each)}</p>" for each in text.split("\n\n") if each.strip())


def _said(text: str) -> str:
    """A sentence, with code where it has backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
