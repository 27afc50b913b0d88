"""Step `retriever`: stores what the finished encoder sees, then fits text tower and role-embeddings to it.

Queries and captions are the same kind of sentence here, but they stand at different ends: a query is matched with
pictures, a caption stands in for one and is matched with queries. That is what the two roles learn to tell apart.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.training.cache import FeatureBatch, open_cache, write_cache
from engine.training.checkpoint import save_atomically
from engine.training.data import load_photos
from engine.training.looking import BATCH, seen
from engine.training.loop import Plan, train
from engine.training.parts.frame import FRAME_WEIGHTS, load_frame
from engine.training.parts.text import TEXT_WEIGHTS, load_text, text_state
from engine.training.pictures import open_pictures
from engine.training.recipe import Recipe
from engine.training.roles import RoleTerms, RoleTraining
from engine.training.run import data_dir, device, started_from
from engine.training.steps.frame import FRAME_TEXT
from engine.training.steps.known import captioned, everything
from engine.training.steps.text import scenes

CACHE = Path("cache")


def retriever(recipe: Recipe, run_dir: Path) -> None:
    store_features(recipe, run_dir)
    if started_from(run_dir) is not None:
        # A pack's text tower has been fitted to its encoder; more of the same made it no better.
        (run_dir / TEXT_WEIGHTS).parent.mkdir(exist_ok=True)
        shutil.copyfile(run_dir / FRAME_TEXT, run_dir / TEXT_WEIGHTS)
        return
    data = data_dir(run_dir)
    reader = load_text(run_dir, FRAME_TEXT, device(run_dir))
    photos = captioned(recipe, run_dir)
    dev = {"dev": load_photos(data, "dev"), "coco": load_photos(data, "coco_dev")}
    plan = recipe.retriever
    terms = RoleTerms(plan.batch, plan.sentences, plan.caption_weight, plan.sentences_weight, recipe.seed)
    task = RoleTraining(reader, open_cache(run_dir / CACHE), (photos, scenes(recipe, run_dir)), dev, terms)
    schedule = Plan(
        steps=plan.steps,
        learning_rate=plan.learning_rate,
        warmup_steps=20,
        averaging=0.95,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    kept = run_dir / TEXT_WEIGHTS
    train(task, schedule, run_dir / "retriever", lambda: save_atomically(text_state(reader.tower), kept))


def store_features(recipe: Recipe, run_dir: Path) -> None:
    """Write the cache of all splits with the encoder as it is now; does nothing where that is stored already."""
    changed = (run_dir / FRAME_WEIGHTS).stat().st_mtime_ns if (run_dir / FRAME_WEIGHTS).is_file() else 0
    revision = f"{FRAME_WEIGHTS.as_posix()} {changed}"
    if (run_dir / CACHE / "cache.json").is_file() and open_cache(run_dir / CACHE).revision == revision:
        return
    encoder = load_frame(run_dir, device(run_dir))
    pictures = open_pictures(run_dir / "prepare")
    photos = everything(recipe, run_dir)
    names = tuple(photo.name for photo in photos)
    found = seen(encoder, pictures, pictures.rows(photos), half=recipe.frame.half_precision)
    batches = (
        FeatureBatch(names[number * BATCH : (number + 1) * BATCH], tokens.numpy(), vectors.numpy())
        for number, (vectors, tokens) in enumerate(found)
    )
    write_cache(run_dir / CACHE, revision, names, batches)
