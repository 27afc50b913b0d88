"""What the look and describe passes ask of decoding: few pictures, spread well, over damage, and nothing left open."""

from __future__ import annotations

import os
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import MediaError
from engine.media import decode, keys, reading
from engine.media.decode import DecodeReport, frames_at, frames_between, keyframes
from engine.types import Span
from tests.clips import Spec, clip, number_in, sound_only
from tests.monster_clips import flipped, without_body


def packets_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of all packets that are sent to a decoder from now on."""
    sizes: list[int] = []
    real = reading.Reader.frames

    def counting(self: reading.Reader, packet: av.Packet | None) -> list[av.VideoFrame]:
        if packet is not None:
            sizes.append(packet.size)
        return real(self, packet)

    monkeypatch.setattr(reading.Reader, "frames", counting)
    return sizes


def test_the_short_side_is_as_asked_and_the_shape_is_kept() -> None:
    assert {frame.image.shape for frame in keyframes(clip(Spec()), size=48)} == {(48, 80, 3)}


def test_a_picture_is_an_array_of_bytes_of_its_own() -> None:
    frame = next(iter(keyframes(clip(Spec(quarter_turns=1)), size=48)))
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.c_contiguous
    assert frame.image.flags.owndata or frame.image.base is None or isinstance(frame.image.base, np.ndarray)


def test_long_pixels_make_a_wider_picture() -> None:
    spec = Spec(pixel=Fraction(4, 3))
    assert next(iter(keyframes(clip(spec), size=48))).image.shape == (48, 106, 3)


def test_a_turned_clip_stands_upright() -> None:
    spec = Spec(size=(96, 160), quarter_turns=1)
    frame = next(iter(keyframes(clip(spec), size=48)))
    assert frame.image.shape == (80, 48, 3)
    assert number_in(frame.image) == 0


def test_a_mirrored_clip_is_mirrored_back() -> None:
    frames = list(keyframes(clip(Spec(is_mirrored=True, quarter_turns=3)), size=48))
    assert [number_in(frame.image) for frame in frames] == sorted(number_in(frame.image) for frame in frames)
    assert number_in(frames[-1].image) > 0


def test_a_strip_is_squeezed_to_four_to_one() -> None:
    assert next(iter(keyframes(clip(Spec(size=(960, 32))), size=32))).image.shape == (32, 128, 3)


def test_keyframes_are_no_closer_than_asked() -> None:
    spec = Spec(frames=150, gop=10)
    assert [frame.time_s for frame in keyframes(clip(spec), size=32)] == [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("hop_bytes", [0, 1 << 30])
def test_a_keyframe_a_second_is_not_thinned_to_one_in_two(hop_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "HOP_BYTES", hop_bytes)
    # Reordering makes decoding times wander by several frames against the times on screen.
    path = clip(Spec("mp4", "libx265", frames=150, gop=30, b_frames=4))
    assert [number_in(frame.image) for frame in keyframes(path, size=48)] == [0, 30, 60, 90, 120]


def test_only_key_packets_reach_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(Spec(frames=150, gop=30))
    sizes = packets_read(monkeypatch)
    assert len(list(keyframes(path, size=32))) == 5
    assert len(sizes) == 5


@pytest.mark.parametrize("codec", ["mjpeg", "prores_ks"])
def test_a_clip_of_keyframes_alone_is_sampled_by_time(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(Spec("mov", codec, frames=120))
    monkeypatch.setattr(keys, "HOP_BYTES", 0)
    sizes = packets_read(monkeypatch)
    assert [number_in(frame.image) for frame in keyframes(path, size=48)] == [0, 30, 60, 90]
    assert len(sizes) == 4


def test_a_clip_with_one_keyframe_gives_three_frames_spread_out() -> None:
    frames = list(keyframes(clip(Spec(frames=120, gop=1000)), size=32))
    assert [number_in(frame.image) for frame in frames] == [0, 60, 100]
    assert [frame.is_key for frame in frames] == [True, False, False]


def test_spreading_out_over_a_long_clip_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "PATIENCE", 20)
    frames = list(keyframes(clip(Spec(frames=120, gop=1000)), size=32))
    assert len(frames) == 3
    assert number_in(frames[-1].image) < 60


def test_a_clip_of_one_frame_gives_one_frame() -> None:
    assert [frame.time_s for frame in keyframes(clip(Spec(frames=1)), size=32)] == [0.0]


def with_flags(source: Path, target: Path, is_key: bool) -> Path:
    """The same packets, all marked as keyframes or none of them."""
    with av.open(source) as old, av.open(target, "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.is_keyframe = is_key
                packet.stream = stream
                new.mux(packet)
    return target


@pytest.mark.parametrize("is_key", [True, False])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_wrong_keyframe_marks_do_not_hide_the_real_ones(is_key: bool, suffix: str, tmp_path: Path) -> None:
    path = with_flags(clip(Spec(frames=300, gop=50)), tmp_path / f"a.{suffix}", is_key)
    numbers = [number_in(frame.image) for frame in keyframes(path, size=48)]
    assert len(numbers) >= 5
    assert all(number % 50 == 0 for number in numbers)


def test_frames_come_in_order_one_for_each_time_even_when_asked_in_disorder() -> None:
    numbers = [number_in(frame.image) for frame in frames_at(clip(Spec()), [1.0, 0.0, 0.5, 0.5], size=48)]
    assert numbers == [0, 15, 15, 30]


def test_no_times_no_frames() -> None:
    assert list(frames_at(clip(Spec()), [], size=32)) == []


def test_times_before_the_first_frame_show_the_first() -> None:
    late = clip(Spec(delay_s=Fraction(3, 2), has_sound=True))
    assert [frame.time_s for frame in frames_at(late, [0.0, 1.0], size=32)] == [1.5, 1.5]


def test_near_requests_are_decoded_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(Spec(frames=120, gop=1000))
    sizes = packets_read(monkeypatch)
    assert len(list(frames_at(path, [0.5, 1.0, 1.5, 2.0, 2.5, 3.0], size=32))) == 6
    assert len(sizes) <= 120


def test_far_requests_are_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(Spec(frames=300, gop=30))
    sizes = packets_read(monkeypatch)
    assert [number_in(frame.image) for frame in frames_at(path, [1.0, 9.0], size=48)] == [30, 270]
    assert len(sizes) < 20


def test_a_span_can_be_thinned() -> None:
    frames = list(frames_between(clip(Spec()), Span(0.0, 1.0), size=48, step_s=0.25))
    assert [number_in(frame.image) for frame in frames] == [0, 8, 16, 24]


def test_damage_in_the_middle_is_stepped_over_and_told(tmp_path: Path) -> None:
    data = clip(Spec("ts", frames=150, gop=30)).read_bytes()
    middle = len(data) // 2
    path = tmp_path / "hurt.ts"
    path.write_bytes(data[:middle] + flipped(data[middle : middle + 8000], 3, 0.2) + data[middle + 8000 :])
    report = DecodeReport()
    frames = list(keyframes(path, size=48, report=report))
    assert {0, 120} <= {number_in(frame.image) for frame in frames}


def test_a_file_whose_pictures_are_all_gone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(without_body(clip(Spec()).read_bytes(), b"mdat"))
    with pytest.raises(MediaError, match="no picture"):
        list(keyframes(tmp_path / "a.mp4", size=32))


def test_reading_gives_up_after_too_many_bad_packets_in_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reading, "MAX_BAD_IN_A_ROW", 5)
    data = clip(Spec(frames=100, gop=100)).read_bytes()
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    middle = (start + end) // 2
    (tmp_path / "a.mp4").write_bytes(data[:middle] + bytes(end - middle) + data[end:])
    report = DecodeReport()
    (frame,) = frames_at(tmp_path / "a.mp4", [3.0], size=48, report=report)
    assert 20 < number_in(frame.image) < 80
    assert report.warning == "it is damaged and could only be read in part"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads by /proc")
def test_a_dropped_iterator_leaves_no_thread_and_no_open_file() -> None:
    path = clip(Spec(frames=120))
    before = len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))
    frames = keyframes(path, size=32, threads=3)
    next(iter(frames))
    assert len(os.listdir("/proc/self/fd")) > before[1]
    frames.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert (len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))) == before
    assert threading.active_count() == 1


def test_sound_is_no_picture(tmp_path: Path) -> None:
    sound_only(tmp_path / "a.m4a")
    with pytest.raises(MediaError, match="sound but no picture"):
        list(keyframes(tmp_path / "a.m4a", size=32))


def test_every_real_file_gives_pictures_or_a_sentence(shared_media: Path) -> None:
    outcomes: dict[str, int | str] = {}
    for path in sorted(path for path in shared_media.glob("*/*") if path.is_file()):
        report = DecodeReport()
        try:
            frames = list(keyframes(path, size=32, report=report))
        except MediaError as error:
            outcomes[path.name] = str(error)
        else:
            assert min(frames[0].image.shape[:2]) == 32
            outcomes[path.name] = len(frames)
    refused = {name for name, outcome in outcomes.items() if isinstance(outcome, str)}
    assert len(outcomes) - len(refused) >= 85
    assert {"fixture-corrupt.mkv", "fixture.wma.asf", "fixture.ogv"} <= refused
    assert outcomes["one-by-one-person-detection.mp4"] == 140
