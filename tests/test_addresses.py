"""Which links may be followed, and which addresses are public."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import httpcore
import pytest

from index.addresses import checked, is_public, redirected
from index.fields import RefusedError
from index.links import fetch

REFUSED_LINKS = (
    # Schemes that are not https.
    *("http://example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/"),
    *("ws://example.org/", "data:text/html,x", "javascript:alert(1)", "//example.org/", "https:"),
    *("https:example.org", "https:/example.org", "https://", "https:///example.org", "jar://a.org"),
    # Users, passwords and what is made to look like them.
    *("https://me@example.org/", "https://me:secret@example.org/", "https://@example.org/"),
    *("https://example.org@127.0.0.1/", "https://example.org%40127.0.0.1/", "https://:@a.org/"),
    *("https://example.org\\@127.0.0.1/", "https://example.org\\.evil.org/", "https:\\\\a.org\\"),
    *("https://127.0.0.1\\@example.org/", "https:/\\example.org/"),
    # Other ports.
    *("https://example.org:80/", "https://example.org:8443/", "https://example.org:0/"),
    *("https://example.org:/", "https://example.org:443:443/", "https://example.org:0443/"),
    *("https://example.org:４４３/", "https://example.org:443x/", "https://example.org: 443/"),
    # IPv4 in every notation.
    *("https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/"),
    *("https://0x7f000001/", "https://0x7f.1/", "https://0x7F.0x0.0x0.0x1/", "https://0177.0.0.1/"),
    *("https://017700000001/", "https://127.0.0.0x1/", "https://0/", "https://0.0.0.0/"),
    *("https://127.0.0.1./", "https://127.0.0.1:443/", "https://00000177.1/", "https://4294967295/"),
    *("https://169.254.169.254/", "https://0xA9FEA9FE/", "https://2852039166/", "https://10.0.0.1/"),
    *("https://0251.0376.0251.0376/", "https://100.100.100.200/", "https://192.168.1.1/"),
    *("https://169.254.43518/", "https://1.1.1.1/", "https://256.256.256.256/", "https://1e3/"),
    # IPv6 in every notation.
    *("https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::1]:443/"),
    *("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/"),
    *("https://[fe80::1%eth0]/", "https://[fe80::1%25eth0]/", "https://[fd00:ec2::254]/"),
    *("https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[2001:db8::1]/"),
    *("https://[2606:4700::1111]/", "https://::1/", "https://[::1/", "https://::1]/"),
    *("https://[v1.127.0.0.1]/", "https://[127.0.0.1]/", "https://[example.org]/"),
    # Other letters and digits for those of ASCII, escapes, and signs that are not seen.
    *("https://１２７.0.0.1/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://𝟏𝟐𝟕.0.0.1/"),
    *("https://١٢٧.٠.٠.١/", "https://۱۲۷.۰.۰.۱/", "https://ⓔⓧⓐⓜⓟⓛⓔ.org/", "https://ｅxample.org/"),
    *("https://example．org/", "https://exampl\u212b.org/", "https://lin\u212a.org/"),
    *("https://ex\u00adample.org/", "https://ex\u200bample.org/", "https://ex\u202eample.org/"),
    *("https://example.o\u2024rg/", "https://example\u2100.org/", "https://ℓocalhost/"),
    *("https://%31%32%37.0.0.1/", "https://127%2e0%2e0%2e1/", "https://example%2eorg/"),
    *("https://%6cocalhost/", "https://example.org%00.evil.org/", "https://example.org%2f@a.b/"),
    *(" https://example.org/", "https://example.org/ ", "https://exam ple.org/", "https:// a.org/"),
    *("https://example.org\t/", "https://example.org\n/", "https://example.org\r\nHost: a.b/"),
    *("https://example.org\x00/", "ht\ttps://example.org/", "https://example.org/\x7f"),
    *("https://example.org/a b", "https://example.org/a\\b", "https://example.org/\u2028"),
    # Names that are no host of the public internet, and what is no name.
    *("https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/"),
    *("https://metadata.google.internal/", "https://METADATA.Google.Internal/", "https://metadata/"),
    *("https://instance-data.ec2.internal/", "https://router.lan/", "https://printer.local/"),
    *("https://localhost.localdomain/", "https://a.home.arpa/", "https://1.0.0.127.in-addr.arpa/"),
    *("https://wiki.corp/", "https://intranet/", "https://hidden.onion/", "https://a.test/"),
    *("https://example.org./", "https://example..org/", "https://.example.org/", "https://./"),
    *("https://-example.org/", "https://example-.org/", "https://ex_ample.org/", "https://*.org/"),
    *("https://exa,mple.org/", "https://example.org;a.b/", "https://example.org&a.b/"),
    *(f"https://{'a' * 64}.org/", f"https://{'a.' * 130}org/", f"https://a.org/{'a' * 4_000}"),
    *("https://xn--.org/é", "https://ex'ample.org/", 'https://"example.org/', "https://<a>.org/"),
)  # fmt: skip

NOT_PUBLIC = (
    # This network, private, shared, loopback, link-local.
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200"),
    *("100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254"),
    *("169.254.170.2", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    # Protocols, documentation, relays, benchmarks, multicast, reserved, broadcast, a cloud's own.
    *("192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1"),
    *("192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    # IPv6: unspecified, loopback, private, link-local, site-local, multicast, with a zone.
    *("::", "::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "febf::1"),
    *("fe80::1%eth0", "fe80::a9fe:a9fe%1", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::1%eth0"),
    # IPv6 that carries IPv4: mapped, compatible, translated, 6to4, Teredo, NAT64, ISATAP.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe"),
    *("::127.0.0.1", "::a9fe:a9fe", "::ffff:0:127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2001:0:7f00:1::", "2001::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254"),
    *("64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
    # IPv6 for protocols, documentation, discarding, benchmarks, segment routing, and the rest.
    *("2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1"),
    *("4000::1", "8000::1", "1::1", "200::1"),
    # What is no address.
    *("", "example.org", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "1.1.1.1 ", "[::1]"),
)  # fmt: skip

IS_PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "9.255.255.255", "11.0.0.1", "100.63.255.255"),
    *("100.128.0.1", "126.255.255.255", "128.0.0.1", "172.15.255.255", "172.32.0.1"),
    *("192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255"),
    *("2606:4700::1111", "2a00:1450:4001:81b::200e", "2001:200::1", "2001:4860:4860::8888"),
    "64:ff9b::101:101",  # NAT64 of 1.1.1.1
)


def test_enough_forms_are_tried() -> None:
    for forms in (REFUSED_LINKS, NOT_PUBLIC):
        assert len(forms) == len(set(forms))
        assert len(forms) >= 80


@pytest.mark.parametrize("url", REFUSED_LINKS)
def test_a_link_that_must_not_be_followed_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(RefusedError):
        checked(url)
    asked: list[str] = []

    def resolve(host: str) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"]

    with pytest.raises(RefusedError):
        fetch(url, resolve, _never)
    assert asked == []


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_connection_goes_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)
    for addresses in ([address], ["93.184.216.34", address], [address, "2606:4700::1111"]):
        with pytest.raises(RefusedError, match="an address that is not public"):
            fetch("https://news.example.org/", partial(_known, addresses), _never)


def _known(addresses: Sequence[str], host: str) -> Sequence[str]:
    return addresses


def _never(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    raise AssertionError(f"{address}:{port} was to be reached")


@pytest.mark.parametrize("address", IS_PUBLIC)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("https://example.org", "example.org", "/"),
        ("https://example.org/a/b.html?c=d&e#f", "example.org", "/a/b.html?c=d&e"),
        ("HTTPS://News.Example.ORG:443?q", "news.example.org", "/?q"),
        ("https://ar.example.org/قناة", "ar.example.org", "/%D9%82%D9%86%D8%A7%D8%A9"),
        ("https://ar.example.org/%D9%82", "ar.example.org", "/%D9%82"),
        ("https://مثال.إختبار.مصر/", "xn--mgbh0fb.xn--kgbechtv.xn--wgbh1c", "/"),
        ("https://bücher.de/", "xn--bcher-kva.de", "/"),
        (
            "https://web.example.org/https://example.com/",
            "web.example.org",
            "/https://example.com/",
        ),
        ("https://3com.com/@me", "3com.com", "/@me"),
    ],
)
def test_a_link_is_taken_apart_once(url: str, host: str, target: str) -> None:
    link = checked(url)
    assert (link.host, link.target) == (host, target)
    assert checked(link.url) == link


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://example.org/b"),
        ("b?c", "https://example.org/a/b?c"),
        ("//www.example.org/", "https://www.example.org/"),
        ("https://www.example.org/قناة", "https://www.example.org/%D9%82%D9%86%D8%A7%D8%A9"),
        ("../..", "https://example.org/"),
        ("", "https://example.org/a/"),
    ],
)
def test_a_redirect_is_joined_and_checked(location: str, url: str) -> None:
    assert redirected(checked("https://example.org/a/"), location).url == url


@pytest.mark.parametrize("location", [*REFUSED_LINKS, "//127.0.0.1/", "//localhost", "https://[a"])
def test_a_redirect_to_a_link_that_must_not_be_followed_is_refused(location: str) -> None:
    link = checked("https://example.org/a/")
    try:
        followed = redirected(link, location)
    except RefusedError:
        return
    assert followed.host == "example.org", "only a place on the same host can come of it"
