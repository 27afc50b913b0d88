"""Finds where one shot ends and the next begins, from a few numbers about each frame. Pure, no file is opened.

Made for sparse and uneven frames: keyframes, fill-ins up to some seconds apart, and closer ones around a change. A
shot begins at the first frame that was seen of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.types import RgbImage, Span

Floats = npt.NDArray[np.floating]

MIN_SHOT_S = 0.6
TRANSITION_S = 1.6
MOST_MIXED = 60
"""Longest dissolve or fade that is looked for, in time and in frames."""
BLINK_S = 1.2
"""A change that is undone within this time is a flash or something passing the lens."""

LOW, HIGH = 0.06, 0.2
"""A distance below the first is never a cut, one above the second always; between them the neighbours decide."""
TIMES_NEIGHBOURS = 5.0
NEIGHBOURS = 4
MIX_ERROR = 0.3

_SIDE = 48
_LUMA_BINS, _CHROMA_BINS = 4, 4
_QUARTERS = 2
_GRID = 4
_COLOURS = _LUMA_BINS * _CHROMA_BINS * _CHROMA_BINS
_HISTOGRAM = _QUARTERS * _QUARTERS * _COLOURS
_FLAT = 0.02


def describe_frame(image: RgbImage) -> Floats:
    """304 numbers: the colours of each quarter (square roots of shares), then the mean colour of a 4 x 4 grid."""
    small = _shrunk(image)
    luma = small @ np.asarray([0.299, 0.587, 0.114], np.float32)
    blue = (small[..., 2] - luma) * 0.62
    red = (small[..., 0] - luma) * 0.78
    # Square root: half of what happens in films happens in the dark quarter of the scale.
    code = _bin(np.sqrt(luma) - 0.5, _LUMA_BINS) * _CHROMA_BINS + _bin(blue, _CHROMA_BINS)
    code = code * _CHROMA_BINS + _bin(red, _CHROMA_BINS)
    half, cell = _SIDE // _QUARTERS, _SIDE // _GRID
    quarters = code.reshape(_QUARTERS, half, _QUARTERS, half).swapaxes(1, 2).reshape(-1, half * half)
    offsets = np.arange(len(quarters))[:, None] * _COLOURS
    counts = np.bincount((quarters + offsets).ravel(), minlength=_HISTOGRAM)
    shares = np.sqrt(counts / (half * half))
    grid = small.reshape(_GRID, cell, _GRID, cell, 3).mean(axis=(1, 3))
    return np.concatenate([shares, grid.ravel()]).astype(np.float32)


def find_shots(times_s: Sequence[float], descriptors: Floats, end_s: float) -> tuple[Span, ...]:
    """Shots that cover the time from 0 to the end without gap or overlap. Times ascend, one for each descriptor."""
    end_s = max([end_s, *times_s[-1:]])
    if not end_s > 0:
        return ()
    cuts = _cuts(np.asarray(times_s, np.float64), np.asarray(descriptors, np.float32)) if len(times_s) > 1 else []
    marks = [0.0, *(times_s[after] for after in cuts), end_s]
    return tuple(Span(float(start), float(end)) for start, end in pairwise(marks) if start < end)


def _cuts(times_s: npt.NDArray[np.float64], described: Floats) -> list[int]:
    """Numbers of the frames that begin a shot, the first frame's apart."""
    colours, grids = described[:, :_HISTOGRAM], described[:, _HISTOGRAM:]
    steps = _distances(colours, 1)
    is_cut = steps > _limits(steps)
    _drop_blinks(is_cut, times_s, colours)
    for change in _joined([*_dissolves(times_s, colours, grids), *_blanks(grids)]):
        inside = slice(change.first, change.last)
        is_change = change.is_dissolve or bool(is_cut[inside].any())
        is_cut[inside] = False
        begins = change.first + int(np.argmax(steps[inside])) + 1 if change.begins is None else change.begins
        if is_change and 0 < begins < len(described):
            is_cut[begins - 1] = True
    return _far_enough_apart(times_s, [int(step) + 1 for step in np.flatnonzero(is_cut)], steps)


@dataclass(frozen=True, slots=True)
class _Change:
    """Steps, from the first up to but without the last, that hold one cut together."""

    first: int
    last: int
    is_dissolve: bool
    begins: int | None = None
    """The frame with which the next shot begins, when it is known; outside the frames when none does."""


