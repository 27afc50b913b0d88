"""A tiny world for training tests: six kinds of photo whose tokens and vectors say which sentences belong to them."""

from __future__ import annotations

import numpy as np
import torch
from tokenizers import Tokenizer

from engine.training.cache import FeatureCache
from engine.training.data import Photo
from engine.training.material import Material, gather
from engine.training.parts.captioner import Captioner, CaptionerShape
from engine.training.parts.text import TextReader, TextShape, TextTower
from engine.training.tokens import train_tokenizer

SENTENCES = (
    "a brown dog runs on the beach",
    "two men play football in a park",
    "a girl rides a red bicycle",
    "a cat sleeps on a warm sofa",
    "people climb a steep rock wall",
    "a boat sails across the blue lake",
)
KINDS = len(SENTENCES)


def tokenizer() -> Tokenizer:
    return train_tokenizer(list(SENTENCES) * 4, 200)


def material(count: int = 24, seed: int = 0) -> Material:
    """`count` photos; photo n is of kind n mod 6 and has its sentence twice, once with a word more."""
    chance = np.random.default_rng(seed)
    directions = np.random.default_rng(9).standard_normal((KINDS, 128))
    kinds = np.arange(count) % KINDS
    tokens = directions[kinds][:, None, :] + 0.1 * chance.standard_normal((count, 16, 128))
    names = tuple(f"{seed}-{n}.jpg" for n in range(count))
    vectors = directions[kinds] + 0.3 * chance.standard_normal((count, 128))
    vectors = np.concatenate([vectors, vectors], axis=1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cache = FeatureCache("test", names, tokens.astype(np.float16), vectors.astype(np.float32))
    photos = [
        Photo(name, (SENTENCES[kind], SENTENCES[kind] + " today"), "train")
        for name, kind in zip(names, kinds, strict=True)
    ]
    return gather(cache, photos, tokenizer())


def captioner(vocabulary: int) -> Captioner:
    torch.manual_seed(1)
    return Captioner(CaptionerShape(vocabulary, width=32, layers=1, heads=2, inner=48, dropout=0.0))


def reader() -> TextReader:
    torch.manual_seed(1)
    words = tokenizer()
    return TextReader(TextTower(TextShape(words.get_vocab_size(), width=32, layers=1, heads=2)), words)
