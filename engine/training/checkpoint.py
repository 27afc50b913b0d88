"""Checkpoints that are whole or absent: written beside the old one, flushed, then renamed over it.

A kill at any moment leaves the last complete checkpoint, and a full disk leaves it too, with an error that says so.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import torch

from engine.errors import TrainingError


def save_atomically(state: object, path: Path) -> None:
    """Write `state` to `path` so that a reader never sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:
        new.unlink(missing_ok=True)
        raise _full_disk(path, error) from error
    new.replace(path)


def load_weights(path: Path, step: str) -> dict[str, Any]:
    """What `save_atomically` wrote; `step` is the training step that makes it."""
    if not path.is_file():
        raise TrainingError(str(path), "this has not been trained yet", f"Run `reelfind train {step}` first")
    return torch.load(path, map_location="cpu", weights_only=True)


def _full_disk(path: Path, error: Exception) -> TrainingError:
    full = isinstance(error, RuntimeError) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    reason = "the disk is full" if full else f"it cannot be written ({error})"
    return TrainingError(
        str(path), reason, "Free some space or name another folder with --runs, then run the step again"
    )
