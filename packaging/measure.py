"""Measures a packaged program: how large it is, and how long it takes to start. Prints; judges nothing."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

RUNS = 5
PATIENCE_S = 60.0


def size_bytes(path: Path) -> int:
    """Of a file, or of all that lies in a folder; what is linked counts once."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.lstat().st_size for one in path.rglob("*") if one.is_symlink() or one.is_file())


def figures(program: Path) -> Iterator[tuple[str, float, str]]:
    """(what, how much, unit) of a packaged program; the window's start only where there is a display to be had."""
    yield "installed", size_bytes(program.parent) / 1e6, "MB"
    yield "start of a command (--version)", median_of(lambda: command_start_s(program)), "s"
    if shutil.which("Xvfb") and shutil.which("xdotool"):
        yield "start of the window, until it is seen", median_of(lambda: window_start_s(program)), "s"


def median_of(measure: Callable[[], float]) -> float:
    measure()
    return statistics.median(measure() for _ in range(RUNS))


def command_start_s(program: Path) -> float:
    began = time.perf_counter()
    subprocess.run([str(program), "--version"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def window_start_s(program: Path) -> float:
    """From the start of the process until its window is on the screen, which is one in memory."""
    with tempfile.TemporaryDirectory() as library, Screen() as display:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(program), "--library", library],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for_window(display)
            return time.perf_counter() - began
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def wait_for_window(display: str) -> None:
    """Until a window of the name is seen."""
    looking = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Reelfind"]
    subprocess.run(
        looking, env={**os.environ, "DISPLAY": display}, check=True, timeout=PATIENCE_S, stdout=subprocess.DEVNULL
    )


class Screen:
    """An X server in memory, gone at the end of the `with`."""

    def __enter__(self) -> str:
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as numbers:
            return f":{numbers.readline().strip()}"

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(PATIENCE_S)


def table(rows: Iterator[tuple[str, float, str]]) -> str:
    return "\n".join(f"  {what:<40} {value:8.2f} {unit}" for what, value, unit in rows)
