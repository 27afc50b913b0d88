"""Which files a folder is made of, whatever its links, rights and names are like."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.jobs.walk import Found, Rules, Unreadable, walk
from tests.engine.jobs.conftest import Tree


def names(top: Path, rules: Rules | None = None) -> list[str]:
    found = walk(top, rules or Rules())
    return sorted(os.path.relpath(one.path, top) for one in found if isinstance(one, Found))


def test_videos_are_found_by_suffix_in_any_case(tree: Tree) -> None:
    assert names(tree("a.MP4", "b/c.MoV", "notes.txt", "mp4", "d.mkv.part")) == ["a.MP4", "b/c.MoV"]


def test_hidden_and_system_folders_are_left_out_unless_asked_for(tree: Tree) -> None:
    top = tree("a.mp4", ".hidden/b.mp4", "._a.mp4", "$RECYCLE.BIN/c.mp4", "@eaDir/d.mp4")
    assert names(top) == ["a.mp4"]
    assert names(top, Rules(include_hidden=True)) == ["._a.mp4", ".hidden/b.mp4", "a.mp4"]


@pytest.mark.parametrize("pattern", ["*.proxy.mp4", "Rushes", "Rushes/*"])
def test_ignore_patterns_take_names_and_places(tree: Tree, pattern: str) -> None:
    top = tree("a.mp4", "Rushes/x.proxy.mp4")
    assert names(top, Rules(ignore=(pattern,))) == ["a.mp4"]


def test_links_to_folders_are_followed_once_under_their_real_name(tree: Tree, tmp_path: Path) -> None:
    top = tree("a.mp4", "deep/b.mp4")
    (top / "loop").symlink_to(top)
    (top / "deep" / "up").symlink_to("..")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c.mp4").write_bytes(b"c")
    (top / "link").symlink_to(outside)
    (top / "broken.mp4").symlink_to("nowhere")
    assert names(top) == ["../outside/c.mp4", "a.mp4", "deep/b.mp4"]


def test_a_link_to_a_file_is_the_file(tree: Tree, tmp_path: Path) -> None:
    top = tree("a.mp4")
    (tmp_path / "far.mp4").write_bytes(b"far")
    (top / "near.mp4").symlink_to(tmp_path / "far.mp4")
    assert names(top) == ["../far.mp4", "a.mp4"]


def test_pipes_and_folders_named_like_videos_are_no_files(tree: Tree) -> None:
    top = tree("a.mp4", "folder.mp4/b.mp4")
    os.mkfifo(top / "pipe.mp4")
    assert names(top) == ["a.mp4", "folder.mp4/b.mp4"]


def test_a_folder_that_went_away_is_empty_not_unreadable(tmp_path: Path) -> None:
    assert list(walk(tmp_path / "gone", Rules())) == []


def test_a_folder_nobody_may_read_is_told(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    top = tree("a.mp4", "locked/b.mp4")
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list(walk(top, Rules()))
    assert [one.path.name for one in found if isinstance(one, Found)] == ["a.mp4"]
    assert [one for one in found if isinstance(one, Unreadable)] == [
        Unreadable(top / "locked", "you are not allowed to read it", is_folder=True)
    ]


def test_a_skipped_folder_is_not_entered(tree: Tree) -> None:
    top = tree("a.mp4", "stuck/b.mp4")
    assert names(top, Rules(skip=frozenset({str(top / "stuck")}))) == ["a.mp4"]
