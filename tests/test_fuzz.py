"""Whatever the bytes of a file are: an article or a refusal comes out, and it can be stored."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path

import pytest
from docx_support import NAMESPACE, docx, paragraph, run, style, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pdf_support import line, lines, pdf

from index.readers import ENDINGS, read
from index.types import RawArticle, Refusal

DATA = Path(__file__).parent / "data"
WORDS = "The library of the harbour town was closed for years. أُعيد فتحها في الربيع."
ROW = {"id": "a", "text": WORDS, "tags": ["x"], "published": "2028-03-14"}
PAGE = (
    "<html><head><title>T</title><style>.a{color:#fff} @media print{p{display:none}}</style></head>"
    f"<body><article><p>{WORDS}</p><p class=a style='font:1px x'>{WORDS}</p><!-- {WORDS} -->"
    f"<template>x</template><p aria-hidden=true>{WORDS}</p></article></body></html>"
)
BODY = (
    paragraph(run("Head"), style="H")
    + paragraph(run(WORDS), run("x", "<w:vanish/><w:color w:val='FFFFFF'/><w:sz w:val='3'/>"))
    + table(("a", "b"))
)
SAMPLES: Sequence[tuple[str, bytes]] = (
    (".txt", f"Title\n\n{WORDS}".encode()),
    (".md", f"---\ntitle: T\nid: a\n---\n# H\n\n* {WORDS}\n\n| a | b |\n|---|---|\n".encode()),
    (".html", PAGE.encode()),
    (".htm", PAGE.encode("cp1256", "replace")),
    (".jsonl", json.dumps(ROW).encode()),
    (".jsonl", rb'{"id": "a\ud800", "text": "Words \u0000 and \udc00", "title": "\u0000\ud800"}'),
    (".html", b"<article><p>Words &#0; and &#xD800; more</p></article><title>&#xDC00;</title>"),
    (".csv", f'id,text,published\na,"{WORDS}",2028-03-14\nb,{WORDS},\n'.encode()),
    (".docx", docx(BODY, None, style("heading 1", "H"))),
    (".pdf", pdf(lines("The keeper of the", "books."), line("x", before="3 Tr 1 g 0 0 9 9 re f"))),
    (".pdf", pdf(lines("abc and ab"), letters={"a": "Words", "b": "\x00", "c": "\x1b"})),
    (".pdf", (DATA / "letters.pdf").read_bytes()),
)
TOKENS = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"<div>",
        b"</p>",
        b"<!--",
    ),
    *(b'"', b"\n", b"\\ud800", b"\\u0000", b"&#0;", b"&#xD800;", b"<w:p>", b"endobj", b" 0 R"),
    *(b"99999999999999999999", b"-1", b"/Kids [2 0 R]", b"<<", b"]", b"Tj", b"nan", b"1e999"),
)
FILES = 25
"""How many files one example has: they are read by one child process."""

numbers = count()


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample of a format with some of its bytes changed, cut out, doubled or put in."""
    ending, data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        put = draw(st.sampled_from([b"", data[start:end] * 2, *TOKENS]) | st.binary(max_size=4))
        data = data[:start] + put + data[end:]
    return ending, data


@st.composite
def mutated_documents(draw: st.DrawFn) -> tuple[str, bytes]:
    """A Word document that unpacks, to XML that was changed."""
    body = BODY
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 30))
        put = draw(st.sampled_from(["", BODY[start:end] * 2, "<w:tbl>", "</w:p>", "&#1;", "\x00"]))
        body = body[:start] + put + body[end:]
    return ".docx", docx(body)


anything = st.tuples(
    st.sampled_from(ENDINGS),
    st.builds(
        bytes.__add__,
        st.sampled_from((b"", b"text\n", b"<p>", b'{"text": "', *TOKENS)),
        st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
    ),
)


def fuzzed(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )


def check(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """Every file gives articles or refusals, with a reason, that SQLite stores as they are."""
    place = folder / str(next(numbers))
    place.mkdir()
    for number, (ending, data) in enumerate(files):
        (place / f"{number:03}{ending}").write_bytes(data)
    store = sqlite3.connect(":memory:")
    seen = set()
    for item in read([place]):
        assert isinstance(item, RawArticle | Refusal)
        seen.add(Path(item.origin).name[:3])
        if isinstance(item, Refusal):
            assert item.reason.endswith((".", ")", "…")), item.reason
        for text in strings(item):
            assert "\x00" not in text
            assert store.execute("SELECT ?", (text,)).fetchone() == (text,)
    lined = {f"{number:03}" for number, (ending, _) in enumerate(files) if ending in LINED}
    assert seen >= {f"{number:03}" for number in range(len(files))} - lined


LINED = (".jsonl", ".csv")
"""Files of lines can have none."""


def strings(item: RawArticle | Refusal) -> list[str]:
    """Every text that an article or a refusal has."""
    if isinstance(item, Refusal):
        return [item.origin, item.reason]
    facts = asdict(item) | {"metadata": "", "hidden": "", "published": str(item.published)}
    assert all(count > 0 for count in item.hidden.values())
    pairs = [*item.metadata, *item.metadata.values(), *item.hidden]
    return [text for text in (*facts.values(), *pairs) if isinstance(text, str)]


@fuzzed(8)
@given(st.lists(anything, min_size=FILES, max_size=FILES))
def test_any_bytes_are_an_article_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    check(tmp_path_factory.mktemp("any"), files)


@fuzzed(12)
@given(st.lists(mutated(), min_size=FILES, max_size=FILES))
def test_files_that_were_changed_are_an_article_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    check(tmp_path_factory.mktemp("changed"), files)


@fuzzed(10)
@given(st.lists(mutated_documents(), min_size=FILES, max_size=FILES))
def test_documents_whose_xml_was_changed_are_an_article_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    check(tmp_path_factory.mktemp("documents"), files)


@pytest.mark.parametrize(("ending", "data"), SAMPLES)
def test_the_samples_themselves_are_articles(tmp_path: Path, ending: str, data: bytes) -> None:
    check(tmp_path, [(ending, data)])
    found = list(read([tmp_path]))
    assert found
    assert all(isinstance(item, RawArticle) for item in found)


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_a_document_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    (data,) = (data for ending, data in SAMPLES if ending == ".docx")
    assert NAMESPACE.encode() in zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml")
    (tmp_path / "a.docx").write_bytes(data[: len(data) * cut // 100])
    (found,) = read([tmp_path])
    assert isinstance(found, Refusal)
