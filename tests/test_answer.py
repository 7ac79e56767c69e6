"""Answers from the sample articles: by quotations, and by the real language model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from tests_support import Scripted, scripted

from eval.dataset import GoldQuestion
from index.errors import ConfigError
from index.sentences import sentences
from rag.answer import Assistant
from rag.llm import check_llm
from rag.types import Answer


def check_citations(assistant: Assistant, answer: Answer) -> None:
    """Every quotation is exact, every marker is used, and none is missing."""
    for number, citation in enumerate(answer.citations, 1):
        assert citation.marker == number
        assert f"[{number}]" in answer.text
        text = assistant.index.catalogue.article(citation.article).text
        assert text[citation.start : citation.end] == citation.quotation
    assert f"[{len(answer.citations) + 1}]" not in answer.text


QUESTION = "How long was the Suez Canal blocked by the Ever Given?"


def test_quotations_hold_the_evidence(assistant: Assistant, gold: Sequence[GoldQuestion]) -> None:
    within = [question for question in gold if "within" in question.tags]
    right = 0
    for question in within:
        answer = assistant.ask(question.question, question.history)
        check_citations(assistant, answer)
        right += bool(question.evidence_held([(c.article, c.quotation) for c in answer.citations]))
    assert right / len(within) >= 0.53


def test_what_is_foreign_to_the_collection_is_refused(
    assistant: Assistant, gold: Sequence[GoldQuestion]
) -> None:
    foreign = [question for question in gold if "foreign" in question.tags]
    assert len(foreign) >= 6
    answers = [assistant.ask(question.question) for question in foreign]
    assert {answer.status for answer in answers} == {"not_found"}
    for question, answer in zip(foreign, answers, strict=True):
        assert (answer.language, answer.citations) == (question.language, ())
        assert answer.hits


def test_a_refusal_speaks_the_language_of_the_question(assistant: Assistant) -> None:
    assert "لا تجيب المقالات" in assistant.ask("ما هي وصفة كعكة الشوكولاتة بالبرتقال؟").text
    assert "do not answer" in assistant.ask("What is the recipe of a chocolate cake?").text


def test_who_asks_for_the_latest_is_told_how_new_it_is(assistant: Assistant) -> None:
    answer = assistant.ask("What is the latest toll that Libyan prosecutors have given for Derna?")
    (note,) = [note for note in answer.notes if note.kind == "newest"]
    assert (note.articles, "29 July 2024" in note.text) == (("derna-verdicts-en",), True)
    answer = assistant.ask("When did the Hope probe reach Mars?")
    assert "newest" not in {note.kind for note in answer.notes}


def test_an_answer_is_in_the_language_that_is_asked_for(assistant: Assistant) -> None:
    answer = assistant.ask("When did the Hope probe reach Mars? Answer in Arabic.")
    assert answer.language == "ar"
    assert any("9 February 2021" in citation.quotation for citation in answer.citations)
    (note,) = [note for note in answer.notes if note.kind == "other_language"]
    assert "الإنجليزية" in note.text
    assert "لا تجيب" in assistant.ask("What is the boiling point of ethanol? Answer in Arabic").text


def test_an_answer_across_languages_says_so(assistant: Assistant) -> None:
    answer = assistant.ask("متى دخل مسبار الأمل مدار المريخ؟")
    assert answer.language == "ar"
    assert {c.language for c in answer.citations} & {"en"}
    assert "other_language" in {note.kind for note in answer.notes}


def test_a_cut_article_is_named(assistant: Assistant) -> None:
    answer = assistant.ask("ما القدرة الإجمالية لمجمع نور ورزازات للطاقة الشمسية؟")
    assert any(c.article == "noor-ouarzazate-ar" for c in answer.citations)
    assert "truncated" in {note.kind for note in answer.notes}


def test_a_follow_up_is_understood(assistant: Assistant) -> None:
    first = assistant.ask(QUESTION)
    history = (
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": first.text},
    )
    answer = assistant.ask("And how long is it from bow to stern?", history)  # type: ignore[arg-type]
    assert any("400 metres" in c.quotation for c in answer.citations)


def test_a_draft_is_grounded_and_renumbered(assistant: Assistant) -> None:
    quoted = assistant.ask(QUESTION)
    quotation, position = quoted.citations[1].quotation, 2
    said = quotation[sentences(quotation)[-1].start :]
    draft = f"{said.rstrip('.')} [{position}]. It cost 99 trillion [{position}]. More [9]."
    answers = list(scripted(assistant, draft).stream(QUESTION))
    final = answers[-1]
    best = quoted.citations[0].quotation
    assert final.text == f"{said} [1]\n\n“{best}” [2]"
    assert [c.quotation for c in final.citations] == [quotation, best]
    assert "unverified" in {note.kind for note in final.notes}
    assert final.llm == "Scripted"


@pytest.mark.parametrize("draft", ["", "NOT FOUND", "It cost 99 trillion [1].", "No marker here."])
def test_a_draft_that_proves_nothing_leaves_the_quotations(
    assistant: Assistant, draft: str
) -> None:
    answer = scripted(assistant, draft).ask(QUESTION)
    quoted = assistant.ask(QUESTION)
    assert (answer.text, answer.citations) == (quoted.text, quoted.citations)
    assert answer.llm == "quotes"


def test_a_draft_says_what_the_reader_is_sure_of(assistant: Assistant) -> None:
    question = "At what hour of the morning did the Ever Given get stuck?"
    sure = assistant.ask(question)
    cited = next(c for c in sure.citations if sure.text.split("\n\n")[0].endswith(f"[{c.marker}]"))
    assert "7:40" in cited.quotation
    position = cited.marker
    beside = scripted(assistant, f"The Ever Given got stuck [{position}].").ask(question)
    assert beside.text == sure.text
    alone = cited.quotation[sentences(cited.quotation)[-1].start :]
    said = f"{alone.rstrip('.')} [{position}]."
    assert scripted(assistant, said).ask(question).text.startswith(alone)


def _by_default(assistant: Assistant, draft: str, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """An assistant whose default model writes `draft`."""
    monkeypatch.setattr("rag.answer.open_llm", lambda *_: Scripted(draft=draft))
    return Assistant(assistant.index)


def test_the_reader_has_to_agree_with_the_default_model(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the sentence is a true one; another model is trusted with it."""
    question = "On what day did the Ever Given run aground?"
    best = assistant.ask(question).citations[0]
    said = best.quotation[sentences(best.quotation)[-1].start :]
    draft = f"{said.rstrip('.')} [1]."
    (start, end) = best.marks[0]
    other = f"{said.replace(best.quotation[start:end], 'some day').rstrip('.')} [1]."
    assert _by_default(assistant, draft, monkeypatch).ask(question).text == f"{said} [1]"
    quoted = assistant.ask(question)
    assert _by_default(assistant, other, monkeypatch).ask(question).text == quoted.text


