"""Step `captioner`: the decoder as a language model on sentences, then on photos, by likelihood."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from engine.training.cache import open_cache
from engine.training.captioning import Captioning, CaptionTerms, SentenceModelling
from engine.training.checkpoint import load_weights, save_atomically
from engine.training.data import Split, load_photos, load_sentences
from engine.training.loop import Plan, train
from engine.training.material import Material, gather
from engine.training.memory import keep_freed_memory
from engine.training.parts.captioner import Captioner, CaptionerShape
from engine.training.parts.text import TOKENIZER
from engine.training.recipe import Recipe
from engine.training.run import data_dir, device
from engine.training.tokens import encode, load_tokenizer

CACHE = Path("cache")
WORDS = Path("captioner") / "words.pt"
CAPTIONER_WEIGHTS = Path("captioner") / "best.pt"
LENGTH = 24
"""Longer captions are cut: they are few."""


def captioner(recipe: Recipe, run_dir: Path) -> None:
    keep_freed_memory()
    tokenizer = load_tokenizer(run_dir / TOKENIZER)
    sentences = torch.from_numpy(encode(tokenizer, load_sentences(data_dir(run_dir)), LENGTH))
    train_set = load_material(run_dir, "train", "coco_train")
    learn_words(recipe, run_dir, sentences, train_set)
    plan = recipe.captioner
    network = load_captioner(run_dir, WORDS)
    terms = CaptionTerms(
        photos=plan.photos,
        captions=plan.captions,
        hidden=plan.hidden,
        noise=plan.noise,
        smoothing=plan.smoothing,
        seed=recipe.seed,
    )
    task = Captioning(
        network, (train_set, load_material(run_dir, "dev")), split_sentences(sentences)[0], tokenizer, terms
    )
    schedule = Plan(
        steps=plan.steps,
        learning_rate=plan.learning_rate,
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    train(task, schedule, run_dir / "captioner", lambda: keep_captioner(network, run_dir / CAPTIONER_WEIGHTS))


def learn_words(recipe: Recipe, run_dir: Path, sentences: torch.Tensor, train_set: Material) -> None:
    """The decoder without pictures."""
    plan = recipe.captioner
    torch.manual_seed(recipe.seed)
    shape = CaptionerShape(
        vocabulary=load_tokenizer(run_dir / TOKENIZER).get_vocab_size(),
        width=plan.width,
        layers=plan.layers,
        heads=plan.heads,
        inner=plan.inner,
        dropout=plan.dropout,
    )
    network = Captioner(shape).to(device(run_dir))
    known, held_out = split_sentences(sentences)
    task = SentenceModelling(network, torch.cat([known, train_set.ids]), held_out, plan.words_batch)
    schedule = Plan(
        steps=plan.words_steps,
        learning_rate=plan.words_learning_rate,
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    train(task, schedule, run_dir / "captioner" / "words", lambda: keep_captioner(network, run_dir / WORDS))


def split_sentences(sentences: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sentences to learn from, and some to see how well it goes."""
    kept = max(1, min(1024, len(sentences) // 10))
    return sentences[:-kept], sentences[-kept:]


def load_material(run_dir: Path, *splits: Split) -> Material:
    """Cached features and captions of some splits of the run's data."""
    photos = [photo for split in splits for photo in load_photos(data_dir(run_dir), split)]
    return gather(open_cache(run_dir / CACHE), photos, load_tokenizer(run_dir / TOKENIZER), LENGTH)


def keep_captioner(network: Captioner, path: Path) -> None:
    save_atomically({"shape": asdict(network.shape), "weights": network.state_dict()}, path)


def load_captioner(run_dir: Path, weights: Path = CAPTIONER_WEIGHTS) -> Captioner:
    """The captioner of a run on the run's device; `weights` names another than the likelihood-trained one."""
    state = load_weights(run_dir / weights, weights.parts[0])
    network = Captioner(CaptionerShape(**state["shape"]))
    network.load_state_dict(state["weights"])
    return network.to(device(run_dir))
