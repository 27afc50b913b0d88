"""Where the assets and the default library are looked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine import paths


def test_the_icon_is_among_the_assets() -> None:
    assert (paths.assets_dir() / "icons" / "reelfind.svg").is_file()


def test_a_frozen_bundle_brings_its_own_assets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.assets_dir() == tmp_path / "assets"


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders are Linux's")
def test_the_library_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert paths.default_library_dir() == tmp_path / "reelfind"


def test_asking_creates_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    paths.default_library_dir()
    assert list(tmp_path.iterdir()) == []
