"""What one answer is worth: outcomes, what does not apply, and the reasons given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eval.cases import Case
from eval.dataset import GoldQuestion
from eval.score import Record, Score, drafted, score

TEXT = "The tower is 83 metres high. It was finished in May 1998 by two brothers."
GOLD = GoldQuestion(
    id="q",
    question="How high is the tower?",
    language="en",
    answers=("83 metres", "83 m"),
    articles=("tower-en",),
    evidence=("83 metres",),
)


def citation(start: int, end: int, article: str = "tower-en", marker: int = 1) -> dict[str, Any]:
    quotation = TEXT[start:end]
    return {
        "marker": marker, "language": "en", "article": article, "quotation": quotation,
        "start": start, "end": end, "marks": [],
    }  # fmt: skip


HEIGHT = citation(0, 28)
DATE = citation(29, len(TEXT), marker=2)


def answer(*citations: dict[str, Any], status: str = "answered", **more: Any) -> dict[str, Any]:
    text = "\n\n".join(f"“{c['quotation']}” [{c['marker']}]" for c in citations)
    return {
        "status": status, "text": text, "language": "en", "citations": list(citations),
        "notes": [], "probability": 0.7, "llm": "quotes", "seconds": {"total": 0.1}, **more,
    }  # fmt: skip


def refusal(text: str = "The articles in this collection do not answer it.") -> dict[str, Any]:
    return answer(status="not_found", text=text)


def scored(gold: GoldQuestion, given: dict[str, Any] | None, **more: Any) -> Score:
    held_out = more.pop("held_out", False)
    record = Record("q", ranking=("other", "tower-en"), answer=given, **more)
    return score(Case(gold, "file", "en-en", held_out), record, {"tower-en": TEXT}, {})


def test_right_where_the_evidence_is_quoted() -> None:
    result = scored(GOLD, answer(HEIGHT, DATE), candidates=(("tower-en", HEIGHT["quotation"]),))
    assert (result.outcome, result.metrics["crag_score"], result.supported) == ("right", 1, 1)
    assert result.metrics["evidence_recall"] == 1
    assert result.metrics["evidence_precision"] == 0.5
    assert result.metrics["quotations"] == 2
    assert result.metrics["citations_exact"] == 1
    assert result.metrics["answer_recall"] == 1
    assert (result.metrics["recall@1"], result.metrics["mrr@10"]) == (0, 0.5)
    assert "place 2" in " ".join(result.reasons)


def test_wrong_where_it_is_not() -> None:
    result = scored(GOLD, answer(DATE))
    assert (result.outcome, result.metrics["crag_score"]) == ("wrong", -1)
    assert result.metrics["refusal_precision"] is None
    assert "0%" in " ".join(result.reasons)


def test_the_same_words_in_another_article_are_no_evidence() -> None:
    assert scored(GOLD, answer(citation(0, 28, article="else-en"))).outcome == "wrong"


def test_a_refusal_is_worth_nothing_and_costs_nothing() -> None:
    result = scored(GOLD, refusal())
    assert (result.outcome, result.metrics["crag_score"]) == ("refused", 0)
    assert (result.metrics["coverage"], result.metrics["refusal_precision"]) == (0, 0)
    for name in ("correctness", "refusal_recall", "evidence_precision", "quotations"):
        assert result.metrics[name] is None
    assert result.metrics.get("token_f1") is None
    assert result.metrics["evidence_recall"] == 0


@pytest.mark.parametrize("given", [refusal(), answer(HEIGHT)])
def test_refusing_is_right_where_the_articles_are_held_out(given: dict[str, Any]) -> None:
    result = scored(GOLD, given, held_out=True, candidates=(("tower-en", HEIGHT["quotation"]),))
    refused = given["status"] == "not_found"
    assert result.outcome == ("refused" if refused else "wrong")
    assert result.metrics["refusal_recall"] == float(refused)
    assert result.metrics["coverage"] is None
    assert result.metrics["evidence_recall"] is None
    assert "ndcg@10" not in result.metrics
    assert result.supported == 0
    assert "held-out" in result.case.tags


def test_part_of_what_is_needed_is_incomplete() -> None:
    both = GoldQuestion(
        id="q",
        question="How high is the tower and when was it finished?",
        language="en",
        articles=("tower-en",),
        evidence=("83 metres", "May 1998"),
        tags=("two-articles",),
    )
    half, whole = scored(both, answer(HEIGHT)), scored(both, answer(HEIGHT, DATE))
    assert (half.outcome, half.metrics["evidence_recall"]) == ("incomplete", 0.5)
    assert half.metrics["crag_score"] == 0.5
    assert (whole.outcome, whole.metrics["evidence_recall"]) == ("right", 1)


def test_a_missing_part_must_be_said() -> None:
    partly = GoldQuestion(
        id="q",
        question="How high is the tower and what did it cost?",
        language="en",
        articles=("tower-en",),
        evidence=("83 metres",),
        tags=("partly",),
    )
    assert scored(partly, answer(HEIGHT)).outcome == "incomplete"
    assert scored(partly, answer(HEIGHT)).metrics["partly_recall"] == 0
    assert scored(partly, answer(HEIGHT, status="partly")).outcome == "right"
    assert scored(GOLD, answer(HEIGHT, status="partly")).outcome == "incomplete"


def test_a_failure_is_not_wrong() -> None:
    result = scored(GOLD, None, error="RuntimeError: broken")
    assert (result.outcome, result.status) == ("failed", "failed")
    assert result.metrics == {"failed": 1}
    assert "broken" in result.reasons[0]


def test_an_everyday_message_is_outside_right_and_wrong() -> None:
    hello = GoldQuestion(id="q", question="Hello!", language="en", tags=("everyday",))
    result = scored(hello, refusal())
    assert (result.outcome, result.supported) == ("message", None)
    assert "crag_score" not in result.metrics
    assert result.metrics["answer_language"] == 1


def test_without_gold_nothing_is_claimed() -> None:
    bare = GoldQuestion(id="q", question="How high?", language="en")
    assert scored(bare, answer(HEIGHT)).outcome == "unknown"
    answers = GoldQuestion(id="q", question="How high?", language="en", answers=("83 metres",))
    assert scored(answers, answer(HEIGHT)).outcome == "right"
    assert scored(answers, answer(DATE)).outcome == "wrong"


def test_a_marker_without_a_citation_does_not_exist() -> None:
    text = f"“{HEIGHT['quotation']}” [1] [4]"
    assert scored(GOLD, answer(HEIGHT, text=text)).metrics["citations_exist"] == 0.5
    assert scored(GOLD, answer(HEIGHT, DATE)).metrics["citations_exist"] == 1
    assert scored(GOLD, refusal()).metrics.get("citations_exist") is None


def test_without_evidence_an_accepted_answer_supports() -> None:
    answers = GoldQuestion(id="q", question="How high?", language="en", answers=("83 metres",))
    held = scored(answers, refusal(), candidates=(("tower-en", HEIGHT["quotation"]),))
    assert (held.outcome, held.supported) == ("refused", 1)
    assert scored(answers, refusal(), candidates=(("x", "else"),)).supported == 0


def test_an_altered_quotation_is_not_exact() -> None:
    altered = {**HEIGHT, "quotation": "The tower is 84 metres high."}
    assert scored(GOLD, answer(altered, DATE)).metrics["citations_exact"] == 0.5
    assert scored(GOLD, answer({**HEIGHT, "article": "gone"})).metrics["citations_exact"] == 0


def test_what_a_model_wrote_is_compared_with_what_it_cites() -> None:
    draft = answer(HEIGHT, llm="embedded", text="The tower is 84 metres high, or 83. [1]")
    assert scored(GOLD, draft).metrics["numbers_agree"] == 0.5
    assert scored(GOLD, answer(HEIGHT)).metrics["numbers_agree"] is None


def test_a_false_sentence_above_a_right_quotation_is_wrong() -> None:
    quoted = answer(HEIGHT)["text"]
    false = answer(HEIGHT, llm="embedded", text=f"Two brothers built it. [1]\n\n{quoted}")
    assert scored(GOLD, false).outcome == "wrong"
    assert "does not say" in " ".join(scored(GOLD, false).reasons)
    true = answer(HEIGHT, llm="embedded", text=f"It is 83 metres high. [1]\n\n{quoted}")
    assert scored(GOLD, true).outcome == "right"
    given_way = answer(HEIGHT, llm="embedded")
    assert drafted(given_way) == ""
    assert scored(GOLD, given_way).outcome == "right"


@pytest.mark.parametrize(("marks", "outcome"), [((13, 22), "right"), ((4, 9), "wrong")])
def test_a_short_answer_must_say_it_but_was_not_drafted(
    marks: tuple[int, int], outcome: str
) -> None:
    marked = {**HEIGHT, "marks": [list(marks)]}
    short = f"**{HEIGHT['quotation'][slice(*marks)]}** [1]"
    short_answer = answer(marked, text=f"{short}\n\n{answer(HEIGHT)['text']}")
    result = scored(GOLD, short_answer)
    assert (result.outcome, drafted(short_answer)) == (outcome, "")
    assert result.metrics["answer_language"] is result.metrics["numbers_agree"] is None


def test_the_words_marked_are_the_short_answer() -> None:
    marked = answer({**HEIGHT, "marks": [[13, 22]]})
    result = scored(GOLD, marked)
    assert (result.metrics["exact_match"], result.metrics["marked_recall"]) == (1, 1)
    assert scored(GOLD, answer(HEIGHT)).metrics["marked_recall"] is None


def test_marked_words_can_only_hold_an_answer_in_their_language() -> None:
    marked = answer({**HEIGHT, "marks": [[13, 22]]})
    arabic = replace(GOLD, answers=("ثلاثة وثمانون مترا",))
    assert scored(arabic, marked).metrics["marked_recall"] is None
    both = replace(GOLD, answers=("ثلاثة وثمانون مترا", "90 metres"))
    assert scored(both, marked).metrics["marked_recall"] == 0
    assert scored(replace(GOLD, answers=("83",)), marked).metrics["marked_recall"] == 1


def test_the_language_of_what_the_product_says_itself() -> None:
    assert scored(GOLD, refusal("لا تجيب المقالات.")).metrics["answer_language"] == 0
    mixed = "The articles do not answer. The nearest: «درنة بعد العاصفة»."
    assert scored(GOLD, refusal(mixed)).metrics["answer_language"] == 1
    listed = "The collection has on this subject:\n\n“فيضانات درنة بعد العاصفة دانيال وأرقامها” [1]"
    message = answer(status="message", text=listed)
    assert scored(GOLD, message).metrics["answer_language"] == 1
    assert scored(GOLD, answer(HEIGHT)).metrics["answer_language"] is None
    arabic = answer(HEIGHT, llm="embedded", text="ارتفاع البرج 83 مترا. [1]")
    assert scored(GOLD, arabic).metrics["answer_language"] == 0


def test_retrieval_alone() -> None:
    result = scored(GOLD, None)
    assert (result.status, result.outcome) == ("searched", "unknown")
    assert set(result.metrics) == {
        "failed", "ndcg@10", "recall@1", "recall@5", "recall@10", "recall@100", "mrr@10", "hit@1",
    }  # fmt: skip
