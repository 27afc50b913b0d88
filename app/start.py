"""The door to the window for the command line. Imports Qt only when it is clear that there is something to draw on."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from engine.errors import ExpectedError

X_SOCKETS = Path("/tmp/.X11-unix")


def open_window(library: Path, paths: Sequence[Path] = ()) -> int:
    """Show the window until it is closed; returns the exit code. Raises ExpectedError where no window can be."""
    why = no_display()
    if why is not None:
        raise ExpectedError("The window", why, "Use the commands instead: reelfind --help")
    try:
        run = imported().run
    except ImportError as error:
        raise ExpectedError(
            "The window", f"Qt cannot be loaded ({error})", "See what is missing with: reelfind doctor"
        ) from error
    return run(library, paths)


def imported() -> ModuleType:
    """The window's code, with Qt, which needs system libraries that may be missing.

    A start makes much and drops little, so Python's search for cycles is off from here on; a GcGuard does it later.
    """
    gc.disable()
    from app import application  # noqa: PLC0415

    return application


def qt_version() -> str:
    """Loads all of Qt that the window needs. Only for a process of its own: a missing library may end it."""
    from PySide6 import QtCore, QtGui, QtMultimedia, QtSvg, QtWidgets  # noqa: F401, PLC0415

    return QtCore.qVersion()


def no_display() -> str | None:
    """Why no window can be shown, as far as can be told without trying: Qt would end the process."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM", "").startswith(
        ("offscreen", "minimal")
    ):
        return None
    display = os.environ.get("DISPLAY", "")
    if os.environ.get("WAYLAND_DISPLAY"):
        return None
    if not display:
        return "there is no display to open it on"
    number = display.rpartition(":")[2].partition(".")[0]
    is_local = display.startswith((":", "unix:"))
    if is_local and X_SOCKETS.is_dir() and not (X_SOCKETS / f"X{number}").exists():
        return f"the display {display} cannot be reached"
    return None
