"""Writing sentences with a captioner: greedy, sampled in batches, or by beam, all with the cache of earlier tokens."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.training.parts.captioner import Captioner, Memory
from engine.training.tokens import END_ID, MASK_ID, PAD_ID, START_ID, UNKNOWN_ID

_NEVER_WRITTEN = [PAD_ID, START_ID, MASK_ID, UNKNOWN_ID]


@dataclass(frozen=True, slots=True)
class Writing:
    """How to choose the next token. Temperature 0 is greedy."""

    count: int = 1
    temperature: float = 0.0
    top_p: float = 0.95
    top_k: int = 64
    max_length: int = 24
    seed: int = 0


@torch.no_grad()
def write(captioner: Captioner, memory: Memory, how: Writing, prefix: Tensor | None = None) -> Tensor:
    """Token ids [B * count, L], START to END, padded. `prefix` [B * count, T] begins each sentence."""
    videos = memory.visible.shape[0]
    device = memory.visible.device
    generator = torch.Generator(device).manual_seed(how.seed)
    ids = torch.full((videos * how.count, 1), START_ID, device=device) if prefix is None else prefix
    past, fresh = None, ids
    done = torch.zeros(len(ids), dtype=torch.bool, device=device)
    while ids.shape[1] < how.max_length and not bool(done.all()):
        logits, past = captioner(fresh, memory, past)
        fresh = _choose(logits[:, -1].float(), how, generator)
        fresh = torch.where(done, PAD_ID, fresh)[:, None]
        done = done | (fresh[:, 0] == END_ID)
        ids = torch.cat([ids, fresh], dim=1)
    # A sentence that was cut off ends where it was cut.
    ids[~done, -1] = END_ID
    return ids


def _choose(logits: Tensor, how: Writing, generator: torch.Generator) -> Tensor:
    logits[:, _NEVER_WRITTEN] = -torch.inf
    if how.temperature <= 0:
        return logits.argmax(dim=-1)
    best, tokens = (logits / how.temperature).topk(min(how.top_k, logits.shape[1]), dim=-1)
    chance = best.softmax(dim=-1)
    # The first token beyond top-p stays out, the one that reaches it stays in.
    chance = chance.masked_fill(chance.cumsum(dim=-1) - chance >= how.top_p, 0.0)
    drawn = torch.multinomial(chance, 1, generator=generator)
    return tokens.gather(1, drawn)[:, 0]


@torch.no_grad()
def beam(captioner: Captioner, memory: Memory, width: int = 3, max_length: int = 24) -> Tensor:
    """The likeliest sentence a video, by mean token log-probability among `width` beams: ids [B, L]."""
    videos, device = memory.visible.shape[0], memory.visible.device
    ids = torch.full((videos * width, 1), START_ID, device=device)
    score = torch.full((videos, width), -torch.inf, device=device)
    score[:, 0] = 0.0
    past, first = None, torch.arange(videos, device=device)[:, None] * width
    while ids.shape[1] < max_length:
        done = ids[:, -1].eq(END_ID) | ids[:, -1].eq(PAD_ID)
        if bool(done.all()):
            break
        logits, past = captioner(ids if past is None else ids[:, -1:], memory, past)
        chance = logits[:, -1].float().log_softmax(dim=-1)
        chance[:, _NEVER_WRITTEN] = -torch.inf
        chance[done] = -torch.inf
        chance[done, PAD_ID] = 0.0
        total = (score.reshape(-1, 1) + chance).reshape(videos, -1)
        score, flat = total.topk(width, dim=-1)
        parent = (first + flat // chance.shape[1]).reshape(-1)
        ids = torch.cat([ids[parent], (flat % chance.shape[1]).reshape(-1, 1)], dim=1)
        past = past.index_select(2, parent)
    ids[ids[:, -1].ne(END_ID) & ids[:, -1].ne(PAD_ID), -1] = END_ID
    length = (ids.reshape(videos, width, -1) != PAD_ID).sum(dim=-1)
    best = (score / length).argmax(dim=-1)
    return ids.reshape(videos, width, -1)[torch.arange(videos, device=device), best]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Token log-probabilities of given sentences, [N, L-1], zero on padding."""

    tokens: Tensor
    mask: Tensor

    @property
    def total(self) -> Tensor:
        return self.tokens.sum(dim=1)

    @property
    def length(self) -> Tensor:
        return self.mask.sum(dim=1)

    @property
    def mean_log(self) -> Tensor:
        return self.total / self.length

    @property
    def mean_probability(self) -> Tensor:
        return (self.tokens.exp() * self.mask).sum(dim=1) / self.length


def likelihood(captioner: Captioner, memory: Memory, ids: Tensor) -> Likelihood:
    """What the captioner thinks of sentences it did not write; rows as in `Captioner.forward`."""
    logits, _ = captioner(ids[:, :-1], memory)
    target = ids[:, 1:]
    mask = target != PAD_ID
    loss = functional.cross_entropy(logits.float().flatten(0, 1), target.flatten(), reduction="none")
    return Likelihood(-loss.reshape(target.shape) * mask, mask.float())
