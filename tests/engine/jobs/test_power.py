from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.jobs import power
from engine.jobs.power import idle_from_ioreg, idle_from_logind, idle_from_mutter, mains_from_supplies

AC_ON = {"type": "Mains", "online": "1"}
AC_OFF = {"type": "Mains", "online": "0"}
FULL = {"type": "Battery", "status": "Full"}
DRAINING = {"type": "Battery", "status": "Discharging"}
MOUSE = {"type": "Battery", "status": "Discharging", "scope": "Device"}
NO_WORD = {"type": "Battery", "status": "Unknown"}


@pytest.mark.parametrize(
    ("supplies", "expected"),
    [
        ([], True),
        ([AC_ON, FULL], True),
        ([AC_ON, DRAINING], True),
        ([AC_OFF, DRAINING], False),
        ([AC_OFF, FULL], False),
        ([DRAINING], False),
        ([FULL], True),
        ([MOUSE], True),
        ([AC_OFF], True),
        ([NO_WORD], None),
        ([{"type": "USB", "online": "1"}, DRAINING], True),
        ([{}], True),
    ],
)
def test_mains_power_is_told_from_the_folder_of_supplies(
    tmp_path: Path, supplies: list[dict[str, str]], expected: bool | None
) -> None:
    for number, files in enumerate(supplies):
        folder = tmp_path / f"BAT{number}"
        folder.mkdir()
        for name, word in files.items():
            (folder / name).write_text(word + "\n")
    assert mains_from_supplies(tmp_path) is expected


def test_without_the_folder_nobody_knows(tmp_path: Path) -> None:
    assert mains_from_supplies(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("answer", "expected_s"),
    [
        ("IdleHint=no\nIdleSinceHintMonotonic=0\n", 0.0),
        ("IdleHint=yes\nIdleSinceHintMonotonic=70000000\n", 30.0),
        ("IdleHint=yes\nIdleSinceHintMonotonic=170000000\n", 0.0),
        ("IdleHint=yes\n", None),
        ("Failed to connect to bus", None),
        ("", None),
    ],
)
def test_logind_says_since_when_nobody_was_there(answer: str, expected_s: float | None) -> None:
    assert idle_from_logind(answer, 100.0) == expected_s


def test_gnome_counts_milliseconds_and_macos_nanoseconds() -> None:
    assert idle_from_mutter("(uint64 5250,)\n") == 5.25
    assert idle_from_ioreg('    | |   "HIDIdleTime" = 12500000000\n    | |   "HIDOther" = 1\n') == 12.5
    assert idle_from_mutter("Error: no such name") is None
    assert idle_from_ioreg("") is None


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_answer_makes_the_readers_raise(answer: str) -> None:
    for found in (idle_from_mutter(answer), idle_from_ioreg(answer), idle_from_logind(answer, 1.0)):
        assert found is None or found >= 0


def test_this_machine_is_asked_without_an_error() -> None:
    assert power.on_mains() in (True, False, None)
    found_s = power.idle_s()
    assert found_s is None or found_s >= 0


def test_a_tool_that_is_missing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(power.sys, "platform", "linux")
    monkeypatch.setenv("PATH", "")
    assert power.idle_s() is None


@pytest.fixture
def x_server() -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp"], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def test_an_x_server_is_asked_directly(x_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", x_server)
    monkeypatch.setenv("PATH", "")
    found_s = power.idle_s()
    if found_s is None:
        pytest.skip("needs libXss")
    assert 0 <= found_s < 3600


def test_an_x_server_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.setenv("PATH", "")
    assert power.idle_s() is None
