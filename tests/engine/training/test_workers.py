"""Trainings side by side: in processes of their own where there are several workers; failures are told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.workers import run_each


def note(folder: Path, number: int) -> None:
    (folder / str(number)).write_text(str(os.getpid()))


def fail(reason: str) -> None:
    raise ValueError(reason)


def test_one_worker_stays_in_this_process(tmp_path: Path) -> None:
    run_each(note, [(tmp_path, 1), (tmp_path, 2)], 1)
    assert {file.read_text() for file in tmp_path.iterdir()} == {str(os.getpid())}


@pytest.mark.slow
def test_several_workers_are_other_processes(tmp_path: Path) -> None:
    run_each(note, [(tmp_path, 1), (tmp_path, 2), (tmp_path, 3)], 2)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1", "2", "3"]
    assert str(os.getpid()) not in {file.read_text() for file in tmp_path.iterdir()}


@pytest.mark.slow
def test_a_failure_comes_home(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the second"):
        run_each(fail, [("the second",), ("the second",)], 2)
