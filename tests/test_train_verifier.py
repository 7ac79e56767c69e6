"""Training the verifier: what it is shown, and that it learns that."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
import torch

from eval.train_verifier import CLAIMS, Claim, batches, changed, claims, loss_of, read, started
from eval.training import Plan, batched, optimize
from index.embed import Embedder
from index.errors import ReadError
from index.text import language_of
from rag.contexts import NO_ROW
from rag.reader import Reader

QUOTATION = "The council bought 40 buses from the company in May."
ROW = {
    "id": "one",
    "article": "buses",
    "start": 6,
    "end": 6 + len(QUOTATION),
    "true": ["In May the council bought forty buses.", "The company sold the council 40 buses."],
    "false": [{"kind": "roles", "sentence": "The council sold the company 40 buses."}],
}


def _written(folder: Path) -> Path:
    path = folder / "claims.jsonl"
    path.write_text(json.dumps(ROW), "utf-8")
    return path


def test_the_words_that_are_not_proved_are_those_that_were_changed() -> None:
    said = "The council bought 14 buses in June."
    spans = changed("The council bought 40 buses in May.", said)
    assert [said[start:end] for start, end in spans] == ["14", "June"]
    assert changed(said, said) == ()


def test_of_words_that_were_exchanged_both_are_marked() -> None:
    said = "The council sold the company 40 buses."
    spans = changed("The company sold the council 40 buses.", said)
    marked = " ".join(said[start:end] for start, end in spans)
    assert {"council", "company"} <= set(marked.split())
    assert "buses" not in marked


def test_where_words_were_left_out_their_neighbours_are_marked() -> None:
    said = "The bridge will open in May."
    ((start, end),) = changed("The bridge will not open in May.", said)
    assert said[start:end] == "will open"


def test_claims_take_their_quotation_from_the_article(tmp_path: Path) -> None:
    found = list(claims(_written(tmp_path), {"buses": f"Title {QUOTATION}"}))
    assert {each.quotation for each in found} == {QUOTATION}
    assert [each.unproved is None for each in found] == [True, True, False]
    with pytest.raises(ReadError, match="one: there is no article buses"):
        list(claims(_written(tmp_path), {}))


def test_what_is_read_marks_these_words_or_the_first_token(embedder: Embedder) -> None:
    true = read(embedder, Claim(QUOTATION, QUOTATION, "buses"))
    assert true.gold == ((0, 0),)
    sentence = "The council sold 40 buses."
    false = read(embedder, Claim(QUOTATION, sentence, "buses", ((12, 16),)))
    places = {false.context.offsets[first] for first, _ in false.gold}
    assert "".join(sentence[start:end] for start, end in sorted(places)) == "sold"
    # What was cut off cannot be pointed at: any word may be it.
    lost = read(embedder, Claim(QUOTATION, sentence, "buses", ((900, 910),)))
    assert len(lost.gold) == int((lost.context.rows != NO_ROW).sum())


def test_it_learns_what_it_is_shown(embedder: Embedder) -> None:
    torch.manual_seed(3)
    for weight in embedder.layers.parameters():
        weight.requires_grad = False
    shown = [
        read(embedder, Claim(QUOTATION, "The council bought 40 buses in May.", "b")),
        read(embedder, Claim(QUOTATION, "The company bought 40 buses in May.", "b", ((4, 11),))),
    ]
    model = started(Reader(embedder).open()[1], embedder)
    (batch,) = batched(shown)
    with torch.inference_mode():
        before = float(loss_of(model.eval(), batch))
    optimize(model, batches(shown, Random(1)), loss_of, shown, Plan(25))
    with torch.inference_mode():
        assert float(loss_of(model, batch)) < 0.5 * before


def test_the_claims_that_are_shipped_are_whole() -> None:
    rows = [json.loads(line) for line in CLAIMS.read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) > 1500
    for row in rows:
        said = [*row["true"], *(each["sentence"] for each in row["false"])]
        assert len(set(said)) == len(said) == 5, row["id"]
        assert len({language_of(each) for each in said}) == 1, row["id"]
        assert 0 <= row["start"] < row["end"], row["id"]
