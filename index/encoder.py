"""The layers of a BERT model, run so that a chunk and its sentences share nearly all the work.

Every sentence, and the chunk's title, goes alone through all layers but the last few, where short
texts cost little attention. From there it goes on twice: alone, which makes the sentence's vector,
the very one that the model gives for it; and together with the others of its chunk, which makes the
chunk's vector. With two layers read together (`TOGETHER`), the ranking is as good as with whole
chunks read by all twelve, for half the work; pooling sentences from the chunk's own pass costs as
little, but across languages its best sentence holds the answer for 0.06 to 0.08 fewer questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

TOGETHER = 2
"""How many of the last layers read the sentences of a chunk together.

One instead of two would save a tenth; ARCD and TyDi, dense alone, hit@1 0.775 instead of 0.789.
Also tried, for no gain to be seen in the noise of a shared machine: weights packed beforehand and
activations fused by oneDNN's own operations, the feed-forward part in slices that fit a cache; nor
by multiplying in 8 bits, where oneDNN takes 0.4 to 0.7 of the time, but bringing the states to them
costs more than that saves.
"""

_TOKENS_AT_ONCE = 2048
_SHORT = 96
"""Tokens; up to here attention by whole matrices takes half as long as PyTorch's own."""
_LARGEST = 80.0
"""No attention is larger, nor below its negative: the exponentials, and a sum of many, still are
numbers of bfloat16 above 0."""

Layer = Callable[[Tensor, Tensor], Tensor]
"""States (n, tokens, d) and 1 or 0 for each (n, tokens), 0 where it only fills the batch."""
States = list[Tensor]
"""The hidden states of every text, each (tokens, d)."""


class Encoder:
    """The layers of a `BertModel` or `XLMRobertaModel` of transformers, for reading in bulk."""

    def __init__(self, model: Any) -> None:
        self._embeddings = model.embeddings
        self._layers = [_layer(layer, model.config) for layer in model.encoder.layer]
        self._device = model.device
        self._padding = int(model.config.pad_token_id or 0)

    def chunks(
        self, texts: Sequence[Sequence[int]], groups: Sequence[Sequence[int]], prefix: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Means of the last states: of every text (n, d), and of every group of texts (m, d).

        `texts` are token ids with the model's marks, `groups` the rows of the texts that are read
        together. The first `prefix` tokens are the same in every text: a group has them once.
        """
        split = len(self._layers) - TOGETHER
        alone = self._through(texts, split)
        joined = [
            torch.cat([alone[row] if i == 0 else alone[row][prefix:] for i, row in enumerate(rows)])
            for rows in groups
        ]
        means = self._means([*alone, *joined], split)
        return means[: len(texts)], means[len(texts) :]

    def _through(self, texts: Sequence[Sequence[int]], last: int) -> States:
        """The states of every text after the layers before `last`."""
        states: States = [torch.empty(0)] * len(texts)

        def read(rows: Sequence[int]) -> None:
            ids = [torch.tensor(texts[row], device=self._device) for row in rows]
            padded = torch.nn.utils.rnn.pad_sequence(ids, True, self._padding)
            embedded = self._embeddings(input_ids=padded)
            for row, state in self._run(rows, ids, embedded, self._layers[:last]):
                states[row] = state

        _in_parallel(read, _batches([len(text) for text in texts]), self._device)
        return states

    def _means(self, states: States, first: int) -> NDArray[np.float32]:
        """The mean state of every text after the layers from `first` on."""
        means = np.zeros((len(states), states[0].shape[1]), np.float32)

        def read(rows: Sequence[int]) -> None:
            own = [states[row] for row in rows]
            padded = torch.nn.utils.rnn.pad_sequence(own, batch_first=True)
            for row, state in self._run(rows, own, padded, self._layers[first:]):
                means[row] = state.float().mean(dim=0).cpu().numpy()

        _in_parallel(read, _batches([len(state) for state in states]), self._device)
        return means

    def _run(
        self, rows: Sequence[int], texts: Sequence[Tensor], states: Tensor, layers: Sequence[Layer]
    ) -> Iterator[tuple[int, Tensor]]:
        """Take a batch (n, tokens, d) through some layers; gives each row's states unpadded."""
        lengths = torch.tensor([len(text) for text in texts])
        real = torch.arange(states.shape[1])[None] < lengths[:, None]
        real = real.to(self._device, states.dtype)
        for layer in layers:
            states = layer(states, real)
        for row, text, state in zip(rows, texts, states, strict=True):
            yield row, state[: len(text)]


def _layer(layer: Any, config: Any) -> Layer:
    """One layer, its three projections in one multiplication, without what only training needs."""
    own, output = layer.attention.self, layer.attention.output
    heads = int(config.num_attention_heads)
    scale = (own.query.weight.shape[0] // heads) ** -0.5
    weight = torch.cat([own.query.weight * scale, own.key.weight, own.value.weight])
    bias = torch.cat([own.query.bias * scale, own.key.bias, own.value.bias])
    activation = layer.intermediate.intermediate_act_fn

    def run(states: Tensor, real: Tensor) -> Tensor:
        count, length, width = states.shape
        split = functional.linear(states, weight, bias).view(count, length, 3, heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attend = _attend_short if length <= _SHORT else _attend
        attended = attend(query, key, value, real).transpose(1, 2).reshape(count, length, width)
        states = output.LayerNorm(output.dense(attended).add_(states))
        inner = activation(layer.intermediate.dense(states))
        result: Tensor = layer.output.LayerNorm(layer.output.dense(inner).add_(states))
        return result

    return run


def _attend(query: Tensor, key: Tensor, value: Tensor, real: Tensor) -> Tensor:
    """Attention, all of shape (n, heads, tokens, d), the queries scaled.

    `real` is 0 for what fills the batch.
    """
    shown = real.to(torch.bool)[:, None, None]
    return functional.scaled_dot_product_attention(query, key, value, shown, scale=1.0)


def _attend_short(query: Tensor, key: Tensor, value: Tensor, real: Tensor) -> Tensor:
    """The same by three operations on whole matrices.

    What fills the batch has values of 0, and so has a last column of ones, whose product is the sum
    that the exponentials are divided by.
    """
    count, heads, length, width = query.shape
    summed = torch.cat([value, value.new_ones(1).expand(count, heads, length, 1)], dim=-1)
    summed *= real[:, None, :, None]
    flat = (count * heads, length, -1)
    scores = torch.bmm(query.reshape(flat), key.reshape(flat).transpose(1, 2))
    weights = scores.clamp_(-_LARGEST, _LARGEST).exp_()
    found = torch.bmm(weights, summed.view(flat)).view(count, heads, length, width + 1)
    return found[..., :width] / found[..., width:]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of similar length together, the longest first, a bounded number of tokens at once."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    start = 0
    while start < len(order):
        size = max(1, _TOKENS_AT_ONCE // lengths[order[start]])
        yield order[start : start + size]
        start += size


def _in_parallel(
    read: Callable[[Sequence[int]], None], batches: Iterator[list[int]], device: torch.device
) -> None:
    """Read every batch: on a processor one core each, which need not wait for each other."""
    if device.type != "cpu":
        with torch.inference_mode():
            for rows in batches:
                read(rows)
        return
    threads = torch.get_num_threads()

    def alone(rows: Sequence[int]) -> None:
        torch.set_num_threads(1)
        with torch.inference_mode():
            read(rows)

    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(alone, batches))
    finally:
        torch.set_num_threads(threads)
