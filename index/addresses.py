"""Which links may be followed: the host by a name of the public internet, at public addresses.

A link names its host in letters: an address in its place, however it is written, is refused, and so
is everything that two programs could read in two ways. What the name resolves to is then looked at
by `is_public`. The lists are the special-purpose registries of IANA (RFC 6890 and what followed it)
and the addresses at which clouds serve their machines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin

from index.fields import RefusedError

LONGEST_LINK = 4_000
"""Characters of a link."""

_LINK = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?"
)
_PORT = re.compile(r":[0-9]*$")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")

_NOT_PUBLIC_NAMES = frozenset(
    (
        *("alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan"),
        *("local", "localdomain", "localhost", "mail", "onion", "private", "test"),
    )
)
"""Last labels that name no host of the public internet (RFC 6761, RFC 6762, and usage)."""

_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24"),
            *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # public by its number, but what Azure tells its machines
        ),
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    # Protocols of the IETF, Teredo among them; documentation; 6to4; documentation again.
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link that may be followed, in ASCII: `host` as it is looked up, `target` as it is sent."""

    host: str
    target: str

    @property
    def url(self) -> str:
        """The link in full, without a fragment."""
        return f"https://{self.host}{self.target}"


def checked(url: str) -> Link:
    """The parts of a link; raises `RefusedError` for one that is not to be followed."""
    if len(url) > LONGEST_LINK:
        raise RefusedError(f"The link has more than {LONGEST_LINK:,} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise RefusedError(f"The link {url!r} holds a space, a backslash or a control character.")
    parts = _LINK.fullmatch(url)
    if parts is None:
        raise RefusedError(f"{url!r} is not a link such as https://example.org/article.")
    if parts["scheme"].lower() != "https":
        raise RefusedError(f"Only https is fetched, not {parts['scheme']}: {url!r}.")
    authority = parts["authority"]
    if "@" in authority:
        raise RefusedError("The link holds a user or a password before an @: take it out.")
    port = _PORT.search(authority)
    if port is not None and port[0] != ":443":
        raise RefusedError(f"Only port 443 is asked, not {port[0]!r}: {url!r}.")
    target = quote(parts["target"], safe="/?:@!$&'()*+,;=%~[]|")
    target = target if target.startswith("/") else f"/{target}"
    return Link(_name(_PORT.sub("", authority)), target)


def redirected(link: Link, location: str) -> Link:
    """Where an answer to `link` leads, checked as any other; raises `RefusedError`."""
    # Before it is joined, as joining takes out what is refused here.
    if not location.isprintable() or " " in location or "\\" in location:
        raise RefusedError(f"The server leads on to {location!r}, which is no link.")
    try:
        return checked(urljoin(link.url, location))
    except ValueError as error:
        raise RefusedError(f"The server leads on to a link that is refused: {error}") from error


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, as far as its number tells.

    False also for what is no address. Of IPv6 that carries IPv4, only NAT64's own prefix is looked
    into: networks without IPv4 reach the rest through it. The other forms are refused whole.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    if parsed.scope_id is not None:
        return False
    if parsed in _NAT64:
        return is_public(str(IPv4Address(int(parsed) & 0xFFFF_FFFF)))
    return _is_public_6(parsed)


def _is_public_6(address: IPv6Address) -> bool:
    return (
        address in _PUBLIC_6
        and not any(address in network for network in _NOT_PUBLIC_6)
        and (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
    )


def _name(host: str) -> str:
    """A host's name in ASCII and small letters; raises `RefusedError` where it is no public one.

    Nothing is mapped: letters of full width, circled digits and their like are refused.
    """
    import idna

    # Only these: the small letter of the Kelvin sign is a plain k.
    name = re.sub("[A-Z]+", lambda found: found[0].lower(), host)
    if not name.isascii():
        try:
            name = idna.encode(name, strict=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise RefusedError(f"{host!r} is not the name of a host: {error}.") from error
    # Where the last label begins with a digit, of whatever script, it may be read as an address.
    ends_in_letters = host.rpartition(".")[2][:1].isalpha()
    if not (_NAME.fullmatch(name) and ends_in_letters) or len(name) > 253:
        raise RefusedError(
            f"{host!r} is not the full name of a host, such as example.org; addresses are not "
            "taken for names."
        )
    if name.rpartition(".")[2] in _NOT_PUBLIC_NAMES:
        raise RefusedError(f"{host!r} is not a host of the public internet.")
    return name
