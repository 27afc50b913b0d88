"""Training the captioner by likelihood: first as a language model on sentences alone, then on photos.

Sentences stay in the mix and some photos are hidden, so that the captioner without a picture remains the prior that
BLiM subtracts and SynPO's judge asks for fluency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from engine.training import metrics
from engine.training.decode import Writing, write
from engine.training.material import Material, mirrored, shortest
from engine.training.parts.captioner import Captioner, Memory
from engine.training.precision import fast
from engine.training.tokens import PAD_ID
from engine.training.wordloss import word_loss


@dataclass(frozen=True, slots=True)
class CaptionTerms:
    photos: int = 64
    captions: int = 4
    """Sentences a photo in each batch; they share one memory."""
    sentences: int = 64
    """Sentences without a photo in each batch."""
    sentence_weight: float = 0.2
    hidden: float = 0.1
    """Share of photos that are hidden."""
    noise: float = 0.1
    smoothing: float = 0.1
    consensus: float = 0.0
    """How much likelier a caption is taught for each CIDEr-D by which it agrees better with the others of its photo."""
    judged: int = 500
    """Photos of dev that are captioned at each look."""
    seed: int = 0


class SentenceModelling:
    """The captioner without any picture, on sentences."""

    def __init__(self, captioner: Captioner, sentences: Tensor, held_out: Tensor, batch: int) -> None:
        self.captioner = captioner
        self.module: nn.Module = captioner
        self.sentences = sentences
        self.held_out = held_out
        self.batch = batch

    def groups(self) -> list[dict[str, Any]]:
        return weight_groups(self.module)

    def losses(self, step: int) -> Mapping[str, Tensor]:
        picked = np.random.default_rng([step, 11]).integers(0, len(self.sentences), self.batch)
        return {"words": self._loss(self.sentences[torch.from_numpy(picked)], 0.0)}

    def score(self) -> Mapping[str, float]:
        values = [float(self._loss(part, 0.0).detach()) for part in self.held_out.split(256)]
        return {"score": -sum(values) / len(values)}

    def _loss(self, ids: Tensor, smoothing: float) -> Tensor:
        ids = shortest(ids).to(self.captioner.nothing.device)
        with fast(ids.device):
            return next_word_loss(self.captioner, ids, self.captioner.see_nothing(len(ids)), smoothing)


class Captioning:
    """The captioner on photos, with sentences mixed in; judged by CIDEr-D of greedy captions on dev."""

    def __init__(
        self,
        captioner: Captioner,
        sets: tuple[Material, Material],
        sentences: Tensor,
        tokenizer: Tokenizer,
        terms: CaptionTerms,
    ) -> None:
        """`sets` are training photos and dev photos."""
        self.captioner = captioner
        self.module: nn.Module = captioner
        self.train, self.dev = sets
        self.sentences = sentences
        self.tokenizer = tokenizer
        self.terms = terms
        self.liked = terms.consensus * metrics.agreement(self.train.texts) if terms.consensus else None

    def groups(self) -> list[dict[str, Any]]:
        return weight_groups(self.module)

    def losses(self, step: int) -> Mapping[str, Tensor]:
        terms = self.terms
        chance = np.random.default_rng([step, 12, terms.seed])
        photos = chance.choice(len(self.train.names), min(terms.photos, len(self.train.names)), replace=False)
        device = self.captioner.nothing.device
        picked = self.train.some_captions(photos, terms.captions, chance, self.liked)
        ids = shortest(self.train.ids[picked]).to(device)
        seen = disturbed(self.train.tokens[torch.from_numpy(photos)].to(device), terms.noise)
        visible = torch.rand(len(photos), 1, device=device) >= terms.hidden
        words = self.sentences[torch.from_numpy(chance.integers(0, len(self.sentences), terms.sentences))]
        words = shortest(words).to(device)
        with fast(device):
            pictured = next_word_loss(self.captioner, ids, self.captioner.see(seen, visible), terms.smoothing)
            alone = next_word_loss(self.captioner, words, self.captioner.see_nothing(len(words)), terms.smoothing)
        return {"captions": pictured, "sentences": terms.sentence_weight * alone}

    def score(self) -> Mapping[str, float]:
        return self.judge(self.dev_captions())

    def dev_captions(self) -> list[str]:
        """Greedy ones of the first photos of dev."""
        return caption_all(self.captioner, self.dev.tokens[: self.terms.judged], self.tokenizer)

    def judge(self, texts: Sequence[str]) -> Mapping[str, float]:
        references = self.dev.texts[: len(texts)]
        return {"score": metrics.cider_d(texts, references), "bleu4": metrics.bleu4(texts, references)}


def next_word_loss(captioner: Captioner, ids: Tensor, memory: Memory, smoothing: float) -> Tensor:
    states, _ = captioner.states(ids[:, :-1], memory)
    target = ids[:, 1:]
    return word_loss(states[target != PAD_ID], captioner.words.weight, target[target != PAD_ID], smoothing)


def disturbed(tokens: Tensor, noise: float, common: float = 0.0) -> Tensor:
    """Frame tokens as another view might give them: half of the photos flipped, all a little noisy.

    `common` is noise that all tokens of a video share, which a network cannot average away.
    """
    tokens = mirrored(tokens.float(), torch.rand(len(tokens), device=tokens.device) < 0.5)
    spread = tokens.std()
    shared = torch.randn(len(tokens), 1, 1, tokens.shape[-1], device=tokens.device)
    return tokens + spread * (noise * torch.randn_like(tokens) + common * shared)


@torch.no_grad()
def caption_all(
    captioner: Captioner, tokens: Tensor, tokenizer: Tokenizer, how: Writing | None = None, batch: int = 256
) -> list[str]:
    """Sentences for videos [N, F, P, D], `how.count` a video in a row; greedy unless told otherwise."""
    how = how or Writing()
    device = captioner.nothing.device
    was_training = captioner.training
    captioner.eval()
    found: list[str] = []
    for number, part in enumerate(tokens.split(batch)):
        turn = Writing(how.count, how.temperature, how.top_p, how.top_k, how.max_length, how.seed + number)
        with fast(device):
            ids = write(captioner, captioner.see(part.float().to(device)), turn)
        found += tokenizer.decode_batch(ids.tolist())
    captioner.train(was_training)
    return found


def weight_groups(module: nn.Module) -> list[dict[str, Any]]:
    """Matrices decay; norms, biases and single vectors do not."""
    free = [p for p in module.parameters() if p.requires_grad and p.dim() < 2]
    decayed = [p for p in module.parameters() if p.requires_grad and p.dim() >= 2]
    return [{"params": decayed}, {"params": free, "weight_decay": 0.0}]
