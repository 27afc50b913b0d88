"""The data sets of the recipe: photos in tar files, their captions, and who may be trained on.

Training only ever sees what `training_photos` returns, and that refuses a photo of an evaluation split whatever file
it came from. Photos are matched across sets by their number, so a COCO photo cannot slip in under another name.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from engine.errors import TrainingError
from engine.types import RgbImage

Split = Literal["train", "dev", "test", "coco_train", "coco_dev", "unlabelled", "drawn"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test", "coco_train", "coco_dev", "unlabelled")
"""Those that lie in the data folder; drawn scenes are made."""
TRAINING_SPLITS: tuple[Split, ...] = ("train", "coco_train", "unlabelled")
EVALUATION_SPLITS: tuple[Split, ...] = ("dev", "test", "coco_dev")

TARS: dict[Split, str] = {
    "train": "flickr8k-224.tar",
    "dev": "flickr8k-224.tar",
    "test": "flickr8k-224.tar",
    "coco_train": "coco-train-336.tar",
    "coco_dev": "coco-val-614.tar",
    "unlabelled": "coco-unlabelled-5000.tar",
}
_COCO_CAPTIONS: dict[Split, str] = {"coco_train": "coco-train-336.json", "coco_dev": "coco-val-614.json"}
SENTENCES = "coco-captions-text.txt.gz"
FLICKR_CAPTIONS = "flickr8k-captions.txt.gz"
BACKBONE = "backbone/mobilenet_v2_1.0_224_quant.tflite"
CLASS_NAMES = "backbone/imagenet_labels.txt"


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    captions: tuple[str, ...]
    split: Split


def load_photos(data_dir: Path, split: Split) -> tuple[Photo, ...]:
    """All photos of one split, by name, with their captions (none for the unlabelled ones)."""
    if split == "unlabelled":
        return tuple(Photo(name, (), split) for name in _tar_names(data_dir / TARS[split]))
    if split in _COCO_CAPTIONS:
        captions = json.loads(_read(data_dir / _COCO_CAPTIONS[split]))
        return tuple(Photo(name, _clean(captions[name]), split) for name in sorted(captions))
    return _flickr_photos(data_dir, split)


def training_photos(data_dir: Path) -> tuple[Photo, ...]:
    """Every photo that training may see in any role; raises where one belongs to an evaluation split."""
    photos = tuple(photo for split in TRAINING_SPLITS for photo in load_photos(data_dir, split))
    held_out = {photo_number(photo.name) for split in EVALUATION_SPLITS for photo in load_photos(data_dir, split)}
    leaked = [photo.name for photo in photos if photo_number(photo.name) in held_out]
    if leaked:
        raise TrainingError(
            leaked[0],
            f"{len(leaked)} photos are both in a training split and in an evaluation split",
            "Take them out of the training split",
        )
    return photos


def photo_number(name: str) -> str:
    """What identifies a photo across sets: COCO names differ by year and part, their number does not."""
    coco = re.fullmatch(r"(?:COCO_\w+_)?0*(\d+)\.jpg", name)
    return f"coco {int(coco.group(1))}" if coco else name


def read_photos(data_dir: Path, photos: Iterable[Photo]) -> Iterator[tuple[Photo, RgbImage]]:
    """Photos as pictures, tar by tar in the order they lie there: not the order asked for."""
    return ((photo, decode(file)) for photo, file in read_files(data_dir, photos))


def read_files(data_dir: Path, photos: Iterable[Photo]) -> Iterator[tuple[Photo, bytes]]:
    """The same, not yet decoded."""
    wanted: dict[str, dict[str, Photo]] = {}
    for photo in photos:
        wanted.setdefault(TARS[photo.split], {})[photo.name] = photo
    for tar_name, by_name in wanted.items():
        with _open_tar(data_dir / tar_name) as tar:
            for member in tar:
                photo = by_name.get(Path(member.name).name)
                file = tar.extractfile(member) if photo else None
                if photo and file:
                    yield photo, file.read()


def load_sentences(data_dir: Path) -> tuple[str, ...]:
    """Caption sentences without photos, in file order: neighbours often speak of the same scene."""
    lines = gzip.decompress(_read(data_dir / SENTENCES)).decode("utf-8").splitlines()
    return _clean(lines)


def load_class_names(data_dir: Path) -> tuple[str, ...]:
    """Names of the backbone's classes, row by row; the first is 'background'."""
    return tuple(_read(data_dir / CLASS_NAMES).decode("utf-8").splitlines())


def _flickr_photos(data_dir: Path, split: Split) -> tuple[Photo, ...]:
    captions = _flickr_captions(data_dir)
    listed = {name: part for part in ("train", "dev", "test") for name in _flickr_list(data_dir, part)}
    there = _tar_names(data_dir / TARS["train"])
    # Photos in no list are usable for training.
    names = sorted(name for name in there if listed.get(name, "train") == split)
    return tuple(Photo(name, captions.get(name, ()), split) for name in names)


def _flickr_list(data_dir: Path, part: str) -> list[str]:
    return _read(data_dir / f"flickr8k-{part}.txt").decode("utf-8").split()


def _flickr_captions(data_dir: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in gzip.decompress(_read(data_dir / FLICKR_CAPTIONS)).decode("utf-8").splitlines():
        key, _, caption = line.partition("\t")
        found.setdefault(key.rpartition("#")[0], []).append(caption)
    return {name: _clean(captions) for name, captions in found.items()}


def _clean(captions: Iterable[str]) -> tuple[str, ...]:
    """Spaces as in normal writing: some sets put one before each full stop."""
    joined = (" ".join(caption.split()) for caption in captions)
    return tuple(re.sub(r" +([.,!?;:])", r"\1", caption) for caption in joined if caption)


def _tar_names(path: Path) -> list[str]:
    with _open_tar(path) as tar:
        return sorted(Path(member.name).name for member in tar if member.isfile())


def _open_tar(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except (OSError, tarfile.TarError) as error:
        raise _missing(path, error) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _missing(path, error) from error


def _missing(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        str(path),
        f"the training data cannot be read ({error})",
        "Name the folder that holds it with --data",
    )


def decode(jpeg: bytes) -> RgbImage:
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(image.convert("RGB"))
