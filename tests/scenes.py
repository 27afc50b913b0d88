"""Clips of plain colours with known times, drawn in a moment: what the tiny pack of `packs.py` understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.packs import COLOURS

FPS = 10


def draw(
    path: Path,
    scenes: Sequence[tuple[str, float]],
    *,
    gop: int = 20,
    size: tuple[int, int] = (96, 64),
    tags: Mapping[str, str] | None = None,
) -> Path:
    """A video that shows each colour for so many seconds. Colours meet at the ends of a whole frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # An mp4 keeps tags of any name only if it is asked to.
    options = {"movflags": "use_metadata_tags"} if tags and path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        container.metadata.update(tags or {})
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "x264-params": "scenecut=0"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = gop
        stream.time_base = Fraction(1, FPS)
        number = 0
        for colour, seconds in scenes:
            for _ in range(round(seconds * FPS)):
                frame = av.VideoFrame.from_ndarray(_picture(colour, number, size), format="rgb24")
                frame.pts = number
                container.mux(stream.encode(frame))
                number += 1
        container.mux(stream.encode(None))
    return path


def _picture(colour: str, number: int, size: tuple[int, int]) -> np.ndarray:
    """The colour with a bar that moves, so that no two frames are the same."""
    width, height = size
    picture = np.full((height, width, 3), COLOURS[colour], np.uint8)
    picture[-4:, number % width] = 128
    return picture
