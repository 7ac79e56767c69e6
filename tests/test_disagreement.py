"""Articles that do not agree on a number are shown beside one another, and said not to."""

from __future__ import annotations

import pytest

from rag.answer import Assistant
from rag.types import Note

DIFFERING = (
    ("How many people were killed by the flood in Derna?", ("3,958", "11300")),
    ("كم عدد قتلى فيضان درنة؟", ("11300", "3,958")),
    ("How many people died in the Beirut port explosion?", ("218", "78")),
)
AGREEING = (
    # Another toll of another earthquake, of other days or of others is found as well.
    "كم عدد قتلى الزلزال في سوريا؟",
    "How many died in the Morocco earthquake?",
    "كم عدد قتلى زلزال المغرب؟",
    "كم عدد المفقودين في درنة؟",
    "أي حصيلة للقتلى كان يخشاها رئيس بلدية درنة؟",
    "What is the death toll of the Turkey earthquake?",
    "متى وقع انفجار مرفأ بيروت؟",
)


def _notes(assistant: Assistant, question: str) -> list[Note]:
    return [note for note in assistant.ask(question).notes if note.kind == "differing"]


@pytest.mark.parametrize(("question", "figures"), DIFFERING)
def test_figures_that_differ_are_all_quoted_and_named(
    assistant: Assistant, question: str, figures: tuple[str, ...]
) -> None:
    """Each with where and when it was published."""
    answer = assistant.ask(question)
    (note,) = [each for each in answer.notes if each.kind == "differing"]
    for figure, article in zip(figures, note.articles, strict=True):
        assert figure in note.text
        (cited,) = [c for c in answer.citations if c.article == article and figure in c.quotation]
        assert cited.published is not None
        assert str(cited.published.year) in note.text


def test_the_newest_is_said_to_be_newer(assistant: Assistant) -> None:
    """The count of 2023 overtakes that of the day after."""
    (note,) = _notes(assistant, DIFFERING[2][0])
    assert note.text.endswith("The newest of them is from 24 January 2023.")


@pytest.mark.parametrize("question", AGREEING)
def test_what_is_on_something_else_does_not_differ(assistant: Assistant, question: str) -> None:
    """Nothing is said where the figures are on different things."""
    assert not _notes(assistant, question)
