"""The collection that is served, with the language models offered on it."""

from __future__ import annotations

import pytest
from tests_support import Scripted

from index.errors import ConfigError
from index.filters import Filters
from rag.answer import Assistant
from rag.llm import short_name
from ui.arrival import Arrival
from ui.service import Request, Service
from ui.strings import WORDS

QUESTION = "How long was the Suez Canal blocked by the Ever Given?"


def test_every_model_answers_from_one_collection(assistant: Assistant) -> None:
    service = Service(assistant.written_by(Scripted()), ["openai:qwen3@http://127.0.0.1:9/v1"])
    assert service.llms == ("Scripted", "qwen3", "quotes")
    assert service.assistant("quotes").reader is assistant.reader
    assert service.assistant().llm_name == "Scripted"


def test_an_answer_is_that_of_the_assistant(assistant: Assistant) -> None:
    *_, answer = Service(assistant).stream(Request(QUESTION))
    expected = assistant.ask(QUESTION)
    assert (answer.text, answer.citations) == (expected.text, expected.citations)


def test_the_request_carries_filters_and_the_language_of_the_answer(assistant: Assistant) -> None:
    filters = Filters(languages=("ar",))
    *_, answer = Service(assistant).stream(Request(QUESTION, (), filters, "ar"))
    assert answer.language == "ar"
    assert {citation.language for citation in answer.citations} <= {"ar"}
    *_, greeting = Service(assistant).stream(Request("Hello", answered_in="ar"))
    assert greeting.language == "ar"


def test_a_model_that_is_not_offered_is_an_error_that_names_those_that_are(
    assistant: Assistant,
) -> None:
    with pytest.raises(ConfigError, match="no language model 'gpt' here; there is: quotes"):
        next(Service(assistant).stream(Request(QUESTION, llm="gpt")))


def test_two_models_of_one_name_are_refused(assistant: Assistant) -> None:
    names = ["openai:m@http://127.0.0.1:1/v1", "openai:m@http://127.0.0.1:2/v1"]
    with pytest.raises(ConfigError, match="called 'm'"):
        Service(assistant, names)


def test_while_the_model_is_on_its_way_its_absence_is_explained_by_that(
    assistant: Assistant,
) -> None:
    failing = assistant.written_by(Scripted(fails=True))
    *_, answer = Service(failing).stream(Request(QUESTION))
    assert "nobody listens there" in answer.notes[0].text
    *_, answer = Service(failing, arrival=lambda: Arrival(active=True)).stream(Request(QUESTION))
    assert answer.notes[0].text == WORDS["en"].arriving_note


def test_neither_the_address_nor_the_path_of_a_model_is_its_name() -> None:
    names = ["openai:qwen3@http://key@host:8080/v1", "/home/me/models/some.gguf", "embedded"]
    assert [short_name(name) for name in names] == ["qwen3", "some", "embedded"]
