"""A run's folder: its recipe, where its data lies and which device it uses, so that each step finds them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import TrainingError

_ABOUT = "run.json"


def open_run(run_dir: Path, data_dir: Path, device: str, workers: int = 1) -> None:
    """Make the folder, or let an existing run go on with these data and this device."""
    if not data_dir.is_dir():
        raise TrainingError(
            str(data_dir), "the training data is not there", "Name the folder that holds it with --data"
        )
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        start = _about(run_dir).get("start") if (run_dir / _ABOUT).is_file() else None
        _write(run_dir, {"data": str(data_dir.resolve()), "device": device, "workers": workers, "start": start})
    except OSError as error:
        raise TrainingError(
            str(run_dir), f"the run cannot be written ({error})", "Name another folder with --runs"
        ) from error


def data_dir(run_dir: Path) -> Path:
    """The folder of photos and captions this run learns from."""
    return Path(_about(run_dir)["data"])


def device(run_dir: Path) -> str:
    """`cpu` or `cuda`: where this run computes now."""
    return _about(run_dir)["device"]


def workers(run_dir: Path) -> int:
    """How many independent trainings run at a time."""
    return _about(run_dir).get("workers", 1)


def started_from(run_dir: Path) -> str | None:
    """The revision of the pack that the run goes on from, if it does."""
    return _about(run_dir).get("start")


def write_start(run_dir: Path, revision: str) -> None:
    _write(run_dir, {**_about(run_dir), "start": revision})


def _write(run_dir: Path, about: Mapping[str, Any]) -> None:
    (run_dir / _ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def _about(run_dir: Path) -> dict[str, Any]:
    try:
        return json.loads((run_dir / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            str(run_dir), f"this is not the folder of a run ({error})", "Start it with `reelfind train prepare`"
        ) from error
