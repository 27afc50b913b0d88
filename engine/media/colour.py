"""From coded colours to the sRGB a screen shows: which matrix, which range, and high dynamic range made normal.

Works on pictures that are small already. Dolby Vision without a compatible base layer is not understood and looks
odd.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from engine.types import RgbImage

Deep = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]

HDR_CURVES = (int(ColorTrc.SMPTE2084), int(ColorTrc.ARIB_STD_B67))
WHITE_NITS = 203.0
"""Where BT.2408 puts paper white in both kinds of HDR; it becomes nearly white on an ordinary screen."""
HLG_PEAK_NITS = 1000.0
_KNEE = 0.6
"""Up to this share of white nothing is changed; above, highlights are rolled off."""
_FINE = 4095
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)
_2020_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
_HD_LINES = 720
_UNSTATED = 2
"""AVCOL_SPC_UNSPECIFIED: most files do not say, and then players go by the size."""


def is_hdr(curve: int) -> bool:
    """Whether a transfer curve is PQ or HLG."""
    return curve in HDR_CURVES


def is_wide(primaries: int) -> bool:
    """Whether colours are stated in BT.2020, as all HDR and a little SDR video does."""
    return primaries == int(ColorPrimaries.BT2020)


def matrix_for(stated: int, lines: int) -> int | None:
    """The matrix for swscale where the stream does not name one; None leaves the stream's word."""
    if stated != _UNSTATED:
        return None
    return int(Colorspace.ITU709 if lines >= _HD_LINES else Colorspace.ITU601)


def range_for(stated: int, pixels: VideoFormat) -> int:
    """Full or limited range; limited is what an unmarked stream means, unless it holds RGB."""
    if pixels.is_rgb or pixels.name == "pal8" or pixels.name.startswith("yuvj"):
        return int(ColorRange.JPEG)
    return stated if stated == ColorRange.JPEG else int(ColorRange.MPEG)


def to_srgb(coded: Deep, curve: int) -> RgbImage:
    """16-bit R'G'B' in BT.2020, on a PQ, HLG or ordinary curve, as 8-bit sRGB."""
    if curve == ColorTrc.SMPTE2084:
        light = _roll_off(_pq_light()[coded])
    elif curve == ColorTrc.ARIB_STD_B67:
        light = _roll_off(_hlg_display_light(_hlg_light()[coded]))
    else:
        light = _sdr_light()[coded]
    light = np.clip(light @ _2020_TO_709.T, 0.0, 1.0)
    return _srgb_bytes()[(light * _FINE + 0.5).astype(np.uint16)]


def _roll_off(light: Floats) -> Floats:
    """Compress what is brighter than the knee; the brightest channel decides, so that hues stay."""
    peak = light.max(axis=-1, keepdims=True)
    over = np.maximum(peak - _KNEE, 0.0)
    room = 1.0 - _KNEE
    wanted = np.where(peak <= _KNEE, peak, _KNEE + room * (1.0 - np.exp(-over / room)))
    return (light * (wanted / np.maximum(peak, 1e-6))).astype(np.float32, copy=False)


def _hlg_display_light(scene: Floats) -> Floats:
    """Scene light to screen light: the system gamma of BT.2100 for a screen of 1000 nits."""
    luma = np.maximum(scene @ _LUMA_2020, 1e-6)[..., None]
    return np.asarray(scene * luma**0.2 * (HLG_PEAK_NITS / WHITE_NITS), np.float32)


def _codes() -> npt.NDArray[np.float64]:
    return np.arange(65536) / 65535.0


@lru_cache(maxsize=1)
def _pq_light() -> Floats:
    """SMPTE ST 2084, in units of paper white."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = _codes() ** (1 / m2)
    nits = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return (nits / WHITE_NITS).astype(np.float32)


@lru_cache(maxsize=1)
def _hlg_light() -> Floats:
    """ARIB STD-B67: signal to scene light, both from 0 to 1."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    codes = _codes()
    return np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12).astype(np.float32)


@lru_cache(maxsize=1)
def _sdr_light() -> Floats:
    """What an ordinary screen makes of a signal."""
    return (_codes() ** 2.2).astype(np.float32)


@lru_cache(maxsize=1)
def _srgb_bytes() -> RgbImage:
    light = np.arange(_FINE + 1) / _FINE
    signal = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (signal * 255 + 0.5).astype(np.uint8)
