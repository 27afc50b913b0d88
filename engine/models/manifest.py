"""Checked reading of `pack.toml`: every value that leaves here has the promised type and lies within sane bounds.

Says where in the file a value is wrong; does not know what a pack is.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from engine.errors import PackError

MAX_MANIFEST_BYTES = 256 * 1024
REMEDY = "Get the pack again from where it came, or choose another pack"

_SAFE_STEP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z", re.IGNORECASE)


def pack_error(folder: Path, reason: str, remedy: str = REMEDY) -> PackError:
    return PackError(f"Model pack {folder.name or folder}", reason, remedy)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the manifest, with the words to complain about it."""

    folder: Path
    place: str
    values: Mapping[str, object]

    def error(self, key: str, problem: str) -> PackError:
        where = f"{key!r} in {self.place}" if self.place else f"{key!r}"
        return pack_error(self.folder, f"pack.toml is wrong: {where} {problem}")

    def has(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str | None = None, longest: int = 500) -> str:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if not isinstance(value, str):
            raise self.error(key, "has to be text")
        if len(value) > longest:
            raise self.error(key, f"is longer than {longest} characters")
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
            raise self.error(key, "holds control characters")
        return value

    def texts(self, key: str, most: int = 50) -> tuple[str, ...]:
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.error(key, "has to be a list of texts")
        if len(values) > most or any(len(value) > 500 for value in values):
            raise self.error(key, f"may have at most {most} texts of 500 characters")
        return tuple(values)

    def choice(self, key: str, options: tuple[str, ...], default: str) -> str:
        value = self.text(key, default)
        if value not in options:
            raise self.error(key, f"has to be one of {', '.join(options)}")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"has to be a whole number from {low} to {high}")
        return value

    def three(self, key: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
        """One number for each of red, green and blue."""
        values = self.values.get(key, list(default))
        if not isinstance(values, list) or len(values) != 3:
            raise self.error(key, "has to be a list of three numbers")
        red, green, blue = (self._finite(key, value) for value in values)
        return red, green, blue

    def table(self, key: str) -> Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "has to be a table")
        place = f"{self.place.strip('[]')}.{key}" if self.place else key
        return Table(self.folder, f"[{place}]", cast("dict[str, object]", value))

    def names(self, key: str) -> dict[str, str]:
        """A table of short texts, such as the names of a graph's inputs."""
        inner = self.table(key)
        if len(inner.values) > 64:
            raise self.error(key, "has more than 64 entries")
        return {name: inner.text(name, longest=200) for name in inner.values}

    def figures(self, key: str) -> dict[str, tuple[float, ...]]:
        """Numbers and lists of numbers; inner tables become dotted names."""
        found: dict[str, tuple[float, ...]] = {}
        waiting = [("", self.table(key))]
        while waiting:
            prefix, table = waiting.pop()
            for name, value in table.values.items():
                if isinstance(value, dict):
                    waiting.append((f"{prefix}{name}.", table.table(name)))
                else:
                    values = value if isinstance(value, list) else [value]
                    found[prefix + name] = tuple(table._finite(name, each) for each in values)
            if len(found) > 2000 or len(waiting) > 200:
                raise self.error(key, "is too large")
        return found

    def path(self, key: str, default: str | None = None) -> Path:
        """A file of the pack: named relative to its folder and, links followed, inside it."""
        return inside(self.folder, self.text(key, default), f"{key!r} in {self.place or 'pack.toml'}")

    def _finite(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12:
            raise self.error(key, "has to be a number of ordinary size")
        if not math.isfinite(value):
            raise self.error(key, "has to be a finite number")
        return float(value)


def inside(folder: Path, name: str, what: str) -> Path:
    """The file `name` of the pack, or a PackError when the name could lead anywhere else."""
    steps = PurePosixPath(name).parts
    is_safe = 0 < len(steps) <= 4 and len(name) <= 200 and name == "/".join(steps)
    if not is_safe or not all(_is_safe_step(step) for step in steps):
        raise pack_error(folder, f"{what} names {name!r}, which is not a plain file name inside the pack")
    path = folder.joinpath(*steps)
    try:
        escapes = not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:
        raise pack_error(folder, f"{what} names {name!r}, which cannot be followed: {error}") from error
    if escapes:
        raise pack_error(folder, f"{what} names {name!r}, a link that leads out of the pack")
    return path


def _is_safe_step(step: str) -> bool:
    return bool(_SAFE_STEP.match(step)) and not step.endswith(".") and not _WINDOWS_DEVICES.match(step)


def read_manifest(folder: Path) -> Table:
    path = folder / "pack.toml"
    if not folder.is_dir():
        raise pack_error(folder, f"{folder} is not a folder")
    if not path.is_file():
        raise pack_error(folder, "it has no pack.toml")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise pack_error(folder, f"pack.toml cannot be read: {error.strerror}") from error
    if len(data) > MAX_MANIFEST_BYTES:
        raise pack_error(folder, f"pack.toml is larger than {MAX_MANIFEST_BYTES // 1024} kB")
    try:
        return Table(folder, "", tomllib.loads(data.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        raise pack_error(folder, f"pack.toml cannot be understood: {str(error)[:200]}") from error
