"""Links that are fetched: from a real TLS server on loopback, which stands for the internet."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpcore
import pytest
from links_support import (
    HTML,
    PUBLIC,
    Answer,
    Authority,
    Site,
    answer,
    authority,
    dripping,
    leading,
    raw,
    served_by,
    site_of,
)
from tests_support import dalil, document

from index.build import ingest, take
from index.catalogue import Catalogue
from index.config import Config, load_config
from index.embed import Embedder
from index.errors import ConfigError
from index.fields import RefusedError
from index.links import MOST_REDIRECTS, NOT_ALLOWED, fetch, read_links
from index.types import RawArticle, Refusal

NEWS = "https://news.example.org/harbour"
HOUR = 3_600.0


@pytest.fixture(scope="module")
def signer() -> Authority:
    return authority()


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Set when the test is over, for answers that would go on."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def site(signer: Authority, tmp_path: Path) -> Iterator[Site]:
    with site_of(served_by(signer, tmp_path), signer.trust()) as serving:
        for path in ("harbour", "harbour?a=b&c=%D9%82"):
            serving.answers[f"news.example.org/{path}"] = answer()
        yield serving


def refused(site: Site, says: str, url: str = NEWS, **limits: float | int) -> None:
    """That a link is refused, with a reason that says so."""
    with pytest.raises(RefusedError, match=says):
        site.fetch(url, **limits)  # type: ignore[arg-type]


def test_a_page_is_fetched_from_the_address_that_was_checked_by_the_name_that_was_given(
    site: Site,
) -> None:
    page = site.fetch(NEWS + "?a=b&c=%D9%82#part")
    assert (page.url, page.kind) == (NEWS + "?a=b&c=%D9%82", "text/html")
    assert page.content == HTML.encode()
    assert (site.resolved, site.reached) == (["news.example.org"], [(PUBLIC, 443)])
    (asked,) = site.asked
    assert (asked.greeted, asked.headers["host"]) == ("news.example.org", "news.example.org")
    assert asked.line == "GET /harbour?a=b&c=%D9%82 HTTP/1.1"
    assert set(asked.headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_an_arabic_host_is_asked_by_its_name_in_ascii(signer: Authority, tmp_path: Path) -> None:
    name = "xn--mgbh0fb.xn--wgbh1c"
    with site_of(served_by(signer, tmp_path, [name]), signer.trust()) as site:
        site.answers[f"{name}/%D8%AE%D8%A8%D8%B1"] = answer()
        assert site.fetch("https://مثال.مصر/خبر").content == HTML.encode()
        assert [each.greeted for each in site.asked] == [name]


def test_the_other_addresses_are_tried_where_one_does_not_answer(site: Site) -> None:
    site.names["news.example.org"] = [["2606:4700::1111", PUBLIC]]
    connect = site.connect

    def only_ipv4(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        if ":" in address:
            raise httpcore.ConnectError("the network is not to be reached")
        return connect(address, port, seconds)

    page = fetch(NEWS, site.resolve, only_ipv4, site.trust)
    assert (page.content, site.reached) == (HTML.encode(), [(PUBLIC, 443)])


def test_a_name_is_resolved_once_for_each_hop_and_every_time_it_is_checked(site: Site) -> None:
    site.names["news.example.org"] = [[PUBLIC], ["127.0.0.1"]]
    assert site.fetch(NEWS).content == HTML.encode()
    assert (len(site.resolved), site.reached) == (1, [(PUBLIC, 443)])
    site.names["news.example.org"] = [[PUBLIC], ["127.0.0.1"]]
    site.answers["news.example.org/harbour"] = leading("/again")
    site.answers["news.example.org/again"] = answer()
    refused(site, "not public: 127.0.0.1")
    assert len(site.asked) == 2


def test_a_name_without_an_address_or_whose_resolver_fails_is_refused(site: Site) -> None:
    site.names["news.example.org"] = [[]]
    refused(site, "has no address")

    def fails(host: str) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(RefusedError, match="cannot be resolved"):
        fetch(NEWS, fails, site.connect, site.trust)


@pytest.mark.parametrize(
    ("names", "lasts"),
    [
        (["other.example.com"], timedelta(days=1)),
        (["*.news.example.org"], timedelta(days=1)),
        (["93.184.216.34"], timedelta(days=1)),
        (["news.example.org"], timedelta(days=-1)),
    ],
)
def test_a_certificate_for_another_name_or_another_time_is_refused(
    signer: Authority, tmp_path: Path, names: list[str], lasts: timedelta
) -> None:
    with site_of(served_by(signer, tmp_path, names, lasts), signer.trust()) as site:
        refused(site, "certificate verify failed")
        assert site.asked == []


def test_an_authority_that_nobody_knows_is_refused(signer: Authority, tmp_path: Path) -> None:
    with site_of(served_by(authority(), tmp_path), signer.trust()) as site:
        refused(site, "certificate verify failed")
    with site_of(served_by(signer, tmp_path), httpcore.default_ssl_context()) as site:
        refused(site, "certificate verify failed")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
def test_a_redirect_is_followed_with_nothing_taken_along(site: Site, status: str) -> None:
    there = "https://www.example.org/new"
    site.answers["news.example.org/harbour"] = leading(there, status, Set_Cookie="a=b; Path=/")
    site.answers["www.example.org/new"] = answer()
    assert site.fetch(NEWS).url == there
    assert site.resolved == ["news.example.org", "www.example.org"]
    second = site.asked[1]
    assert (second.greeted, second.headers["host"]) == ("www.example.org", "www.example.org")
    assert not {"cookie", "authorization", "referer"} & second.headers.keys()


@pytest.mark.parametrize(
    "location",
    [
        *("http://www.example.org/", "//127.0.0.1/", "https://127.0.0.1/", "https://127.1/"),
        *("https://2130706433/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://0/"),
        *("https://localhost/", "https://metadata.google.internal/", "https://169.254.169.254/"),
        *("https://www.example.org:8443/", "https://me:secret@www.example.org/", "file:///etc"),
        *("https://www.example.org\\@127.0.0.1/", "/\\127.0.0.1/", "ftp://www.example.org/"),
        *("data:text/html,x", "javascript:alert(1)", "https://[", "https://www.example.org./"),
        "https://１２７.0.0.1/",
    ],
)
def test_a_redirect_to_what_must_not_be_followed_is_refused(site: Site, location: str) -> None:
    site.answers["news.example.org/harbour"] = raw(
        f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    refused(site, "leads on to")
    assert (site.resolved, len(site.asked)) == (["news.example.org"], 1)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.100.100.200", "192.0.2.1", "0.0.0.0"),
        *("198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fd00:ec2::254"),
        *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "ff02::1"),
    ],
)
def test_a_redirect_to_a_name_whose_address_is_not_public_is_refused(
    site: Site, address: str
) -> None:
    site.names["inner.example.org"] = [[PUBLIC, address]]
    site.answers["news.example.org/harbour"] = leading("https://inner.example.org/")
    refused(site, "inner.example.org has an address that is not public")
    assert site.reached == [(PUBLIC, 443)]


@pytest.mark.parametrize(("hops", "arrives"), [(MOST_REDIRECTS, True), (MOST_REDIRECTS + 1, False)])
def test_a_chain_of_redirects_ends(site: Site, hops: int, arrives: bool) -> None:
    for hop in range(hops):
        site.answers[f"news.example.org/{hop}"] = leading(f"/{hop + 1}")
    site.answers[f"news.example.org/{hops}"] = answer()
    if arrives:
        assert site.fetch("https://news.example.org/0").content == HTML.encode()
    else:
        refused(site, "leads on more than 5 times", "https://news.example.org/0")


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
HUGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999\r\n\r\n"
BOMB = gzip.compress(b"a" * 5_000_000)


@pytest.mark.parametrize(
    ("sends", "says"),
    [
        (answer("a" * 100_001), "larger than 0 MB"),
        (raw(HUGE), "larger than 0 MB"),
        (raw(ENDLESS + b"8000\r\n" + b"a" * 0x8000 + b"\r\n" + b"8000\r\n" * 9), "cannot be asked"),
        (raw(ENDLESS + (b"8000\r\n" + b"a" * 0x8000 + b"\r\n") * 9), "larger than 0 MB"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"a" * 200_000), "larger"),
        (answer(BOMB, Content_Encoding="gzip"), "compressed"),
        (answer(BOMB, Content_Encoding="br"), "compressed"),
        (answer(BOMB, Content_Encoding="identity, gzip"), "compressed"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000), "cannot be asked"),
        (raw(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 500_000), "cannot be asked"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), "asked"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nab"),
            "asked",
        ),
        (raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), "cannot be asked"),
        (raw(b""), "cannot be asked"),
        (answer(status="404 Not Found"), "status 404"),
        (answer(status="206 Partial Content"), "status 206"),
        (answer(status="304 Not Modified"), "status 304"),
        (answer(status="401 No", WWW_Authenticate="Basic realm=a"), "status 401"),
        (answer(kind="image/png"), "It is image/png"),
        (answer(kind="application/octet-stream"), "octet-stream"),
        (answer(kind="application/zip"), "application/zip"),
        (answer(kind=None), "of no type"),
    ],
)
def test_what_is_too_large_too_long_or_not_to_be_read_is_refused(
    site: Site, sends: Answer, says: str
) -> None:
    site.answers["news.example.org/harbour"] = sends
    refused(site, says, most_bytes=100_000)


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (ENDLESS, b"1\r\na\r\n"),
        (HUGE.replace(b"99999999", b"99999"), b"a"),
    ],
)
def test_a_server_that_drips_does_not_hold_on_for_longer_than_is_allowed(
    site: Site, stop: threading.Event, head: bytes, drop: bytes
) -> None:
    site.answers["news.example.org/harbour"] = dripping(head, drop, stop)
    refused(site, "within 1 s", seconds=1.0)


def test_redirects_share_the_time(site: Site, stop: threading.Event) -> None:
    def late(stream: socket.socket) -> None:
        stop.wait(0.4)
        leading("/harbour?a=b&c=%D9%82")(stream)

    for path in ("", "?a=b&c=%D9%82"):
        site.answers[f"news.example.org/harbour{path}"] = late
    refused(site, "within 1 s", seconds=1.0)


def test_a_server_that_never_greets_and_a_resolver_that_never_ends_are_left(
    site: Site, stop: threading.Event
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site.port = silent.getsockname()[1]
        refused(site, "within 1 s", seconds=1.0)

    def sleeps(host: str) -> list[str]:
        stop.wait(HOUR)
        return [PUBLIC]

    with pytest.raises(RefusedError, match="within 1 s"):
        fetch(NEWS, sleeps, site.connect, site.trust, 1.0)


def test_the_proxies_of_the_environment_are_not_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://me:secret@127.0.0.1:9")
    assert site.fetch(NEWS).content == HTML.encode()
    assert "proxy-authorization" not in site.asked[0].headers


def test_the_authorities_of_the_machine_are_believed_unless_others_are_given() -> None:
    context = httpcore.default_ssl_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] > 0


@pytest.mark.parametrize(
    ("kind", "body", "title"),
    [
        ("text/html", HTML, "The harbour of Tunis"),
        ("TEXT/HTML; charset=UTF-8", HTML, "The harbour of Tunis"),
        ("text/markdown", "# The harbour\n\nIt was widened in 2031.\n", "The harbour"),
        ("text/plain", "الميناء القديم\n\nوسع الميناء القديم في تونس عام 2031.", "الميناء القديم"),
    ],
)
def test_the_type_of_the_content_says_how_it_is_read(
    site: Site, kind: str, body: str, title: str
) -> None:
    site.answers["news.example.org/harbour"] = answer(body, kind)
    (article,) = read_links([NEWS + "#part"], "public", site.fetch)
    assert isinstance(article, RawArticle)
    assert (article.id, article.origin, article.url) == ("news.example.org/harbour", NEWS, NEWS)
    assert (article.title, "2031" in article.text) == (title, True)


def test_what_cannot_be_read_is_refused_by_its_link_and_the_rest_goes_on(site: Site) -> None:
    site.answers["news.example.org/empty"] = answer("", "text/plain")
    links = ["https://news.example.org/empty", "http://news.example.org/", "https://127.1/", NEWS]
    found = list(read_links(links, "public", site.fetch))
    assert [type(each) for each in found] == [Refusal, Refusal, Refusal, RawArticle]
    assert [each.origin for each in found] == links


def test_links_become_articles_once_and_stay_when_folders_are_pruned(
    site: Site,
    home: Config,
    embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = load_config(home.home, {"links": "public"}, {})

    def fetched(*links: str) -> list[RawArticle | Refusal]:
        return list(read_links(links, config.links, site.fetch))

    assert take(fetched(NEWS), config, lambda: embedder).added == ("news.example.org/harbour",)
    again = take(fetched(NEWS, NEWS + "#part"), config, lambda: embedder)
    assert set(again.unchanged) == {"news.example.org/harbour"}
    assert (again.added, again.changed, again.refused) == ((), (), ())
    site.answers["news.example.org/harbour"] = answer(HTML.replace("nine years", "ten years"))
    assert take(fetched(NEWS), config, lambda: embedder).changed == ("news.example.org/harbour",)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "https:" / "news.example.org").mkdir(parents=True)
    for folder in (tmp_path, Path(), Path("https:/news.example.org")):
        assert take([], config, lambda: embedder, prune=folder).removed == ()
    article = Catalogue.open(config.catalogue).article("news.example.org/harbour")
    assert (article.origin, article.url, "ten years" in article.text) == (NEWS, NEWS, True)


def test_links_are_refused_until_they_are_allowed(
    home: Config, embedder: Embedder, write: Callable[[str, str], Path]
) -> None:
    file = write("harbour.txt", "The harbour of Tunis was widened in 2031.")
    assert home.links == "none"
    summary = ingest([NEWS, file, "http://127.0.0.1/"], home, lambda: embedder)
    assert summary.added == ("harbour",)
    assert [each.origin for each in summary.refused] == [NEWS, "http://127.0.0.1/"]
    assert {each.reason for each in summary.refused} == {NOT_ALLOWED}
    allowed = load_config(home.home, environment={"DALIL_LINKS": "public"})
    (refusal,) = ingest(["https://127.0.0.1/"], allowed, lambda: embedder).refused
    assert "addresses are not taken for names" in refusal.reason


def test_the_setting_is_none_or_public(tmp_path: Path) -> None:
    (tmp_path / "dalil.toml").write_text('links = "public"\n')
    assert load_config(tmp_path, environment={}).links == "public"
    assert load_config(tmp_path, {"links": "none"}, {}).links == "none"
    with pytest.raises(ConfigError, match=r"links = 'yes' is none of: none, public"):
        load_config(tmp_path, environment={"DALIL_LINKS": "yes"})


def test_the_command_says_how_to_allow_links(tmp_path: Path) -> None:
    home = str(tmp_path)
    told = dalil("ingest", NEWS, "--home", home)
    assert (told.returncode, NOT_ALLOWED in told.stderr) == (0, True)
    allowed = document(
        dalil("ingest", "https://127.1/", "--links", "public", "--home", home, "--json")
    )
    assert "'127.1' is not the full name of a host" in allowed["refused"][0]["reason"]
    assert dalil("ingest", NEWS, "--links", "yes", "--home", home).returncode == 2
