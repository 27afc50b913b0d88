"""Self-critical training of the captioner (Rennie et al. 2017): towards sentences that people's captions agree with.

Several captions of a photo are sampled; those with more reward than their siblings become likelier and the others less
(the mean of the siblings as baseline: Luo 2020). The reward is CIDEr-D against people's captions and, because agreement
alone is had by saying what fits many photos, how surely the first stage finds the photo by the sentence (as Luo et al.
2018). The likelihood stays in the loss at a small weight, so that the captioner keeps to the language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.captioning import Captioning, disturbed
from engine.training.decode import Writing, write
from engine.training.metrics import Agreement, Floats, Ints, ranks, recall_at
from engine.training.parts.captioner import Captioner
from engine.training.parts.text import QUERY, TextReader
from engine.training.precision import fast
from engine.training.tokens import END_ID, PAD_ID
from engine.types import Vectors

_ENDED = " endofsentence"
"""A word that stands for the end: without it nothing would speak against stopping after "in a"."""
_SHARPNESS = 25.0
"""Of the softmax over cosines with all photos."""


@dataclass(frozen=True, slots=True)
class RewardTerms:
    photos: int = 48
    samples: int = 5
    likelihood_weight: float = 0.1
    found_weight: float = 0.0
    """Of the log-probability with which the first stage finds the photo by the sentence, beside one of CIDEr-D."""
    seed: int = 0


class SelfCritical:
    """The task for `loop.train`, judged on dev by the reward of greedy captions."""

    def __init__(self, likely: Captioning, reader: TextReader, terms: RewardTerms) -> None:
        self.likely = likely
        self.reader = reader
        self.captioner: Captioner = likely.captioner
        self.module: nn.Module = likely.captioner
        self.terms = terms
        self.references = [[text + _ENDED for text in texts] for texts in likely.train.texts]
        self.agreement = Agreement(self.references)

    def groups(self) -> list[dict[str, Any]]:
        return self.likely.groups()

    def score(self) -> Mapping[str, float]:
        texts = self.likely.dev_captions()
        agreed = self.likely.judge(texts)
        surely, rank = self._found(texts, self.likely.dev.vectors, np.arange(len(texts)))
        reward = agreed["score"] + self.terms.found_weight * float(surely.mean())
        return {"score": reward, "cider": agreed["score"], "bleu4": agreed["bleu4"], "own_r1": recall_at(rank, 1)}

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
            states, _ = self.captioner.states(ids[:, :-1], self.captioner.see(seen))
            told = ids[:, 1:] != PAD_ID
            logits = states[told] @ self.captioner.words.weight.T
        surprise = functional.cross_entropy(logits.float(), ids[:, 1:][told], reduction="none")
        reward = (better[:, None].expand(told.shape)[told] * surprise).mean()
        likely = {name: terms.likelihood_weight * loss for name, loss in self.likely.losses(step).items()}
        return {"reward": reward, **likely}

    def advantage(self, ids: Tensor, photos: Sequence[int]) -> Floats:
        """By how much each sampled sentence has more reward than the others of its photo, on the whole."""
        # One that reached the greatest length was given its end by the writer.
        ended = (ids[:, : Writing().max_length - 1] == END_ID).any(dim=1).tolist()
        texts = self.likely.tokenizer.decode_batch(ids.tolist())
        owner = np.repeat(np.asarray(photos), self.terms.samples)
        marked = [text + _ENDED if end else text for text, end in zip(texts, ended, strict=True)]
        rewards = self.agreement.each(marked, [self.references[photo] for photo in owner])
        if self.terms.found_weight:
            rewards = rewards + self.terms.found_weight * self._found(texts, self.likely.train.vectors, owner)[0]
        rewards = rewards.reshape(-1, self.terms.samples)
        siblings = (rewards.sum(axis=1, keepdims=True) - rewards) / (self.terms.samples - 1)
        return (rewards - siblings).flatten()

    def _found(self, texts: Sequence[str], photos: Vectors, owner: Ints) -> tuple[Floats, Ints]:
        """Log-probability and rank of its own photo where each sentence is asked as a query."""
        cosines = self.reader.vectors(texts, QUERY) @ photos.T
        likely = cosines * _SHARPNESS
        own = likely[np.arange(len(texts)), owner]
        return own - np.logaddexp.reduce(likely, axis=1), ranks(cosines, owner)
