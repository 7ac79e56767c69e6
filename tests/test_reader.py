"""The reader: marks that stand where they say, weights that are shared, texts of any length."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from importlib import resources

import numpy as np
import pytest
import torch

from eval.dataset import GoldQuestion
from index.config import load_config
from index.embed import Embedder
from index.errors import ConfigError
from index.search import Index
from rag.adapters import AdaptedModel
from rag.answer import Assistant
from rag.contexts import (
    MOST_QUESTION_TOKENS,
    MOST_TOKENS,
    NO_ROW,
    Context,
    arranged,
    asked_words,
    kinds_of,
)
from rag.evidence import READ, gather
from rag.question import prepare
from rag.reader import LONGEST_SPAN, Reader, marks_of, spans_of
from rag.types import Message

QUESTION = "When did the Hope probe reach Mars?"
HOUR = "At what hour of the morning did the Ever Given get stuck?"
SENTENCES = (
    "The probe fired its six thrusters for 27 minutes.",
    "The Emirati spacecraft Hope reached Mars on Tuesday 9 February 2021.",
    "Its cameras watch the weather of the planet.",
)


@pytest.fixture(scope="module")
def reader(embedder: Embedder) -> Reader:
    return Reader(embedder)


def test_the_words_that_answer_are_marked_where_they_stand(reader: Reader) -> None:
    reading = reader.read(QUESTION, SENTENCES)
    row, mark = reading.marks[0]
    assert row == 1
    assert "9 February 2021" in SENTENCES[row][mark.start : mark.end]
    assert reading.odds[1] == max(reading.odds)
    assert reading.best(1) == mark


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        (
            "متى استقالت حكومة حسان دياب؟",
            "وفي ١٠ آبَ 2020 أعلن رئيس الوزراء حسّان دياب استقالة حكومته تحت ضغط الشارع.",
            "آبَ 2020",
        ),
        (
            "When did the government of Hassan Diab resign?",
            "وفي 10 آب 2020 أعلن رئيس الوزراء حسان دياب استقالة حكومته.",
            "10 آب 2020",
        ),
        (
            "متى وصل مسبار الأمل إلى المريخ؟",
            "The spacecraft Hope slipped into orbit around Mars on 9 February 2021.",
            "9 February 2021",
        ),
    ],
)
def test_offsets_count_in_the_sentence_as_it_is_written(
    reader: Reader, question: str, sentence: str, answer: str
) -> None:
    _, mark = reader.read(question, [sentence]).marks[0]
    assert answer in sentence[mark.start : mark.end]


def test_probabilities_fall_and_marks_do_not_overlap(reader: Reader) -> None:
    reading = reader.read(QUESTION, SENTENCES)
    likely = [mark.probability for _, mark in reading.marks]
    assert likely == sorted(likely, reverse=True)
    assert sum(likely) <= reading.probability <= 1
    places = sorted((row, mark.start, mark.end) for row, mark in reading.marks)
    for before, after in itertools.pairwise(places):
        assert before[0] != after[0] or before[2] <= after[1]


def test_two_of_nearly_the_same_words_are_likelier_than_a_third_elsewhere() -> None:
    offsets = tuple((3 * place, 3 * place + 2) for place in range(4))
    context = Context((0,) * 4, (0,) * 4, np.array([0, 0, 0, 1]), offsets)
    scored = np.full((4, LONGEST_SPAN), -np.inf, np.float32)
    scored[0, 1], scored[0, 2], scored[3, 0] = np.log([0.3, 0.28, 0.42])
    (row, mark), (other, elsewhere) = marks_of(
        ["ab cd ef", "gh cd ef ij"], [context], [scored], 0.5
    )
    assert (row, mark.start, mark.end) == (0, 0, 5)
    assert mark.probability == pytest.approx(0.5 * (0.3 + 0.28 * 2 * 5 / (5 + 8)))
    assert (other, elsewhere.start) == (1, 9)
    assert elsewhere.probability == pytest.approx(0.5 * 0.42)


def test_nothing_that_can_be_read_has_no_marks() -> None:
    nothing = np.full((1, LONGEST_SPAN), -np.inf, np.float32)
    nowhere = Context((0,), (0,), np.array([NO_ROW]), ((0, 0),))
    assert marks_of([], [nowhere], [nothing], 0.5) == ()


@pytest.mark.parametrize(
    ("sentence", "part", "marked"),
    [
        ("On the 12th day", "12", "12th"),
        ("والمدرسةُ هناك", "مدرس", "مدرسةُ"),
        ("in 2021.", "2021.", "2021"),
        ("قال «الكرامة»، أمس", "«الكرامة»،", "الكرامة"),
        ("up 5%, or -3 C", "5%,", "5%"),
    ],
)
def test_a_mark_begins_and_ends_with_words(sentence: str, part: str, marked: str) -> None:
    start = sentence.index(part)
    context = Context((0,), (0,), np.array([0]), ((start, start + len(part)),))
    scored = np.full((1, LONGEST_SPAN), -np.inf, np.float32)
    scored[0, 0] = 0.0
    ((_, mark),) = marks_of([sentence], [context], [scored], 0.5)
    assert sentence[mark.start : mark.end] == marked


def test_an_answer_is_likelier_where_it_is(reader: Reader) -> None:
    without = [SENTENCES[0], SENTENCES[2]]
    assert reader.read(QUESTION, SENTENCES).probability > reader.read(QUESTION, without).probability


def test_nothing_to_read_answers_nothing(reader: Reader) -> None:
    reading = reader.read(QUESTION, [])
    assert (reading.marks, reading.odds, reading.probability) == ((), (), 0.0)
    strange = reader.read("؟", ["", "\u200f", "…", "\ud83d\ude00"])
    assert len(strange.odds) == 4
    assert 0 <= strange.probability <= 1


def test_every_sentence_is_read_however_many_and_long(reader: Reader) -> None:
    many = [*SENTENCES[::2] * 40, "word " * 2000, SENTENCES[1]]
    reading = reader.read(QUESTION * 30, many)
    assert np.isfinite(reading.odds).all()
    assert int(np.argmax(reading.odds)) == len(many) - 1


def test_a_long_question_is_read_to_its_end(reader: Reader, embedder: Embedder) -> None:
    long = "I have been reading about the harbour, its cranes and its grain silos. " * 20
    (context,) = arranged(embedder, long + QUESTION, SENTENCES, embedder.tokens)
    (alone,) = arranged(embedder, QUESTION, SENTENCES, embedder.tokens)
    asked = len(embedder.tokens(QUESTION).ids)
    head, end = list(context.rows).index(0), list(alone.rows).index(0)
    assert head - end == MOST_QUESTION_TOKENS - asked
    after = 2 + len(embedder.tokens(embedder.prefix("passage")).ids)
    assert context.ids[head - asked - after : head] == alone.ids[end - asked - after : end]


def test_contexts_hold_the_question_and_no_more_than_is_read_at_once(embedder: Embedder) -> None:
    contexts = list(arranged(embedder, QUESTION, SENTENCES * 30, embedder.tokens))
    assert len(contexts) > 1
    assert all(len(each.ids) <= MOST_TOKENS for each in contexts)
    assert {row for each in contexts for row in each.rows} == {NO_ROW, *range(90)}


@pytest.mark.parametrize(
    ("question", "sentence", "shared", "kind"),
    [
        ("Who met Haftar in 2023?", "التقى حفتر في 2023 نائب الوزير.", ["حفتر", "2023"], 2),
        ("Which probes reached Mars?", "The probe reached Mars.", ["probe", "reached", "Mars"], 1),
        ("من التقى حفتر؟", "Khalifa Haftar met the minister.", ["Haftar"], 2),
    ],
)
def test_words_that_a_sentence_shares_with_the_question_are_told(
    embedder: Embedder, question: str, sentence: str, shared: list[str], kind: int
) -> None:
    tokens = embedder.tokens(sentence)
    kinds = kinds_of(sentence, tokens, asked_words(question))
    told = {
        sentence[start:end]
        for (start, end), each in zip(tokens.offsets, kinds, strict=True)
        if each == kind
    }
    assert {word for word in shared if any(part and part in word for part in told)} == set(shared)
    assert set(kinds) == {0, kind}


def test_spans_stay_in_their_sentence() -> None:
    rows = np.array([NO_ROW, 0, 0, NO_ROW, 1])
    found = spans_of(np.zeros((5, 2), np.float32), rows)
    assert found.shape == (5, LONGEST_SPAN)
    assert [tuple(place) for place in np.argwhere(np.isfinite(found))] == [
        (1, 0),
        (1, 1),
        (2, 0),
        (4, 0),
    ]


def test_it_shares_the_weights_of_the_embedding_and_leaves_them_alone(embedder: Embedder) -> None:
    before = embedder.questions([QUESTION])
    reader = Reader(embedder)
    reader.read(QUESTION, SENTENCES)
    model = reader._model
    assert isinstance(model, AdaptedModel)
    own = sum(weight.numel() for weight in model.parameters())
    assert own < embedder.layers.num_parameters() / 30
    shared = {weight.data_ptr() for weight in embedder.layers.parameters()}
    assert shared.isdisjoint(weight.data_ptr() for weight in model.parameters())
    assert model._shared[0] is embedder.layers
    assert (embedder.questions([QUESTION]) == before).all()


def test_adapters_that_were_not_trained_change_nothing(embedder: Embedder) -> None:
    model = AdaptedModel(embedder.layers).eval()
    ids = torch.tensor([[0, 41, 1294, 12, 2]])
    with torch.inference_mode():
        states = embedder.layers(input_ids=ids).last_hidden_state.float()
        expected = torch.nn.functional.linear(states, model.head.weight, model.head.bias)
        found = model(ids, torch.zeros_like(ids), torch.ones_like(ids, dtype=torch.bool))
    assert torch.allclose(found, expected, atol=0.05)


def test_channels_are_left_out_in_training_alone(embedder: Embedder) -> None:
    model = AdaptedModel(embedder.layers)
    ids = torch.tensor([[0, 41, 1294, 12, 2]])
    given = (ids, torch.zeros_like(ids), torch.ones_like(ids, dtype=torch.bool))
    with torch.inference_mode():
        assert not torch.equal(model(*given), model(*given))
        model.eval()
        assert torch.equal(model(*given), model(*given))


def test_the_weights_in_the_package_are_small() -> None:
    assert len(resources.files("rag").joinpath("reader.safetensors").read_bytes()) <= 6_000_000


def test_threads_may_share_it(reader: Reader) -> None:
    alone = reader.read(QUESTION, SENTENCES)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: reader.read(QUESTION, SENTENCES), range(8)))
    assert all(each.marks[0][1].start == alone.marks[0][1].start for each in found)


def test_answers_mark_what_the_quotation_holds(
    assistant: Assistant, gold: list[GoldQuestion]
) -> None:
    marked = 0
    for question in gold[:40]:
        for citation in assistant.ask(question.question).citations:
            for start, end in citation.marks:
                assert 0 <= start < end <= len(citation.quotation)
                marked += 1
    assert marked > 10


def test_a_short_answer_stands_before_the_quotations(assistant: Assistant) -> None:
    answer = assistant.ask(HOUR)
    short, *quotations = answer.text.split("\n\n")
    assert short.startswith("**")
    assert "7:40" in short
    cited = next(c for c in answer.citations if short.endswith(f"** [{c.marker}]"))
    (mark,) = cited.marks
    assert short == f"**{cited.quotation[slice(*mark)]}** [{cited.marker}]"
    assert len(quotations) == len(answer.citations)


def test_only_what_stands_alone_gets_a_short_answer(assistant: Assistant) -> None:
    history: list[Message] = [
        {"role": "user", "content": HOUR},
        {"role": "assistant", "content": "At 7:40. [1]"},
    ]
    assert assistant.ask(HOUR, history).text.startswith("**")
    follow_up = assistant.ask("And in which canal was that?", history)
    assert follow_up.status == "answered"
    assert not follow_up.text.startswith("**")


@pytest.mark.parametrize("most", [1, 8, 20])
def test_how_many_are_shown_decides_nothing(assistant: Assistant, most: int) -> None:
    config = load_config(assistant.index.config.home, {"quotations": most}, environment={})
    index = Index.open(config, lambda: assistant.index.embedder)
    gathered = gather(index, prepare(HOUR), reader=assistant.reader)
    usual = gather(assistant.index, prepare(HOUR), reader=assistant.reader)
    assert len(gathered.evidence) == max(most, READ)
    assert all(item.odds is not None for item in gathered.evidence)
    if most <= READ:
        assert gathered.evidence == usual.evidence


def test_without_it_there_are_no_marks(assistant: Assistant) -> None:
    home = assistant.index.config.home
    without = Assistant.open(home, "quotes", reader="none")
    answer = without.ask(HOUR)
    assert answer.status == "answered"
    assert not answer.text.startswith("**")
    assert all(not citation.marks for citation in answer.citations)


def test_a_reader_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigError, match="default, none"):
        load_config(None, {"reader": "other"}, environment={})
