"""Colours come out as a player shows them: every matrix and range, and HDR neither washed out nor clipped away."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorTrc

from engine.media.colour import matrix_for, to_srgb
from engine.media.decode import frames_at, keyframes
from engine.media.probe import probe
from engine.types import RgbImage
from tests.clips import Spec, clip, ten_bit

PATCHES = np.array([[220, 30, 40], [40, 200, 60], [30, 60, 210], [240, 240, 240], [16, 16, 16], [200, 170, 120]])
PQ, HLG = int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67)
BT709, BT601, UNSTATED = 1, 6, 2
LIMITED, FULL = 1, 2


def middles(picture: RgbImage, count: int) -> np.ndarray:
    """The colour in the middle of each of so many stripes."""
    width = picture.shape[1] // count
    return np.array([picture[picture.shape[0] // 2, width * number + width // 2] for number in range(count)], int)


def stripes(path: Path, matrix: int, colour_range: int, tagged: bool, lines: int = 64) -> None:
    """A clip of upright stripes, coded with a matrix and range that the stream names or leaves open."""
    picture = np.repeat(np.repeat(PATCHES, 32, axis=0)[None], lines, axis=0).astype(np.uint8)
    with av.open(path, "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], lines, "yuv444p"
        if tagged:
            stream.codec_context.colorspace, stream.codec_context.color_range = matrix, colour_range
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
            format="yuv444p", dst_colorspace=matrix, dst_color_range=colour_range
        )
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        if not tagged:
            frame.colorspace, frame.color_range = UNSTATED, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@pytest.mark.parametrize("matrix", [BT709, BT601])
@pytest.mark.parametrize("colour_range", [LIMITED, FULL])
def test_a_named_matrix_and_range_are_obeyed(matrix: int, colour_range: int, tmp_path: Path) -> None:
    stripes(tmp_path / "a.mkv", matrix, colour_range, tagged=True)
    (frame,) = keyframes(tmp_path / "a.mkv", size=64)
    assert np.abs(middles(frame.image, len(PATCHES)) - PATCHES).max() <= 4


@pytest.mark.parametrize(("lines", "matrix"), [(64, BT601), (720, BT709)])
def test_an_unnamed_matrix_goes_by_the_size(lines: int, matrix: int, tmp_path: Path) -> None:
    stripes(tmp_path / "a.mkv", matrix, LIMITED, tagged=False, lines=lines)
    (frame,) = keyframes(tmp_path / "a.mkv", size=64)
    assert np.abs(middles(frame.image, len(PATCHES)) - PATCHES).max() <= 4


def test_a_named_matrix_is_left_to_the_scaler() -> None:
    assert matrix_for(BT709, 480) is None


@pytest.mark.parametrize(("container", "codec"), [("mov", "mjpeg"), ("mpg", "mpeg2video"), ("avi", "mpeg4")])
def test_decoding_at_reduced_size_shows_the_same_picture(container: str, codec: str) -> None:
    path = clip(Spec(container, codec, size=(640, 384), frames=12))
    reduced = next(iter(keyframes(path, size=48))).image.astype(int)
    (whole,) = (frame.image.astype(int) for frame in frames_at(path, [0.0], size=192))
    assert np.abs(reduced - whole.reshape(48, 4, 80, 4, 3).mean(axis=(1, 3))).mean() < 4


def pq(nits: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084 as published, the other way round than the code under test."""
    power = (nits / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def shown(signals: np.ndarray, transfer: int, path: Path) -> np.ndarray:
    ten_bit(signals, transfer, path)
    (frame,) = keyframes(path, size=64)
    return middles(frame.image, len(signals))


def greys(levels: list[float]) -> np.ndarray:
    return np.repeat(np.array(levels)[:, None], 3, axis=1)


def test_hdr10_greys_stay_grey_and_take_up_the_whole_scale(tmp_path: Path) -> None:
    colours = shown(pq(greys([0.001, 5.0, 36.5, 203.0, 1000.0, 4000.0])), PQ, tmp_path / "a.mkv")
    assert np.ptp(colours, axis=1).max() <= 2
    black, dark, middle, white, bright, glare = colours[:, 0]
    assert black <= 3
    assert 30 <= dark <= 60
    # 18 % of paper white is middle grey on any screen.
    assert 112 <= middle <= 124
    assert 225 <= white < bright <= glare <= 255


def test_hlg_greys_lie_where_hdr10_puts_the_same_light(tmp_path: Path) -> None:
    # BT.2408: 75 % signal is 203 nits, 38 % is 26 nits on the reference screen.
    colours = shown(greys([0.0, 0.38, 0.75, 1.0]), HLG, tmp_path / "a.mkv")
    wanted = shown(pq(greys([0.001, 26.0, 203.0, 1000.0])), PQ, tmp_path / "b.mkv")
    assert np.abs(colours - wanted).max() <= 6


def test_hdr_colours_keep_their_hue_and_their_strength(tmp_path: Path) -> None:
    # BT.709 red, green and blue at 100 nits, stated in BT.2020 as a phone would.
    in_2020 = np.array([[0.6274, 0.0691, 0.0164], [0.3293, 0.9195, 0.0880], [0.0433, 0.0114, 0.8956]]) * 100
    colours = shown(pq(in_2020), PQ, tmp_path / "a.mkv")
    for channel, colour in enumerate(colours):
        assert colour[channel] >= 170
        assert np.delete(colour, channel).max() <= 40


def test_wide_colours_without_hdr_are_not_darkened(tmp_path: Path) -> None:
    colours = shown(greys([0.0, 0.5, 1.0]), BT709, tmp_path / "a.mkv")
    assert np.abs(colours - np.array([[0], [128], [255]])).max() <= 4


def test_the_probe_tells_hdr_and_depth(tmp_path: Path) -> None:
    ten_bit(greys([0.5]), PQ, tmp_path / "a.mkv")
    assert (probe(tmp_path / "a.mkv").is_hdr, probe(tmp_path / "a.mkv").bit_depth) == (True, 10)
    assert (probe(clip(Spec())).is_hdr, probe(clip(Spec())).bit_depth) == (False, 8)


def test_brighter_signals_never_come_out_darker() -> None:
    ramp = np.repeat(np.arange(0, 65536, 64, dtype=np.uint16)[None, :, None], 3, axis=2)
    for transfer in (PQ, HLG, BT709):
        assert (np.diff(to_srgb(ramp, transfer)[0, :, 0].astype(int)) >= 0).all()
