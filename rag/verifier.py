"""The verifier: whether a quotation says all that a sentence says.

A network of its own over the embedding model's layers (`rag.adapters`), trained by
`eval/train_verifier.py` on sentences that a quotation proves and on the same sentences with
something else said in one place: it looks for the words that are not proved. `VERIFIER.md` is its
model card. Numbers and dates it does not have to know, `rag.ground` compares them.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from index.text import language_of
from rag.contexts import MOST_SENTENCE_TOKENS, NO_ROW, compared
from rag.networks import Network, logits

_MOST_ODDS = 20.0


class Verifier(Network):
    """Compares sentences with quotations. Threads may share it."""

    weights = "verifier.safetensors"

    def proves(self, quotation: str, sentence: str) -> bool:
        """Whether nothing in a sentence seems to be unproved; not where it is too long to be read.

        Raises what `open` does.
        """
        if len(self.open()[0].tokens(sentence).ids) > MOST_SENTENCE_TOKENS:
            return False
        return self.odds(quotation, sentence) >= threshold(quotation, sentence)

    def odds(self, quotation: str, sentence: str) -> float:
        """The log odds that every word of a sentence is proved. Raises what `open` does."""
        embedder, model = self.open()
        context = compared(embedder, quotation, sentence, embedder.tokens)
        return odds_of(logits(model, context)[:, 0], context.rows)


def odds_of(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> float:
    """The log odds of "all is proved", for which the first token stands, against every word.

    `scores`, `rows`: (tokens,) of one context.
    """
    unproved = np.logaddexp.reduce(scores[rows != NO_ROW].astype(np.float64), initial=-math.inf)
    return float(min(max(float(scores[0]) - unproved, -_MOST_ODDS), _MOST_ODDS))


def threshold(quotation: str, sentence: str) -> float:
    """The odds from which a sentence counts as proved, by whether both are in one language."""
    kind = "within" if language_of(quotation) == language_of(sentence) else "across"
    return _thresholds()[kind]


@lru_cache(maxsize=1)
def _thresholds() -> dict[str, float]:
    text = resources.files("rag").joinpath("verifier.json").read_text("utf-8")
    found: dict[str, float] = json.loads(text)
    return found
