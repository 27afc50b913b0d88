"""The stage a soak plays on: a calendar and disks that its Reelfind processes, and only they, believe in.

`python -m tests.soak.stage STAGE COMMAND...` is the command line on that stage, `... STAGE worker ...` its child. The
stage is a small file that is read whenever the time or the disks are asked for, so that long runs notice a change.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from engine import clock
from engine.cli import entry
from engine.jobs import supervisor, worker
from engine.media.volumes import VolumeTable
from engine.types import Volume


@dataclass
class Stage:
    file: str
    shift_s: float = 0.0
    """How far the calendar is from the computer's."""
    sticks: tuple[tuple[str, str], ...] = ()
    """Label and place of disks that are only moved folders, and plugged in."""

    def write(self) -> None:
        unfinished = Path(self.file + ".unfinished")
        unfinished.write_text(json.dumps(asdict(self)), "utf-8")
        unfinished.replace(self.file)


def command(file: Path, *words: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "tests.soak.stage", str(file), *map(str, words)]


def enter(file: Path) -> ExitStack:
    """From now on this process plays on that stage, until what is returned is closed."""

    def read() -> Stage:
        return Stage(**json.loads(file.read_text("utf-8")))

    real_volumes = VolumeTable.read

    def volumes() -> VolumeTable:
        own = [Volume(f"moved:{label}", label, Path(place), "removable") for label, place in read().sticks]
        return VolumeTable([*own, *real_volumes().volumes])

    stage = ExitStack()
    stage.enter_context(patch.object(clock, "now_s", lambda: time.time() + read().shift_s))
    stage.enter_context(patch.object(VolumeTable, "read", staticmethod(volumes)))
    stage.enter_context(patch.object(supervisor, "worker_command", lambda: command(file, "worker")))
    return stage


def main() -> int:
    file, *words = sys.argv[1:]
    enter(Path(file))
    if words[0] == "worker":
        return worker.main(words[1:])
    sys.argv = ["reelfind", *words]
    return entry()


if __name__ == "__main__":
    sys.exit(main())
