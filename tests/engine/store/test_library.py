"""Files come, go, move and come back; videos outlive them for 30 days."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from engine import clock
from engine.store import library
from engine.store.library import MISSING_KEPT_S
from engine.types import VideoId, Volume, VolumeId
from tests.engine.store.conftest import add_video


def is_missing(db: Database, video_id: VideoId) -> bool:
    return db.conn.execute("SELECT missing_since FROM videos WHERE id = ?", [video_id]).fetchone()[0] is not None


def test_a_missing_file_hides_its_video_and_coming_back_shows_it(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume)
    library.mark_missing(db, [file_id])
    assert is_missing(db, video_id)
    library.mark_back(db, [file_id])
    assert not is_missing(db, video_id)


def test_a_copy_keeps_the_video_when_the_other_goes(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume)
    copy = library.upsert_file(db, volume, b"copy.mp4", 1000, 5)
    library.attach(db, copy, video_id)
    library.mark_missing(db, [file_id])
    assert not is_missing(db, video_id)


def test_a_move_forgets_the_old_place(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume, "old.mp4")
    library.mark_missing(db, [file_id])
    moved = library.upsert_file(db, volume, b"new.mp4", 1000, 5)
    library.attach(db, moved, video_id)
    assert library.shown_paths(db, video_id) == ["new.mp4"]
    assert len(library.known_files(db)) == 1
    assert not is_missing(db, video_id)


def test_changed_content_leaves_the_old_video_missing(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume, "a.mp4")
    other, _ = add_video(db, volume, "b.mp4")
    library.attach(db, file_id, other)
    assert is_missing(db, video_id)


def test_missing_is_purged_after_a_month_and_not_before(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume, "a.mp4")
    library.mark_missing(db, [file_id], now=1000.0)
    assert library.purge_missing(db, now=1000.0 + MISSING_KEPT_S - 1) == []
    assert library.purge_missing(db, now=1000.0 + MISSING_KEPT_S + 1) == ["a.mp4"]
    assert library.stored_video(db, video_id) is None
    assert library.known_files(db) == {}


def test_a_second_note_of_absence_does_not_restart_the_month(db: Database, volume: VolumeId) -> None:
    _, file_id = add_video(db, volume, "a.mp4")
    library.mark_missing(db, [file_id], now=1000.0)
    library.mark_missing(db, [file_id], now=2000.0)
    assert library.purge_missing(db, now=1500.0 + MISSING_KEPT_S) == ["a.mp4"]


def test_forgetting_a_file_removes_its_video_but_not_a_copys(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume, "a.mp4")
    copy = library.upsert_file(db, volume, b"copy.mp4", 1000, 5)
    library.attach(db, copy, video_id)
    assert library.forget_files(db, [file_id]) == []
    assert library.forget_files(db, [copy]) == ["a.mp4"]


def test_what_is_forgotten_does_not_wait_hidden_for_a_copy_that_is_missing(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume, "a.mp4")
    copy = library.upsert_file(db, volume, b"copy.mp4", 1000, 5)
    library.attach(db, copy, video_id)
    library.mark_missing(db, [copy])
    assert library.forget_files(db, [file_id]) == ["a.mp4"]
    assert db.conn.execute("SELECT count(*) FROM files").fetchone() == (0,)


def test_names_that_are_no_text_are_kept_byte_for_byte(db: Database, volume: VolumeId) -> None:
    name = b"caf\xe9 \xf0\x9f\x90\xb6\n.mp4"
    library.upsert_file(db, volume, name, 1, 1)
    assert list(library.known_files(db)) == [(volume, name)]


def test_a_remounted_volume_keeps_its_id(db: Database, volume: VolumeId) -> None:
    again = library.remember_volume(db, Volume("uuid:1", "Blue disk", Path("/mnt/elsewhere"), "removable"))
    assert again == volume
    assert library.last_mounts(db) == {volume: Path("/mnt/elsewhere")}


def seen_again(db: Database, monkeypatch: pytest.MonkeyPatch, at: float) -> list[str]:
    """What a run at this time of the computer's clock removes."""
    monkeypatch.setattr(clock, "now_s", lambda: at)
    library.remember_volume(db, Volume("disk-1", "Disk", Path("/disk"), "fixed"))
    return library.purge_missing(db)


@pytest.mark.parametrize("wrong", [2e9 * 2, 0.0, 1.7e9 - 3600])
def test_a_clock_that_leaps_does_not_use_up_the_month(
    db: Database, volume: VolumeId, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    now, day = 1.7e9, 24 * 3600.0
    _, file_id = add_video(db, volume, "a.mp4")
    seen_again(db, monkeypatch, now)
    library.mark_missing(db, [file_id])
    for number in range(20):
        assert seen_again(db, monkeypatch, wrong + number) == []
        assert seen_again(db, monkeypatch, now + number) == []
    for number in range(1, 40):
        if seen_again(db, monkeypatch, now + number * day):
            break
    assert 10 <= number <= 31


def test_missing_since_a_clock_that_was_wrong_then(
    db: Database, volume: VolumeId, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file_id = add_video(db, volume, "a.mp4")
    seen_again(db, monkeypatch, 10.0)
    library.mark_missing(db, [file_id])
    assert seen_again(db, monkeypatch, 1.7e9) == []
