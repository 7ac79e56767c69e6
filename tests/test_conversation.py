"""A conversation: how it grows, what a browser keeps of it, and how it is exported."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.llms import CompletionResponse, CompletionResponseGen
from tests_support import Scripted, scripted

from eval.dataset import GoldQuestion
from index.config import Config
from index.filters import Filters
from rag.answer import Assistant
from rag.types import Answer, Citation, Claim, Note
from ui.conversation import (
    Choices,
    Conversation,
    Turn,
    as_json,
    as_markdown,
    converse,
    day_of,
    filters_of,
    halted,
    history_of,
    kept,
    restored,
    turn_markdown,
)
from ui.service import Service
from ui.strings import WORDS

ARABIC, ENGLISH = "grand-egyptian-museum-01", "world-cup-2022-01"
BLOCKED = "How long was the Suez Canal blocked by the Ever Given?"

NOTE = Note(
    "differing",
    "The articles do not agree: 11 (Desk, 8 July 2021); 12 (Other).",
    ("ship", "crew"),
    (
        Claim("11 sailors", "ship", "A ship", "Desk", date(2021, 7, 8)),
        Claim("12", "crew", "", "", None),
    ),
)
CITATION = Citation(
    marker=1,
    article="news/السفينة 1",
    title='"A <ship>"',
    url="https://example.org/?a=1&b=2",
    source="Desk",
    published=date(2021, 7, 8),
    language="en",
    quotation="The ship\nleft \u202efor Aden\x7f.",
    start=3,
    end=27,
    marks=((4, 8), (9, 13)),
)
ANSWER = Answer(
    "answered",
    "The ship left [1].",
    "en",
    (CITATION,),
    (NOTE,),
    probability=0.75,
    llm="qwen3",
    seconds={"search": 0.125, "total": 0.25},
)
DONE = Turn("When did the ship leave?", ANSWER, phase="done")
STOPPED = Turn("متى غادرت؟", replace(ANSWER, language="ar", status="partly"), phase="stopped")
FAILED = Turn("And <b>then</b>?", problem="It broke.\nTry again.", phase="done")


class Endless(Scripted):
    """Writes on until nobody listens any more, and keeps count."""

    begun: int = 0
    ended: int = 0

    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: object
    ) -> CompletionResponseGen:
        self.begun += 1
        try:
            while True:
                time.sleep(0.01)
                yield CompletionResponse(text="", delta="and so on ")
        finally:
            self.ended += 1


@pytest.fixture
def service(assistant: Assistant) -> Service:
    """The sample articles, answered by quotations."""
    return Service(assistant)


@pytest.fixture
def questions(gold: list[GoldQuestion]) -> dict[str, str]:
    """Gold questions by id."""
    return {item.id: item.question for item in gold}


def last_of(service: Service, question: str, choices: Choices, before: Conversation = ()) -> Turn:
    """The turn that a question becomes."""
    *_, conversation = converse(service, before, question, choices)
    return conversation[-1]


def answer_of(turn: Turn) -> Answer:
    """The answer of a turn that has one."""
    assert turn.problem == ""
    assert turn.answer is not None
    return turn.answer


def test_a_conversation_grows_and_its_last_answer_is_what_ask_gives(
    service: Service, assistant: Assistant, questions: dict[str, str]
) -> None:
    first, *_, last = converse(service, (), f" {questions[ARABIC]}\n", Choices())
    assert first == (Turn(questions[ARABIC]),)
    assert [turn.phase for turn in last] == ["done"]
    *growing, longer = converse(service, last, questions[ENGLISH], Choices())
    assert all(each[0] == last[0] and each[1].phase == "running" for each in growing)
    assert longer[0] == last[0]
    answer, expected = answer_of(longer[1]), assistant.ask(questions[ENGLISH], history_of(last))
    assert (answer.text, answer.citations) == (expected.text, expected.citations)
    assert answer.citations


def test_a_drafted_answer_is_seen_growing(assistant: Assistant, questions: dict[str, str]) -> None:
    service = Service(scripted(assistant, "The final was on 18 December 2022 [1]. " * 3))
    steps = list(converse(service, (), questions[ENGLISH], Choices()))
    assert [step[0].phase for step in steps[:-1]] == ["running"] * (len(steps) - 1)
    assert len({step[0].answer.text for step in steps if step[0].answer}) > 1
    assert steps[-1][0].phase == "done"


def test_what_was_chosen_beside_the_question_is_used(service: Service) -> None:
    sources = {answer_of(last_of(service, BLOCKED, Choices())).citations[0].source}
    (source,) = sources
    turn = last_of(service, BLOCKED, Choices(sources=(source,), answered_in="ar"))
    assert answer_of(turn).language == "ar"
    assert {citation.source for citation in answer_of(turn).citations} == sources
    turn = last_of(service, BLOCKED, Choices(languages=("ar",)))
    assert {citation.language for citation in answer_of(turn).citations} <= {"ar"}
    turn = last_of(service, BLOCKED, Choices(since="٢٠٢٥-٠١-٠١"))
    days = [citation.published for citation in answer_of(turn).citations]
    assert all(day is not None and day >= date(2025, 1, 1) for day in days)
    assert answer_of(last_of(service, BLOCKED, Choices(until="1900-01-01"))).citations == ()


def test_the_model_that_was_chosen_answers(assistant: Assistant) -> None:
    service = Service(assistant.written_by(Scripted(draft="Six days [1].")))
    assert service.llms == ("Scripted", "quotes")
    assert answer_of(last_of(service, BLOCKED, Choices(llm="quotes"))).llm == "quotes"
    assert "gpt" in last_of(service, BLOCKED, Choices(llm="gpt")).problem


@pytest.mark.parametrize("typed", ["yesterday", "31-12-2023", "2023-02-30", "{typed}", "<b>"])
def test_a_day_that_is_none_is_told_in_the_language_of_the_question(
    service: Service, typed: str
) -> None:
    turn = last_of(service, BLOCKED, Choices(since=typed))
    assert turn == Turn(BLOCKED, problem=WORDS["en"].no_day.format(typed=typed), phase="done")
    turn = last_of(service, "كم يوما أغلقت القناة؟", Choices(until=typed))
    assert turn.problem == WORDS["ar"].no_day.format(typed=typed)


def test_a_period_that_ends_before_it_begins_is_told_in_the_language_of_the_question(
    service: Service,
) -> None:
    turn = last_of(service, "كم يوما أغلقت القناة؟", Choices("2024-01-02", "2024-01-01"))
    expected = WORDS["ar"].no_period.format(first="2024-01-02", last="2024-01-01")
    assert (turn.problem, turn.answer) == (expected, None)


def test_days_are_typed_in_digits_of_either_language() -> None:
    assert day_of("٢٠٢٣-١٢-٣١", "ar") == day_of(" 2023-12-31 ", "en") == date(2023, 12, 31)
    assert day_of(" \u200f", "ar") is None
    assert day_of(" ", "ar") is None
    chosen = Choices("2023-01-01", "۲۰۲۳-۱۲-۳۱", ("ar",), ("Desk",))
    expected = Filters(("ar",), ("Desk",), date(2023, 1, 1), date(2023, 12, 31))
    assert filters_of(chosen, "en") == expected


def test_an_error_becomes_part_of_the_conversation(own_home: Config) -> None:
    service = Service(Assistant.open(own_home.home, "quotes"))
    for path in own_home.home.glob("catalogue.sqlite*"):
        path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    turn = last_of(service, "When did it open?", Choices(), (DONE,))
    assert "catalogue" in turn.problem
    assert turn.phase == "done"


def test_what_nobody_expected_is_told_in_both_languages(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = Choices(since=20231231)  # type: ignore[arg-type]
    turn = last_of(service, BLOCKED, broken)
    assert turn.problem == f"{WORDS['ar'].unexpected}\n{WORDS['en'].unexpected}"
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [TypeError]


@pytest.mark.parametrize("typed", ["", "  ", "؟", "!? …", "\u202e"])
def test_an_empty_question_is_said_to_be_one(service: Service, typed: str) -> None:
    (once,) = converse(service, (DONE,), typed, Choices())
    assert once[:-1] == (DONE,)
    assert once[-1].problem == f"{WORDS['ar'].empty}\n{WORDS['en'].empty}"
    assert once[-1].phase == "done"


def test_an_empty_question_does_not_stay(service: Service) -> None:
    (once,) = converse(service, (), "  ", Choices())
    (twice,) = converse(service, once, "", Choices())
    assert twice == once


def test_closing_a_conversation_stops_the_model(assistant: Assistant) -> None:
    model = Endless()
    growing = converse(Service(assistant.written_by(model)), (), BLOCKED, Choices())
    deadline = time.monotonic() + 60
    while not model.begun:
        next(growing)
        assert time.monotonic() < deadline
    growing.close()
    while not model.ended:
        time.sleep(0.01)
        assert time.monotonic() < deadline
    assert model.begun == model.ended == 1
    assert list(growing) == []


def test_history_is_the_answered_part_of_the_conversation() -> None:
    silent = Turn("And?", replace(ANSWER, text=""), phase="stopped")
    assert history_of((DONE, FAILED, silent, Turn("Well?"))) == [
        {"role": "user", "content": "When did the ship leave?"},
        {"role": "assistant", "content": "The ship left [1]."},
    ]


def test_only_what_runs_is_halted() -> None:
    running = Turn("When?", ANSWER)
    assert halted((DONE, running)) == (DONE, Turn("When?", ANSWER, phase="stopped"))
    assert halted((DONE,)) == (DONE,)
    assert halted(()) == ()


def without_hits(turns: Conversation) -> Conversation:
    """The turns without what found their evidence."""
    return tuple(
        replace(turn, answer=replace(turn.answer, hits=())) if turn.answer else turn
        for turn in turns
    )


def test_a_browser_gives_back_what_it_was_given() -> None:
    turns = (DONE, STOPPED, FAILED)
    assert restored(kept(turns)) == turns
    assert restored(kept(())) == ()


def test_a_real_conversation_comes_back_but_for_what_found_it(
    service: Service, questions: dict[str, str]
) -> None:
    *_, once = converse(service, (), questions[ARABIC], Choices())
    *_, twice = converse(service, once, "Hello", Choices())
    assert answer_of(twice[0]).hits
    assert restored(kept(twice)) == without_hits(twice)


def test_what_no_page_shows_survives_in_one() -> None:
    text = kept((DONE, Turn("a\x00b\x1b\u2067c\u2069\ud800", phase="done")))
    assert set(text) - {"\n"} == {each for each in text if each.isprintable()}
    assert text.encode("utf-8")
    assert restored(text)[1].question == "a\x00b\x1b\u2067c\u2069\ud800"


def test_a_turn_that_ran_while_it_was_kept_comes_back_stopped() -> None:
    (turn,) = restored(kept((Turn("When?", ANSWER),)))
    assert turn == Turn("When?", ANSWER, phase="stopped")


def test_a_browser_keeps_the_end_of_a_long_conversation() -> None:
    turns = tuple(Turn(f"What of {number}?", phase="done") for number in range(60))
    assert restored(kept(turns)) == turns[-50:]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "3",
        '"turns"',
        '{"turns": null}',
        '{"turns": 3}',
        '{"turns": [null]}',
        '{"turns": [[]]}',
        '{"turns": ["question"]}',
        '{"turns": [{"question": "q"}]}',
        '{"turns": [{"question": "q", "problem": "", "phase": "done", "answer": "x"}]}',
        '{"turns": [{"question": "q", "problem": "", "phase": "done", "answer": {}}]}',
        "<script>alert(1)</script>",
        "[" * 200_000,
        "9" * 5_000,
        "\ud800",
    ],
    ids=range(18),
)
def test_what_a_browser_never_kept_is_nothing(text: str) -> None:
    assert restored(text) == ()


def changed(path: tuple[str | int, ...], value: object) -> str:
    """What is kept of one turn, with another value in one place."""
    document = json.loads(kept((DONE,)))
    place: Any = document["turns"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("answer", "status"), "sure"),
        (("answer", "status"), ["answered"]),
        (("answer", "language"), "fr"),
        (("answer", "citations"), None),
        (("answer", "seconds"), {"total": 10**400}),
        (("answer", "seconds"), []),
        (("answer", "probability"), "much"),
        (("answer", "citations", 0, "marker"), float("inf")),
        (("answer", "citations", 0, "marker"), float("nan")),
        (("answer", "citations", 0, "start"), "<b>"),
        (("answer", "citations", 0, "published"), "yesterday"),
        (("answer", "citations", 0, "marks"), [[1, 2, 3]]),
        (("answer", "citations", 0, "language"), {}),
        (("answer", "notes", 0, "claims"), [None]),
        (("answer", "notes", 0, "articles"), 3),
    ],
)
def test_one_broken_value_gives_nothing(path: tuple[str | int, ...], value: object) -> None:
    assert restored(changed(path, value)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PLACES = st.sampled_from(
    [
        *((name,) for name in ("question", "problem", "phase", "answer")),
        *(("answer", name) for name in json.loads(kept((DONE,)))["turns"][0]["answer"]),
        *(
            ("answer", "citations", 0, name)
            for name in json.loads(kept((DONE,)))["turns"][0]["answer"]["citations"][0]
        ),
        *(("answer", "notes", 0, name) for name in ("kind", "text", "articles", "claims")),
    ]
)


@settings(deadline=None)
@given(PLACES, JSON)
def test_any_other_value_gives_nothing_or_what_can_be_kept_again(
    path: tuple[str | int, ...], value: object
) -> None:
    turns = restored(changed(path, value))
    assert len(turns) <= 1
    assert kept(restored(kept(turns))) == kept(turns)
    assert as_markdown(turns).endswith("\n")


def test_an_exported_conversation_is_read() -> None:
    assert as_markdown((DONE, FAILED)) == (
        "## When did the ship leave?\n\n*Answered from the articles*\n\nThe ship left [1].\n\n"
        "> The articles do not agree: 11 (Desk, 8 July 2021); 12 (Other).\n\n"
        '[1] "A <ship>" · Desk · 2021-07-08 · https://example.org/?a=1&b=2  \n'
        "“The ship left \u202efor Aden\x7f.”\n\n"
        "## And <b>then</b>?\n\n> It broke.\n> Try again.\n"
    )


def test_a_quotation_is_exported_whole_whatever_it_holds() -> None:
    plain = replace(CITATION, title="", source="", url="", published=None)
    answer = replace(ANSWER, citations=(replace(plain, quotation="See [1] and [2]", marker=12),))
    text = turn_markdown(Turn("متى؟", replace(answer, language="ar", status="not_found")))
    assert text.startswith("## متى؟\n\n*ليست في المقالات*\n\n")
    assert text.endswith("[12] news/السفينة 1  \n“See [1] and [2]”")


def test_an_exported_document_holds_every_turn_with_its_answer() -> None:
    document = json.loads(as_json((DONE, FAILED)))
    assert list(document) == ["turns"]
    first, second = document["turns"]
    assert (first["question"], first["phase"]) == (DONE.question, "done")
    assert first["answer"]["citations"][0]["quotation"] == CITATION.quotation
    assert first["answer"]["citations"][0]["published"] == "2021-07-08"
    assert first["answer"]["notes"][0]["claims"][0]["text"] == "11 sailors"
    assert (second["problem"], second["answer"]) == (FAILED.problem, None)
