"""Markup in articles, names and questions is text: payloads that would run, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from page_support import OpenPage, ask, enter
from playwright.sync_api import Page, expect
from tests_support import needs_browser

from index.build import ingest
from index.config import Config
from index.embed import Embedder
from index.search import Index
from rag.answer import Assistant
from ui.allowed import allowed
from ui.server import running
from ui.service import Service
from ui.strings import WORDS

RUN = "document.title='ran'"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<SCRIPT>{RUN}</SCRIPT>",
    f"<script/x>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"</script><script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<img src=x onerror={RUN}>",
    f"<img/src=x/onerror={RUN}>",
    f"<img src=x onerror\n=\n{RUN}>",
    f"<img src='x' OnErRoR='{RUN}'>",
    f"<img src=`x` onerror=`{RUN}`>",
    f'" onmouseover="{RUN}" x="',
    f"' onfocus='{RUN}' autofocus x='",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><a xlink:href=\"javascript:{RUN}\"><text x='1' y='9'>go</text></a></svg>",
    f"<svg><use href=\"data:image/svg+xml,<svg id='x' onload={RUN}>#x\"/></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<button popovertarget=x onclick={RUN}>go</button>",
    f'<div style="background:url(javascript:{RUN})">x</div>',
    f"<style>@import 'javascript:{RUN}';</style>",
    "<link rel=stylesheet href=data:text/css,body{display:none}>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    "<object data=data:text/html,<script>1</script>></object>",
    "<embed src=data:text/html,<script>1</script>>",
    f"<form action=javascript:{RUN}><button>go</button></form>",
    f"<a href=javascript:{RUN}>go</a>",
    f"<a href=' jav&#x0A;ascript:{RUN}'>go</a>",
    "<a href=data:text/html,<script>1</script>>go</a>",
    "<a href=vbscript:1>go</a>",
    "<meta http-equiv=refresh content='0;url=data:text/html,x'>",
    "<base href=https://elsewhere.example/>",
    f"[go](javascript:{RUN})",
    f"![x](x' onerror='{RUN})",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"${{{RUN}}} {{{{{RUN}}}}} #{{{RUN}}} <%= {RUN} %>",
    f"\u202e<script>{RUN}</script>\u202c",
]
LINKS = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f" javascript:{RUN}",
    f"java\tscript:{RUN}",
    "data:text/html,<script>1</script>",
    "vbscript:1",
    "file:///etc/passwd",
    "//elsewhere.example/x",
    f'https://example.org/" onclick="{RUN}',
    f"https://example.org/'><script>{RUN}</script>",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Service:
    """A collection in which everything that an article has is a payload."""
    folder = tmp_path_factory.mktemp("markup")
    lines = [
        {
            "id": f"light-{number}",
            "title": f"Lighthouse {number} {payload}",
            "source": f"Desk {number} {payload}",
            "author": payload,
            "url": LINKS[number % len(LINKS)],
            "text": f"Lighthouse number {number} of Qarn was lit in {1900 + number}. {payload}",
        }
        for number, payload in enumerate(PAYLOADS)
    ]
    file = folder / "lights.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    config = Config(home=folder / "home")
    summary = ingest([file], config, lambda: embedder)
    assert len(summary.added) == len(PAYLOADS)
    return Service(Assistant(Index.open(config, lambda: embedder), "quotes"))


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with running(service) as started:
        yield started


RUNNING = """all => all.flatMap(one => [one, ...one.querySelectorAll("*")]).filter(one =>
    one.matches("script, iframe, object, embed, base, form, img, style, meta, link, video") ||
    !one.matches("a[download]") && [...one.attributes].some(each => each.name.startsWith("on") ||
        /^\\s*(javascript|data|vbscript|file):/i.test(each.value))
).map(one => one.outerHTML)"""
PARTS = "#talk, #article, #citations, #spoken, #kept, #shelf, #reading, #report, #counts, #header"


def nothing_runs(tab: Page, selector: str = PARTS) -> None:
    assert tab.locator(selector).evaluate_all(RUNNING) == []
    assert tab.title() != "ran"


@needs_browser
def test_an_answer_its_article_and_the_library_show_markup_as_text(
    address: str, open_page: OpenPage
) -> None:
    tab = open_page(address)
    for number in range(0, len(PAYLOADS), 10):
        ask(tab, f"When was Lighthouse number {number} of Qarn lit? {PAYLOADS[number]}")
        nothing_runs(tab)
    tab.locator(".answer a.marker").last.click()
    expect(tab.locator("#article .article")).to_be_focused()
    nothing_runs(tab)
    enter(tab, WORDS["en"].tab_library)
    expect(tab.locator("#shelf")).to_contain_text(PAYLOADS[0])
    nothing_runs(tab)
    tab.reload()
    expect(tab.locator(".turn").first).to_be_visible()
    nothing_runs(tab)


@needs_browser
def test_the_page_of_an_article_shows_markup_as_text(address: str, open_page: OpenPage) -> None:
    tab = open_page(address)
    for number, payload in enumerate(PAYLOADS):
        tab.goto(f"{address}articles/light-{number}")
        expect(tab.locator("h1")).to_contain_text(f"Lighthouse {number}")
        shown = payload.replace("\u202e", "").replace("\u202c", "").replace("\n", " ")
        assert shown.split()[-1] in tab.locator("body").inner_text()
        nothing_runs(tab, "main")


@needs_browser
def test_the_name_of_a_file_and_what_is_pasted_are_text(
    service: Service, address: str, open_page: OpenPage, tmp_path: Path
) -> None:
    tab = open_page(address)
    enter(tab, WORDS["en"].tab_library)
    file = tmp_path / f"<img src=x onerror={RUN}>.txt"
    file.write_text("The harbour of Qarn was opened in 1871. It has two basins.", "utf-8")
    refused = tmp_path / f"<svg onload={RUN}>.zip"
    refused.write_bytes(b"PK")
    tab.locator("input[type=file]").set_input_files([file, refused])
    expect(tab.locator("#report")).to_contain_text("svg onload", timeout=60_000)
    expect(tab.locator("#report")).to_contain_text("img src=x")
    nothing_runs(tab)


class Found(HTMLParser):
    """What a browser would make of a fragment: tags, attributes and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "link":  # the page's own icon
            self.attributes += [(name, value or "") for name, value in attrs]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_not_on_the_list_does_not_pass(payload: str) -> None:
    found = Found()
    found.feed(allowed(f'<div class="text">{payload}</div><p>after</p>'))
    found.close()
    assert not found.tags & {"script", "img", "iframe", "style", "form", "object", "embed", "base"}
    for name, value in found.attributes:
        assert not name.startswith("on")
        assert name != "style" or value == ""
        assert not value.lower().split(":")[0].strip().endswith(("script", "data"))


