"""Tiny packs, built once and copied where a test wants to break one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.models.pack import Pack, load_pack
from tests.packs import build_tiny_pack


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only: copy it before changing anything."""
    return build_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture(scope="session")
def tiny(tiny_folder: Path) -> Pack:
    return load_pack(tiny_folder)


@pytest.fixture
def breakable(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny pack that a test may damage."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "breakable"))
