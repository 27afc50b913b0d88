"""Step `text`: pre-trains the text tower on sentences, before it meets a picture."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.training.checkpoint import save_atomically
from engine.training.data import load_photos, load_sentences
from engine.training.drawn import Group
from engine.training.loop import Plan, train
from engine.training.parts.text import TOKENIZER, TextReader, TextShape, TextTower, text_state
from engine.training.pretrain import TextPretraining, TextTerms, grouped
from engine.training.recipe import Recipe
from engine.training.run import data_dir, device
from engine.training.steps.known import captioned
from engine.training.tokens import load_tokenizer

PRETRAINED = Path("text") / "best.pt"
SENTENCES_PER_SCENE = 4
"""How the sentence file is laid out."""


def text(recipe: Recipe, run_dir: Path) -> None:
    data = data_dir(run_dir)
    reader = new_reader(recipe, run_dir)
    dev = [photo.captions for split in ("dev", "coco_dev") for photo in load_photos(data, split)]
    terms = TextTerms(groups=recipe.text.groups, seed=recipe.seed)
    task = TextPretraining(reader, scenes(recipe, run_dir), dev, terms)
    plan = Plan(
        steps=recipe.text.steps,
        learning_rate=recipe.text.learning_rate,
        warmup_steps=50,
        averaging=0.98,
        check_every=recipe.text.check_every,
        seed=recipe.seed,
    )
    train(task, plan, run_dir / "text", lambda: save_atomically(text_state(reader.tower), run_dir / PRETRAINED))


def new_reader(recipe: Recipe, run_dir: Path) -> TextReader:
    """An untrained tower of the recipe's size, the same for the same seed."""
    tokenizer = load_tokenizer(run_dir / TOKENIZER)
    torch.manual_seed(recipe.seed)
    return TextReader(TextTower(text_shape(recipe, tokenizer.get_vocab_size())).to(device(run_dir)), tokenizer)


def text_shape(recipe: Recipe, vocabulary: int) -> TextShape:
    return TextShape(
        vocabulary=vocabulary,
        length=recipe.text.length,
        width=recipe.text.width,
        layers=recipe.text.layers,
        heads=recipe.text.heads,
        feed=recipe.text.feed,
        dropout=recipe.text.dropout,
        use_roles=recipe.text.use_roles,
    )


def scenes(recipe: Recipe, run_dir: Path) -> list[Group]:
    """Sentences by scene: those without photos, and the captions of each photo for training."""
    sentences = grouped(load_sentences(data_dir(run_dir)), SENTENCES_PER_SCENE)
    return [*sentences, *(photo.captions for photo in captioned(recipe, run_dir))]