def test_what_the_page_needs_passes() -> None:
    fragment = (
        '<section class="article" tabindex="-1" lang="ar" dir="rtl"><h2>متحف</h2>'
        '<p>نص <mark id="quotation">مقتبس</mark> <bdi dir="ltr">1 &lt; 2</bdi></p>'
        '<a class="marker" href="#q-1" aria-label="1">1</a>'
        '<a href="/articles/a?start=1&amp;end=2" target="_blank" rel="noopener">x</a>'
        '<a href="https://example.org/" target="_blank" rel="noopener noreferrer">x</a>'
        '<a download="dalil.json" href="data:application/json;charset=utf-8;base64,e30=">x</a>'
        '<article class="citation" id="q-1" data-article="a" data-start="1">x</article>'
        '<button type="button" data-copy="copied">x</button>'
        '<div style="width:30%"></div></section>'
    )
    assert allowed(fragment) == fragment


@pytest.mark.parametrize("link", LINKS[:8])
def test_only_links_to_pages_are_links(service: Service, address: str, link: str) -> None:
    number = LINKS.index(link)
    page = httpx.get(f"{address}articles/{quote(f'light-{number}')}").text
    found = Found()
    found.feed(page)
    addresses = [value for name, value in found.attributes if name == "href"]
    assert link.strip() not in addresses
    assert all(value.startswith(("/", "#", "http")) for value in addresses)
    assert not any(value.startswith("//") for value in addresses)
