"""Trains the verifier (`rag/verifier.py`): adapters over the embedding model's layers.

    python -m eval.train_verifier HOME… [--steps 220] [--seed 1]

`eval/data/claims.jsonl` has sentences about quotations from articles that must be in the homes:
such as the quotation proves, and the same with something else said in one place. The network learns
which words these are, and that there are none where all is proved; it begins as the reader, which
already relates words of two texts and two languages. A fifth of the texts is held out; the best
state by the loss on them is kept. What of a sentence counts as proved is then set on the built-in
sentences for development (`eval.grounding`). It writes `rag/verifier.safetensors`,
`rag/verifier.json` and the table of `rag/VERIFIER.md`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from eval.grounding import ALTERED_DEV, TRUE, builtin_articles
from eval.marked import held_out, text_of
from eval.training import Drawn, Plan, batched, likelihoods, optimize, state_of
from index.catalogue import Catalogue
from index.config import load_config
from index.embed import Embedder
from index.errors import ReadError
from index.text import language_of, words
from rag.adapters import AdaptedModel
from rag.contexts import NO_ROW, compared
from rag.reader import Reader
from rag.verifier import Verifier

CLAIMS = Path(__file__).parent / "data" / "claims.jsonl"
WEIGHTS = Path("rag/verifier.safetensors")
THRESHOLDS = Path("rag/verifier.json")

KEPT = 0.9
"""The share of true sentences that must be let through."""

_POOL = 400  # sentences that are sorted by length at once


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence over a quotation; `unproved` are the words that the quotation does not say.

    Starts and ends in the sentence; None for none.
    """

    quotation: str
    sentence: str
    text: str
    unproved: tuple[tuple[int, int], ...] | None = None


def claims(path: Path, texts: Mapping[str, str]) -> Iterator[Claim]:
    """The claims of a file over articles, given by id.

    Raises `ReadError` where an article is missing.
    """
    for line in path.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if row["article"] not in texts:
            raise ReadError(f"{row['id']}: there is no article {row['article']} in these homes.")
        quotation = texts[row["article"]][row["start"] : row["end"]]
        text = text_of(row["article"])
        for sentence in row["true"]:
            yield Claim(quotation, sentence, text)
        for each in row["false"]:
            sentence = each["sentence"]
            before = max(row["true"], key=lambda true: _likeness(true, sentence))
            yield Claim(quotation, sentence, text, changed(before, sentence))


def _matcher(before: str, after: str) -> SequenceMatcher[str]:
    one, two = ([word.folded for word in words(text)] for text in (before, after))
    return SequenceMatcher(None, one, two, autojunk=False)


def _likeness(before: str, after: str) -> float:
    return _matcher(before, after).ratio()


def changed(before: str, after: str) -> tuple[tuple[int, int], ...]:
    """The words of a sentence that are not as they were before: starts and ends in it.

    Where words were left out, those on both sides; of exchanged ones some between them too.
    """
    said = words(after)
    spans = []
    for kind, _, _, first, last in _matcher(before, after).get_opcodes():
        if kind == "equal":
            continue
        near = said[first:last] or said[max(0, first - 1) : first + 1]
        if near:
            spans.append((near[0].start, near[-1].end))
    return tuple(spans)


def read(embedder: Embedder, claim: Claim) -> Drawn:
    """A claim as it is read; where nothing unproved fell into it, any of its words may be."""
    context = compared(embedder, claim.quotation, claim.sentence, embedder.tokens)
    own = [int(token) for token in np.flatnonzero(context.rows != NO_ROW)]
    if claim.unproved is None:
        return Drawn(context, ((0, 0),))
    inside = [
        token
        for token in own
        if any(
            context.offsets[token][0] < end and context.offsets[token][1] > start
            for start, end in claim.unproved
        )
    ]
    return Drawn(context, tuple((token, token) for token in inside or own))


def loss_of(model: AdaptedModel, batch: Sequence[Drawn]) -> Tensor:
    """The mean negative log likelihood of the unproved words, or of "all is proved"."""
    logits = likelihoods(model, batch)[..., 0]
    likely = []
    for row, each in enumerate(batch):
        tokens = torch.tensor(each.gold, device=logits.device)[:, 0]
        likely.append(torch.logsumexp(logits[row, tokens], dim=0))
    return -torch.stack(likely).mean()


def batches(pool: Sequence[Drawn], random: Random) -> Iterator[list[Drawn]]:
    """Batches of similar length without end, in another order every time."""
    while True:
        order = random.sample(pool, len(pool))
        for start in range(0, len(order), _POOL):
            found = list(batched(order[start : start + _POOL]))
            random.shuffle(found)
            yield from found


def started(reader: AdaptedModel, embedder: Embedder) -> AdaptedModel:
    """A network that begins as the reader, with the first of its two scores."""
    weights = state_of(reader)
    rank = weights["layers.0.attention.down"].shape[0]
    model = AdaptedModel(embedder.layers, rank, outputs=1)
    first = {name: each[:1] for name, each in weights.items() if name.startswith("head.")}
    model.load_state_dict({name: each.float() for name, each in (weights | first).items()})
    return model.to(embedder.layers.device)


def thresholds(verifier: Verifier, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The odds that `KEPT` of the true sentences of some rows reach, within a language and across.

    Raises `ReadError` where a quotation does not stand in its article.
    """
    articles = builtin_articles()
    odds: dict[str, list[float]] = {"within": [], "across": []}
    for row in rows:
        if row["quotation"] not in articles[row["article"]].text:
            raise ReadError(f"{row['id']}: its quotation does not stand in {row['article']}.")
        same = language_of(row["quotation"]) == language_of(row["sentence"])
        found = verifier.odds(row["quotation"], row["sentence"])
        odds["within" if same else "across"].append(found)
    least = {name: np.quantile(each, 1 - KEPT, method="lower") for name, each in odds.items()}
    return {name: math.floor(1000 * each) / 1000 for name, each in least.items()}


def main() -> None:
    """Run from the root of a checkout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("homes", nargs="+", type=Path, metavar="HOME")
    parser.add_argument("--steps", type=int, default=220)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    embedder = Embedder.open()
    found = list(claims(CLAIMS, dict(_texts(given.homes))))
    asked = [read(embedder, each) for each in found if not held_out(each.text)]
    validation = [read(embedder, each) for each in found if held_out(each.text)]
    if not asked or not validation:
        raise SystemExit(f"{len(asked)} sentences and {len(validation)} held out: both are needed.")
    print(f"{len(asked)} sentences, {len(validation)} held out", flush=True)
    for weight in embedder.layers.parameters():
        weight.requires_grad = False
    model = started(Reader(embedder).open()[1], embedder)
    random = Random(given.seed)  # noqa: S311  nothing secret is drawn
    plan = Plan(given.steps, rate=5e-4)
    optimize(model, batches(asked, random), loss_of, validation, plan)
    save_file({name: each.half() for name, each in state_of(model).items()}, WEIGHTS)
    rows = list(map(json.loads, ALTERED_DEV.read_text("utf-8").splitlines()))
    fitted = thresholds(Verifier(embedder), rows)
    THRESHOLDS.write_text(json.dumps(fitted, indent=1) + "\n", "utf-8")
    print(f"{TRUE} sentences for development are let through from {fitted}")


def _texts(homes: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for home in homes:
        catalogue = Catalogue.open(load_config(home, environment={}).catalogue)
        for row in catalogue.summaries():
            yield row.id, catalogue.article(row.id).text


if __name__ == "__main__":
    main()
