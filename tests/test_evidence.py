"""Which sentences are worth quoting beside one another."""

from __future__ import annotations

import pytest
from tests_support import article

from index.sentences import sentences
from rag.evidence import _distinct
from rag.types import Evidence


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (
            "The strike on the northern village killed 31 people on Monday, officials said.",
            "The strike on the northern village killed 31 people on Monday.",
            1,
        ),
        (
            "The strike on the northern village killed at least 31 people on Monday morning.",
            "The strike on the northern village killed at least 12 people on Monday morning.",
            2,
        ),
        (
            "The court found the former minister guilty of taking bribes from two builders.",
            "The court found the former minister not guilty of taking bribes from two builders.",
            2,
        ),
        (
            "قالت الوزارة إن السفينة لم تصل إلى الميناء القديم يوم الثلاثاء الماضي.",
            "قالت الوزارة إن السفينة تصل إلى الميناء القديم يوم الثلاثاء الماضي.",
            2,
        ),
    ],
)
def test_a_sentence_is_shown_again_only_with_another_number_or_negation(
    first: str, second: str, shown: int
) -> None:
    items = [article(first, "one"), article(second, "two")]
    found = [Evidence(item, sentences(item.text)[0], 1.0) for item in items]
    assert len(_distinct(found, 5)) == shown
