"""Runs a program to its end and says how long it took and how much memory it and its children held at most."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.bench.surroundings import of_a_shell

LOOK_EVERY_S = 0.05


class Failed(RuntimeError):
    """A program that had to end well did not."""


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    took_s: float
    most_mb: float
    output: str

    def answer(self) -> dict[str, Any]:
        """The last line, where a driver prints JSON."""
        return json.loads(self.output.strip().splitlines()[-1])


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure measured several times."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    def over(self, other: Spread) -> Spread:
        """The ratio to another, as wide as both together allow."""
        return Spread(self.middle / other.middle, self.least / other.most, self.most / other.least)


def run(command: Sequence[str | Path], more: Mapping[str, str] | None = None, *, must: bool = True) -> Ran:
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=of_a_shell(**(more or {})),
        text=True,
        errors="replace",
    )
    most = 0.0
    pieces: list[str] = []
    while True:
        try:
            pieces.append(process.communicate(timeout=LOOK_EVERY_S)[0])
            break
        except subprocess.TimeoutExpired:
            most = max(most, family_mb(process.pid))
    ran = Ran(process.returncode, time.perf_counter() - began, most, "".join(pieces))
    if must and ran.code != 0:
        raise Failed(f"{command[0]} ended with {ran.code}: {ran.output[-2000:]}")
    return ran


def run_and_kill(command: Sequence[str | Path], more: Mapping[str, str], after_s: float) -> None:
    """`kill -9` to the program and its children, unless it is over by then."""
    process = subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=of_a_shell(**more),
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        family = psutil.Process(process.pid).children(recursive=True)
        for each in (*family, process):
            each.kill()
        process.wait()
        psutil.wait_procs(family, timeout=30)


def family_mb(pid: int) -> float:
    try:
        parent = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (parent, *parent.children(recursive=True))) / 1e6
    except psutil.Error:
        return 0.0
