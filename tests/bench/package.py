"""How large the packaged program is, and how long it takes to start. Needs what `make package` made in dist/."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ExpectedError
from tests.bench.rows import Row

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "dist" / "reelfind" / ("reelfind.exe" if sys.platform == "win32" else "reelfind")


def run() -> Iterator[Row]:
    if not PROGRAM.exists():
        raise ExpectedError("The packaged program", "it is not in dist/", "Make it first: make package")
    # The scripts of packaging/ are no package of ours: the folder shares its name with a library.
    sys.path.append(str(ROOT / "packaging"))
    measure = importlib.import_module("measure")
    for what, value, unit in measure.figures(PROGRAM):
        yield Row(what, value, unit)
    for path in sorted((ROOT / "dist").glob("*.deb")) + sorted((ROOT / "dist").glob("*.AppImage")):
        yield Row(f"to download: {path.suffix}", measure.size_bytes(path) / 1e6, "MB")
