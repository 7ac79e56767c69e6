"""The one list of what may stand in the page: a second wall behind the escaping of every text.

Everything that the page shows passes here last. Of what is not on the list the text stays; scripts,
handlers, styles, images, forms and addresses other than http, https and this server's do not, but
for the files that a conversation is exported to.
"""

from __future__ import annotations

import re

import nh3

_TAGS = (
    "a article b bdi blockquote button caption details div figcaption figure h1 h2 h3 header li "
    "mark p pre section small span strong summary table tbody td th thead time tr ul "
    "svg rect text title"
)
_ATTRIBUTES = {
    "*": {"aria-hidden", "aria-label", "class", "dir", "hidden", "id", "lang", "role"},
    "a": {"download", "href", "rel", "target"},
    "button": {"type"},
    "details": {"open"},
    "div": {"style", "tabindex"},
    "section": {"tabindex"},
    "td": {"colspan"},
    "th": {"scope"},
    "time": {"datetime"},
    "svg": {"viewBox", "direction"},
    "rect": {"x", "y", "width", "height"},
    "text": {"x", "y"},
}
_EXPORT = re.compile("data:(text/markdown|application/json);charset=utf-8;base64,[A-Za-z0-9+/=]*")
"""The one kind of address with data: the conversation as a file."""


def _kept(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, None for one that goes."""
    is_data = name == "href" and value.strip().lower().startswith("data:")
    return None if is_data and not _EXPORT.fullmatch(value) else value


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes=_ATTRIBUTES,
    generic_attribute_prefixes={"data-"},
    filter_style_properties={"width"},
    url_schemes={"http", "https", "data"},
    attribute_filter=_kept,
    link_rel=None,
)


def allowed(fragment: str) -> str:
    """A fragment of HTML with nothing in it that is not on the list."""
    return _CLEANER.clean(fragment)
