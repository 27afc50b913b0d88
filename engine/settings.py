"""What the user can set, in one place: a field with its default, meaning and limits is all a setting needs.

Kept as `settings.toml` in the library folder. A file that cannot be understood is refused with the line's name, never
half used.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.errors import ExpectedError

SETTINGS_FILE = "settings.toml"
MAX_BYTES = 256 * 1024


def _setting(default: Any, meaning: str, *limits: float, unit: str = "", of: str = "") -> Any:
    """`of` names what there is to choose from."""
    low, high = limits or (None, None)
    metadata = {"meaning": meaning, "low": low, "high": high, "unit": unit, "of": of}
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    pack: str = _setting("", "The model pack to use; where none is named, the best one that is installed.", of="packs")
    ignore: tuple[str, ...] = _setting((), "Folders and files to leave out, as patterns: */Rushes/*, *.proxy.mp4")
    include_hidden: bool = _setting(False, "Index files and folders whose names start with a dot.")
    cpu_percent: int = _setting(100, "The most of the whole computer that indexing may use.", 5, 100, unit="%")
    only_on_mains: bool = _setting(False, "Index only while the computer is plugged in.")
    only_when_idle: bool = _setting(False, "Index only while nobody uses the computer.")
    stall_s: int = _setting(60, "A file that makes no progress for so many seconds is put aside.", 2, 3600, unit="s")
    memory_mb: int = _setting(
        2000, "A file that makes indexing need more memory than this is put aside.", 300, 64000, unit="MB"
    )
    rescan_minutes: int = _setting(
        15, "How often watched folders are looked through even if nothing was heard.", 1, 1440, unit="min"
    )


def load_settings(library: Path) -> Settings:
    """The settings of a library; defaults where nothing is set."""
    path = library / SETTINGS_FILE
    try:
        if not path.exists():
            return Settings()
        values = tomllib.loads(_read(path))
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(path, f"it cannot be read as settings ({str(error)[:200]})") from error
    return from_values(values, path)


def _read(path: Path) -> str:
    if not path.is_file():
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES // 1024} kB")
    return data.decode("utf-8")


def from_values(values: dict[str, Any], path: Path) -> Settings:
    """Settings from plain values, each checked for name, type and limits."""
    known = {one.name: one for one in fields(Settings)}
    settings = Settings()
    for name, given in values.items():
        if name not in known:
            raise _refused(path, f'there is no setting named "{name[:80]}"')
        default = getattr(settings, name)
        value = tuple(given) if isinstance(given, list) else given
        if type(value) is not type(default) or (
            isinstance(value, tuple) and not all(isinstance(v, str) for v in value)
        ):
            raise _refused(path, f'"{name}" must be {_kind(default)}')
        low, high = known[name].metadata["low"], known[name].metadata["high"]
        if low is not None and not low <= value <= high:
            raise _refused(path, f'"{name}" must be between {low} and {high}')
        settings = replace(settings, **{name: value})
    return settings


def save_settings(library: Path, settings: Settings) -> None:
    """Write the settings that differ from their defaults, beside each its meaning."""
    lines = []
    for one in fields(Settings):
        value = getattr(settings, one.name)
        if value != getattr(Settings(), one.name):
            lines += [f"# {one.metadata['meaning']}", f"{one.name} = {_toml(value)}", ""]
    unfinished = library / (SETTINGS_FILE + ".unfinished")
    unfinished.write_text("\n".join(lines), encoding="utf-8")
    unfinished.replace(library / SETTINGS_FILE)


def _refused(path: Path, reason: str) -> ExpectedError:
    return ExpectedError(str(path), reason, "Correct the line or delete the file to go back to the defaults")


def _kind(default: Any) -> str:
    names = {bool: "true or false", int: "a whole number", str: "a text in quotes", tuple: "a list of texts"}
    return names[type(default)]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(_escaped(mark) for mark in value) + '"'
    return str(value)


def _escaped(mark: str) -> str:
    if mark in '"\\':
        return "\\" + mark
    return f"\\u{ord(mark):04X}" if ord(mark) < 32 or ord(mark) == 127 else mark
