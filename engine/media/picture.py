"""Turns decoded frames of one stream into small upright sRGB arrays. Scaling comes first, everything else is done on
the small picture.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.error import FFmpegError
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from engine.media.colour import is_hdr, is_wide, matrix_for, range_for, to_srgb
from engine.media.orient import UPRIGHT, Orientation, fitted, orientation, turn, upright_size
from engine.types import RgbImage


def frame_orientation(frame: VideoFrame) -> Orientation:
    """Which way a frame is to be turned.

    Read off a tiny copy: a frame whose side data was read refers to itself, and would keep its decoder's megabytes
    until Python looks for cycles.
    """
    # A format that cannot be converted cannot be painted either; then its own side data will do.
    with contextlib.suppress(FFmpegError, ValueError):
        frame = frame.reformat(2, 2)
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return UPRIGHT if matrix is None else orientation(bytes(matrix))


class Painter:
    """Makes pictures whose short side is `size`. Not for use from two threads at once."""

    def __init__(self, pixel: Fraction, size: int, lines: int) -> None:
        self._pixel = pixel
        self._size = size
        self._lines = lines
        self._scaler = VideoReformatter()
        self._ways: dict[tuple[int, int], Orientation] = {}

    def paint(self, frame: VideoFrame) -> RgbImage:
        """The picture of a frame. Raises FFmpegError or ValueError for a frame that cannot be converted."""
        way = self._way(frame)
        width, height = fitted(*upright_size(frame.width, frame.height, self._pixel, way), self._size)
        if way.is_sideways:
            width, height = height, width
        is_deep = is_hdr(frame.color_trc) or is_wide(frame.color_primaries)
        small = self._scaler.reformat(
            frame,
            width,
            height,
            format="rgb48le" if is_deep else "rgb24",
            src_colorspace=matrix_for(frame.colorspace, self._lines),
            src_color_range=range_for(frame.color_range, frame.format),
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.AREA,
            threads=1,
        )
        pixels = small.to_ndarray()
        if is_deep:
            return turn(to_srgb(np.asarray(pixels, np.uint16), frame.color_trc), way)
        return turn(np.asarray(pixels, np.uint8), way)

    def _way(self, frame: VideoFrame) -> Orientation:
        """Asked once for each shape of frame: within a file it does not change otherwise."""
        shape = frame.width, frame.height
        if shape not in self._ways:
            self._ways[shape] = frame_orientation(frame)
        return self._ways[shape]
