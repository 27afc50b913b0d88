from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import MediaError
from engine.media.subtitles import embedded_cues, sidecar_cues, sidecars
from engine.types import Cue

SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"


def _sidecar(folder: Path, name: str, words: str) -> None:
    (folder / name).write_text(SRT.format(words), encoding="utf-8")


def test_sidecars_are_found_by_name_in_any_case_with_their_language(tmp_path: Path) -> None:
    for name in ("Trip.SRT", "trip.de.srt", "TRIP.pt-BR.forced.vtt", "trip.part2.srt", "tripod.srt", "trip.txt"):
        _sidecar(tmp_path, name, name)
    found = {path.name: language for path, language in sidecars(tmp_path / "trip.mp4")}
    assert found == {"Trip.SRT": None, "trip.de.srt": "de", "TRIP.pt-BR.forced.vtt": "pt-br"}


def test_one_format_of_each_language_is_enough(tmp_path: Path) -> None:
    for name in ("a.ass", "a.vtt", "a.srt", "a.en.vtt"):
        _sidecar(tmp_path, name, "hello")
    assert [path.name for path, _ in sidecars(tmp_path / "a.mkv")] == ["a.srt", "a.en.vtt"]


def test_cues_of_all_sidecars_come_in_order_of_time(tmp_path: Path) -> None:
    _sidecar(tmp_path, "a.en.srt", "hello")
    _sidecar(tmp_path, "a.de.srt", "hallo")
    assert {cue.text for cue in sidecar_cues(tmp_path / "a.mp4")} == {"hello", "hallo"}


def test_a_new_sidecar_is_seen_although_the_folder_was_listed_before(tmp_path: Path) -> None:
    assert sidecar_cues(tmp_path / "a.mp4") == ()
    _sidecar(tmp_path, "a.srt", "hello")
    assert sidecar_cues(tmp_path / "a.mp4") == (Cue(1.0, 2.0, "hello"),)


def test_a_folder_named_like_a_subtitle_and_a_missing_folder_are_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.srt").mkdir()
    assert sidecar_cues(tmp_path / "a.mp4") == ()
    assert sidecar_cues(tmp_path / "gone" / "a.mp4") == ()


def _mov_text(line: str) -> bytes:
    return len(line.encode()).to_bytes(2, "big") + line.encode()


def _clip_with_subtitles(path: Path, codec: str, payloads: list[bytes]) -> None:
    """A second of grey pictures and one text track whose cues start 100 ms apart, all delayed by five seconds."""
    with av.open(path, "w") as container:
        video = container.add_stream("libvpx" if path.suffix == ".webm" else "mpeg4", rate=10)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        texts = container.add_mux_stream(codec)
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, np.uint8))
            frame.pts, frame.time_base = 50 + number, Fraction(1, 10)
            container.mux(video.encode(frame))
        for number, payload in enumerate(payloads):
            packet = av.Packet(payload)
            packet.stream, packet.time_base = texts, Fraction(1, 1000)
            packet.pts = packet.dts = 5000 + 100 * number
            packet.duration = 100
            container.mux(packet)
        container.mux(video.encode(None))


@pytest.mark.parametrize(
    ("name", "codec", "payload"),
    [
        ("a.mkv", "subrip", str.encode),
        ("a.mp4", "mov_text", _mov_text),
        ("a.webm", "webvtt", str.encode),
        ("b.mkv", "ass", lambda line: b"0,0,Default,,0,0,0,," + line.encode()),
    ],
)
def test_embedded_cues_are_on_the_players_clock_whatever_the_container_starts_at(
    tmp_path: Path, name: str, codec: str, payload: Callable[[str], bytes]
) -> None:
    _clip_with_subtitles(tmp_path / name, codec, [payload("<i>Hello</i> there"), payload("second &amp; last")])
    cues = list(embedded_cues(tmp_path / name))
    assert [cue.text for cue in cues] == ["Hello there", "second & last"]
    assert [(cue.start_s, cue.end_s) for cue in cues] == [(0.0, 0.1), (0.1, 0.2)]


def test_a_broken_packet_costs_one_cue(tmp_path: Path) -> None:
    _clip_with_subtitles(tmp_path / "a.mp4", "mov_text", [_mov_text("one"), b"\xff\xff\x00", _mov_text("three")])
    assert [cue.text for cue in embedded_cues(tmp_path / "a.mp4")] == ["one", "three"]


def test_a_file_that_is_no_video_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_text("not a video")
    with pytest.raises(MediaError, match="subtitle tracks cannot be read"):
        list(embedded_cues(tmp_path / "a.mkv"))


def test_every_real_file_yields_cues_or_a_sentence(shared_media: Path) -> None:
    outcomes: dict[str, int] = {}
    for path in sorted(shared_media.rglob("*.m*")):
        try:
            outcomes[path.name] = len(list(embedded_cues(path)))
        except MediaError:
            outcomes[path.name] = -1
    assert outcomes["issue-236-split-copy.mkv"] == 0
    assert sum(count >= 0 for count in outcomes.values()) > 30
