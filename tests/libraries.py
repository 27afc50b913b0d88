"""A library folder that works with the colour pack, whatever pack the program ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.settings import Settings, save_settings
from tests.packs import TinyPack, build_tiny_pack


def tiny_library(folder: Path, plan: TinyPack | None = None, **settings: Any) -> Path:
    """Make the folder, its pack and its settings; returns the folder."""
    build_tiny_pack(folder / "models" / "tiny", plan)
    save_settings(folder, Settings(pack="tiny", **settings))
    return folder
