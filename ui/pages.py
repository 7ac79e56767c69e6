"""The pages beside the one that Gradio makes: an article at a quotation, a report, signing in."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from index.types import Article, Language
from rag.html import direction, escape, span, turned
from ui.assets import ICON, PLAIN_STYLE
from ui.guard import COOKIE, SIGN_IN, App, Receive, Rules, Scope, Send, is_same
from ui.render import OTHER, article_text_html, facts_html
from ui.runs import report_of
from ui.service import Service
from ui.strings import NAME, WORDS

_KEPT_SECONDS = 30 * 24 * 3600
_LOCAL = re.compile(r"/(?!/)[^\s\\\x00-\x1f\x7f]*")
_REPORT_POLICY = (
    "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; img-src data:; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""A report draws itself with its own script, kept apart from this server and from any other."""

_LANGUAGE = re.compile(r"(?:^|,)\s*(ar|en)\b", re.IGNORECASE)


def pages(service: Service, rules: Rules) -> APIRouter:
    """The routes of these pages; none of them is part of the interface for programs."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def home(request: Request) -> Response:
        return RedirectResponse(f"/{preferred(request.headers.get('accept-language', ''))}/")

    @router.get("/articles/{id:path}")
    def article(id: str, start: int = 0, end: int = 0) -> Response:  # noqa: A002
        try:
            found = service.index.catalogue.article(id)
        except KeyError:
            raise HTTPException(404, WORDS["en"].no_article) from None
        return HTMLResponse(article_page(found, start, end))

    @router.get("/runs/{name}")
    def report(name: str) -> Response:
        try:
            path = report_of(service.index.config.home, name)
        except KeyError:
            raise HTTPException(404, f"There is no report of a run {name!r}.") from None
        headers = {"content-security-policy": _REPORT_POLICY}
        return FileResponse(path, media_type="text/html", headers=headers)

    @router.get(SIGN_IN)
    def form(request: Request, next: str = "/") -> Response:  # noqa: A002
        language = preferred(request.headers.get("accept-language", ""))
        return HTMLResponse(sign_in_page(language, next))

    @router.post(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        given, onward = (fields.get(name, [""])[0] for name in ("key", "next"))
        language = preferred(request.headers.get("accept-language", ""))
        if rules.key is None or not is_same(given, rules.key):
            return HTMLResponse(sign_in_page(language, onward, wrong=True), 401)
        response = RedirectResponse(onward if _LOCAL.fullmatch(onward) else "/", 303)
        secure = request.url.scheme == "https"
        response.headers["set-cookie"] = cookie_of(rules.token, secure=secure)
        return response

    return router


def preferred(accepted: str) -> Language:
    """The language that a browser asks for first, of the two; Arabic where it asks for neither."""
    found = _LANGUAGE.search(accepted)
    return "en" if found and found[1].lower() == "en" else "ar"


def cookie_of(token: str, *, secure: bool) -> str:
    """The cookie of a browser that has shown the key; no script can read it."""
    cookie: SimpleCookie = SimpleCookie({COOKIE: token})
    parts: dict[str, Any] = {"path": "/", "max-age": _KEPT_SECONDS, "samesite": "Lax"}
    for name, value in (parts | {"httponly": True, "secure": secure}).items():
        cookie[COOKIE][name] = value
    return cookie[COOKIE].OutputString()


def article_page(article: Article, start: int, end: int) -> str:
    """A whole article on a page of its own, `text[start:end]` highlighted."""
    text = article_text_html(article, start, end).replace("<mark>", '<mark id="quotation">', 1)
    title = span(article.title or article.id, article.language)
    back = f'<p><a href="/{article.language}/">{NAME}</a></p>'
    body = f"{back}<h1>{title}</h1>{facts_html(article)}{text}"
    return plain_page(article.title or article.id, body, article.language)


def sign_in_page(language: Language, onward: str, *, wrong: bool = False) -> str:
    """The form that asks for the key."""
    words = WORDS[language]
    problem = f'<p class="problem" role="alert">{words.wrong_key}</p>' if wrong else ""
    onward = onward if _LOCAL.fullmatch(onward) else "/"
    body = (
        f"<h1>{NAME}</h1><p>{words.key_hint}</p>{problem}"
        f'<form method="post" action="{SIGN_IN}"><label for="key">{words.key}</label>'
        '<input id="key" name="key" type="password" autocomplete="current-password" required '
        f'autofocus dir="ltr"><input type="hidden" name="next" value="{escape(onward)}">'
        f'<button type="submit">{words.sign_in}</button></form>'
    )
    return plain_page(words.sign_in, body, language)


def plain_page(title: str, body: str, language: Language) -> str:
    """A page without scripts; `body` is HTML, `title` is text."""
    return (
        f"<!doctype html><html {turned(language)}><head><meta charset='utf-8'>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {NAME}</title>{ICON}<style>{PLAIN_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def dressed(html: str, language: Language, nonce: str) -> str:
    """Gradio's page in its language and direction, its scripts marked with the nonce.

    Gradio speaks the browser's language; it is told the page's.
    """
    spoken = f'Object.defineProperty(navigator, "language", {{get: () => "{language}"}});'
    html = html.replace('lang="en"', f'lang="{language}" dir="{direction(language)}"', 1)
    html = html.replace('<link rel="manifest" href="/manifest.json" />', "", 1)
    html = html.replace("<head>", f"<head><script>{spoken}</script>", 1)
    return html.replace("<script", f'<script nonce="{nonce}"')


def dressing(app: App) -> App:
    """The application, of which Gradio's pages are `dressed`; all else goes through untouched."""
    paths: dict[str, Language] = {f"/{language}/": language for language in OTHER}

    async def dressed_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in paths:
            await app(scope, receive, send)
            return
        # Compressed it could not be dressed.
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        started: MutableMapping[str, Any] = {}
        body = bytearray()

        async def collect(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            if started["status"] != 200:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message["type"] == "http.response.start" or message.get("more_body"):
                return
            html = dressed(body.decode(), paths[scope["path"]], scope["state"]["nonce"]).encode()
            headers = [
                (name, value)
                for name, value in started["headers"]
                if name.lower() not in (b"content-length", b"cache-control")
            ]
            length = (b"content-length", str(len(html)).encode())
            started["headers"] = [*headers, length, (b"cache-control", b"no-store")]
            await send(started)
            await send({"type": "http.response.body", "body": html})

        await app({**scope, "headers": plain}, receive, collect)

    return dressed_app
