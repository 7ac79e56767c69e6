"""The pages beside Gradio's: an article at a quotation, the report of a run, signing in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http.cookies import SimpleCookie

import httpx
import pytest
from playwright.sync_api import Browser, expect
from tests_support import article, copied, needs_browser

from index.config import Config
from index.search import Index
from index.types import Language
from rag.answer import Assistant
from ui.guard import COOKIE, SIGN_IN, Rules
from ui.pages import article_page, cookie_of, dressed, plain_page, preferred, sign_in_page
from ui.server import running
from ui.service import Service
from ui.strings import WORDS

RULES = Rules("a-key-for-the-pages")
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\x00/evil.example",
    "/a\r\nSet-Cookie: x=y",
    " /en/",
    "en/",
    "",
]


class Reader(HTMLParser):
    """What a page holds: its start tags with their attributes, and its marked text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked = ""
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = self._inside or tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.marked += data if self._inside else ""

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def address(
    sample_home: Config, assistant: Assistant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The samples and two runs, behind a key."""
    home = tmp_path_factory.mktemp("pages") / "home"
    config = copied(sample_home, home)
    (home / "runs" / "one run").mkdir(parents=True)
    (home / "runs" / "other").mkdir()
    (home / "runs" / "one run" / "report.html").write_text("<p>the report</p>", "utf-8")
    for place in ("secret.html", "report.html", "runs/report.html", "runs/one run/config.json"):
        (home / place).write_text("kept inside", "utf-8")
    index = Index.open(config, lambda: assistant.index.embedder)
    with running(Service(Assistant(index, "quotes")), RULES) as started:
        yield started


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {RULES.key}"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as opened:
        yield opened


def test_the_first_page_is_in_the_language_of_the_browser(client: httpx.Client) -> None:
    answer = client.get("/", headers={"Accept-Language": "en-US,ar;q=0.5"})
    assert (answer.status_code, answer.headers["location"]) == (307, "/en/")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "ar"),
        ("en", "en"),
        ("en-GB,ar;q=0.8", "en"),
        ("ar-EG,en;q=0.8", "ar"),
        ("fr, EN;q=0.4", "en"),
        ("fr,de", "ar"),
        ("arn,enm,hen", "ar"),
    ],
)
def test_a_browser_asks_for_a_language(accepted: str, language: Language) -> None:
    assert preferred(accepted) == language


def test_a_page_of_gradio_speaks_its_language_and_marks_its_scripts(client: httpx.Client) -> None:
    seen = set()
    for path, words in (("/ar/", ("ar", "rtl")), ("/en/", ("en", "ltr"))):
        for _ in range(2):
            answer = client.get(path, headers={"Accept-Encoding": "br, gzip"})
            page = Reader(answer.text)
            assert (page.all("html")[0]["lang"], page.all("html")[0]["dir"]) == words
            nonces = {script.get("nonce") for script in page.all("script")}
            (nonce,) = nonces
            assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
            assert len(str(nonce)) >= 24
            seen.add(nonce)
            assert answer.headers["cache-control"] == "no-store"
            assert "manifest.json" not in answer.text
    assert len(seen) == 4


def test_a_page_of_gradio_asks_nothing_of_another_host(client: httpx.Client) -> None:
    page = Reader(client.get("/en/").text)
    fetched = [each.get("src") for tag in ("script", "img", "iframe") for each in page.all(tag)]
    fetched += [link.get("href") for link in page.all("link") if link.get("rel") != "preconnect"]
    assert [each for each in fetched if each and each.startswith(("http", "//"))] == []


def test_dressing_marks_every_script() -> None:
    html = '<html lang="en"><head><script>1</script></head><script type="module" src="x"></script>'
    page = Reader(dressed(html, "ar", "once"))
    assert [each["nonce"] for each in page.all("script")] == ["once"] * 3
    assert page.all("html") == [{"lang": "ar", "dir": "rtl"}]


def test_an_article_is_shown_at_its_quotation(client: httpx.Client, assistant: Assistant) -> None:
    found = assistant.index.catalogue.article("grand-egyptian-museum-ar")
    start = found.text.index("المتحف")
    answer = client.get(f"/articles/{found.id}", params={"start": start, "end": start + 20})
    page = Reader(answer.text)
    assert answer.status_code == 200
    assert page.marked == found.text[start : start + 20].rstrip()
    assert [each.get("id") for each in page.all("mark")] == ["quotation"]
    assert (page.all("html")[0]["lang"], page.all("html")[0]["dir"]) == ("ar", "rtl")
    assert page.all("script") == []


def test_an_article_without_a_quotation_is_shown_whole(client: httpx.Client) -> None:
    answer = client.get("/articles/hope-probe-en")
    assert (answer.status_code, Reader(answer.text).all("mark")) == (200, [])
    strange = client.get("/articles/hope-probe-en", params={"start": -5, "end": 10**12})
    assert strange.status_code == 200
    assert client.get("/articles/hope-probe-en?start=x").status_code == 422


def test_what_an_article_says_is_never_html() -> None:
    text = 'First <script>alert(1)</script> "&\n<mark>Second</mark> <img src=x onerror=alert(1)>.'
    hostile = article(text, title="</title><script>alert(2)</script>", id='"><script>')
    start = text.index("<mark>")
    html = article_page(hostile, start, len(text))
    page = Reader(html)
    assert page.all("script") + page.all("img") == []
    assert page.marked == text[start:]
    assert len(page.all("title")) == 1
    assert "<script" not in plain_page("<script>", "", "en")


def test_an_article_that_is_not_there_is_said_to_be_missing(client: httpx.Client) -> None:
    for name in ("none", "a/b", "<script>", "%2e%2e", "x" * 3000):
        answer = client.get(f"/articles/{name}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_report_is_kept_apart_from_the_page(client: httpx.Client) -> None:
    answer = client.get("/runs/one%20run")
    assert (answer.status_code, answer.text) == (200, "<p>the report</p>")
    said = answer.headers.get_list("content-security-policy")
    assert len(said) == 1
    assert said[0].startswith("sandbox ")
    assert "allow-same-origin" not in said[0]
    assert "default-src 'none'" in said[0]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        *("other", "none", "..", ".", "%2e", "%2e%2e", "..%2Fruns%2Fone%20run", "one%20run%2F.."),
        *("%2E%2E%2Fsecret.html", "one%20run/config.json", "one%20run/report.html", "%00"),
        *("..%5Csecret.html", "report.html", "%2Fetc", "", "x" * 3000),
    ],
)
def test_nothing_but_a_report_is_served(client: httpx.Client, name: str) -> None:
    target = f"/runs/{name}".encode()
    answer = client.get("/", extensions={"target": target})
    assert answer.status_code == 404
    assert "kept inside" not in answer.text


def test_the_form_lets_a_browser_in(address: str) -> None:
    with httpx.Client(base_url=address, timeout=60) as browser:
        form = Reader(browser.get(SIGN_IN, params={"next": "/en/?a=1"}).text)
        fields = {each["name"]: each.get("value") for each in form.all("input")}
        assert fields == {"key": None, "next": "/en/?a=1"}
        assert form.all("form")[0] == {"method": "post", "action": SIGN_IN}
        answer = browser.post(SIGN_IN, data={"key": RULES.key, "next": "/en/?a=1"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/?a=1")
        said = answer.headers["set-cookie"]
        cookie = SimpleCookie(said)[COOKIE]
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
        assert str(RULES.key) not in said
        assert browser.get("/api/health").status_code == 200
        assert browser.get("/en/").status_code == 200
        assert browser.get("/en/config").status_code == 200


def test_the_cookie_of_a_safe_connection_stays_on_such() -> None:
    assert "Secure" in cookie_of("word", secure=True)
    assert "Secure" not in cookie_of("word", secure=False)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_wrong_key_is_said_to_be_one(address: str, language: Language) -> None:
    for given in ("another key", "مفتاح"):
        headers = {"Accept-Language": language}
        fields = {"key": given, "next": f"/{language}/"}
        answer = httpx.post(f"{address}sign-in", data=fields, headers=headers)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert WORDS[language].wrong_key in answer.text


def test_a_form_that_is_none_lets_nobody_in(address: str) -> None:
    for body in (b"key=%FF%ED%A0%80&next=%00", b"\xff\xfe=&&;==", b""):
        assert httpx.post(f"{address}sign-in", content=body).status_code == 401


@pytest.mark.parametrize("onward", ELSEWHERE)
def test_the_form_leads_nowhere_else(onward: str) -> None:
    form = Reader(sign_in_page("en", onward))
    assert [each["value"] for each in form.all("input") if each["name"] == "next"] == ["/"]


def test_signing_in_leads_nowhere_else(assistant: Assistant) -> None:
    with running(Service(assistant), RULES) as address:
        for onward in ELSEWHERE[:8]:
            fields = {"key": str(RULES.key), "next": onward}
            answer = httpx.post(f"{address}sign-in", data=fields)
            assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_server_without_a_key_gives_no_cookie(assistant: Assistant) -> None:
    with running(Service(assistant)) as address:
        answer = httpx.post(f"{address}sign-in", data={"key": "None"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)


@needs_browser
def test_a_person_signs_in(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="en-GB")
    page.goto(f"{address}en/")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label(WORDS["en"].key).fill(str(RULES.key))
    page.get_by_role("button", name=WORDS["en"].sign_in).click()
    expect(page).to_have_url(f"{address}en/")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    assert page.evaluate("document.cookie") == ""
    page.close()
