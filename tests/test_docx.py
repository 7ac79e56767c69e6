"""Word documents become articles: what a reader sees, in the order in which it is read."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise

import pytest
from docx_support import NAMESPACE, docx, paragraph, run, style, table

from index.docx import MAX_PART_BYTES, document
from index.fields import RefusedError

CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>تقرير</dc:title>'
    "<dc:creator>هدى سالم</dc:creator><dcterms:created>2028-03-14T08:00:00Z</dcterms:created>"
    "</cp:coreProperties>"
)
ITEM = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
SEEN = paragraph(run("أُعيد فتح الميناء القديم يوم الثلاثاء."))


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        document(data)
    return str(caught.value)


def test_paragraphs_lists_and_tables_are_read_in_order() -> None:
    body = (
        paragraph(run("ميناء "), run("الصيادين"), style="H1")
        + SEEN
        + paragraph(run("الرصيف"), more=ITEM)
        + paragraph(run("الرافعات"), more=ITEM)
        + table(("القارب", "الطول"), ("النورس", "12 مترا"))
        + paragraph(run("Closed"), "<w:r><w:tab/><w:t>for</w:t><w:br/><w:t>good.</w:t></w:r>")
    )
    found = document(docx(body, {"docProps/core.xml": CORE}, style("heading 1", "H1")))
    assert found.text == (
        "أُعيد فتح الميناء القديم يوم الثلاثاء.\n\nالرصيف\nالرافعات\n"
        "القارب | الطول\nالنورس | 12 مترا\n\nClosed\tfor\ngood."
    )
    assert found.fields == {
        "title": "ميناء الصيادين",
        "author": "هدى سالم",
        "created": "2028-03-14",
    }


def test_what_was_deleted_is_not_read_and_a_box_of_text_is_read_once() -> None:
    box = f"<w:drawing><w:txbxContent>{paragraph(run('A box.'))}</w:txbxContent></w:drawing>"
    twice = (
        '<mc:AlternateContent xmlns:mc="m">'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    )
    changed = paragraph(
        f"<w:ins>{run('New')}</w:ins>", "<w:del><w:r><w:delText>Old</w:delText></w:r></w:del>"
    )
    found = document(docx(changed + paragraph(f"<w:r>{twice}</w:r>")))
    assert found.text == "New\n\nA box."


@pytest.mark.parametrize(
    ("kind", "look"),
    [
        ("display", "<w:vanish/>"),
        ("display", '<w:rStyle w:val="Gone"/>'),
        ("colour", '<w:color w:val="FFFFFF"/>'),
        ("colour", '<w:color w:val="00FF00"/><w:shd w:fill="01FE00"/>'),
        ("size", '<w:sz w:val="4"/>'),
    ],
)
def test_hidden_words_are_left_out_and_counted(kind: str, look: str) -> None:
    styles = style("x", "Base", "<w:vanish/>") + style("y", "Gone", base="Base")
    found = document(
        docx(SEEN + paragraph(run("Say yes"), run("secret words", look)), None, styles)
    )
    assert found.text.endswith("Say yes")
    assert found.hidden == {kind: len("secret words")}


@pytest.mark.parametrize(
    "look",
    [
        '<w:vanish w:val="0"/>',
        '<w:color w:val="auto"/>',
        '<w:color w:val="FFFFFF"/><w:shd w:fill="1F3864"/>',
        '<w:color w:val="FFFFFF"/><w:highlight w:val="darkBlue"/>',
        '<w:sz w:val="10"/>',
    ],
)
def test_words_that_are_seen_stay(look: str) -> None:
    found = document(docx(paragraph(run("seen words", look))))
    assert (found.text, found.hidden) == ("seen words", {})


def test_white_words_in_a_styled_table_are_seen() -> None:
    white = '</w:t></w:r><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>White'
    styled = docx(table(("Head " + white,), more='<w:tblStyle w:val="Grid"/>'))
    assert document(styled).text == "Head White"
    assert document(docx(table(("Head " + white,)))).hidden == {"colour": len("White")}


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = docx("", {"word/document.xml": b" " * (MAX_PART_BYTES + 1)})
    assert len(bomb) < 1_000_000
    assert f"unpacks to {MAX_PART_BYTES + 1:,} bytes" in refusal(bomb)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/passwd">',
    ],
)
def test_entities_are_refused(declared: str) -> None:
    source = (
        f'<!DOCTYPE w:document [{declared}]><w:document xmlns:w="{NAMESPACE}"><w:body>'
        "<w:p><w:r><w:t>Words &b;</w:t></w:r></w:p></w:body></w:document>"
    )
    assert "declares entities" in refusal(docx("", {"word/document.xml": source}))


def test_a_thousand_million_laughs_are_refused() -> None:
    names = "abcdefghij"
    declared = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    source = f"<!DOCTYPE w [{declared}]><w>&j;</w>"
    assert refusal(docx("", {"word/document.xml": source}))


def test_what_is_no_document_says_what_to_do() -> None:
    assert "encrypted, or a .doc of old" in refusal(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert "not a .docx" in refusal(b"words")
    assert "not a .docx" in refusal(docx(SEEN)[:-40])
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "a")
    assert "without a Word document" in refusal(other.getvalue())
    assert "damaged in word/document.xml" in refusal(docx("<w:p>"))
