"""Step `ecs`: new captions with the preferred captioner, then ExCae's mixture of frames and captions on them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from engine.training.candidates import read
from engine.training.captioning import caption_all
from engine.training.checkpoint import load_weights, save_atomically
from engine.training.data import Split
from engine.training.decode import Writing
from engine.training.evaluation import Library
from engine.training.loop import Plan, train
from engine.training.material import Material
from engine.training.mixing import Mixing, MixTerms, Shelf, mix
from engine.training.parts.clip import ClipMixture, ClipShape
from engine.training.parts.text import CAPTION, TextReader, load_text
from engine.training.recipe import Recipe
from engine.training.run import device
from engine.training.steps.captioner import load_captioner, load_material, training_material, writer
from engine.training.steps.prefer import preferred_path
from engine.training.steps.scorer import asked, store_texts, stored_texts

CLIP_WEIGHTS = Path("ecs") / "best.pt"
CAPTIONS_STORED = 4
"""The greedy caption and samples beside it: one a video is too few for a mixture, more than a few add nothing."""


def ecs(recipe: Recipe, run_dir: Path) -> None:
    reader = load_text(run_dir, device=device(run_dir))
    weights = pack_captioner(recipe)
    known = training_material(recipe, run_dir)
    sides = [
        described(recipe, run_dir, weights, (known, "train"), reader),
        library(recipe, run_dir, weights, ("dev",), reader),
    ]
    shelves = [Shelf(side.photos.vectors, np.asarray(side.caption_vectors)) for side in sides]
    plan = recipe.clip
    torch.manual_seed(recipe.seed)
    mixture = ClipMixture(ClipShape(width=sides[0].photos.vectors.shape[1])).to(device(run_dir))
    terms = MixTerms(batch=plan.batch, seed=recipe.seed)
    task = Mixing(mixture, (shelves[0], sides[0].asked), (shelves[1], sides[1].asked), terms)
    schedule = Plan(
        steps=plan.steps,
        learning_rate=plan.learning_rate,
        averaging=0.95,
        check_every=plan.check_every,
        seed=recipe.seed,
    )

    def keep() -> None:
        save_atomically({"shape": asdict(mixture.shape), "weights": mixture.state_dict()}, run_dir / CLIP_WEIGHTS)

    train(task, schedule, run_dir / "ecs", keep)


def pack_captioner(recipe: Recipe) -> Path:
    """The captioner that goes into the pack: the recipe's first loss, its first seed."""
    if not recipe.prefer.losses:
        return writer(recipe)
    return preferred_path(recipe.prefer.losses[0], recipe.prefer.seeds[0])


def library(recipe: Recipe, run_dir: Path, weights: Path, splits: tuple[Split, ...], reader: TextReader) -> Library:
    """Photos of some splits as one captioner describes them; the captions are stored beside its weights."""
    return described(recipe, run_dir, weights, (load_material(run_dir, *splits), splits[0]), reader)


def described(recipe: Recipe, run_dir: Path, weights: Path, named: tuple[Material, str], reader: TextReader) -> Library:
    """The same for any photos, under a name."""
    photos, name = named
    path = run_dir / weights.with_name(f"captions-{name}.json")
    if not path.is_file():
        store_texts(path, photos.names, write_captions(recipe, run_dir, weights, photos, reader))
    return as_library(photos, stored_texts(path, photos.names), reader)


def greedy_library(run_dir: Path, weights: Path, splits: tuple[Split, ...], reader: TextReader) -> Library:
    """The same with the greedy caption alone: enough for a row of the report."""
    photos = load_material(run_dir, *splits)
    path = run_dir / weights.with_name(f"greedy-{splits[0]}.json")
    if not path.is_file():
        texts = caption_all(load_captioner(run_dir, weights), photos.tokens, reader.tokenizer)
        store_texts(path, photos.names, [[text] for text in texts])
    return as_library(photos, stored_texts(path, photos.names), reader)


def write_captions(
    recipe: Recipe, run_dir: Path, weights: Path, photos: Material, reader: TextReader
) -> list[list[str]]:
    network, plan = load_captioner(run_dir, weights), recipe.scorer
    how = Writing(CAPTIONS_STORED - 1, plan.temperature, plan.top_p, seed=recipe.seed)
    greedy = caption_all(network, photos.tokens, reader.tokenizer)
    sampled = caption_all(network, photos.tokens, reader.tokenizer, how, batch=64)
    rows = [sampled[start : start + how.count] for start in range(0, len(sampled), how.count)]
    return [[first, *others] for first, others in zip(greedy, rows, strict=True)]


def as_library(photos: Material, texts: list[list[str]], reader: TextReader) -> Library:
    flat = [text for row in texts for text in row]
    vectors = reader.vectors(flat, CAPTION).reshape(len(texts), -1, photos.vectors.shape[1])
    return Library(photos, texts, read(flat, len(texts[0]), reader.tokenizer).ids, vectors, asked(photos, reader))


def load_clip(run_dir: Path) -> ClipMixture:
    state = load_weights(run_dir / CLIP_WEIGHTS, "ecs")
    mixture = ClipMixture(ClipShape(**state["shape"]))
    mixture.load_state_dict(state["weights"])
    return mixture.to(device(run_dir)).eval()


def with_clip_vectors(run_dir: Path, known: Library) -> Library:
    vectors = mix(load_clip(run_dir), Shelf(known.photos.vectors, np.asarray(known.caption_vectors)))
    return Library(known.photos, known.texts, known.captions, known.caption_vectors, known.asked, vectors)
