"""The gold questions: their format, and that every one of the project's own is true."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from eval.dataset import (
    ALL_NEEDED,
    ARTICLES,
    DEVELOPMENT,
    TEST,
    GoldQuestion,
    load_questions,
    question_of,
    row_of,
)
from index.clean import Cleaned, clean
from index.errors import ReadError
from index.readers import read
from index.sentences import sentences
from index.text import STOPWORDS, language_of, stem, words
from index.types import RawArticle

LONG = "suez-canal-history-ar"
Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def raw() -> dict[str, RawArticle]:
    """The sample articles as their files hold them."""
    return {item.id: item for item in read([ARTICLES]) if isinstance(item, RawArticle)}


@pytest.fixture(scope="module")
def articles(raw: dict[str, RawArticle]) -> dict[str, Cleaned]:
    """The sample articles as they are quoted."""
    return {id_: clean(item) for id_, item in raw.items()}


@pytest.fixture(scope="module")
def splits() -> dict[str, list[GoldQuestion]]:
    return {"dev": load_questions(DEVELOPMENT), "test": load_questions(TEST)}


@pytest.fixture(scope="module")
def questions(splits: dict[str, list[GoldQuestion]]) -> list[GoldQuestion]:
    return splits["dev"] + splits["test"]


def test_sixty_articles_from_six_desks(
    raw: dict[str, RawArticle], articles: dict[str, Cleaned]
) -> None:
    assert Counter(item.language for item in raw.values()) == {"ar": 30, "en": 30}
    desks = {"North", "South", "East", "West", "Coast", "Capital"}
    assert {item.source for item in raw.values()} == {f"Dalil sample desk: {d}" for d in desks}
    assert all(item.title and item.published and item.metadata["topic"] for item in raw.values())
    lengths = {id_: len(article.text.split()) for id_, article in articles.items()}
    assert lengths.pop(LONG) >= 1000
    assert {id_: n for id_, n in lengths.items() if not 150 <= n <= 400} == {}
    assert all(language_of(article.text) == raw[id_].language for id_, article in articles.items())


def test_enough_questions_of_every_kind(questions: list[GoldQuestion]) -> None:
    assert len(questions) >= 300
    assert len({gold.id for gold in questions}) == len(questions)
    arabic = sum(gold.language == "ar" for gold in questions) / len(questions)
    assert 0.48 <= arabic <= 0.52
    tags = Counter(tag for gold in questions for tag in gold.tags)
    for kind in ("fact", "number", "date", "who", "list", "why", "cross", "two-articles"):
        assert tags[kind] >= 15, kind
    for kind in ("disagree", "latest", "earlier", "period", "follow-up", "everyday", "near"):
        assert tags[kind] >= 10, kind
    for kind in ("no-hamza", "diacritics", "arabic-digits", "misspelt", "dialect"):
        assert sum({kind, "perturbed"} <= set(gold.tags) for gold in questions) >= 5, kind
    assert tags["partly"] >= 20
    assert tags["twin"] >= 40
    assert tags["perturbed"] >= 40


def test_every_question_is_true_of_its_articles(
    questions: list[GoldQuestion], articles: dict[str, Cleaned]
) -> None:
    wrong = [problem for gold in questions for problem in _problems(gold, articles)]
    assert wrong == []


def _problems(gold: GoldQuestion, articles: dict[str, Cleaned]) -> Iterator[str]:
    """What is wrong with one question, as sentences."""
    if gold.expected in ("not_found", "message"):
        if gold.answerable or gold.articles or gold.evidence or gold.answers:
            yield f"{gold.id}: nothing answers it, and yet it has answers"
        return
    if not (gold.articles and gold.evidence and gold.answers):
        yield f"{gold.id}: articles, evidence or answers are missing"
    texts = {id_: articles[id_].text for id_ in gold.articles if id_ in articles}
    if len(texts) != len(gold.articles):
        yield f"{gold.id}: an article is missing"
    for evidence in gold.evidence:
        if not any(evidence in text for text in texts.values()):
            yield f"{gold.id}: {evidence!r} does not occur"
    for id_, text in texts.items():
        if not any(evidence in text for evidence in gold.evidence):
            yield f"{gold.id}: {id_} holds none of the evidence"


def test_questions_are_not_copied_from_the_text(
    questions: list[GoldQuestion], articles: dict[str, Cleaned]
) -> None:
    shares = [
        share
        for gold in questions
        if gold.evidence and "perturbed" not in gold.tags
        for share in [_overlap(gold, articles)]
        if share is not None
    ]
    assert len(shares) >= 150
    assert statistics.median(shares) <= 0.4


def _overlap(gold: GoldQuestion, articles: dict[str, Cleaned]) -> float | None:
    """The share of the question's stems in the evidence sentence that holds most of them."""
    asked = _stems(gold.question)
    texts = [articles[id_].text for id_ in gold.articles]
    own = [text for text in texts if language_of(text) == gold.language]
    shares = [
        len(asked & _stems(text[span.start : span.end])) / len(asked)
        for text in own
        for span in sentences(text)
        if any(evidence in text[span.start : span.end] for evidence in gold.evidence)
    ]
    return max(shares, default=None)