def _joined(changes: list[_Change]) -> list[_Change]:
    """A fade out, the dark and the fade in share steps: they are one change, which ends where the dark does."""
    joined: list[_Change] = []
    for change in sorted(changes, key=lambda change: change.first):
        if joined and change.first < joined[-1].last:
            before = joined.pop()
            known = [begins for begins in (before.begins, change.begins) if begins is not None]
            begins = 0 if 0 in known else max(known, default=None)
            last = max(before.last, change.last)
            joined.append(_Change(before.first, last, before.is_dissolve or change.is_dissolve, begins))
        else:
            joined.append(change)
    return joined


def _dissolves(times_s: npt.NDArray[np.float64], colours: Floats, grids: Floats) -> Iterator[_Change]:
    """Where the frames between two different ones are mixtures of these two."""
    is_moving = _distances(colours, 1) > LOW / 2
    for lag in range(2, min(MOST_MIXED + 2, len(times_s))):
        is_near = times_s[lag - 1 : -1] - times_s[1 : 1 - lag] <= TRANSITION_S
        if not is_near.any():
            return
        # Nothing but change from end to end, or two cuts with a shot between them would become one.
        is_whole = is_moving[: 1 - lag] & is_moving[lag - 1 :]
        for first in np.flatnonzero(is_near & is_whole & (_distances(colours, lag) > HIGH)):
            if _is_mixture(grids[first : first + lag + 1]):
                yield _Change(int(first), int(first) + lag, True)


def _blanks(grids: Floats) -> Iterator[_Change]:
    """Runs of black or white frames: they end a shot, and the next begins with its first picture."""
    is_blank = grids.std(axis=1) < _FLAT
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_blank, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        yield _Change(max(int(start) - 1, 0), int(end), False, int(end) if start > 0 else 0)


def _distances(colours: Floats, lag: int) -> Floats:
    """Between frames `lag` apart: 0 alike, 1 nothing in common. Half by quarters, half by the whole picture, which
    does not mind what moves.
    """
    before, after = colours[:-lag], colours[lag:]
    by_quarter = np.einsum("ij,ij->i", before, after) / _QUARTERS**2
    return 1 - (by_quarter + np.einsum("ij,ij->i", _whole(before), _whole(after))) / 2


def _whole(colours: Floats) -> Floats:
    return np.sqrt((colours.reshape(len(colours), -1, _COLOURS) ** 2).mean(axis=1))


def _limits(steps: Floats) -> Floats:
    """The least distance that is a cut, for each step: higher where the picture is restless all around."""
    padded = np.pad(steps, NEIGHBOURS, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1)
    others = np.delete(around, NEIGHBOURS, axis=1)
    if len(steps) < 3:
        return np.full_like(steps, HIGH)
    usual = np.nanpercentile(others, 75, axis=1)
    return np.clip(TIMES_NEIGHBOURS * usual, LOW, HIGH).astype(np.float32)


def _is_mixture(grids: Floats) -> bool:
    """Whether all frames but the ends lie on the way from one end to the other, in order."""
    way = grids[-1] - grids[0]
    length = float(way @ way)
    if length < 1e-6:
        return False
    done = (grids[1:-1] - grids[0]) @ way / length
    rest = np.linalg.norm(grids[1:-1] - grids[0] - done[:, None] * way, axis=1)
    return bool((rest < MIX_ERROR * np.sqrt(length)).all() and (np.diff([0.0, *done, 1.0]) > -0.1).all())


def _drop_blinks(is_cut: npt.NDArray[np.bool_], times_s: npt.NDArray[np.float64], colours: Floats) -> None:
    """Forgets two cuts when what comes after the second is what was there before the first."""
    cuts = np.flatnonzero(is_cut)
    for first, second in pairwise(cuts):
        if is_cut[first] and times_s[second + 1] - times_s[first] <= BLINK_S:
            ends = colours[[first, second + 1]]
            if float(_distances(ends, 1)[0]) < LOW:
                is_cut[first] = is_cut[second] = False


def _far_enough_apart(times_s: npt.NDArray[np.float64], cuts: list[int], steps: Floats) -> list[int]:
    """Of cuts too close to be shots, the stronger."""
    kept: list[int] = []
    for cut in cuts:
        if not kept or times_s[cut] - times_s[kept[-1]] >= MIN_SHOT_S:
            kept.append(cut)
        elif steps[cut - 1] > steps[kept[-1] - 1]:
            kept[-1] = cut
    return [cut for cut in kept if times_s[cut] >= MIN_SHOT_S]


def _shrunk(image: RgbImage) -> Floats:
    """48 x 48 means, from 0 to 1."""
    with Image.fromarray(np.ascontiguousarray(image)) as picture:
        small = picture.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / np.float32(255)


def _bin(values: Floats, count: int) -> npt.NDArray[np.intp]:
    """Bins of equal width over -0.5 to 0.5."""
    return np.clip((values + 0.5) * count, 0, count - 1).astype(np.intp)
