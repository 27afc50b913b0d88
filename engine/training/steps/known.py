"""What a run may learn from: the photos with captions, and the scenes drawn for it."""

from __future__ import annotations

from pathlib import Path

from engine.training.data import SPLITS, Photo, Split, load_photos
from engine.training.drawings import drawings
from engine.training.recipe import Recipe
from engine.training.run import data_dir

CAPTIONED: tuple[Split, ...] = ("train", "coco_train")


def captioned(recipe: Recipe, run_dir: Path) -> list[Photo]:
    """Everything that has captions and may be trained on."""
    photos = [photo for split in CAPTIONED for photo in load_photos(data_dir(run_dir), split) if photo.captions]
    return [*photos, *drawings(recipe.drawn)]


def everything(recipe: Recipe, run_dir: Path) -> list[Photo]:
    """All photos of all splits, for evaluation too, and the drawn scenes."""
    return [*(photo for split in SPLITS for photo in load_photos(data_dir(run_dir), split)), *drawings(recipe.drawn)]
