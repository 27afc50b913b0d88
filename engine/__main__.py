"""`python -m engine` is `reelfind`."""

import sys

from engine.cli import entry

if __name__ == "__main__":
    sys.exit(entry())
