"""Trains the reader (`rag/reader.py`): adapters over the embedding model's layers.

    python -m eval.train_reader HOME:QUESTIONS… [--gaps HOME…] [--go-on] [--steps 1000] [--seed 1]

Every file of gold questions is asked of the collection in its home, which must hold the articles;
files asked of one home together know each other's answers. What is read at each step, and what of
it does not answer, is drawn by `eval.marked`; a question is now and then misspelt the way people
type, and in the first part of the training some of what is read are sentences with gaps
(`eval.cloze`). `--go-on` begins with the weights that are there. A fifth of the articles and events
is held out (`eval.marked.held_out`): the loss on them is looked at during training, which keeps the
best state and stops when that does not fall any more. Afterwards the odds are calibrated on them
for each pair of languages, and the table of the model card is measured on them. It writes
`rag/reader.safetensors`, `rag/reader.json` and the table in `rag/READER.md`; what the odds weigh in
the order of the evidence is fitted by `eval.calibrate reader`.

The multiplications are those of the embedding model, in bfloat16 where the processor has them; a
GPU is used where there is one. One seed gives one result on one machine.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from eval.alterations import SPELLINGS
from eval.cloze import gaps
from eval.marked import Example, Marked, collected, drawn, held_out, text_of
from eval.reading import SHOWN, Outcome, grouped, outcome, table, write_card
from eval.training import Drawn, Plan, batched, likelihoods, optimize, state_of
from index.catalogue import Catalogue
from index.config import load_config
from index.embed import Embedder
from index.tokens import Tokens
from index.types import Article
from rag.adapters import AdaptedModel
from rag.contexts import Context, arranged
from rag.reader import Reader

WEIGHTS = Path("rag/reader.safetensors")
CALIBRATION = Path("rag/reader.json")
_POOL = 400  # examples that are sorted by length at once
_NEGATIVE = 0.2
_MISSPELT = 0.1
_GAPS_UNTIL = 0.6
_SPELLINGS = tuple(SPELLINGS.values())


@dataclass(slots=True)
class Drawing:
    """Draws batches; the texts' tokens are made once."""

    embedder: Embedder
    random: Random
    known: dict[str, Tokens] = field(default_factory=dict)

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text."""
        if text not in self.known:
            self.known[text] = self.embedder.tokens(text)
        return self.known[text]

    def read(self, question: str, marked: Sequence[Marked]) -> Drawn | None:
        """A question over sentences in one context; None where the answer fell out of it."""
        texts = [mark.text for mark in marked]
        context = next(arranged(self.embedder, question, texts, self.tokens))
        gold = {
            place
            for row, mark in enumerate(marked)
            for start, end in mark.spans
            if (place := _place(context, row, start, end))
        }
        if any(mark.spans for mark in marked) and not gold:
            return None
        return Drawn(context, tuple(sorted(gold)) or ((0, 0),))

    def batches(
        self, asked: Sequence[Example], filling: Sequence[Example], share: float
    ) -> Iterator[list[Drawn]]:
        """Batches of similar length in random order; `share` of them from `filling`."""
        pool = []
        for example in self.random.sample(asked, min(_POOL, len(asked))):
            is_gap = bool(filling) and self.random.random() < share
            chosen = self.random.choice(filling) if is_gap else example
            marked = drawn(chosen, self.random, _NEGATIVE)
            question = chosen.question
            if not is_gap and self.random.random() < _MISSPELT:
                question = self.random.choice(_SPELLINGS)(question, self.random)
            if marked and (read := self.read(question, marked)):
                pool.append(read)
        batches = list(batched(pool))
        self.random.shuffle(batches)
        yield from batches


def _place(context: Context, row: int, start: int, end: int) -> tuple[int, int] | None:
    """The first and last token of `start` to `end` in a sentence, where they were read."""
    inside = [
        token
        for token in np.flatnonzero(context.rows == row)
        if context.offsets[token][0] < end and context.offsets[token][1] > start
    ]
    return (int(inside[0]), int(inside[-1])) if inside else None


def loss_of(model: AdaptedModel, batch: Sequence[Drawn]) -> Tensor:
    """The mean negative log likelihood of the answers, or of "not here", over a batch."""
    logits = likelihoods(model, batch)
    likely = []
    for row, each in enumerate(batch):
        first, last = (
            torch.tensor(side, device=logits.device) for side in zip(*each.gold, strict=True)
        )
        likely.append(torch.logsumexp(logits[row, first, 0] + logits[row, last, 1], dim=0))
    return -torch.stack(likely).mean()


def train(
    model: AdaptedModel,
    drawing: Drawing,
    asked: Sequence[Example],
    validation: Sequence[Example],
    filling: Sequence[Example],
    steps: int,
) -> None:
    """Train in place; the best state by the loss on `validation` is kept.

    That is the loss over the three sentences that are nearest, with and without the answer, or the
    best three of an article that seems to answer.
    """
    read = [
        found
        for example in validation
        for without in (False, True)
        if (marked := example.nearest(SHOWN, without=without))
        and (found := drawing.read(example.question, marked))
    ]
    optimize(model, _batches(drawing, asked, filling, steps), loss_of, read, Plan(steps))


def _batches(
    drawing: Drawing, asked: Sequence[Example], filling: Sequence[Example], steps: int
) -> Iterator[list[Drawn]]:
    """Batches without end; with sentences with gaps in the first part of so many steps."""
    given = 0
    while True:
        share = 0.35 if given < _GAPS_UNTIL * steps else 0.0
        for batch in drawing.batches(asked, filling, share):
            given += 1
            yield batch


def calibration(outcomes: Sequence[tuple[Example, Outcome]]) -> dict[str, dict[str, float]]:
    """Slope and intercept for each pair of languages, on questions that were held out."""
    odds: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for example, each in outcomes:
        for value, answers in ((each.present, True), (each.absent, False)):
            if value is not None:
                odds[example.pair].append((value, answers))
    fitted = {}
    for pair, rows in sorted(odds.items()):
        model = LogisticRegression(C=100.0)
        model.fit([[value] for value, _ in rows], [answers for _, answers in rows])
        fitted[pair] = {
            "slope": round(float(model.coef_[0, 0]), 4),
            "intercept": round(float(model.intercept_[0]), 4),
        }
    return fitted


def main() -> None:
    """Run from the root of a checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="HOME:QUESTIONS")
    parser.add_argument("--gaps", nargs="*", type=Path, default=[], metavar="HOME")
    parser.add_argument("--go-on", action="store_true", help="begin with the present weights")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    embedder = Embedder.open()
    drawing = Drawing(embedder, Random(given.seed))  # noqa: S311  nothing secret is drawn
    examples = collected(given.pairs, embedder)
    asked = [each for each in examples if not held_out(each.cluster)]
    validation = [each for each in examples if held_out(each.cluster)]
    if not asked or not validation:
        raise SystemExit(
            f"{len(asked)} questions to train on and {len(validation)} held out: both are needed. "
            "Questions are held out by their event, or by the text that their article belongs to."
        )
    filling = gaps(articles_of(given.gaps), drawing.random) if given.gaps else []
    print(f"{len(asked)} questions, {len(filling)} gaps, {len(validation)} held out", flush=True)
    for weight in embedder.layers.parameters():
        weight.requires_grad = False
    model = AdaptedModel(embedder.layers).to(embedder.layers.device)
    if given.go_on:
        model.load_state_dict({name: each.float() for name, each in load_file(WEIGHTS).items()})
    train(model, drawing, asked, validation, filling, given.steps)
    save_file({name: each.half() for name, each in state_of(model).items()}, WEIGHTS)
    reader = Reader(embedder)
    outcomes = [(each, outcome(reader.read, each)) for each in validation]
    fitted = json.loads(CALIBRATION.read_text("utf-8")) | {"calibration": calibration(outcomes)}
    CALIBRATION.write_text(json.dumps(fitted, indent=1) + "\n", "utf-8")
    figures = table(grouped(outcomes))
    write_card(figures)
    print(figures)


def articles_of(homes: Sequence[Path]) -> list[Article]:
    """The articles of some collections, but for those that are held out."""
    catalogues = [Catalogue.open(load_config(home, environment={}).catalogue) for home in homes]
    return [
        catalogue.article(row.id)
        for catalogue in catalogues
        for row in catalogue.summaries()
        if not held_out(text_of(row.id))
    ]


if __name__ == "__main__":
    main()
