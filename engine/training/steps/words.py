"""Step `words`: the captioner's decoder as a language model on sentences, before it meets a picture."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from engine.training.captioning import SentenceModelling
from engine.training.checkpoint import load_weights, save_atomically
from engine.training.data import load_sentences
from engine.training.loop import Plan, train
from engine.training.memory import keep_freed_memory
from engine.training.parts.captioner import Captioner, CaptionerShape
from engine.training.parts.text import TOKENIZER
from engine.training.recipe import Recipe
from engine.training.run import data_dir, device
from engine.training.steps.known import captioned
from engine.training.tokens import encode, load_tokenizer

WORDS = Path("words") / "best.pt"
LENGTH = 24
"""Longer captions are cut: they are few."""


def words(recipe: Recipe, run_dir: Path) -> None:
    keep_freed_memory()
    plan = recipe.captioner
    torch.manual_seed(recipe.seed)
    tokenizer = load_tokenizer(run_dir / TOKENIZER)
    network = Captioner(caption_shape(recipe, tokenizer.get_vocab_size())).to(device(run_dir))
    known, held_out = split_sentences(sentence_ids(run_dir))
    captions = [caption for photo in captioned(recipe, run_dir) for caption in photo.captions]
    task = SentenceModelling(
        network,
        torch.cat([known, torch.from_numpy(encode(tokenizer, captions, LENGTH))]),
        held_out,
        plan.words_batch,
    )
    schedule = Plan(
        steps=plan.words_steps,
        learning_rate=plan.words_learning_rate,
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    train(task, schedule, run_dir / "words", lambda: keep_captioner(network, run_dir / WORDS))


def caption_shape(recipe: Recipe, vocabulary: int) -> CaptionerShape:
    plan = recipe.captioner
    return CaptionerShape(
        vocabulary=vocabulary,
        width=plan.width,
        layers=plan.layers,
        heads=plan.heads,
        inner=plan.inner,
        dropout=plan.dropout,
    )


def sentence_ids(run_dir: Path) -> Tensor:
    """Ids of all sentences without photos."""
    tokenizer = load_tokenizer(run_dir / TOKENIZER)
    return torch.from_numpy(encode(tokenizer, load_sentences(data_dir(run_dir)), LENGTH))


def split_sentences(sentences: Tensor) -> tuple[Tensor, Tensor]:
    """Sentences to learn from, and some to see how well it goes."""
    kept = max(1, min(1024, len(sentences) // 10))
    return sentences[:-kept], sentences[-kept:]


def keep_captioner(network: Captioner, path: Path) -> None:
    save_atomically({"shape": asdict(network.shape), "weights": network.state_dict()}, path)


def load_decoder(run_dir: Path, weights: Path) -> Captioner:
    """A captioner of a run on the run's device, at any stage of its training."""
    state = load_weights(run_dir / weights, weights.parts[0])
    network = Captioner(CaptionerShape(**state["shape"]))
    network.load_state_dict(state["weights"])
    return network.to(device(run_dir))
