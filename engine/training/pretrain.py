"""Text pre-training: the tower learns which sentences speak of the same scene, and to fill in hidden words.

Sees sentences only. Captions of one photo lie together in the sentence file, four to a photo, so two of them are a
pair and the other photos' captions of the batch are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.contrast import contrastive_loss, pair_scores, ranks, recall
from engine.training.drawn import Drawn, Group
from engine.training.parts.text import QUERY, TextReader, by_length
from engine.training.tokens import MASK_ID, PAD_ID, SPECIAL

_IGNORED = -100


@dataclass(frozen=True, slots=True)
class TextTerms:
    """How much each part of the loss counts, and how much text makes a step."""

    groups: int = 256
    hidden: float = 0.15
    """Share of the words that are hidden."""
    fill_weight: float = 0.5
    start_scale: float = 20.0
    seed: int = 0


class TextPretraining:
    """The task for `loop.train`: a text tower, paired sentences of `train`, judged on pairs of `dev`."""

    def __init__(self, reader: TextReader, train: Sequence[Group], dev: Sequence[Group], terms: TextTerms) -> None:
        self.tower = reader.tower
        self.terms = terms
        self.reader = reader
        self.dev = [(group[0], group[1]) for group in dev if len(group) > 1]
        self.scenes = Drawn(reader, [group for group in train if len(group) > 1])
        log_scale = nn.Parameter(torch.tensor(float(np.log(terms.start_scale))))
        self.module: nn.Module = nn.ModuleDict({"tower": self.tower})
        self.module.register_parameter("log_scale", log_scale)
        self.log_scale = log_scale
        self.device = self.tower.places.device
        self.module.to(self.device)

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.module.parameters())}]

    def losses(self, step: int) -> Mapping[str, Tensor]:
        chance = np.random.default_rng([self.terms.seed, step])
        left, right = self.scenes.some(chance, self.terms.groups)
        ids = torch.cat([left, right]).to(self.device)
        vectors, fills = zip(*(self._read(part) for _, part in by_length(ids)), strict=True)
        order = torch.cat([rows for rows, _ in by_length(ids)]).argsort()
        together = torch.cat(vectors)[order]
        scores = pair_scores(together[: len(left)], together[len(left) :], self.log_scale)
        pairs = contrastive_loss(scores, torch.eye(len(left), device=self.device) > 0)
        return {"pairs": pairs, "hidden_words": self.terms.fill_weight * torch.stack(fills).mean()}

    def _read(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        shown, wanted = _hide(ids, self.terms.hidden)
        mask = (ids != PAD_ID).long()
        states = self.tower.states(shown, mask, torch.full((len(ids),), QUERY, device=self.device))
        return self.tower.pooled(states, mask), self._fill_in(states, wanted)

    def score(self) -> Mapping[str, float]:
        left = self.reader.vectors([pair[0] for pair in self.dev], QUERY)
        right = self.reader.vectors([pair[1] for pair in self.dev], QUERY)
        found = recall(ranks(left, right, np.arange(len(self.dev))))
        return {"score": found.at_1 + found.at_5 + found.at_10, "r1": found.at_1, "r10": found.at_10}

    def _fill_in(self, states: Tensor, wanted: Tensor) -> Tensor:
        hidden = wanted != _IGNORED
        guesses = states[hidden] @ self.tower.words.weight.t()
        return functional.cross_entropy(guesses, wanted[hidden]) if bool(hidden.any()) else states.sum() * 0.0


def _hide(ids: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """The ids with some words hidden, and those words with everything else marked to be ignored."""
    is_word = ids >= len(SPECIAL)
    hidden = is_word & (torch.rand(ids.shape, device=ids.device) < share)
    return ids.masked_fill(hidden, MASK_ID), ids.masked_fill(~hidden, _IGNORED)


def grouped(sentences: Sequence[str], size: int) -> list[Group]:
    """Neighbours in file order, `size` to a scene."""
    return [sentences[start : start + size] for start in range(0, len(sentences), size)]
