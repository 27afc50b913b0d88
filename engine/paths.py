"""Where things lie on disk: the shipped assets and the default library. Opens and creates nothing.

The assets sit next to the package `engine` in all three forms of the program: the source tree, a wheel's
site-packages and a frozen bundle.
"""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs

APP_NAME = "reelfind"


def assets_dir() -> Path:
    """The folder of icons, translations and shipped model packs."""
    bundle: str | None = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parents[1]
    return root / "assets"


def default_library_dir() -> Path:
    """The library used when `--library` is not given: the platform's data folder of this user."""
    return platformdirs.user_data_path(APP_NAME, appauthor=False)


def sample_dir() -> Path:
    """Where the sample library is made: beside the user's own, never in it."""
    return platformdirs.user_data_path(f"{APP_NAME}-sample", appauthor=False)