def test_the_default_model_is_not_asked_where_the_reader_finds_nothing_likely(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "What kind of ship is the Ever Given?"
    answer = _by_default(assistant, "", monkeypatch).ask(question)
    assert answer.llm == "quotes"
    assert "drafted" not in answer.seconds


def test_the_best_quotation_is_not_shown_twice(assistant: Assistant) -> None:
    best = assistant.ask(QUESTION).citations[0].quotation
    answer = scripted(assistant, f"{best.rstrip('.')} [1].").ask(QUESTION)
    assert answer.text == f"{best} [1]"


def test_a_model_that_fails_leaves_quotations_and_a_note(assistant: Assistant) -> None:
    answer = scripted(assistant, fails=True).ask(QUESTION)
    assert answer.citations == assistant.ask(QUESTION).citations
    (note,) = [note for note in answer.notes if note.kind == "no_model"]
    assert "nobody listens there" in note.text


def test_a_stream_only_grows_and_ends_as_ask_does(assistant: Assistant) -> None:
    quoted = assistant.ask(QUESTION)
    draft = " ".join(f"{c.quotation.rstrip('.')} [{c.marker}]." for c in quoted.citations)
    answers = list(scripted(assistant, draft).stream(QUESTION))
    assert len(answers) > 2
    for shorter, longer in pairwise(answers):
        assert longer.text.startswith(shorter.text)
        assert longer.citations[: len(shorter.citations)] == shorter.citations
    asked = scripted(assistant, draft).ask(QUESTION)
    assert replace(answers[-1], seconds={}) == replace(asked, seconds={})


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("gpt", "neither"),
        ("openai:gpt", "openai:MODEL@URL"),
        ("openai:@http://x", "openai:MODEL@URL"),
        ("pyproject.toml", "not a GGUF file"),
    ],
)
def test_a_language_model_that_cannot_be_is_a_clear_error(name: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        check_llm(name)
