"""Checkpoints are whole or absent, and a full disk is an error with a remedy."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.errors import TrainingError  # noqa: E402
from engine.training.checkpoint import load_weights, save_atomically  # noqa: E402


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    save_atomically({"step": 3, "weights": torch.ones(2)}, tmp_path / "new" / "last.pt")
    assert load_weights(tmp_path / "new" / "last.pt", "frame")["weights"].tolist() == [1.0, 1.0]


def test_a_full_disk_keeps_the_old_checkpoint_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    save_atomically({"step": 3}, tmp_path / "last.pt")
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(TrainingError, match="the disk is full"):
        save_atomically({"step": 4}, tmp_path / "last.pt")
    assert load_weights(tmp_path / "last.pt", "frame") == {"step": 3}
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_a_missing_checkpoint_names_the_step_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train frame"):
        load_weights(tmp_path / "best.pt", "frame")
