"""Pictures and captions together: the task that trains the frame encoder and the text tower against each other.

Every photo of a batch brings one of its captions. Around that pair stand three others that keep the two from knowing
nothing but the captioned photos: sentences about the same scene, class names against the classifier's rows, and
photos without captions against sentences that an earlier state of the two found for them. Where a decoder is given it
writes the caption from the photo's tokens at the same time: what tells sentences apart must then be in the tokens.
Where an earlier encoder's vectors of several looks at each photo are given, every single view is drawn to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.training.captioning import next_word_loss
from engine.training.contrast import Recall, contrastive_loss, pair_scores, ranks, recall
from engine.training.data import Photo
from engine.training.drawn import Drawn, Group, Rows
from engine.training.material import shortest
from engine.training.parts.captioner import Captioner
from engine.training.parts.frame import FrameEncoder
from engine.training.parts.text import QUERY, TextReader, read
from engine.training.tokens import MASK_ID, SPECIAL
from engine.types import Vectors

Features = tuple[Tensor, Tensor]
"""Mean feature [B, 1280] and pooled grid [B, 16, 1280]."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """Features of photos by row number: stored ones, or those of the backbone as it stands."""

    varied: Callable[[Rows, Tensor, int], Features]
    """For training: photos, which of them may be mirrored, and the step."""
    plain: Callable[[Rows], Features]


@dataclass(frozen=True, slots=True)
class Terms:
    """How much each part of the loss counts, and how much of each makes a step."""

    photos: int = 256
    sentences: int = 192
    sentences_weight: float = 0.3
    classes: int = 96
    classes_weight: float = 0.1
    unlabelled: int = 32
    unlabelled_weight: float = 0.2
    written: int = 0
    """Captions that the decoder writes in each step."""
    written_weight: float = 0.0
    hidden_words: float = 0.0
    """Share of the words of captions that the text tower does not get to see."""
    mimic_weight: float = 0.0
    start_scale: float = 20.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from. Rows are those of the decoded photos or of their stored features."""

    photos: Sequence[Photo]
    """Those that have captions."""
    rows: Rows
    scenes: Sequence[Group]
    """Sentences in groups of one scene."""
    class_names: Sequence[str]
    class_rows: Tensor
    """Classifier rows [classes, 1280] for those names, less their mean."""
    mean_feature: Tensor
    found_rows: Rows
    """Photos without captions."""
    found: Sequence[Group]
    """The sentences found for each of them."""
    dev: Mapping[str, tuple[Sequence[Photo], Rows]]
    taught: Tensor | None = None
    """Unit vectors [photos + found, E] that an earlier encoder gave after several looks at each."""


@dataclass(frozen=True, slots=True)
class Towers:
    encoder: FrameEncoder
    reader: TextReader
    decoder: Captioner | None = None

    def modules(self) -> dict[str, nn.Module]:
        found: dict[str, nn.Module] = {"encoder": self.encoder, "tower": self.reader.tower}
        return found if self.decoder is None else {**found, "decoder": self.decoder}


class JointTraining:
    """The task for `loop.train`; `eyes` decide whether the backbone learns as well."""

    def __init__(self, towers: Towers, material: Material, terms: Terms, eyes: Eyes) -> None:
        self.towers, self.encoder, self.reader = towers, towers.encoder, towers.reader
        self.material, self.terms, self.eyes = material, terms, eyes
        self.texts = _Texts(self.reader, material)
        device = self.encoder.head.class_share.device
        self.log_scale = nn.Parameter(torch.tensor(float(np.log(terms.start_scale)), device=device))
        self.module: nn.Module = nn.ModuleDict(towers.modules())
        self.module.register_parameter("log_scale", self.log_scale)
        self.param_groups: list[dict[str, Any]] = [
            {"params": [*self.encoder.head.parameters(), *self.reader.tower.parameters(), self.log_scale]}
        ]
        if towers.decoder is not None:
            self.param_groups.append({"params": list(towers.decoder.parameters()), "lr": _DECODER_PACE})

    def groups(self) -> list[dict[str, Any]]:
        return self.param_groups

    def losses(self, step: int) -> Mapping[str, Tensor]:
        chance = np.random.default_rng([self.terms.seed, step])
        picked = chance.choice(len(self.material.photos), min(self.terms.photos, len(self.material.photos)), False)
        found = chance.choice(len(self.material.found), min(self.terms.unlabelled, len(self.material.found)), False)
        ids, sided = self.texts.captions(chance, picked)
        found_ids, found_sided = self.texts.found(chance, found)
        device = self.log_scale.device
        rows = np.concatenate([self.material.rows[picked], self.material.found_rows[found]])
        may_mirror = torch.from_numpy(~np.concatenate([sided, found_sided])).to(device)
        vectors, tokens = self.encoder.head(*self.eyes.varied(rows, may_mirror, step))
        read_ids = torch.cat([hidden_words(ids, self.terms.hidden_words), found_ids])
        texts = read(self.reader.tower, read_ids, QUERY)
        count = len(picked)
        scores = pair_scores(vectors, texts, self.log_scale)
        own = torch.eye(len(rows), device=device) > 0
        losses = {"pairs": contrastive_loss(scores[:count, :count], own[:count, :count])}
        if len(found):
            losses["unlabelled"] = self.terms.unlabelled_weight * _against_all(scores, own, count)
        if self.material.taught is not None:
            seen = torch.from_numpy(np.concatenate([picked, len(self.material.photos) + found]))
            taught = self.material.taught[seen].to(device)
            losses["mimic"] = self.terms.mimic_weight * (1.0 - (vectors * taught).sum(dim=1)).mean()
        if self.towers.decoder is not None:
            written = shortest(ids[: self.terms.written, :_LONGEST])
            losses["written"] = self.terms.written_weight * _writing_loss(self.towers.decoder, tokens, written)
        return {**losses, **self._around(chance, device)}

    def score(self) -> Mapping[str, float]:
        return {"scale": float(self.log_scale.exp()), **figures(self.towers, self.material.dev, self.eyes)}

    def _around(self, chance: np.random.Generator, device: torch.device) -> dict[str, Tensor]:
        """The pairs without photos."""
        left, right = self.texts.scenes(chance, self.terms.sentences)
        classes = 1 + chance.choice(len(self.material.class_names) - 1, self.terms.classes, False)
        texts = read(self.reader.tower, torch.cat([left, right, self.texts.names[classes]]), QUERY)
        one, two, names = texts.split([len(left), len(right), len(classes)])
        rows = self._class_features(classes).to(device)
        pictures, _ = self.encoder.head(rows, rows[:, None].expand(-1, 16, -1))
        own = torch.eye(max(len(left), len(classes)), device=device) > 0
        scenes = contrastive_loss(pair_scores(one, two, self.log_scale), own[: len(left), : len(left)])
        named = contrastive_loss(pair_scores(pictures, names, self.log_scale), own[: len(classes), : len(classes)])
        return {"scenes": self.terms.sentences_weight * scenes, "classes": self.terms.classes_weight * named}

    def _class_features(self, classes: Rows) -> Tensor:
        rows = self.material.class_rows[torch.from_numpy(classes)]
        # A row of the classifier points at its class but is no feature: features are positive and of another length.
        return torch.relu(self.material.mean_feature + rows * (1.0 + 5.0 * torch.rand(len(rows), 1)))


