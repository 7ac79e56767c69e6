"""What training the reader and training the verifier have in common: batches, and the steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from rag.adapters import AdaptedModel
from rag.contexts import NO_ROW, Context

_TOKENS = 4096  # in a batch, padded
_WARM = 50  # steps
_VALIDATED_EVERY = 200
_PATIENCE = 3
_UNREAD = -1e4

Weights = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is read at once, and the first and last tokens of each answer in it.

    "Not here", or "all is proved", is the first token.
    """

    context: Context
    gold: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train and how fast; the rate rises at first, then falls to zero."""

    steps: int
    rate: float = 7e-4


def batched(pool: Sequence[Drawn]) -> Iterator[list[Drawn]]:
    """Of similar length, a bounded number of tokens at once."""
    batch: list[Drawn] = []
    for each in sorted(pool, key=lambda drawn: len(drawn.context.ids)):
        if batch and len(each.context.ids) * (len(batch) + 1) > _TOKENS:
            yield batch
            batch = []
        batch.append(each)
    if batch:
        yield batch


def likelihoods(model: AdaptedModel, batch: Sequence[Drawn]) -> Tensor:
    """Of every token of a batch how likely it is the one, as logarithms (n, tokens, outputs).

    The one is the first token or one of a sentence; together they are certain.
    """
    longest = max(len(each.context.ids) for each in batch)
    device = model.head.weight.device
    ids = torch.zeros((len(batch), longest), dtype=torch.long, device=device)
    kinds = torch.zeros_like(ids)
    real = torch.zeros((len(batch), longest), dtype=torch.bool, device=device)
    allowed = torch.zeros_like(real)
    for row, each in enumerate(batch):
        count = len(each.context.ids)
        ids[row, :count] = torch.tensor(each.context.ids)
        kinds[row, :count] = torch.tensor(each.context.kinds)
        real[row, :count] = True
        allowed[row, :count] = torch.from_numpy(each.context.rows != NO_ROW)
        allowed[row, 0] = True
    made: Tensor = model(ids, kinds, real).masked_fill(~allowed[..., None], _UNREAD)
    return made.log_softmax(dim=1)


def validated(
    model: AdaptedModel,
    read: Sequence[Drawn],
    loss_of: Callable[[AdaptedModel, Sequence[Drawn]], Tensor],
) -> float:
    """The mean loss on what was held out."""
    model.eval()
    with torch.inference_mode():
        losses = [(float(loss_of(model, batch)), len(batch)) for batch in batched(read)]
    model.train()
    return sum(loss * count for loss, count in losses) / len(read)


def optimize(
    model: AdaptedModel,
    batches: Iterator[list[Drawn]],
    loss_of: Callable[[AdaptedModel, Sequence[Drawn]], Tensor],
    held_out: Sequence[Drawn],
    plan: Plan,
) -> None:
    """Train in place on endless batches; the best state by the loss on `held_out` is kept."""
    parameters = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=plan.rate, weight_decay=0.1, betas=(0.9, 0.98))
    warm = min(_WARM, plan.steps // 10 + 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warm) * (1 - step / plan.steps)
    )
    best, kept, worse, begun = float("inf"), state_of(model), 0, time.monotonic()
    losses: list[float] = []
    model.train()
    for step, batch in enumerate(batches, 1):
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % _VALIDATED_EVERY == 0 or step == plan.steps:
            found = validated(model, held_out, loss_of)
            worse = 0 if found < best else worse + 1
            if found < best:
                best, kept = found, state_of(model)
            print(
                f"{step} steps, {time.monotonic() - begun:.0f} s: loss {np.mean(losses):.3f}, "
                f"held out {found:.3f}",
                flush=True,
            )
            losses.clear()
        if step == plan.steps or worse == _PATIENCE:
            break
    model.load_state_dict(kept)
    model.eval()


def state_of(model: AdaptedModel) -> Weights:
    """A copy of a network's weights."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
