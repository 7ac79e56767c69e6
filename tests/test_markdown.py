"""Markdown keeps its words and loses its marks; a broken front matter says what is wrong."""

from __future__ import annotations

import pytest

from index.fields import RefusedError
from index.markdown import MAX_FRONT_MATTER_CHARACTERS, front_matter, words

SOURCE = """\
# حفتر *في* موسكو

فقرة أولى
تكمل هنا مع [رابط](https://example.org) و**خط**`رمز` &amp; <b>غا</b>مق.<!-- مخفي -->
![صورة](haftar.png)

- First item
- Second item
  - Third item

1. واحد

2. اثنان

| الاسم | العدد |
|---|---|
| ميغ | **29** |

<div dir="rtl">
نص داخل إطار<br>وسطر
</div>

<script>alert(1)</script>

> Quoted words

1998\\. وكان ذلك.
"""


def test_words_of_every_block_are_kept() -> None:
    title, text = words(SOURCE, takes_title=True)

    assert title == "حفتر في موسكو"
    assert text.split("\n\n") == [
        "فقرة أولى تكمل هنا مع رابط وخطرمز & غامق.",
        "First item\nSecond item\nThird item",
        "1. واحد",
        "2. اثنان",
        "الاسم | العدد\nميغ | 29",
        "نص داخل إطار وسطر",
        "Quoted words",
        "1998. وكان ذلك.",
    ]


def test_heading_stays_where_the_title_is_known() -> None:
    title, text = words("# Haftar in Moscow\n\nHe arrived.", takes_title=False)

    assert (title, text) == ("", "Haftar in Moscow\n\nHe arrived.")


def test_only_the_first_top_heading_is_the_title() -> None:
    title, text = words("Before.\n\n## Sub\n\n# One\n\n# Two", takes_title=True)

    assert (title, text) == ("One", "Before.\n\nSub\n\nTwo")


def test_words_are_kept_however_deep() -> None:
    assert words("> " * 60 + "deep", takes_title=True) == ("", "deep")


def test_front_matter_keeps_values_as_written() -> None:
    source = "---\nid: 007\ndate: 2023-09-26\nauthor: ~\ntags: [a, b]\n---\nBody.\n"

    fields, body = front_matter(source)

    assert fields == {"id": "007", "date": "2023-09-26", "author": None, "tags": ["a", "b"]}
    assert body == "Body.\n"


@pytest.mark.parametrize("source", ["Body.", "---\n\nA rule above.\n\n---\n", "--- not\n---\n"])
def test_text_without_front_matter_is_all_body(source: str) -> None:
    assert front_matter(source) == ({}, source)


def test_empty_front_matter_has_no_fields() -> None:
    assert front_matter("---\n---\nBody.") == ({}, "Body.")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("---\nid: 1\ntitle: a: b\n---\n", "broken at line 3: mapping values are not allowed here"),
        ("---\ntitle: [a\n---\n", "broken at line 3"),
        ("---\ntitle: x\n\nBody.", "not closed"),
        ("---\n- a\n---\n", 'not made of "key: value" lines'),
        ("---\na: &x [1]\nb: [*x, *x]\n---\n", "alias"),
        ("---\na: " + "b" * MAX_FRONT_MATTER_CHARACTERS + "\n---\n", "longer than 100,000"),
    ],
)
def test_broken_front_matter_says_what_is_wrong(source: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        front_matter(source)


def test_tags_of_python_objects_run_nothing() -> None:
    fields, _ = front_matter("---\na: !!python/object/apply:os.getcwd []\n---\n")

    assert fields == {"a": []}
