"""What a second look at the disk says: new, changed, back, gone, offline; and what it never says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.errors import ExpectedError
from engine.jobs.scan import Places, Scan, add_folder, scan
from engine.jobs.walk import Found, Rules, Unreadable, walk
from engine.media.volumes import VolumeTable
from engine.store import library
from engine.store.db import open_library
from engine.store.failures import failures
from engine.types import VideoId, Volume
from tests.engine.jobs.conftest import Tree
from tests.engine.store.conftest import PROBE


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_library(tmp_path / "library")
    yield opened
    opened.close()


def disk(mount: Path, identity: str = "uuid:disk") -> Volume:
    return Volume(identity, "Disk", mount, "removable")


def look(db: Database, top: Path, *volumes: Volume, found: list[Found | Unreadable] | None = None) -> Scan:
    """Scan `top` with these volumes mounted, and give each new file a video of its own."""
    places = Places(db, VolumeTable([Volume("uuid:root", "System", Path("/"), "fixed"), *volumes]))
    result = scan(db, places, [top], walk(top, Rules()) if found is None else found)
    for file_id, one in result.to_identify:
        name = one.path.name
        video = library.video_by_fingerprint(db, name) or library.add_video(db, name, 1, "2024", PROBE)
        library.attach(db, file_id, VideoId(video))
    return result


def counts(result: Scan) -> tuple[int, int, int, int, int]:
    return result.new, result.changed, len(result.back), len(result.gone), result.offline


def test_a_second_look_finds_nothing_to_do(db: Database, tree: Tree) -> None:
    top = tree("a.mp4", "b/c.mp4")
    assert counts(look(db, top)) == (2, 0, 0, 0, 0)
    assert counts(look(db, top)) == (0, 0, 0, 0, 0)


def test_a_changed_file_is_identified_again(db: Database, tree: Tree) -> None:
    top = tree("a.mp4")
    look(db, top)
    os.utime(top / "a.mp4", ns=(1, 1))
    assert counts(look(db, top)) == (0, 1, 0, 0, 0)


def test_a_deleted_file_is_gone_and_back_when_it_returns(db: Database, tree: Tree) -> None:
    top = tree("a.mp4", "b.mp4")
    look(db, top)
    kept = (top / "a.mp4").stat().st_mtime_ns
    (top / "a.mp4").rename(top / "elsewhere")
    assert counts(look(db, top)) == (0, 0, 0, 1, 0)
    (top / "elsewhere").rename(top / "a.mp4")
    os.utime(top / "a.mp4", ns=(kept, kept))
    assert counts(look(db, top)) == (0, 0, 1, 0, 0)


def test_an_unplugged_disk_loses_nothing(db: Database, tree: Tree) -> None:
    top = tree("a.mp4", "usb/b.mp4")
    look(db, top, disk(top / "usb"))
    (top / "usb" / "b.mp4").unlink()
    assert counts(look(db, top)) == (0, 0, 0, 0, 1)
    assert db.conn.execute("SELECT count(*) FROM videos WHERE missing_since IS NULL").fetchone()[0] == 2


def test_a_disk_is_known_wherever_it_is_mounted(db: Database, tree: Tree) -> None:
    top = tree("usb/b.mp4")
    look(db, top / "usb", disk(top / "usb"))
    (top / "usb").rename(top / "usb2")
    assert counts(look(db, top / "usb2", disk(top / "usb2"))) == (0, 0, 0, 0, 0)


def test_what_lies_below_a_locked_folder_is_kept_and_the_lock_is_told_once(db: Database, tree: Tree) -> None:
    top = tree("a.mp4", "locked/b.mp4")
    look(db, top)
    locked: list[Found | Unreadable] = [
        *(one for one in walk(top, Rules()) if one.path.name == "a.mp4"),
        Unreadable(top / "locked", "you are not allowed to read it", is_folder=True),
    ]
    for _ in range(2):
        assert counts(look(db, top, found=list(locked))) == (0, 0, 0, 0, 0)
    assert [str(one.path) for one in failures(db, {})] == [str(top / "locked")[1:]]
    look(db, top)
    assert failures(db, {}) == []


def test_other_folders_are_not_touched(db: Database, tree: Tree) -> None:
    top = tree("one/a.mp4", "two/b.mp4")
    look(db, top)
    (top / "two" / "b.mp4").unlink()
    assert counts(look(db, top / "one")) == (0, 0, 0, 0, 0)


def test_a_folder_that_was_removed_takes_its_files_along(db: Database, tree: Tree) -> None:
    top = tree("one/a.mp4")
    look(db, top / "one")
    (top / "one" / "a.mp4").unlink()
    (top / "one").rmdir()
    assert counts(look(db, top / "one")) == (0, 0, 0, 1, 0)


def test_where_no_mount_table_lists_a_place_its_files_are_present(db: Database, tree: Tree) -> None:
    top = tree("a.mp4")
    places = Places(db, VolumeTable([]))
    scan(db, places, [top], walk(top, Rules()))
    assert list(Places(db, VolumeTable([])).mounts().values()) == [Path("/")]


def test_a_share_that_cannot_be_reached_says_nothing_about_its_files(db: Database, tmp_path: Path) -> None:
    share = Volume("nfs:server/films", "films", tmp_path / "share", "network")
    places = Places(db, VolumeTable([Volume("uuid:root", "System", Path("/"), "fixed"), share]))
    assert places.is_unreachable_share(tmp_path / "share" / "gone")
    assert not places.is_unreachable_share(tmp_path / "no share")
    (tmp_path / "share").mkdir()
    assert not places.is_unreachable_share(tmp_path / "share")


@pytest.mark.parametrize(("name", "reason"), [("nothing", "no such folder"), ("a.mp4", "a file, not a folder")])
def test_a_folder_must_be_one(db: Database, tree: Tree, name: str, reason: str) -> None:
    top = tree("a.mp4")
    with pytest.raises(ExpectedError, match=reason):
        add_folder(db, Places(db, VolumeTable.read()), top / name)
