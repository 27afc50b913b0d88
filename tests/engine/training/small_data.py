"""A training data set of a few coloured photos, laid out like the real one, for tests that train in seconds."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (30, 40, 210), "white": (235, 235, 235)}
PHOTOS = {"train": 12, "dev": 4, "test": 4}


def write_data(folder: Path) -> Path:
    """Every file the recipe reads but the backbone; photo K of a set has the colour K modulo 4."""
    folder.mkdir(parents=True, exist_ok=True)
    flickr = {part: [f"{part}{number}_ab.jpg" for number in range(count)] for part, count in PHOTOS.items()}
    names = [name for part in flickr.values() for name in part]
    write_tar(folder / "flickr8k-224.tar", names)
    lines = [f"{name}#{k}\t{text}" for name in names for k, text in enumerate(captions(name))]
    (folder / "flickr8k-captions.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    for part, listed in flickr.items():
        (folder / f"flickr8k-{part}.txt").write_text("\n".join(listed))
    for name, prefix, count in (("coco-train-336", "00000000010", 4), ("coco-val-614", "COCO_val2014_00000000020", 4)):
        photos = [f"{prefix}{number}.jpg" for number in range(count)]
        write_tar(folder / f"{name}.tar", photos)
        (folder / f"{name}.json").write_text(json.dumps({photo: captions(photo) for photo in photos}))
    write_tar(folder / "coco-unlabelled-5000.tar", [f"COCO_train2014_00000000030{number}.jpg" for number in range(4)])
    sentences = [f"a {colour} thing number {k}." for colour in COLOURS for k in range(4)]
    (folder / "coco-captions-text.txt.gz").write_bytes(gzip.compress("\n".join(sentences).encode()))
    (folder / "backbone").mkdir(exist_ok=True)
    (folder / "backbone" / "imagenet_labels.txt").write_text("\n".join(f"class {row}" for row in range(1001)))
    return folder


def write_tar(path: Path, names: Iterable[str]) -> None:
    with tarfile.open(path, "w") as tar:
        for name in names:
            jpeg = _jpeg(COLOURS[colour_of(name)])
            member = tarfile.TarInfo(name)
            member.size = len(jpeg)
            tar.addfile(member, io.BytesIO(jpeg))


def captions(name: str) -> list[str]:
    colour = colour_of(name)
    return [f"A {colour} wall .", f"a plain {colour} surface", f"everything here is {colour}", f"{colour} on the left"]


def colour_of(name: str) -> str:
    number = int("".join(letter for letter in name.partition("_ab")[0] if letter.isdigit()) or 0)
    return list(COLOURS)[number % len(COLOURS)]


def _jpeg(colour: tuple[int, int, int]) -> bytes:
    pixels = np.full((64, 64, 3), colour, dtype=np.uint8)
    pixels[:8, :8] = 0
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()
