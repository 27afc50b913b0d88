"""Preference training of the captioner with any loss of the registry, in batches of similar videos.

All K candidates of a video are in the batch, because dual-group DPO measures each against its group. The policy runs
without dropout: with it, the very first log-ratios would not be zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.training import metrics
from engine.training.candidates import Candidates
from engine.training.captioning import caption_all, weight_groups
from engine.training.decode import Likelihood, likelihood
from engine.training.losses import LOSSES, LossOptions, PairBatch
from engine.training.material import Material, shortest
from engine.training.pairs import Pairs, neighbourhoods
from engine.training.parts.captioner import Captioner
from engine.training.parts.text import QUERY, TextReader
from engine.training.precision import fast

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Preferences:
    """Candidates of the training videos and who is preferred to whom, as video * K + candidate."""

    candidates: Candidates
    inside: Pairs
    across: Pairs
    similar: Ints


@dataclass(frozen=True, slots=True)
class PreferTerms:
    loss: str = "dg_dpo"
    options: LossOptions = field(default_factory=LossOptions)
    videos: int = 8
    likelihood_weight: float = 0.0
    """Of the plain likelihood of chosen captions beside the preference loss."""
    kept_cider: float = 0.85
    """Weights whose captions fall below this share of the start's CIDEr-D on dev are never the best."""
    judged: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    """How captions of dev are looked at while training."""

    dev: Material
    reader: TextReader


class Preferring:
    """The task for `loop.train`: judged by the rank of the own photo under its caption, while CIDEr-D holds."""

    def __init__(
        self, captioner: Captioner, train_tokens: Tensor, data: Preferences, judge: Judge, terms: PreferTerms
    ) -> None:
        self.captioner = captioner
        self.module: nn.Module = captioner
        self.tokens = train_tokens
        self.data = data
        self.judge = judge
        self.terms = terms
        self.loss = LOSSES[terms.loss]
        self.batches = self._batches()
        self.reference = self._reference() if self.loss.needs_reference else None
        self.least_cider = terms.kept_cider * self._figures()["cider"]

    def groups(self) -> list[dict[str, Any]]:
        return weight_groups(self.module)

    def losses(self, step: int) -> Mapping[str, Tensor]:
        _without_dropout(self.captioner)
        videos = self.batches[step % len(self.batches)]
        rows = torch.from_numpy(videos)
        with fast(self.captioner.nothing.device):
            found = self._likelihood(rows, rows)
        batch = self._pair_batch(videos, found)
        losses = {self.terms.loss: self.loss.compute(batch, self.terms.options)}
        if self.terms.likelihood_weight and len(batch.inside):
            chosen = found.mean_log[batch.inside[:, 0]].mean()
            losses["likelihood"] = -self.terms.likelihood_weight * chosen
        return losses

    def score(self) -> Mapping[str, float]:
        found = self._figures()
        short = max(0.0, self.least_cider - found["cider"])
        return {"score": found["own_r1"] - 1000.0 * short, **found}

    def _figures(self) -> dict[str, float]:
        dev = self.judge.dev
        count = self.terms.judged
        texts = caption_all(self.captioner, dev.tokens[:count], self.judge.reader.tokenizer)
        vectors = self.judge.reader.vectors(texts, QUERY)
        found = metrics.retrieval(metrics.ranks(vectors @ dev.vectors.T, np.arange(len(texts))))
        return {
            "own_r1": found.r1,
            "own_r10": found.r10,
            "cider": metrics.cider_d(texts, dev.texts[:count]),
            "words": float(np.mean([len(text.split()) for text in texts])),
        }

    def _batches(self) -> list[Ints]:
        """Groups of similar videos that have a pair; two rounds with different groups."""
        width = self.data.candidates.ids.shape[1]
        used = np.unique(np.concatenate([self.data.inside, self.data.across]) // width)
        rounds = (neighbourhoods(self.data.similar, self.terms.videos, self.terms.seed + n) for n in range(2))
        kept = (group[np.isin(group, used)] for groups in rounds for group in groups)
        return [group for group in kept if len(group)]

    def _likelihood(self, captions_of: Tensor, tokens_of: Tensor) -> Likelihood:
        device = self.captioner.nothing.device
        memory = self.captioner.see(self.tokens[tokens_of].float().to(device))
        return likelihood(
            self.captioner, memory, shortest(self.data.candidates.ids[captions_of].flatten(0, 1)).to(device)
        )

    @torch.no_grad()
    def _reference(self) -> tuple[Tensor, Tensor | None]:
        """What the captioner thinks of all candidates before it is trained, and given a similar video instead."""
        self.module.eval()
        everyone = torch.arange(len(self.tokens))
        swapped = torch.from_numpy(self.data.similar[:, 0])
        own, other = [], []
        for rows in everyone.split(64):
            with fast(self.captioner.nothing.device):
                own.append(self._likelihood(rows, rows).total)
                if self.terms.options.reading == "axes":
                    other.append(self._likelihood(rows, swapped[rows]).total)
        width = self.data.candidates.ids.shape[1]
        swaps = torch.cat(other).reshape(-1, width) if other else None
        return torch.cat(own).reshape(-1, width), swaps

    def _pair_batch(self, videos: Ints, found: Likelihood) -> PairBatch:
        width = self.data.candidates.ids.shape[1]
        device = found.tokens.device
        rows = torch.from_numpy(videos)
        swapped = swapped_reference = None
        if self.reference is not None and self.reference[1] is not None:
            with fast(device):
                other = torch.from_numpy(self.data.similar[videos, 0])
                swapped = self._likelihood(rows, other).total
            swapped_reference = self.reference[1][rows].flatten()
        return PairBatch(
            log_likelihood=found.total,
            length=found.length,
            mean_probability=found.mean_probability,
            video=torch.arange(len(videos), device=device).repeat_interleave(width),
            inside=_placed(self.data.inside, videos, width).to(device),
            across=_placed(self.data.across if self.loss.uses_across else self.data.across[:0], videos, width).to(
                device
            ),
            reference=None if self.reference is None else self.reference[0][rows].flatten(),
            swapped=swapped,
            swapped_reference=swapped_reference,
        )


def _placed(pairs: Pairs, videos: Ints, width: int) -> Tensor:
    """The pairs among `videos`, as positions in a batch that holds all their candidates in that order."""
    place = {int(video): number for number, video in enumerate(videos)}
    owner = pairs // width
    kept = pairs[np.isin(owner, videos).all(axis=1)]
    rows = [[place[int(one) // width] * width + int(one) % width for one in pair] for pair in kept]
    return torch.tensor(rows, dtype=torch.long).reshape(-1, 2)


def _without_dropout(captioner: Captioner) -> None:
    for part in captioner.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
