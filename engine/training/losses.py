"""Preference losses: pure functions over a batch of captions and who is preferred to whom. No models.

`dpo` and `synpo` are exact. `dg_dpo` is a reconstruction: of the CaRe-DPO paper only the abstract and later
reports were readable, which say that preferences are modelled across groups of distinct video-caption pairs
but not how. The reading used by default is `pairs`; the two others the abstract allows are switches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from engine.training.recipe_language import Center, Reading


@dataclass(frozen=True, slots=True)
class PairBatch:
    """C captions of V videos. Everything but the preferences is one value a caption."""

    log_likelihood: Tensor
    """[C] summed log-probability under the policy, end of sentence included."""
    length: Tensor
    """[C] tokens that were summed."""
    mean_probability: Tensor
    """[C] arithmetic mean of the token probabilities under the policy."""
    video: Tensor
    """[C] number of the video within the batch, 0 to V-1. A video's captions are its group."""
    inside: Tensor
    """[P, 2] better and worse caption of one video, as positions in C."""
    across: Tensor
    """[Q, 2] better and worse pair of two similar videos, as positions in C."""
    reference: Tensor | None = None
    """[C] summed log-probability under the frozen captioner."""
    swapped: Tensor | None = None
    """[C] summed log-probability of the caption given a similar *other* video, for the reading `axes`."""
    swapped_reference: Tensor | None = None


@dataclass(frozen=True, slots=True)
class LossOptions:
    beta: float = 0.1
    """Strength of the pull to the reference (dpo, dg_dpo)."""
    across_weight: float = 1.0
    center: Center = "group"
    reading: Reading = "pairs"
    alpha: float = 30.0
    """SynPO: which gap in probability is still worth chasing."""
    language: float = 0.2
    """SynPO: weight of the term that keeps the chosen caption likely."""


@dataclass(frozen=True, slots=True)
class PreferenceLoss:
    compute: Callable[[PairBatch, LossOptions], Tensor]
    needs_reference: bool
    uses_across: bool


def dpo(batch: PairBatch, options: LossOptions) -> Tensor:
    """Direct preference optimisation inside each video."""
    return _margin_loss(_rewards(batch, options.beta), batch.inside)


def dg_dpo(batch: PairBatch, options: LossOptions) -> Tensor:
    """Dual-group DPO: inside a video and across distinct similar videos. A reconstruction, see above."""
    rewards = _rewards(batch, options.beta)
    if options.reading == "sets":
        return _sets_loss(_centred(rewards, batch.video, options.center), batch)
    inside = _margin_loss(rewards, batch.inside)
    if options.reading == "axes":
        return inside + options.across_weight * _axes_loss(rewards, batch, options.beta)
    # Across videos the partition functions do not cancel; taking off each video's mean stands in for them.
    across = _margin_loss(_centred(rewards, batch.video, options.center), batch.across)
    return inside + options.across_weight * across


def synpo(batch: PairBatch, options: LossOptions) -> Tensor:
    """SynPO: plain sigmoid over geometric-mean probabilities, positive language term, no reference model."""
    geometric = torch.exp(batch.log_likelihood / batch.length)
    better, worse = batch.inside.unbind(1)
    separation = torch.sigmoid(options.alpha * (geometric[better] - geometric[worse]))
    return _mean(-separation - options.language * batch.mean_probability[better])


LOSSES: dict[str, PreferenceLoss] = {
    "dpo": PreferenceLoss(dpo, needs_reference=True, uses_across=False),
    "dg_dpo": PreferenceLoss(dg_dpo, needs_reference=True, uses_across=True),
    "synpo": PreferenceLoss(synpo, needs_reference=False, uses_across=False),
}


def _rewards(batch: PairBatch, beta: float) -> Tensor:
    if batch.reference is None:
        raise ValueError("this loss compares with a reference captioner, and the batch has none")
    return beta * (batch.log_likelihood - batch.reference)


def _centred(rewards: Tensor, video: Tensor, center: Center) -> Tensor:
    if center == "none" or rewards.numel() == 0:
        return rewards
    count = int(video.max()) + 1
    sums = rewards.new_zeros(count).index_add(0, video, rewards)
    sizes = rewards.new_zeros(count).index_add(0, video, torch.ones_like(rewards))
    return rewards - (sums / sizes.clamp(min=1))[video]


def _margin_loss(rewards: Tensor, pairs: Tensor) -> Tensor:
    better, worse = pairs.unbind(1)
    return _mean(-logsigmoid(rewards[better] - rewards[worse]))


def _sets_loss(rewards: Tensor, batch: PairBatch) -> Tensor:
    """One comparison a batch: all chosen captions of all videos against all rejected ones."""
    pairs = torch.cat([batch.inside, batch.across])
    if not len(pairs):
        return rewards.sum() * 0.0
    better, worse = pairs.unbind(1)
    return -logsigmoid(rewards[better].mean() - rewards[worse].mean())


def _axes_loss(rewards: Tensor, batch: PairBatch, beta: float) -> Tensor:
    """Second axis: the same caption should fit its own video better than a similar other one."""
    if batch.swapped is None or batch.swapped_reference is None:
        raise ValueError("the reading `axes` needs the captions' likelihood under a similar video")
    elsewhere = beta * (batch.swapped - batch.swapped_reference)
    chosen = batch.inside[:, 0].unique()
    return _mean(-logsigmoid(rewards[chosen] - elsewhere[chosen]))


def _mean(values: Tensor) -> Tensor:
    """A batch without a pair costs nothing and still has a gradient (of zero)."""
    return values.mean() if values.numel() else values.sum()
