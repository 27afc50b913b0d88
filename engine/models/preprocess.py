"""Pictures of any size to the one size a pack reads: squash, crop or pad, and the number layout. Pure functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from engine.models.pack import Fit, Layout, Preprocess
from engine.types import RgbImage

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in the source picture."""


def prepare(image: RgbImage, spec: Preprocess) -> RgbImage:
    """One picture at the pack's size, still 8 bits."""
    if image.shape[:2] == (spec.height, spec.width):
        return np.ascontiguousarray(image)
    return FITS[spec.fit](image, spec)


def _squash(image: RgbImage, spec: Preprocess) -> RgbImage:
    height, width = image.shape[:2]
    return _resize(image, (0.0, 0.0, float(width), float(height)), (spec.width, spec.height), spec)


def _crop(image: RgbImage, spec: Preprocess) -> RgbImage:
    """The largest centred piece with the pack's aspect."""
    height, width = image.shape[:2]
    scale = min(width / spec.width, height / spec.height)
    inner_width, inner_height = spec.width * scale, spec.height * scale
    left, top = (width - inner_width) / 2, (height - inner_height) / 2
    box = (left, top, left + inner_width, top + inner_height)
    return _resize(image, box, (spec.width, spec.height), spec)


def _pad(image: RgbImage, spec: Preprocess) -> RgbImage:
    """The whole picture on black."""
    height, width = image.shape[:2]
    scale = min(spec.width / width, spec.height / height)
    inner_width = max(1, round(width * scale))
    inner_height = max(1, round(height * scale))
    canvas = np.zeros((spec.height, spec.width, 3), np.uint8)
    top, left = (spec.height - inner_height) // 2, (spec.width - inner_width) // 2
    box = (0.0, 0.0, float(width), float(height))
    canvas[top : top + inner_height, left : left + inner_width] = _resize(image, box, (inner_width, inner_height), spec)
    return canvas


FITS: dict[Fit, Callable[[RgbImage, Preprocess], RgbImage]] = {"squash": _squash, "crop": _crop, "pad": _pad}


def _resize(image: RgbImage, box: Box, size: tuple[int, int], spec: Preprocess) -> RgbImage:
    from PIL import Image  # noqa: PLC0415 - a search by words comes this way too, and scales no picture

    picture = Image.fromarray(np.ascontiguousarray(image))
    # A picture many times too large is first halved cheaply; the filter then sees at least twice the size wanted.
    return np.asarray(picture.resize(size, Image.Resampling[spec.filter.upper()], box=box, reducing_gap=2.0))


def _nhwc_uint8(images: npt.NDArray[np.uint8], _spec: Preprocess) -> npt.NDArray[np.generic]:
    return images


def _nchw_float32(images: npt.NDArray[np.uint8], spec: Preprocess) -> npt.NDArray[np.generic]:
    mean = np.asarray(spec.mean, np.float32)
    scale = np.float32(1) / np.asarray(spec.std, np.float32)
    floats = (images.astype(np.float32) / np.float32(255) - mean) * scale
    return np.ascontiguousarray(floats.transpose(0, 3, 1, 2))


LAYOUTS: dict[Layout, Callable[[npt.NDArray[np.uint8], Preprocess], npt.NDArray[np.generic]]] = {
    "nhwc_uint8": _nhwc_uint8,
    "nchw_float32": _nchw_float32,
}


def lay_out(images: npt.NDArray[np.uint8], spec: Preprocess) -> npt.NDArray[np.generic]:
    """A batch in the numbers and the axis order the graph reads."""
    return LAYOUTS[spec.layout](images, spec)
