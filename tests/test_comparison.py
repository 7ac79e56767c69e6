"""What a question compares is looked for on both sides."""

from __future__ import annotations

import pytest

from rag.answer import Assistant
from rag.comparison import sides_of


@pytest.mark.parametrize(
    ("question", "one", "two"),
    [
        (
            "Which killed more people, the flood or the earthquake?",
            "How many people were killed in the flood?",
            "How many people were killed in the earthquake?",
        ),
        (
            "Which came first, the blast or the flood?",
            "When was the blast?",
            "When was the flood?",
        ),
        (
            "Which opened first, the dam or the port?",
            "When opened the dam?",
            "When opened the port?",
        ),
        (
            "Which is taller, the dam or the tower?",
            "How tall is the dam?",
            "How tall is the tower?",
        ),
        (
            "Which cost more: the dam or the port?",
            "How much cost, the dam?",
            "How much cost, the port?",
        ),
        (
            "Who scored more goals, Morocco or Croatia?",
            "How many scored goals, Morocco?",
            "How many scored goals, Croatia?",
        ),
        (
            "Compare the death toll of the flood with the earthquake.",
            "How many people were killed in the flood?",
            "How many people were killed in the earthquake?",
        ),
        ("Compare COP27 and COP28", "What is COP27?", "What is COP28?"),
        ("What's the difference between COP27 and COP28?", "What is COP27?", "What is COP28?"),
        (
            "What is the difference in cost between the dam and the port?",
            "What is the cost of the dam?",
            "What is the cost of the port?",
        ),
        (
            "أيهما أودى بحياة عدد أكبر، الفيضان أم الزلزال؟",
            "كم عدد قتلى الفيضان؟",
            "كم عدد قتلى الزلزال؟",
        ),
        ("ايهما وقع أولا: الانفجار أو الفيضان؟", "متى كان الانفجار؟", "متى كان الفيضان؟"),
        (
            "أيهما كان أسبق في 2017، القمة أم الزيارة؟ أريد التاريخ.",
            "متى كان القمة في 2017؟",
            "متى كان الزيارة في 2017؟",
        ),
        (
            "أيهما سجل عددا أكبر من الأهداف، المغرب أم كرواتيا؟",
            "كم عدد سجل الأهداف: المغرب؟",
            "كم عدد سجل الأهداف: كرواتيا؟",
        ),
        ("ما الفرق بين كوب 27 وكوب 28؟", "ما كوب 27؟", "ما كوب 28؟"),
        (
            "قارن بين وزير الدفاع ووزير الخارجية",
            "ما وزير الدفاع؟",
            "ما وزير الخارجية؟",
        ),
        (
            "قارن بين عدد قتلى فيضان درنة وزلزال المغرب",
            "كم عدد قتلى فيضان درنة؟",
            "كم عدد قتلى زلزال المغرب؟",
        ),
    ],
)
def test_each_side_is_asked_about(question: str, one: str, two: str) -> None:
    assert [side.question for side in sides_of(question)] == [one, two]


@pytest.mark.parametrize(
    "question",
    [
        "Who won, Argentina or France?",
        "Which ship ran aground?",
        "When did it sail, in May or in June?",
        "Compare",
        f"Compare {'the cost of ' * 200}the dam and the port",
        "أي دولة فازت، المغرب أم كرواتيا؟",
        "أي سد انهار؟",
        "ما الفرق؟",
    ],
)
def test_what_compares_nothing(question: str) -> None:
    assert sides_of(question) == ()


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        (
            "Which killed more people, the flood in Derna or the explosion in the port of Beirut?",
            ("3,958", "218"),
        ),
        ("أيهما أودى بحياة عدد أكبر، فيضان درنة أم زلزال المغرب؟", ("3,958", "٢٩٤٦")),
    ],
)
def test_both_sides_are_quoted(
    assistant: Assistant, question: str, figures: tuple[str, str]
) -> None:
    answer = assistant.ask(question)
    assert answer.status == "answered"
    for figure in figures:
        assert any(figure in citation.quotation for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Which killed more people, the Derna flood or the Lisbon earthquake?", "Lisbon"),
        ("Which is longer, the Suez Canal or the Kiel Canal?", "Kiel"),
        ("أيهما أودى بحياة عدد أكبر، فيضان درنة أم زلزال لشبونة؟", "لشبونة"),
    ],
)
def test_a_side_that_is_not_in_the_articles_is_named(
    assistant: Assistant, question: str, missing: str
) -> None:
    answer = assistant.ask(question)
    assert answer.status == "partly"
    (note,) = [each for each in answer.notes if each.kind == "missing"]
    assert missing in note.text
