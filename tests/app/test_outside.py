"""Other programs get a file's name as one word, whatever the name is, and nothing of the name is carried out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlparse

import pytest

from app import outside

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are scripts of Linux")

HOSTILE = [
    b"$(touch pwned).mp4",
    b"`touch pwned`.mp4",
    b"a; touch pwned; b.mp4",
    b"a && touch pwned.mp4",
    b"a | touch pwned.mp4",
    b"a > pwned.mp4",
    b"it's.mp4",
    b"']; touch pwned; ['.mp4",
    b'a"b.mp4',
    b"-rf.mp4",
    b"--script=evil.lua.mp4",
    b"-- .mp4",
    b"a\nb.mp4",
    b"a\tb.mp4",
    b" .mp4",
    b"*.mp4",
    b"%F %u %s.mp4",
    b"${HOME}.mp4",
    b"a\\.mp4",
    b"caf\xe9 \xff.mp4",
    "\u202e4pm.exe.mp4".encode(),
    b"http:a.mp4",
]

STAND_IN = """#!/bin/sh
printf '%s\\0' "$0" "$@" > "{record}"
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for whatever program is started writes what it was given. Nothing else is on the PATH."""
    programs, record = tmp_path / "programs", tmp_path / "record"
    programs.mkdir()
    for name in ("mpv", "vlc", "xdg-open", "gdbus"):
        (programs / name).write_text(STAND_IN.format(record=record), "utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    real = subprocess.Popen

    def start_and_wait(*args: object, **options: object) -> object:
        started = real(*args, **options)  # type: ignore[call-overload]
        started.wait(30)
        return started

    monkeypatch.setattr(outside.subprocess, "Popen", start_and_wait)
    (tmp_path / "films").mkdir()
    monkeypatch.chdir(tmp_path / "films")
    return record


def _given(record: Path) -> list[bytes]:
    return record.read_bytes().split(b"\0")[:-1]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
@pytest.mark.parametrize("player", ["mpv", "vlc", "xdg-open"])
def test_a_player_gets_the_name_whole(
    player: str, name: bytes, record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "find_player", lambda asked: asked if asked == player else None)
    path = Path(os.fsdecode(name))
    path.touch()
    outside.play_at(path, 1.5)
    words = _given(record)
    assert words[0].endswith(player.encode())
    assert words[-1] == os.fsencode(tmp_path / "films") + b"/" + name
    assert not any(name in word for word in words[:-1])
    assert _nothing_else(tmp_path, name)


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_the_file_manager_gets_the_name_whole(name: bytes, record: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(name))
    path.touch()
    outside.show_in_folder(path)
    uris = _given(record)[-2].decode("ascii")
    assert uris[:2] + uris[-2:] == "['']"
    assert "'" not in uris[2:-2]
    assert unquote_to_bytes(urlparse(uris[2:-2]).path) == os.fsencode(tmp_path / "films") + b"/" + name
    assert _nothing_else(tmp_path, name)


def _nothing_else(tmp_path: Path, name: bytes) -> bool:
    """No command hidden in the name was carried out."""
    return [os.fsencode(each.name) for each in (tmp_path / "films").iterdir()] == [name]
