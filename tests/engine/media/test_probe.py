"""Facts about files, and refusals in words a normal person understands."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from engine.errors import MediaError
from engine.media import length, source
from engine.media.probe import probe
from engine.types import AudioTrack, Chapter, Place, SubtitleTrack
from tests.clips import NTSC, Spec, clip, sound_only, trimmed, with_words
from tests.monster_clips import claiming_ten_hours, cut

PHONE = Spec(
    options=(("movflags", "use_metadata_tags"),),
    tags=(
        ("com.apple.quicktime.creationdate", "2023-07-01T12:30:00+0200"),
        ("com.apple.quicktime.location.ISO6709", "+52.5166+013.3779+034.000/"),
        ("com.apple.quicktime.make", "Apple"),
        ("com.apple.quicktime.model", "iPhone 12"),
        ("title", "At the lake"),
    ),
    has_sound=True,
    fps=NTSC,
)


def test_the_facts_of_a_plain_clip() -> None:
    facts = probe(clip(PHONE))
    assert (facts.codec, facts.width, facts.height, facts.rotation_deg) == ("h264", 160, 96, 0)
    assert facts.duration_s == pytest.approx(40 * 1001 / 30000, abs=0.1)
    assert (facts.fps, facts.is_vfr, facts.pixel_format, facts.bit_depth) == (NTSC, False, "yuv420p", 8)
    assert facts.audio == (AudioTrack(1, "aac", None, None, 1),)
    assert (facts.subtitles, facts.chapters) == ((), ())


def test_when_where_and_with_what_it_was_recorded() -> None:
    facts = probe(clip(PHONE))
    assert facts.created_at == "2023-07-01T12:30:00+02:00"
    assert facts.place == Place(52.5166, 13.3779)
    assert (facts.camera, facts.title) == ("Apple iPhone 12", "At the lake")


def test_the_container_s_own_date_in_utc() -> None:
    assert (
        probe(clip(Spec(tags=(("creation_time", "2020-05-05T10:00:00Z"),)))).created_at == "2020-05-05T10:00:00+00:00"
    )


def test_an_untagged_clip_has_no_date_place_or_camera() -> None:
    facts = probe(clip(Spec()))
    assert (facts.created_at, facts.place, facts.camera, facts.title) == (None, None, None, None)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_clip_is_as_wide_as_a_viewer_sees_it(quarter_turns: int) -> None:
    facts = probe(clip(Spec(size=(96, 160), quarter_turns=quarter_turns)))
    assert (facts.width, facts.height, facts.rotation_deg) == (96, 160, 90 * quarter_turns)


def test_long_pixels_count_into_the_width() -> None:
    facts = probe(clip(Spec(pixel=Fraction(4, 3))))
    assert (facts.width, facts.height, facts.pixel_aspect) == (213, 96, Fraction(4, 3))


@pytest.mark.parametrize("container", ["mp4", "mkv"])
@pytest.mark.parametrize(("steps", "is_vfr"), [((1,), False), ((1, 3, 1, 1, 7), True), ((1,) * 39 + (2,), False)])
def test_a_variable_rate_is_told_from_a_hiccup(container: str, steps: tuple[int, ...], is_vfr: bool) -> None:
    assert probe(clip(Spec(container, steps=steps, frames=80, fps=NTSC))).is_vfr == is_vfr


def test_chapters_and_text_tracks(tmp_path: Path) -> None:
    with_words(tmp_path / "a.mkv")
    facts = probe(tmp_path / "a.mkv")
    assert facts.chapters == (Chapter(0.0, 1.0, "Arrival"), Chapter(1.0, 2.0, "The lake"))
    assert facts.subtitles == (SubtitleTrack(1, "subrip", "ger", "Untertitel", is_text=True),)


def test_a_late_start_is_the_zero_of_the_clock() -> None:
    facts = probe(clip(Spec(delay_s=Fraction(3, 2))))
    assert facts.start_s == pytest.approx(1.5)
    assert facts.duration_s == pytest.approx(40 / 30, abs=0.01)


def test_an_edit_list_shortens_the_clip() -> None:
    spec = Spec(fps=NTSC)
    assert probe(trimmed(clip(spec), 13, spec)).duration_s == pytest.approx(27 * 1001 / 30000, abs=0.05)


def test_ten_claimed_hours_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(claiming_ten_hours(clip(Spec()).read_bytes()))
    assert probe(tmp_path / "a.mp4").duration_s == pytest.approx(40 / 30, abs=0.1)


@pytest.mark.parametrize("container", ["mkv", "flv", "avi"])
def test_half_a_file_is_half_as_long(container: str, tmp_path: Path) -> None:
    spec = Spec(container, frames=400) if container != "avi" else Spec("avi", "mpeg4", frames=400)
    (tmp_path / f"a.{container}").write_bytes(cut(clip(spec).read_bytes(), 0.5))
    assert probe(tmp_path / f"a.{container}").duration_s == pytest.approx(20 / 3, rel=0.3)


def test_half_an_mp4_with_its_index_in_front_is_half_as_long(tmp_path: Path) -> None:
    whole = clip(Spec(frames=400, options=(("movflags", "faststart"),))).read_bytes()
    (tmp_path / "a.mp4").write_bytes(cut(whole, 0.5))
    assert 4 < (probe(tmp_path / "a.mp4").duration_s or 0) < 9


def test_a_large_file_is_not_read_through_to_learn_its_length(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(length, "SMALL_BYTES", 0)
    (tmp_path / "a.mkv").write_bytes(cut(clip(Spec("mkv", frames=400)).read_bytes(), 0.5))
    assert probe(tmp_path / "a.mkv").duration_s == pytest.approx(40 / 3, abs=0.1)


REFUSED = {
    "empty.mp4": (b"", "is empty"),
    "pointer.mp4": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n", "git-lfs pointer"),
    "diary.mp4": (b"Dear diary, the cat opened the door today.\n" * 40, "is a text file"),
    "page.mp4": (b"<!DOCTYPE html><html><body>404</body></html>", "is a web page"),
    "zeros.mp4": (bytes(5000), "holds only zeros"),
    "noise.mkv": (bytes(range(256)) * 40, "damaged or not a video"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_video_is_called_by_its_name(name: str, tmp_path: Path) -> None:
    content, reason = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=reason) as caught:
        probe(tmp_path / name)
    assert caught.value.subject == name
    assert caught.value.remedy


def test_an_mp4_without_its_table_was_never_finished(tmp_path: Path) -> None:
    data = clip(Spec()).read_bytes()
    (tmp_path / "a.mp4").write_bytes(data[: data.index(b"moov") - 4])
    with pytest.raises(MediaError, match="was never finished"):
        probe(tmp_path / "a.mp4")


def test_an_mp4_that_stops_short_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(cut(clip(Spec()).read_bytes(), 0.5))
    with pytest.raises(MediaError, match="is cut off"):
        probe(tmp_path / "a.mp4")


@pytest.mark.parametrize(("name", "has_cover", "reason"), [("a.m4a", False, "no picture"), ("b.mp4", True, "a cover")])
def test_sound_alone_is_no_video(name: str, has_cover: bool, reason: str, tmp_path: Path) -> None:
    sound_only(tmp_path / name, cover=has_cover)
    with pytest.raises(MediaError, match=reason):
        probe(tmp_path / name)


def test_absurdly_large_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_PIXELS", 160 * 96 - 1)
    with pytest.raises(MediaError, match="more than any camera makes"):
        probe(clip(Spec()))


def test_a_picture_format_nobody_knows_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(clip(Spec()).read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(MediaError, match="cannot decode"):
        probe(tmp_path / "a.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are made otherwise here")
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="pipe or device"):
        probe(tmp_path / "a.mp4")


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no longer there"):
        probe(tmp_path / "a.mp4")


def test_a_file_that_may_not_be_read_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(Spec())

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MediaError, match="may not be read by this user"):
        probe(path)


def test_a_playlist_is_not_followed_to_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,\n{clip(Spec('ts'))}\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError, match="is a text file"):
        probe(tmp_path / "a.m3u8")


def test_a_name_that_looks_like_an_address_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("http:a.mp4").write_bytes(clip(Spec()).read_bytes())
    assert probe(Path("http:a.mp4")).width == 160


@pytest.mark.parametrize("name", ["two\nlines.mp4", os.fsdecode(b"caf\xe9.mp4")])
def test_a_refusal_shows_an_odd_name_in_one_readable_line(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(MediaError) as caught:
        probe(tmp_path / name)
    assert str(caught.value).encode().decode().count("\n") == 0


def test_every_real_file_has_facts_or_a_refusal(shared_media: Path) -> None:
    facts = {}
    for path in sorted(path for path in shared_media.glob("*/*") if path.is_file()):
        try:
            facts[path.name] = probe(path)
        except MediaError:
            continue
    assert len(facts) >= 85
    assert {name for name, one in facts.items() if one.rotation_deg} == {
        "issue-134-rotate.mp4", "video_90.mov", "video_180.mov", "video_270.mov"
    }  # fmt: skip
    assert facts["goldeneye-vfr-drop3.mp4"].is_vfr
    assert facts["fixture2.mkv"].duration_s == pytest.approx(1.5, abs=0.3)
