"""What is different when Reelfind runs as a packaged program: it has no Python beside it, so it starts itself for what
needs a process of its own, and other programs must not get the libraries that were packed with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

WORKER = "--worker"
QT_VERSION = "--qt-version"
"""The words with which a packaged program starts itself, understood by `app/command.py`."""

LIBRARY_PATHS = ("LD_LIBRARY_PATH", "LIBPATH")
NO_CONSOLE: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows a console program that is started by a window would open a black one of its own."""


def is_packaged() -> bool:
    return bool(getattr(sys, "frozen", False))


def own_command(role: str) -> list[str]:
    """How the packaged program starts itself. On Windows by its console twin: the other one has no standard output."""
    program = Path(sys.executable)
    if sys.platform == "win32":
        program = program.with_name("reelfind.exe")
    return [str(program), role]


def outside_environment(given: Mapping[str, str] = os.environ) -> dict[str, str] | None:
    """The environment for a program that is not ours; None where ours will do.

    The packaged program's starter puts its own libraries first and keeps what was there under another name.
    """
    if not is_packaged():
        return None
    kept = {name: given[f"{name}_ORIG"] for name in LIBRARY_PATHS if f"{name}_ORIG" in given}
    dropped = {*LIBRARY_PATHS, *(f"{name}_ORIG" for name in LIBRARY_PATHS)}
    return {name: value for name, value in given.items() if name not in dropped} | kept
