"""Files become articles or refusals that say what to do; no file stops the others."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import ReadError
from index.fields import MAX_TEXT_CHARACTERS
from index.readers import MAX_FILE_BYTES, MAX_LINE_BYTES, read
from index.types import RawArticle, Refusal

TITLE = "زيارات متبادلة بين حفتر والروس"
FIRST = "تواترت الزيارات الرسمية بين القائد العام للجيش الليبي وعدد من المسؤولين الروس أخيرا."
SCRAPED = Path(__file__).parents[2] / "shared" / "data" / "articles"
PAGE = f"""<?xml version="1.0" encoding="windows-1256"?>
<html lang="ar"><head><title>{TITLE} | موقع الأخبار</title>
<meta property="og:title" content="{TITLE}"><meta property="og:site_name" content="موقع الأخبار">
<meta name="author" content="سالم الهادي">
<link rel="canonical" href="https://example.org/a">
<meta property="article:published_time" content="2023-09-26T10:00:00Z"></head>
<body><nav><a href="/">الرئيسية</a></nav><article><h1>{TITLE}</h1><p>{FIRST}</p>
<p>وأضاف أن <b>المحادثات</b> ستستمر خلال الأسبوع المقبل في بنغازي.</p></article>
<footer>© 2021</footer></body></html>"""


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def articles(*paths: Path) -> list[RawArticle]:
    found = list(read(paths))
    assert not [item for item in found if isinstance(item, Refusal)]
    return [item for item in found if isinstance(item, RawArticle)]


def reasons(found: Sequence[RawArticle | Refusal]) -> dict[str, str]:
    return {Path(item.origin).name: item.reason for item in found if isinstance(item, Refusal)}


def refusal(path: Path) -> str:
    (found,) = read([path])
    assert isinstance(found, Refusal)
    assert found.origin == str(path)
    return found.reason


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"{TITLE}\n\n{FIRST}", TITLE),
        (f"\n  \n{TITLE}\n{FIRST * 2}", TITLE),
        (f"Will Haftar go?\n\n{FIRST}", "Will Haftar go?"),
        (f"{FIRST}\n\n{FIRST}", ""),
        ("He said “no.”\n\nHe left.", ""),
        (f"{TITLE}\nوسطر بطوله تقريبا يليه", ""),
        (f"{'كلمة ' * 30}\n\n{FIRST}", ""),
        (f"نوفا-\n{FIRST}", ""),
        (f"[ad_1]\n\n{FIRST}", ""),
        (f"المصدر: رويترز\n\n{FIRST}", ""),
        (f"قال الوزير:\n\n{FIRST}", ""),
        (TITLE, ""),
        (f"2023\n\n{FIRST}", ""),
    ],
)
def test_first_line_is_the_title_where_it_looks_like_one(
    tmp_path: Path, text: str, title: str
) -> None:
    (article,) = articles(written(tmp_path / "a.txt", text))

    assert article.title == title
    assert article.text == (text.split(title, 1)[1][1:] if title else text.lstrip())


def test_plain_text_is_kept_as_it_is(tmp_path: Path) -> None:
    data = "“نص” ﻻ تُعدُّ\tكـبيرة\r\nline\x0btwo\r\u2028three\x00\x07 \u200f\ufffe.".replace(
        "\x00", ""
    )
    (article,) = articles(written(tmp_path / "a.txt", data))

    assert article.text == "“نص” ﻻ تُعدُّ\tكـبيرة\nline\ntwo\n\nthree \u200f\ufffe."


@pytest.mark.parametrize("encoding", ["windows-1256", "iso8859-6", "utf-16", "utf-8-sig"])
def test_encodings_of_arabic_are_read(tmp_path: Path, encoding: str) -> None:
    (article,) = articles(written(tmp_path / "a.txt", f"{TITLE}\n\n{FIRST}".encode(encoding)))

    assert (article.title, article.text.strip()) == (TITLE, FIRST)


def test_markdown_with_front_matter(tmp_path: Path) -> None:
    head = (
        f"title: {TITLE}\ndate: 2023-09-26 10:00:00 +0200\nsource: العرب\nlanguage: ar-LY\n"
        "author: [سالم, Ali]\nurl: https://example.org\nid: alarab-1\nsection: عالم\nrank: {a: 1}\n"
    )
    (article,) = articles(written(tmp_path / "a.md", f"---\n{head}---\n# مقدمة\n\n{FIRST}"))

    assert article == RawArticle(
        id="alarab-1",
        origin=str(tmp_path / "a.md"),
        title=TITLE,
        text=f"مقدمة\n\n{FIRST}",
        language="ar",
        url="https://example.org",
        source="العرب",
        author="سالم, Ali",
        published=date(2023, 9, 26),
        metadata={"section": "عالم", "rank": '{"a": "1"}'},
    )


def test_markdown_takes_its_title_from_the_first_heading(tmp_path: Path) -> None:
    (article,) = articles(written(tmp_path / "a.markdown", f"# {TITLE}\n\n{FIRST}"))

    assert (article.title, article.text, article.published) == (TITLE, FIRST, None)


def test_broken_front_matter_and_dates_are_refused(tmp_path: Path) -> None:
    broken = written(tmp_path / "a.md", "---\ntitle: a: b\n---\nBody.")
    dated = written(tmp_path / "b.md", "---\npublished: 26/09/2023\n---\nBody.")

    assert "line 2: mapping values are not allowed here" in refusal(broken)
    assert refusal(dated) == "Its date '26/09/2023' cannot be read: write it as YYYY-MM-DD."


def test_web_page(tmp_path: Path) -> None:
    (article,) = articles(written(tmp_path / "a.html", PAGE.encode("windows-1256")))

    assert FIRST in article.text
    assert "وأضاف أن المحادثات ستستمر" in article.text
    assert "الرئيسية" not in article.text
    assert (article.title, article.author, article.source) == (TITLE, "سالم الهادي", "موقع الأخبار")
    assert (article.url, article.published) == ("https://example.org/a", date(2023, 9, 26))


def test_year_of_a_copyright_line_is_no_date(tmp_path: Path) -> None:
    page = f"<html><body><p>{FIRST}</p><div>© 2021</div></body></html>"
    (article,) = articles(written(tmp_path / "a.html", page))

    assert article.published is None


@pytest.mark.parametrize("page", ["<html><body></body></html>", "plain words", "<nav>Home</nav>"])
def test_web_page_without_an_article_is_refused(tmp_path: Path, page: str) -> None:
    assert refusal(written(tmp_path / "a.htm", page)).startswith("No article was found in the page")


def test_json_lines(tmp_path: Path) -> None:
    lines: list[object] = [
        {"id": "one", "title": "T", "text": "Words.", "language": "English", "published": None},
        {"text": FIRST, "published": "2023-09-26T10:00:00Z", "views": 7, "tags": ["a", "b"]},
        {"id": 3, "text": "Des mots \ud800.", "language": "fr", "x\n y": {"z": [None]}},
    ]
    path = written(tmp_path / "news.jsonl", "\ufeff" + "\r\n\n".join(map(json.dumps, lines)))

    one, two, three = articles(path)

    assert one == RawArticle("one", f"{path}#one", "T", "Words.", language="en")
    assert two.id.startswith("news-")
    assert two.origin == f"{path}#{two.id}"
    assert (two.text, two.published) == (FIRST, date(2023, 9, 26))
    assert two.metadata == {"views": "7", "tags": "a, b"}
    assert (three.id, three.text, three.language) == ("3", "Des mots \ufffd.", None)
    assert three.metadata == {"language": "fr", "x y": '{"z": [null]}'}


def test_id_made_from_text_stays_when_lines_move(tmp_path: Path) -> None:
    lines = [json.dumps({"text": text}) for text in ("One.", "Two.")]
    path = tmp_path / "a.jsonl"

    before = articles(written(path, "\n".join(lines)))
    after = articles(written(path, "\n".join(reversed(lines))))

    assert [article.id for article in before] == [article.id for article in reversed(after)]


def test_bad_lines_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        b'{"id": "a", "text": "First."}',
        b'{"text": "cut',
        b"[1, 2]",
        b'{"title": "no text"}',
        b'{"text": 5, "id": "a"}',
        b'{"text": "..."}',
        b'{"text": "Words.", "published": "yesterday"}',
        b'{"id": "a", "text": "Other."}',
        b'{"id": "a", "text": "Words.", "depth": ' + b"[" * 100_000,
        '{"text": "Привет мир, как дела"}'.encode("cp1251"),
        f'{{"id": "b", "text": "{FIRST}"}}'.encode("windows-1256"),
    ]
    path = written(tmp_path / "a.jsonl", b"\n".join(lines))

    found = list(read([path]))

    assert [item.id for item in found if isinstance(item, RawArticle)] == ["a", "b"]
    expected = {
        2: "It is not JSON: Unterminated string",
        3: "It is not a JSON object with a string",
        4: "It is not a JSON object with a string",
        5: "It is not a JSON object with a string",
        6: "There is no text in it.",
        7: "Its date 'yesterday' cannot be read",
        8: "Its id 'a' is that of line 1: change it.",
        9: "It could not be parsed (RecursionError",
        10: "It is in an unknown encoding",
    }
    refused = reasons(found)
    assert list(refused) == [f"a.jsonl:{number}" for number in expected]
    for number, reason in expected.items():
        assert refused[f"a.jsonl:{number}"].startswith(reason)


def test_line_too_long_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    long = b'{"text": "' + b"a" * (MAX_LINE_BYTES * 2) + b'"}\n'
    path = written(tmp_path / "a.jsonl", b'{"text": "One."}\n' + long + b'{"text": "Two."}\n')

    found = list(read([path]))

    assert [item.text for item in found if isinstance(item, RawArticle)] == ["One.", "Two."]
    assert reasons(found) == {"a.jsonl:2": "The line is longer than 20 MB: split it."}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rows_of_a_table(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ("Text", "id", "title", "published", "language", "section", ""),
        (
            f'"{FIRST}\nSecond ""line"", and; more\t."',
            "one",
            TITLE,
            "2023-09-26",
            "ar",
            "world",
            "x",
        ),
        ("Words.",),
    ]
    source = "\r\n".join(delimiter.join(row) for row in rows)
    path = written(tmp_path / "news.csv", "\ufeff" + source + "\r\n\r\n")

    one, two = articles(path)

    assert one == RawArticle(
        "one",
        f"{path}#one",
        TITLE,
        f'{FIRST}\nSecond "line", and; more\t.',
        language="ar",
        published=date(2023, 9, 26),
        metadata={"section": "world"},
    )
    assert (two.text, two.origin) == ("Words.", f"{path}#{two.id}")
    assert two.id.startswith("news-")


def test_bad_rows_are_refused_by_their_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [
        "id,text,published",
        'a,"First, in two',
        'lines.",',
        ",...,",
        "b,Words.,yesterday",
        "a,Other.,",
        "c,not, between, marks",
        "d,,",
        f"e,{'w ' * 100_000},",
        f"f,{'w ' * (MAX_TEXT_CHARACTERS // 2 + 1)},",
        'g,"never closed',
    ]
    found = list(read([written(tmp_path / "a.csv", "\n".join(rows))]))

    assert [item.id for item in found if isinstance(item, RawArticle)] == ["a", "e"]
    expected = {
        4: "There is no text in it.",
        5: "Its date 'yesterday' cannot be read",
        6: "Its id 'a' is that of line 2: change it.",
        7: "The row has 4 cells, more than the 3 that are named",
        8: "There is no text in it.",
        10: "Its text has 2,000,002 characters",
        11: "It is not CSV from here on",
    }
    refused = reasons(found)
    assert list(refused) == [f"a.csv:{number}" for number in expected]
    for number, reason in expected.items():
        assert refused[f"a.csv:{number}"].startswith(reason)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("name,words\na,b", 'Its first row names no column "text" (name, words)'),
        ("text,id,id\na,b,c", "Its first row names id more than once"),
        ("", 'Its first row names no column "text"'),
        ('"text\nw', "Its first row is not CSV"),
    ],
)
def test_a_table_without_a_text_is_refused(tmp_path: Path, source: str, reason: str) -> None:
    assert refusal(written(tmp_path / "a.csv", source)).startswith(reason)


def test_folder_is_walked_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.v2.TXT", "sub/deep/d.md", ".hidden.txt", ".git/e.txt"):
        written(tmp_path / name, f"{FIRST} {name}")
    written(tmp_path / "sub/f.jsonl", '{"text": "One."}')
    written(tmp_path / "table.xlsx", "a,b")
    (tmp_path / "sub" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "folder.txt").mkdir()

    found = list(read([tmp_path]))

    ids = [item.id for item in found if isinstance(item, RawArticle)]
    assert ids[:3] == ["a", "b", "sub/c.v2"]
    assert ids[3].startswith("sub/f-")
    assert ids[4:] == ["sub/deep/d"]
    assert reasons(found) == {
        "table.xlsx": "Files ending in '.xlsx' are not read; "
        ".txt, .md, .markdown, .html, .htm, .pdf, .docx, .jsonl, .csv are."
    }


def test_file_reached_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "news" / "a.txt", FIRST)
    monkeypatch.chdir(path.parent)

    (article,) = articles(tmp_path, Path("a.txt"), path)

    assert (article.id, article.origin) == ("news/a", str(path))
    assert [item.id for item in articles(Path("a.txt"))] == ["a"]


def test_path_that_does_not_exist_stops_before_anything_is_read(tmp_path: Path) -> None:
    written(tmp_path / "a.txt", FIRST)

    with pytest.raises(ReadError, match=r"gone\.txt"):
        read([tmp_path, tmp_path / "gone.txt"])


def test_files_that_cannot_be_articles_are_refused_one_by_one(tmp_path: Path) -> None:
    written(tmp_path / "binary.txt", bytes(range(256)) * 4)
    written(tmp_path / "empty.txt", "")
    written(tmp_path / "digits.md", "2023 — 31.43%")
    written(tmp_path / "paper.txt", b"%PDF-1.7 words")
    written(tmp_path / "page.docx", b"%PDF-1.7 words")
    written(tmp_path / "wide.jsonl", '{"text": "One."}'.encode("utf-16"))
    written(tmp_path / "long.txt", "كلمة " * (MAX_TEXT_CHARACTERS // 4))
    with written(tmp_path / "large.html", "x").open("ab") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "gone")
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    os.mkfifo(tmp_path / "pipe.txt")
    written(tmp_path / "zz.txt", FIRST)

    found = list(read([tmp_path]))

    expected = {
        "binary.txt": "It is binary, not text",
        "dangling.txt": "It cannot be opened (No such file or directory)",
        "digits.md": "There is no text in it.",
        "empty.txt": "There is no text in it.",
        "large.html": "It is larger than 20 MB",
        "long.txt": "Its text has 2,500,000 characters, more than 2,000,000",
        "loop.jsonl": "It cannot be opened",
        "page.docx": "It is not a .docx",
        "paper.txt": "It is a PDF, not text: give its name the ending of what it is",
        "pipe.txt": "It is not an ordinary file.",
        "wide.jsonl": "It is binary or UTF-16, not JSON Lines",
    }
    refused = reasons(found)
    assert list(refused) == list(expected)
    assert all(refused[name].startswith(reason) for name, reason in expected.items())
    assert [item.id for item in found if isinstance(item, RawArticle)] == ["zz"]


def test_name_that_is_not_utf8_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text(FIRST)

    (article,) = articles(tmp_path)

    assert article.id == r"caf\xe9"
    assert article.origin.encode().endswith(rb"caf\xe9.txt")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")),
    start=st.sampled_from(
        [b"", b"---\n", b"<p>", b'{"text": "', b"# ", b"\xff\xfe", b"\xef\xbb\xbf"]
    ),
    ending=st.sampled_from([".txt", ".md", ".jsonl"]),
)
def test_no_bytes_raise(tmp_path: Path, data: bytes, start: bytes, ending: str) -> None:
    for item in read([written(tmp_path / f"a{ending}", start + data)]):
        assert isinstance(item, RawArticle | Refusal)
        item.origin.encode()
        if isinstance(item, RawArticle):
            (item.id + item.title + item.text + "".join(item.metadata.values())).encode()


def test_scraped_articles() -> None:
    if not SCRAPED.is_dir():
        pytest.skip("the scraped sample articles are not beside this repository")

    titles = {article.id: article.title for article in articles(SCRAPED)}

    assert {name: title for name, title in titles.items() if title} == {
        "alarab-haftar-visits": "زيارات متبادلة بين حفتر والروس دون إعلان أهدافها ونتائجها",
        "le-monde-haftar-russia": "ليبيا: العلاقة الأمنية بين خليفة حفتر وموسكو تتكثف",
    }
    assert len(titles) == 5