def _stems(text: str) -> set[str]:
    return {stem(word.folded) for word in words(text) if word.folded not in STOPWORDS}


def test_the_splits_share_no_event(splits: dict[str, list[GoldQuestion]]) -> None:
    events = {name: {gold.event for gold in golds} for name, golds in splits.items()}
    assert events["dev"].isdisjoint(events["test"])
    assert all(events["dev"] | events["test"])


def test_altered_copies_stay_with_their_original(splits: dict[str, list[GoldQuestion]]) -> None:
    for golds in splits.values():
        by_id = {gold.id: gold for gold in golds}
        for gold in golds:
            altered = {"twin", "perturbed"} & set(gold.tags)
            assert bool(gold.original) == bool(altered), gold.id
            if gold.original:
                original = by_id[gold.original]
                assert original.event == gold.event
                assert original.question != gold.question
                if "perturbed" in altered:
                    assert (gold.articles, gold.evidence) == (original.articles, original.evidence)


def test_tags_say_what_the_question_is(
    questions: list[GoldQuestion], articles: dict[str, Cleaned]
) -> None:
    for gold in questions:
        tags = set(gold.tags)
        assert ("follow-up" in tags) <= bool(gold.history), gold.id
        assert len({"twin", "near", "foreign"} & tags) <= 1, gold.id
        if gold.articles:
            texts = [articles[id_].text for id_ in gold.articles]
            own = [text for text in texts if language_of(text) == gold.language]
            stands = [any(evidence in text for text in own) for evidence in gold.evidence]
            within = any(stands) if ALL_NEEDED.isdisjoint(tags) else all(stands)
            assert {"within", "cross"} & tags == ({"within"} if within else {"cross"}), gold.id
        if "two-articles" in tags:
            assert len(gold.articles) >= 2, gold.id


def test_rows_come_back_as_they_were(questions: list[GoldQuestion]) -> None:
    assert [question_of(row_of(gold)) for gold in questions] == questions


def test_only_id_and_question_are_required(write: Write) -> None:
    path = write(
        "q.jsonl", '{"id": "a", "question": "من هو؟"}\n\n{"id": "b", "question": "Who?"}\n'
    )
    first, second = load_questions(path)
    assert (first.language, second.language) == ("ar", "en")
    assert first.expected == "answered"
    assert first.evidence_held([("x", "y")]) is None


def test_history_and_date_are_read(write: Write) -> None:
    row = (
        '{"id": "a", "question": "And then?", "as_of": "2023-09-20", '
        '"history": [{"role": "user", "content": "Who?"}]}'
    )
    (gold,) = load_questions(write("q.jsonl", row))
    assert gold.as_of == date(2023, 9, 20)
    assert gold.history == ({"role": "user", "content": "Who?"},)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"id": "a", "question": "Who?"}\n{"id": "a", "question": "When?"}', "twice"),
        ('{"id": "a"}', "line 1: 'question' is missing"),
        ('{"id": "a", "question": "Who?"}\n{"id": ', "line 2"),
        ('{"id": "a", "question": " "}', "empty"),
        ('{"id": "a", "question": "Qui ?", "language": "fr"}', "'fr'"),
        ('{"id": "a", "question": "Who?", "answers": "me"}', "answers must be a list"),
        ('{"id": "a", "question": "Who?", "as_of": "yesterday"}', "line 1"),
        ('["a"]', "line 1"),
        ("", "holds no question"),
    ],
)
def test_a_wrong_file_says_where(write: Write, text: str, said: str) -> None:
    with pytest.raises(ReadError, match=r"q\.jsonl") as caught:
        load_questions(write("q.jsonl", text))
    assert said in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"none\.jsonl"):
        load_questions(tmp_path / "none.jsonl")
