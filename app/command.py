"""The command `reelfind`: alone, or with folders and videos only, it opens the window; else the command line runs.

The engine must not know of the window, so the choice between the two is made here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.start import no_display, open_window
from engine import cli
from engine.errors import ExpectedError
from engine.packaged import QT_VERSION, WORKER, is_packaged
from engine.paths import default_library_dir

FAILED = 1


def entry() -> int:
    """The console script."""
    if is_packaged() and sys.argv[1:2] in ([WORKER], [QT_VERSION]):
        return _as_part(sys.argv[1], sys.argv[2:])
    wanted = window_arguments(sys.argv[1:])
    if wanted is None:
        return cli.entry(open_window if no_display() is None else None)
    library, paths = wanted
    try:
        return open_window(library, paths)
    except ExpectedError as error:
        if sys.stderr is not None:  # as it is in a program of Windows that was started without a console
            sys.stderr.write(f"reelfind: {error}\n")
        return FAILED


def _as_part(role: str, arguments: Sequence[str]) -> int:
    """What a packaged program starts itself for. Imported here, because a window must not pay for it."""
    if role == WORKER:
        from engine.jobs.worker import main as work  # noqa: PLC0415

        return work(list(arguments))
    from app.start import qt_version  # noqa: PLC0415

    try:
        sys.stdout.write(qt_version() + "\n")
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


def window_arguments(arguments: Sequence[str]) -> tuple[Path, list[Path]] | None:
    """The library and the paths to open in the window; None for a command or anything that is no path."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--library", type=Path, default=default_library_dir())
    try:
        options, rest = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        return None
    # A folder that is called like a command must be written with its path, as in ./index.
    if any(one.startswith("-") or not Path(one).exists() or one in cli.COMMANDS for one in rest):
        return None
    return options.library, [Path(one) for one in rest]


if __name__ == "__main__":
    sys.exit(entry())
