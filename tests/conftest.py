"""Fixtures of the whole suite: where the optional real data lies, and what no test may leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong: no test of ours fails by the clock.
settings.register_profile("reelfind", deadline=None)
settings.load_profile("reelfind")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _shared_folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"needs the folder ../shared/{name} beside the checkout, which is not here")
    return folder


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """101 real video files of every odd kind; see its README."""
    return _shared_folder("media")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Training and evaluation data; see its README."""
    return _shared_folder("data")
