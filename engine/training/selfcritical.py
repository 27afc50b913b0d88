"""Self-critical training of the captioner (Rennie et al. 2017): towards sentences that people's captions agree with.

Several captions of a photo are sampled; those with more CIDEr-D against people's than their siblings become likelier
and the others less (the mean of the siblings as baseline: Luo 2020). The likelihood stays in the loss at a small
weight, so that the captioner keeps to the language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.captioning import Captioning, disturbed
from engine.training.decode import Writing, likelihood, write
from engine.training.metrics import Agreement, Floats
from engine.training.parts.captioner import Captioner
from engine.training.precision import fast
from engine.training.tokens import END_ID

_ENDED = " endofsentence"
"""A word that stands for the end: without it nothing would speak against stopping after "in a"."""


@dataclass(frozen=True, slots=True)
class RewardTerms:
    photos: int = 48
    samples: int = 5
    likelihood_weight: float = 0.1
    seed: int = 0


class SelfCritical:
    """The task for `loop.train`, judged as likelihood training is."""

    def __init__(self, likely: Captioning, terms: RewardTerms) -> None:
        self.likely = likely
        self.captioner: Captioner = likely.captioner
        self.module: nn.Module = likely.captioner
        self.terms = terms
        self.references = [[text + _ENDED for text in texts] for texts in likely.train.texts]
        self.agreement = Agreement(self.references)

    def groups(self) -> list[dict[str, Any]]:
        return self.likely.groups()

    def score(self) -> Mapping[str, float]:
        return self.likely.score()

    def losses(self, step: int) -> Mapping[str, Tensor]:
        terms, device = self.terms, self.captioner.nothing.device
        chance = np.random.default_rng([step, 13, terms.seed])
        count = min(terms.photos, len(self.references))
        photos = chance.choice(len(self.references), count, replace=False)
        seen = disturbed(self.likely.train.tokens[torch.from_numpy(photos)].to(device), self.likely.terms.noise)
        how = Writing(terms.samples, 1.0, top_p=1.0, top_k=256, seed=int(chance.integers(2**31)))
        was_training = self.captioner.training
        self.captioner.eval()
        with fast(device), torch.no_grad():
            ids = write(self.captioner, self.captioner.see(seen), how)
        self.captioner.train(was_training)
        better = torch.from_numpy(self.advantage(ids, photos.tolist())).float().to(device)
        with fast(device):
            found = likelihood(self.captioner, self.captioner.see(seen), ids)
        reward = -(better[:, None] * found.tokens).sum() / found.mask.sum()
        likely = {name: terms.likelihood_weight * loss for name, loss in self.likely.losses(step).items()}
        return {"reward": reward, **likely}

    def advantage(self, ids: Tensor, photos: Sequence[int]) -> Floats:
        """By how much each sampled sentence has more CIDEr-D than the others of its photo, on the whole."""
        # One that reached the greatest length was given its end by the writer.
        ended = (ids[:, : Writing().max_length - 1] == END_ID).any(dim=1).tolist()
        texts = self.likely.tokenizer.decode_batch(ids.tolist())
        texts = [text + _ENDED if end else text for text, end in zip(texts, ended, strict=True)]
        references = [self.references[photo] for photo in photos for _ in range(self.terms.samples)]
        rewards = self.agreement.each(texts, references).reshape(-1, self.terms.samples)
        siblings = (rewards.sum(axis=1, keepdims=True) - rewards) / (self.terms.samples - 1)
        return (rewards - siblings).flatten()
