"""The task that fits the text tower, in both its roles, to the stored features of a finished encoder.

A query is matched with photos; a caption is matched with the queries of its photo and, more weakly, with the photo.
The pictures stay as they are, so this takes minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.cache import FeatureCache
from engine.training.contrast import contrastive_loss, pair_scores, ranks, recall
from engine.training.data import Photo
from engine.training.drawn import Drawn, Group, Rows
from engine.training.joint import judged
from engine.training.parts.text import CAPTION, QUERY, TextReader, read


@dataclass(frozen=True, slots=True)
class RoleTerms:
    photos: int = 256
    scenes: int = 128
    caption_weight: float = 0.5
    sentences_weight: float = 0.3
    seed: int = 0
    start_scale: float = 30.0
    blur: float = 0.02
    """Noise on the stored vectors, which would otherwise be learned by heart."""


class RoleTraining:
    """The task for `loop.train`; only the text tower learns."""

    def __init__(
        self,
        reader: TextReader,
        cache: FeatureCache,
        texts: tuple[Sequence[Photo], Sequence[Group]],
        dev: Mapping[str, Sequence[Photo]],
        terms: RoleTerms,
    ) -> None:
        photos, scenes = texts
        self.reader, self.cache, self.dev, self.terms = reader, cache, dev, terms
        self.rows = cache.rows(photo.name for photo in photos)
        self.captions = Drawn(reader, [photo.captions for photo in photos])
        self.scenes = Drawn(reader, [scene for scene in scenes if len(scene) > 1])
        device = reader.tower.places.device
        self.module: nn.Module = nn.ModuleDict({"tower": reader.tower})
        self.log_scale = nn.Parameter(torch.tensor(float(np.log(terms.start_scale)), device=device))
        self.module.register_parameter("log_scale", self.log_scale)

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.module.parameters())}]

    def losses(self, step: int) -> Mapping[str, Tensor]:
        chance = np.random.default_rng([self.terms.seed, step])
        picked = chance.choice(len(self.rows), min(self.terms.photos, len(self.rows)), replace=False)
        asked, told = self.captions.two_of(chance, picked)
        one, two = self.scenes.some(chance, self.terms.scenes)
        queries, left = read(self.reader.tower, torch.cat([asked, one]), QUERY).split([len(asked), len(one)])
        captions, right = read(self.reader.tower, torch.cat([told, two]), CAPTION).split([len(told), len(two)])
        pictures = self._pictures(self.rows[picked]).to(self.log_scale.device)
        return {
            "query_photo": self._pairs(queries, pictures),
            "query_caption": self.terms.caption_weight * self._pairs(queries, captions),
            "caption_photo": self.terms.caption_weight * self._pairs(captions, pictures),
            "scenes": self.terms.sentences_weight * self._pairs(left, right),
        }

    def score(self) -> Mapping[str, float]:
        figures: dict[str, float] = {}
        for name, photos in self.dev.items():
            found = judged(self.cache.vectors[self.cache.rows(photo.name for photo in photos)], self.reader, photos)
            figures |= {f"{name}_r1": found.at_1, f"{name}_r5": found.at_5, f"{name}_r10": found.at_10}
            asked, told = (self.reader.vectors([p.captions[at] for p in photos], at) for at in (QUERY, CAPTION))
            figures[f"{name}_caption_r1"] = recall(ranks(asked, told, np.arange(len(photos)))).at_1
        return {"score": sum(figures.values()), "scale": float(self.log_scale.exp()), **figures}

    def _pictures(self, rows: Rows) -> Tensor:
        vectors = torch.from_numpy(np.ascontiguousarray(self.cache.vectors[rows]))
        return nn.functional.normalize(vectors + self.terms.blur * torch.randn(vectors.shape), dim=-1)

    def _pairs(self, left: Tensor, right: Tensor) -> Tensor:
        own = torch.eye(len(left), device=left.device) > 0
        return contrastive_loss(pair_scores(left, right, self.log_scale), own)
