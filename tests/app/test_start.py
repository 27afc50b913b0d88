from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import start
from engine.errors import ExpectedError

LINUX = pytest.mark.skipif(start.sys.platform != "linux", reason="displays are asked for on Linux")


@LINUX
def test_without_a_display_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ExpectedError, match="there is no display"):
        start.open_window(tmp_path)


@LINUX
def test_a_display_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(start, "X_SOCKETS", tmp_path)
    monkeypatch.setenv("DISPLAY", ":77.0")
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert start.no_display() == "the display :77.0 cannot be reached"
    (tmp_path / "X77").touch()
    assert start.no_display() is None


FILE_ASKED = """
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from app.application import make_application
application = make_application()
application.file_asked.connect(lambda path: print("asked", path))
QCoreApplication.sendEvent(application, QFileOpenEvent(QUrl.fromLocalFile("/films/a b.mp4")))
"""


def test_a_file_that_the_system_hands_over_is_heard() -> None:
    """In a process of its own: there can be one application only, and the tests have theirs."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", FILE_ASKED]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout == "asked /films/a b.mp4\n", done.stderr
