"""Step `prepare`: proves that training sees no evaluation photo, decodes the photos, trains the tokenizer."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.training.data import SPLITS, load_class_names, load_photos, load_sentences, training_photos
from engine.training.parts.text import TOKENIZER
from engine.training.pictures import decode_all, open_pictures
from engine.training.recipe import Recipe
from engine.training.run import data_dir
from engine.training.tokens import train_tokenizer

log = logging.getLogger(__name__)


def prepare(recipe: Recipe, run_dir: Path) -> None:
    data = data_dir(run_dir)
    allowed = training_photos(data)
    sentences = load_sentences(data)
    if not (run_dir / TOKENIZER).is_file():
        captions = [caption for photo in allowed for caption in photo.captions]
        tokenizer = train_tokenizer([*sentences, *captions, *load_class_names(data)], recipe.text.vocabulary)
        (run_dir / TOKENIZER).parent.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(run_dir / TOKENIZER))
    photos = [photo for split in SPLITS for photo in load_photos(data, split)]
    if not (run_dir / "prepare" / "photos.json").is_file():
        decode_all(data, photos, run_dir / "prepare", recipe.frame.picture)
    log.info("%d photos decoded, %d of them for training", len(open_pictures(run_dir / "prepare").names), len(allowed))
