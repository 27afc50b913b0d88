"""Measures a packaged program: how large it is, and how long it takes to start. Prints; judges nothing."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

RUNS = 3
PATIENCE_S = 60.0


def size_bytes(path: Path) -> int:
    """Of a file, or of all that lies in a folder; what is linked counts once."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.lstat().st_size for one in path.rglob("*") if one.is_symlink() or one.is_file())


def figures(program: Path) -> Iterator[tuple[str, float, str]]:
    """(what, how much, unit) of a packaged program; the window's start only where there is a display to be had.

    Processor time hardly changes with what else runs; the other figures are for a machine that does nothing else.
    """
    yield "installed", size_bytes(program.parent) / 1e6, "MB"
    starts: list[tuple[str, Callable[[Path], Start]]] = [("a command (--version)", start_of_command)]
    if shutil.which("Xvfb") and shutil.which("xdotool"):
        starts.append(("the window, until it is seen", start_of_window))
    for what, measure in starts:
        measure(program)
        taken = [measure(program) for _ in range(RUNS)]
        yield f"start of {what}", statistics.median(one.wall_s for one in taken), "s"
        yield "the same in processor time", statistics.median(one.processor_s for one in taken), "s"


@dataclass(frozen=True, slots=True)
class Start:
    wall_s: float
    processor_s: float


def start_of_command(program: Path) -> Start:
    before, began = os.times(), time.perf_counter()
    subprocess.run([str(program), "--version"], check=True, stdout=subprocess.DEVNULL)
    wall_s, after = time.perf_counter() - began, os.times()
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Start(wall_s, used_s)


def start_of_window(program: Path) -> Start:
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
            used = psutil.Process(process.pid).cpu_times()
            return Start(time.perf_counter() - began, used.user + used.system)
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
