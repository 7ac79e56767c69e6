"""What is said again: many articles are one voice, an altered copy is no repetition."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests_support import article

from index.build import ingest
from index.config import Config
from index.embed import Embedder
from index.search import Index
from index.sentences import sentences
from rag.answer import Assistant
from rag.repeats import altered, echoing
from rag.types import Evidence, Mark

TRUE = "The reservoir of Wadi Sahar holds 42 million cubic metres of water when it is full."
FALSE = "The reservoir of Wadi Sahar holds 90 million cubic metres of water, a new count says."
ASKED = "How much water does the reservoir of Wadi Sahar hold?"
LEADS = ("", "Our desk was told. ", "Readers have asked. ", "Here it is again. ", "An update. ")
ENDS = (
    "Engineers inspected the walls in the spring of last year.",
    "The road along the shore was closed for two months.",
    "Farmers in the valley grow dates and barley.",
    "A museum of water is planned beside the old mill.",
    "The ministry has published no report on it.",
)


def evidence(text: str, id_: str, group: int | None = None) -> Evidence:
    item = article(text, id_)
    return Evidence(item, sentences(text)[0], 1.0, group)


def test_a_sentence_in_three_articles_is_one_voice() -> None:
    two = [evidence(FALSE, "a"), evidence(FALSE, "b"), evidence(TRUE, "c")]
    assert echoing(two) == frozenset()
    assert echoing([*two, evidence(f"{FALSE} {ENDS[0]}", "d")]) == {"a", "b", "d"}


def test_reprints_of_one_text_and_short_lines_are_no_voice() -> None:
    assert echoing([evidence(FALSE, id_, 1) for id_ in "abc"]) == frozenset()
    assert echoing([evidence("It was full.", id_) for id_ in "abc"]) == frozenset()


@pytest.fixture
def flooded(
    home: Config, embedder: Embedder, write: Callable[[str, str], Path]
) -> Callable[[int], Assistant]:
    """Answers where so many articles repeat a false sentence."""

    def flood(number: int) -> Assistant:
        write("true.txt", f"{ENDS[0]} {TRUE} {ENDS[2]}")
        for at in range(number):
            write(f"false-{at}.txt", f"{LEADS[at % 5]}{FALSE} {ENDS[at * 3 % 5]}")
        folder = write("bread.txt", "A bakery in the old town has won a prize for bread.").parent
        ingest([folder], home, lambda: embedder)
        return Assistant(Index.open(home, lambda: embedder), "quotes")

    return flood


@pytest.mark.parametrize("number", [5, 25])
def test_a_flood_from_one_desk_does_not_displace_the_other_article(
    flooded: Callable[[int], Assistant], number: int
) -> None:
    answer = flooded(number).ask(ASKED)
    quotations = [citation.quotation for citation in answer.citations]
    assert quotations[0] == TRUE
    assert sum("90 million" in quotation for quotation in quotations) <= 1
    assert not answer.text.startswith("**90")


ORIGINAL = "In the final minute Yusuf Alami scored the only goal of the match in Sfax."
COPY = "In the final minute Karim Zaki scored the only goal of the match in Sfax."


def marked(text: str, words: str) -> Evidence:
    start = text.index(words)
    item = evidence(text, "a", 1)
    mark = Mark(start, start + len(words), 0.5)
    return Evidence(item.article, item.sentence, 1.0, 1, mark=mark)


def test_a_copy_with_other_words_in_the_place_that_answers_is_told() -> None:
    found = altered(marked(COPY, "Karim Zaki"), [article(f"It rained. {ORIGINAL}", "b")])
    assert found is not None
    assert (found.text, found.evidence.text) == ("Yusuf Alami", ORIGINAL)


@pytest.mark.parametrize(
    "other",
    [
        COPY.replace("final", "last"),
        ORIGINAL.replace("final", "last").replace("scored", "shot"),
        f"{COPY} It rained.",
        "It rained in Sfax all day.",
        "Karim Zaki is from Sfax.",
    ],
)
def test_a_copy_that_says_the_same_is_not(other: str) -> None:
    assert altered(marked(COPY, "Karim Zaki"), [article(other, "b")]) is None


def test_an_altered_copy_is_quoted_beside_what_it_alters(
    home: Config, embedder: Embedder, write: Callable[[str, str], Path]
) -> None:
    around = f"{ENDS[0]} {ENDS[1]} {{}} {ENDS[2]} {ENDS[3]} {ENDS[4]}"
    write("a.txt", around.format(COPY))
    folder = write("b.txt", around.format(ORIGINAL)).parent
    ingest([folder], home, lambda: embedder)
    answer = Assistant(Index.open(home, lambda: embedder), "quotes").ask(
        "Who scored the only goal of the match in Sfax?"
    )
    assert {COPY, ORIGINAL} <= {citation.quotation for citation in answer.citations}
    (note,) = [note for note in answer.notes if note.kind == "differing"]
    assert {claim.text for claim in note.claims} == {"Karim Zaki", "Yusuf Alami"}
