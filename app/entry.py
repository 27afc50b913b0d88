"""`reelfind`: the command line, the window where no command is given, and in a packaged program the indexing child."""

from __future__ import annotations

import sys

from app.start import open_window
from engine.cli import entry


def main() -> int:
    if sys.argv[1:2] == ["--worker"]:
        # A packaged program has no Python to start the child with: it starts itself.
        from engine.jobs.worker import main as work  # noqa: PLC0415  a window must not pay for it

        return work(sys.argv[2:])
    return entry(open_window)


if __name__ == "__main__":
    sys.exit(main())
