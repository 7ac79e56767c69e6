"""The networks of reader and verifier: the embedding model's own layers, turned by adapters.

Beside every weight matrix of a layer stands a product of two thin ones (low-rank adaptation, Hu et
al. 2021), and above the last layer a head that scores every token: for the reader as the first and
as the last of an answer, for the verifier as one that is not proved. The layers are those of the
open embedding model: they are neither copied nor changed, so that all share the memory. The same
code is trained and used.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

RANK = 40
"""Of the products: with it the weights of all layers take 5.9 MB in 16 bits."""

KINDS = 3
"""How many kinds of tokens there are: what they have to do with the question."""

_DROPPED = 0.1
"""Of the channels of a text, in training, before each sum (variational dropout, Gal and Ghahramani
2016: one mask for all tokens, which takes a thousandth of the random numbers)."""


class Adapter(nn.Module):
    """What stands beside one weight matrix, as a product of rank `rank`; at first nothing."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(rank, inputs) / inputs**0.5)
        self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, states: Tensor, made: Tensor) -> Tensor:
        """What the matrix `made` (…, outputs) of the states (…, inputs), and in place its own."""
        low = functional.linear(states, self.down.to(states.dtype)).flatten(0, -2)
        made.view(-1, made.shape[-1]).addmm_(low, self.up.to(states.dtype).t())
        return made


class LayerAdapters(nn.Module):
    """The adapters of one layer: attention's three projections together, and three matrices."""

    def __init__(self, width: int, inner: int, rank: int) -> None:
        super().__init__()
        self.attention = Adapter(width, 3 * width, rank)
        self.attended = Adapter(width, width, rank)
        self.inner = Adapter(width, inner, rank)
        self.output = Adapter(inner, width, rank)


class AdaptedModel(nn.Module):
    """Token ids to scores for every token."""

    def __init__(self, model: Any, rank: int = RANK, outputs: int = 2) -> None:
        """`model`: an open `BertModel` or `XLMRobertaModel`, which stays as it is.

        `outputs`: scores of a token.
        """
        super().__init__()
        config = model.config
        self._shared = (model,)  # in a tuple, so that its weights are not this module's
        self._heads = int(config.num_attention_heads)
        width = int(config.hidden_size)
        self.layers = nn.ModuleList(
            LayerAdapters(width, int(config.intermediate_size), rank)
            for _ in range(config.num_hidden_layers)
        )
        self.kinds = nn.Embedding(KINDS, width)
        nn.init.zeros_(self.kinds.weight)
        self.head = nn.Linear(width, outputs)

    def forward(self, ids: Tensor, kinds: Tensor, real: Tensor) -> Tensor:
        """All (n, tokens); `real` is False for what fills the batch, `kinds` below `KINDS`.

        Gives float32 (n, tokens, outputs).
        """
        (model,) = self._shared
        states = model.embeddings(input_ids=ids)
        states = self._thinned(states + self.kinds(kinds).to(states.dtype))
        hidden = torch.zeros(real.shape, dtype=states.dtype, device=states.device)
        hidden = hidden.masked_fill(~real, torch.finfo(states.dtype).min)[:, None, None]
        for layer, adapters in zip(model.encoder.layer, self.layers, strict=True):
            states = self._through(layer, adapters, states, hidden)
        scores: Tensor = self.head(states.float())
        return scores

    def _through(self, layer: Any, adapters: Any, states: Tensor, hidden: Tensor) -> Tensor:
        own, count, length = layer.attention.self, *states.shape[:2]
        projections = (own.query, own.key, own.value)
        split = torch.cat([project(states) for project in projections], dim=-1)
        split = adapters.attention(states, split).view(count, length, 3, self._heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = _attend(query, key, value, hidden).transpose(1, 2).reshape(states.shape)
        after = layer.attention.output
        attended = adapters.attended(attended, after.dense(attended))
        states = after.LayerNorm(self._thinned(attended).add_(states))
        inner = adapters.inner(states, layer.intermediate.dense(states))
        inner = layer.intermediate.intermediate_act_fn(inner)
        inner = adapters.output(inner, layer.output.dense(inner))
        result: Tensor = layer.output.LayerNorm(self._thinned(inner).add_(states))
        return result

    def _thinned(self, states: Tensor) -> Tensor:
        """In training without some of the channels of each text; else the states themselves."""
        if not self.training:
            return states
        kept = torch.full((len(states), 1, states.shape[2]), 1 - _DROPPED, device=states.device)
        return states * (torch.bernoulli(kept) / (1 - _DROPPED)).to(states.dtype)


def _attend(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor) -> Tensor:
    """Attention, all of shape (n, heads, tokens, d); `hidden` is added to the scores.

    PyTorch's own, with sums in place, took a seventh off the time of reading, but its way back
    takes a processor more than half of a training step.
    """
    if not torch.is_grad_enabled():
        return functional.scaled_dot_product_attention(query, key, value, hidden)
    alike = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2) + hidden
    attended: Tensor = alike.softmax(dim=-1) @ value
    return attended
