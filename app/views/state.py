"""How the window looked when it was closed, kept beside the library; blocking, so it runs on the bridge's threads."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

FILE = "window.json"


@dataclass(frozen=True, slots=True)
class WindowState:
    geometry: str = ""
    """Qt's own bytes, in base 64."""
    splitter: str = ""
    columns: int = 4
    shows_player: bool = True
    volume: int = 80


def load_state(library: Path) -> WindowState:
    """The state of last time; the usual one where there is none or it cannot be understood."""
    try:
        values = json.loads((library / FILE).read_text(encoding="utf-8"))
        known = {one.name: values[one.name] for one in fields(WindowState) if one.name in values}
        usual = asdict(WindowState())
        if any(type(value) is not type(usual[name]) for name, value in known.items()):
            return WindowState()
        return WindowState(**known)
    except (OSError, ValueError, TypeError):
        return WindowState()


def save_state(library: Path, state: WindowState) -> None:
    """A disk that cannot be written costs the user nothing but a window of the usual size."""
    with contextlib.suppress(OSError):
        (library / FILE).write_text(json.dumps(asdict(state)), encoding="utf-8")
