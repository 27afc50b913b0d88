"""Random draws from groups of texts: the captions of a photo, or the sentences about one scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.training.parts.text import TextReader
from engine.training.pictures import names_a_side

Group = Sequence[str]
"""Sentences about one scene."""
Rows = npt.NDArray[np.int64]


class Drawn:
    """Ids of groups of texts, made once, and random draws from chosen groups."""

    def __init__(self, reader: TextReader, groups: Sequence[Group]) -> None:
        self.sizes = np.array([len(group) for group in groups], dtype=np.int64)
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.sided = np.array([names_a_side(text) for group in groups for text in group], dtype=bool)
        self.ids = reader.ids([text for group in groups for text in group])

    def one_of(self, chance: np.random.Generator, picked: Rows) -> tuple[Tensor, npt.NDArray[np.bool_]]:
        """One text of each picked group, and which of them name a side of the picture."""
        at = self.starts[picked] + (chance.random(len(picked)) * self.sizes[picked]).astype(np.int64)
        return self.ids[torch.from_numpy(at)], self.sided[at]

    def two_of(self, chance: np.random.Generator, picked: Rows) -> tuple[Tensor, Tensor]:
        """Two different texts of each picked group."""
        first = (chance.random(len(picked)) * self.sizes[picked]).astype(np.int64)
        further = 1 + (chance.random(len(picked)) * (self.sizes[picked] - 1)).astype(np.int64)
        second = (first + further) % self.sizes[picked]
        start = self.starts[picked]
        return self.ids[torch.from_numpy(start + first)], self.ids[torch.from_numpy(start + second)]

    def some(self, chance: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        """Two texts each of `count` groups drawn at random, or of all where there are fewer."""
        return self.two_of(chance, chance.choice(len(self.sizes), min(count, len(self.sizes)), replace=False))