class _Texts:
    """Ids of every text once, and draws from them."""

    def __init__(self, reader: TextReader, material: Material) -> None:
        self._captions = Drawn(reader, [photo.captions for photo in material.photos])
        self._found = Drawn(reader, material.found)
        self._scenes = Drawn(reader, [scene for scene in material.scenes if len(scene) > 1])
        self.names = reader.ids([f"a photo of a {name}" for name in material.class_names])

    def captions(self, chance: np.random.Generator, picked: Rows) -> tuple[Tensor, npt.NDArray[np.bool_]]:
        return self._captions.one_of(chance, picked)

    def found(self, chance: np.random.Generator, picked: Rows) -> tuple[Tensor, npt.NDArray[np.bool_]]:
        return self._found.one_of(chance, picked)

    def scenes(self, chance: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        return self._scenes.some(chance, count)


_LONGEST = 24
"""Words of a caption that the decoder writes; few are longer."""
_DECODER_PACE = 2.0
"""The decoder may take larger steps than the towers: it has more left to learn."""


def _writing_loss(decoder: Captioner, tokens: Tensor, ids: Tensor) -> Tensor:
    """Loss of the captions of the first photos of a batch."""
    ids = ids.to(tokens.device)
    return next_word_loss(decoder, ids, decoder.see(tokens[: len(ids), None]), _SMOOTHING)


_SMOOTHING = 0.1


def hidden_words(ids: Tensor, share: float) -> Tensor:
    """Texts with some of their words hidden: a tower that cannot rely on any one word learns to use all."""
    hidden = (ids >= len(SPECIAL)) & (torch.rand(ids.shape) < share)
    return ids.masked_fill(hidden, MASK_ID)


def _against_all(scores: Tensor, own: Tensor, count: int) -> Tensor:
    """Photos without captions: the sentence found for each must beat every caption of the batch."""
    return nn.functional.cross_entropy(scores[count:], own[count:].int().argmax(1))


@torch.no_grad()
def figures(towers: Towers, dev: Mapping[str, tuple[Sequence[Photo], Rows]], eyes: Eyes) -> dict[str, float]:
    """How well descriptions find their photos in each set of `dev`, and a `score` over all of it."""
    found: dict[str, float] = {}
    for name, (photos, rows) in dev.items():
        shares = np.array_split(rows, -(-len(rows) // 64))
        vectors = torch.cat([towers.encoder.head(*eyes.plain(share))[0].float().cpu() for share in shares]).numpy()
        one = judged(vectors, towers.reader, photos)
        found |= {f"{name}_r1": one.at_1, f"{name}_r5": one.at_5, f"{name}_r10": one.at_10}
    # Out-of-domain recall counts too, or the best state would be the one that forgot the world.
    return {"score": sum(found.values()), **found}


def judged(vectors: Vectors, reader: TextReader, photos: Sequence[Photo]) -> Recall:
    """Text to photo: every caption asks for its photo among all `photos`."""
    queries = reader.vectors([caption for photo in photos for caption in photo.captions], QUERY)
    answer = np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos])
    return recall(ranks(queries, vectors, answer))
