"""The number burnt into each picture proves that the picture and its time belong together, container by container."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import pytest

from engine.media import keys
from engine.media.decode import frames_at, frames_between, keyframes
from engine.types import Frame, Span
from tests.clips import NTSC, Spec, clip, number_in, trimmed

SPECS = {
    "30 a second": Spec(),
    "29.97 a second": Spec(fps=NTSC, b_frames=3, gop=12),
    "variable rate": Spec(steps=(1, 3, 1, 1, 7), b_frames=2),
    "variable rate in Matroska": Spec("mkv", steps=(2, 1, 40, 1), frames=30),
    "turned a quarter": Spec(quarter_turns=1),
    "turned upside down": Spec(quarter_turns=2),
    "turned three quarters": Spec(quarter_turns=3),
    "starts after its sound": Spec(delay_s=Fraction(3, 2), has_sound=True),
    "starts late without sound": Spec(delay_s=Fraction(3, 2)),
    "Matroska": Spec("mkv", fps=NTSC, b_frames=3),
    "Matroska without an index": Spec("mkv", fps=NTSC, b_frames=3, options=(("live", "1"),)),
    "MPEG transport stream": Spec("ts", fps=NTSC, b_frames=2),
    "MPEG program stream": Spec("mpg", "mpeg2video", fps=NTSC, b_frames=2),
    "AVI": Spec("avi", "mpeg4"),
    "AVI with reordered frames": Spec("avi", "mpeg4", b_frames=2),
    "Flash video": Spec("flv"),
    "Windows Media": Spec("wmv", "wmv2"),
    "Motion JPEG": Spec("mov", "mjpeg"),
    "ProRes": Spec("mov", "prores_ks"),
    "VP9": Spec("webm", "libvpx-vp9"),
    "HEVC": Spec("mp4", "libx265", b_frames=3),
    "open groups": Spec(b_frames=3, x264="open-gop=1"),
    "fragments": Spec(b_frames=2, options=(("movflags", "frag_keyframe+empty_moov"),)),
    "one keyframe": Spec(gop=1000, b_frames=3, frames=120),
    "trimmed by an edit list": Spec(fps=NTSC, b_frames=2),
}
TRIMMED = 13
CLOCK_S = 2e-6


@lru_cache
def made(name: str) -> Path:
    spec = SPECS[name]
    return trimmed(clip(spec), TRIMMED, spec) if name.startswith("trimmed") else clip(spec)


@lru_cache
def truth(name: str) -> tuple[tuple[float, int], ...]:
    """Time and number of every frame as PyAV decodes them one after the other, nothing sought, nothing skipped."""
    shown = []
    with av.open(made(name)) as container:
        start = Fraction(container.start_time or 0, av.time_base)
        for frame in container.decode(video=0):
            upright = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
            assert frame.pts is not None
            shown.append((float(frame.pts * frame.time_base - start), number_in(upright)))
    return tuple(shown)


def shown_at(name: str, time_s: float) -> tuple[float, int]:
    place = bisect_right(truth(name), (time_s + CLOCK_S, 10**6)) - 1
    return truth(name)[max(place, 0)]


def assert_same(frame: Frame, wanted: tuple[float, int]) -> None:
    assert number_in(frame.image) == wanted[1]
    assert frame.time_s == pytest.approx(max(0.0, wanted[0]), abs=CLOCK_S)


@pytest.mark.parametrize("name", SPECS)
def test_the_clip_itself_shows_every_number_once_and_in_order(name: str) -> None:
    first = TRIMMED if name.startswith("trimmed") else 0
    assert [number for _, number in truth(name)] == list(range(first, SPECS[name].frames))


@pytest.mark.parametrize("name", SPECS)
def test_a_keyframe_carries_its_own_time(name: str) -> None:
    found = list(keyframes(made(name), size=48, min_gap_s=0.2))
    assert len(found) >= 3
    assert [frame.time_s for frame in found] == sorted({frame.time_s for frame in found})
    for frame in found:
        assert_same(frame, shown_at(name, frame.time_s))


@pytest.mark.parametrize("name", SPECS)
def test_hopping_from_keyframe_to_keyframe_finds_what_reading_on_finds(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading_on = [(frame.pts, number_in(frame.image)) for frame in keyframes(made(name), size=48, min_gap_s=0.2)]
    monkeypatch.setattr(keys, "HOP_BYTES", 0)
    hopping = [(frame.pts, number_in(frame.image)) for frame in keyframes(made(name), size=48, min_gap_s=0.2)]
    assert hopping == reading_on


@pytest.mark.parametrize("name", SPECS)
def test_every_frame_is_found_at_its_own_time(name: str) -> None:
    times = [max(0.0, time_s) for time_s, _ in truth(name)]
    for frame, wanted in zip(frames_at(made(name), times, size=48), truth(name), strict=True):
        assert_same(frame, wanted)


@pytest.mark.parametrize("name", SPECS)
def test_between_two_frames_the_earlier_is_on_screen(name: str) -> None:
    end_s = truth(name)[-1][0]
    times = [0.0, *(end_s * share for share in (0.07, 0.31, 0.52, 0.68, 0.97)), end_s + 3]
    for time_s, frame in zip(times, frames_at(made(name), times, size=48), strict=True):
        assert_same(frame, shown_at(name, time_s))


@pytest.mark.parametrize("name", ["29.97 a second", "variable rate", "MPEG transport stream", "one keyframe"])
def test_a_lone_request_anywhere_is_as_exact_as_many(name: str) -> None:
    for time_s in (truth(name)[-2][0], truth(name)[3][0], truth(name)[len(truth(name)) // 2][0] + 0.001):
        (frame,) = frames_at(made(name), [time_s], size=48)
        assert_same(frame, shown_at(name, time_s))


@pytest.mark.parametrize("name", ["variable rate", "open groups", "AVI", "trimmed by an edit list"])
def test_a_span_gives_each_frame_in_it(name: str) -> None:
    start_s, end_s = truth(name)[7][0], truth(name)[22][0]
    frames = list(frames_between(made(name), Span(start_s, end_s), size=48))
    assert [number_in(frame.image) for frame in frames] == [number for _, number in truth(name)[7:22]]


def test_a_freeze_before_the_wanted_time_shows_the_frame_that_froze() -> None:
    spec = Spec(steps=(1,) * 20 + (90,) + (1,) * 19, b_frames=3, gop=250)
    (frame,) = frames_at(clip(spec), [3.0], size=48)
    assert number_in(frame.image) == 20
