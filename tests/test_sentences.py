"""Sentence spans in both languages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import LONGEST, sentences


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("هل فازت؟ أعلنت الوزارة ذلك.", ["هل فازت؟", "أعلنت الوزارة ذلك."]),
        ("أعلنت الأحد؛ وقد بدأت.", ["أعلنت الأحد؛ وقد بدأت."]),
        ("قال د. أحمد إنها فازت. ثم غادر.", ["قال د. أحمد إنها فازت.", "ثم غادر."]),
        ("نسبة 3.5 في المئة. انتهى.", ["نسبة 3.5 في المئة.", "انتهى."]),
        ("Dr. Smith left the U.S. Navy. He rests.", ["Dr. Smith left the U.S. Navy.", "He rests."]),
        ("It cost 3.5 million. Why? No!", ["It cost 3.5 million.", "Why?", "No!"]),
        ("“He came.” She left.", ["“He came.”", "She left."]),
        ("قال: “انتهى الأمر.” ثم غادر.", ["قال: “انتهى الأمر.”", "ثم غادر."]),
        ("عنوان\nنص أول. نص ثان.", ["عنوان", "نص أول.", "نص ثان."]),
        ("المعلن ذاتياً؟ ؟ ويبدو أن", ["المعلن ذاتياً؟ ؟", "ويبدو أن"]),
        ("انتهى.أعلنت الوزارة", ["انتهى.", "أعلنت الوزارة"]),
        ("1. First item\n2. Second", ["1. First item", "2. Second"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_lines_wrapped_at_a_margin_are_one_sentence() -> None:
    text = (
        "The ship ran aground in the canal on a windy morning\n"
        "and stayed there for six days before it was freed.\nIt left."
    )
    assert cut(text) == [text[:-9], "It left."]


def test_a_long_stretch_is_cut_at_a_conjunction_or_comma() -> None:
    text = "قال الوزير إن العمل مستمر، " * 60
    parts = cut(text)
    assert all(len(part) <= LONGEST for part in parts)
    assert all(part.endswith("،") for part in parts[:-1])


def test_each_sentence_has_its_own_language() -> None:
    spans = sentences("قال الوزير ذلك. The minister said so. 2023.", "ar")
    assert [span.language for span in spans] == ["ar", "en", "ar"]


@given(st.text(alphabet="اب .؟!\n،؛“”[]1aB\u0640", max_size=900))
def test_sentences_cover_the_text_and_nothing_twice(text: str) -> None:
    spans = sentences(text)
    assert all(0 < span.end - span.start <= LONGEST for span in spans)
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    assert edges == sorted(edges)
    gaps = [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]
    assert not "".join(gaps).strip()
    for first, second in pairwise(spans):
        assert first.end <= second.start
