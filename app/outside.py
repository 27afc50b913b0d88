"""Hands a video to other programs: a player that can start at the moment, or the system's file manager.

Blocking, because it looks for programs on the disk; runs on the bridge's threads. Waits for no program to end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from app.words import tr
from engine.errors import ExpectedError
from engine.packaged import outside_environment

MAC_PLAYERS = {"mpv": "/Applications/mpv.app/Contents/MacOS/mpv", "vlc": "/Applications/VLC.app/Contents/MacOS/VLC"}
WINDOWS_VLC = ("ProgramFiles", "ProgramFiles(x86)")


def play_at(path: Path, at_s: float) -> str:
    """Open a video at a time in mpv or VLC; else in the system's player, from its beginning. Returns which it was."""
    path = _there(path)
    for name in ("mpv", "vlc"):
        program = find_player(name)
        if program is not None:
            _start(player_command(name, program, path, at_s))
            return name
    open_with_system(path)
    return ""


def player_command(name: str, program: str, path: Path, at_s: float) -> list[str]:
    if name == "mpv":
        return [program, f"--start={at_s:.3f}", "--force-window=yes", "--", str(path)]
    return [program, f"--start-time={at_s:.3f}", str(path)]


def find_player(name: str) -> str | None:
    found = shutil.which(name)
    if found is None and sys.platform == "darwin":
        found = MAC_PLAYERS[name] if Path(MAC_PLAYERS[name]).exists() else None
    if found is None and sys.platform == "win32" and name == "vlc":
        places = [Path(os.environ[key]) / "VideoLAN" / "VLC" / "vlc.exe" for key in WINDOWS_VLC if key in os.environ]
        found = next((str(place) for place in places if place.exists()), None)
    return found


def show_in_folder(path: Path) -> None:
    """Open the file manager with the file selected, where it can do that."""
    path = _there(path)
    if sys.platform == "win32":
        _start(["explorer", f"/select,{path}"])
    elif sys.platform == "darwin":
        _start(["open", "-R", str(path)])
    elif not _asked_file_manager(path):
        open_with_system(path.parent)


def open_with_system(path: Path) -> None:
    opener = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    program = shutil.which(opener)
    if program is None:
        raise ExpectedError(
            path.name, tr("this system has no program set up that opens it"), tr("Install mpv or VLC and try again")
        )
    _start([program, str(path)])


def _asked_file_manager(path: Path) -> bool:
    """Over D-Bus, as all file managers of Linux desktops understand it."""
    program = shutil.which("gdbus")
    if program is None:
        return False
    where = "org.freedesktop.FileManager1"
    bus = [program, "call", "--session", "--timeout", "3", "--dest", where]
    call = ["--object-path", "/org/freedesktop/FileManager1", "--method", f"{where}.ShowItems"]
    command = [*bus, *call, f"['{path.as_uri()}']", ""]
    return subprocess.run(command, capture_output=True, check=False, env=outside_environment()).returncode == 0


def _there(path: Path) -> Path:
    """The path in full: one that begins with a dash would be an option to some programs."""
    if not path.exists():
        raise ExpectedError(
            path.name, tr("the file is no longer where it was"), tr("Plug its disk in, or index its folder again")
        )
    return path.absolute()


def _start(command: Sequence[str]) -> None:
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=outside_environment(),
        )
    except OSError as error:
        raise ExpectedError(
            command[0], tr("it could not be started ({reason})", reason=error.strerror), tr("Install it again")
        ) from error
