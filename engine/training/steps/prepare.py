"""Step `prepare`: proves that training sees no evaluation photo, decodes the photos, trains the tokenizer."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.training.data import load_class_names, load_sentences, training_photos
from engine.training.drawings import drawings
from engine.training.parts.text import TOKENIZER
from engine.training.pictures import decode_all, open_pictures
from engine.training.recipe import Recipe
from engine.training.run import data_dir, workers
from engine.training.steps.known import everything
from engine.training.tokens import train_tokenizer

log = logging.getLogger(__name__)


def prepare(recipe: Recipe, run_dir: Path) -> None:
    data = data_dir(run_dir)
    allowed = training_photos(data)
    sentences = load_sentences(data)
    if not (run_dir / TOKENIZER).is_file():
        captions = [caption for photo in (*allowed, *drawings(recipe.drawn)) for caption in photo.captions]
        tokenizer = train_tokenizer([*sentences, *captions, *load_class_names(data)], recipe.text.vocabulary)
        (run_dir / TOKENIZER).parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(run_dir / TOKENIZER))
    if not (run_dir / "prepare" / "photos.json").is_file():
        view = (recipe.frame.picture, workers(run_dir))
        decode_all(data, everything(recipe, run_dir), run_dir / "prepare", view)
    log.info("%d photos decoded, %d of them for training", len(open_pictures(run_dir / "prepare").names), len(allowed))
