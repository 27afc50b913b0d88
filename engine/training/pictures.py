"""Decoded photos on disk, and the light changes that make a photo new each time it is trained on.

Decoding once and mapping the file costs 150 kB a photo and saves most of the processor time that is not training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from engine.errors import TrainingError
from engine.training.data import Photo, decode, read_files
from engine.training.drawings import pictures
from engine.types import RgbImage

_SIDED = re.compile(r"\b(left|right)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Photos as uint8 [N, side, side, 3] in a mapped file, one row a photo."""

    names: tuple[str, ...]
    pixels: npt.NDArray[np.uint8]
    held: dict[torch.device, Tensor] = field(default_factory=dict)
    """All of them once more in the memory of a GPU, which would else wait for each batch."""

    def rows(self, photos: Sequence[Photo]) -> npt.NDArray[np.int64]:
        row_of = {name: row for row, name in enumerate(self.names)}
        return np.array([row_of[photo.name] for photo in photos], dtype=np.int64)

    def batch(self, rows: npt.NDArray[np.int64], device: torch.device) -> Tensor:
        """uint8 [B, side, side, 3]."""
        if device.type == "cpu":
            return torch.from_numpy(np.ascontiguousarray(self.pixels[rows]))
        if device not in self.held:
            self.held[device] = torch.from_numpy(np.array(self.pixels)).to(device)
        return self.held[device][torch.from_numpy(rows).to(device)]


def decode_all(data_dir: Path, photos: Sequence[Photo], folder: Path, view: tuple[int, int]) -> None:
    """Write `photos` to `folder`; the list of names comes last and says that the pixels are whole.

    `view` is their height and width, and how many processes draw what has to be drawn.
    """
    side, workers = view
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photos.json").unlink(missing_ok=True)
    row_of = {photo.name: row for row, photo in enumerate(photos)}
    try:
        pixels = np.lib.format.open_memmap(folder / "photos.npy", "w+", np.uint8, (len(photos), side, side, 3))
        with ThreadPoolExecutor() as threads:
            files = read_files(data_dir, [photo for photo in photos if photo.split != "drawn"])
            for photo, square in threads.map(lambda file: (file[0], _squashed(decode(file[1]), side)), files):
                pixels[row_of[photo.name]] = square
        drawn = [photo for photo in photos if photo.split == "drawn"]
        for photo, square in zip(drawn, pictures(drawn, side, workers), strict=True):
            pixels[row_of[photo.name]] = square
        pixels.flush()
        (folder / "photos.json").write_text(json.dumps(list(row_of)), encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            str(folder), f"the decoded photos cannot be written ({error})", "Free some space or change --runs"
        ) from error


def _squashed(image: RgbImage, side: int) -> RgbImage:
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def open_pictures(folder: Path) -> Pictures:
    """What `decode_all` wrote."""
    try:
        names = json.loads((folder / "photos.json").read_text(encoding="utf-8"))
        return Pictures(tuple(names), np.load(folder / "photos.npy", mmap_mode="r"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            str(folder), f"the photos have not been decoded ({error})", "Run `reelfind train prepare` first"
        ) from error


def names_a_side(caption: str) -> bool:
    """Whether a mirrored picture would make this caption wrong."""
    return _SIDED.search(caption) is not None


@dataclass(frozen=True, slots=True)
class Views:
    """How far a training view may be from the photo."""

    side: int
    smallest: float = 0.6
    """Share of the photo's height and width that a crop keeps at least."""
    light: float = 0.25
    """Largest change of brightness and contrast, as a share."""


def random_views(pictures: Tensor, may_mirror: Tensor, views: Views) -> Tensor:
    """Crops in -1..1, [B, 3, side, side], some mirrored where `may_mirror`, lighter or darker."""
    count = len(pictures)
    whole = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1.0
    keep = torch.empty(count, 2, device=pictures.device).uniform_(views.smallest, 1.0)
    middle = (torch.rand(count, 2, device=pictures.device) * 2 - 1) * (1 - keep)
    mirror = torch.where(may_mirror & (torch.rand(count, device=pictures.device) < 0.5), -1.0, 1.0)
    place = torch.zeros(count, 2, 3, device=pictures.device)
    place[:, 0, 0], place[:, 1, 1], place[:, :, 2] = keep[:, 0] * mirror, keep[:, 1], middle
    grid = functional.affine_grid(place, [count, 3, views.side, views.side], align_corners=False)
    seen = functional.grid_sample(whole, grid, padding_mode="reflection", align_corners=False)
    change = 1 + (torch.rand(count, 2, 1, 1, 1, device=pictures.device) * 2 - 1) * views.light
    mean = seen.mean((1, 2, 3), keepdim=True)
    return ((seen - mean) * change[:, 0] + mean * change[:, 1]).clamp(-1.0, 1.0)


def plain_views(pictures: Tensor, side: int) -> Tensor:
    """The whole photo in -1..1, [B, 3, side, side]."""
    whole = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1.0
    if whole.shape[-1] == side:
        return whole
    return functional.interpolate(whole, size=(side, side), mode="bilinear", antialias=True)
