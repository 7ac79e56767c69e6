"""Bytes become the text they were written as, or None, never the text of another encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoding import binary_kind, decode

ARABIC = "وبحث المشير خليفة حفتر لدى زيارته موسكو جهود تحقيق الاستقرار في ليبيا وكامل المنطقة."
ENGLISH = "“It’s a café,” the minister said – and left… £5"
RUSSIAN = "Привет мир, как дела сегодня"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ARABIC, "utf-8"),
        (ARABIC, "utf-8-sig"),
        (ARABIC, "utf-16"),
        (ARABIC, "utf-32"),
        (ARABIC, "utf-16-le"),
        (ENGLISH, "utf-16-be"),
        (ARABIC, "windows-1256"),
        (ARABIC[:30], "windows-1256"),
        ("قالت: «لا»… “نعم” – 2023", "windows-1256"),
        (ARABIC, "iso8859-6"),
        (ARABIC[:30], "iso8859-6"),
        (ENGLISH, "windows-1252"),
        ("It’s £5", "windows-1252"),
        ("Señor Peña’s Straße", "windows-1252"),
        ("Talks went on in Moscow. " * 400 + "خليفة حفتر" + " They ended." * 400, "windows-1256"),
    ],
)
def test_text_survives_its_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_page_that_names_its_arabic_encoding_is_believed() -> None:
    page = '<meta charset="{}"><p>خبر</p>'

    for name in ("windows-1256", "iso-8859-6"):
        assert decode(page.format(name).encode(name), declares=True) == page.format(name)


def test_arabic_page_that_calls_itself_latin_is_not_believed() -> None:
    page = f'<meta charset="iso-8859-1"><p>{ARABIC}</p>'

    assert decode(page.encode("windows-1256"), declares=True) == page


@pytest.mark.parametrize("name", ["zip", "rot13", "nonsense", "utf-7"])
def test_name_of_no_use_is_ignored(name: str) -> None:
    page = f'<meta charset="{name}"><p>{ARABIC}</p>'

    assert decode(page.encode("windows-1256"), declares=True) == page


def test_utf8_cut_within_a_letter_is_not_taken_for_another_encoding() -> None:
    assert decode(ARABIC.encode()[:-2]) == ARABIC[:-2] + "\ufffd"


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)),
        b"\x00" * 64,
        RUSSIAN.encode("cp1251"),
        "こんにちは世界".encode("shift_jis"),
        ARABIC.encode("utf-16")[:-1],
    ],
)
def test_other_bytes_are_not_text(data: bytes) -> None:
    assert decode(data) is None


def test_files_that_are_not_text_are_told_by_their_first_bytes() -> None:
    assert binary_kind(b"%PDF-1.7") == "a PDF"
    assert binary_kind(b"PK\x03\x04\x14") == "a zip archive or an office document"
    assert binary_kind(ARABIC.encode()) == ""


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff")))
def test_utf8_always_survives(text: str) -> None:
    assert decode(text.encode()) == text


@given(st.binary(), st.booleans())
def test_no_bytes_raise(data: bytes, declares: bool) -> None:
    assert isinstance(decode(data, declares=declares), str | None)
