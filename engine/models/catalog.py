"""Which packs are on this machine, which of them are sound, and which one to use.

Looks into the shipped folder and the library's own `models/`; a broken pack is listed with its reason, never hidden.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PackError
from engine.models.pack import Pack, load_pack, verify
from engine.paths import assets_dir
from engine.settings import Settings
from engine.types import NO_PACK, PackRef


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One folder that means to be a pack."""

    folder: Path
    pack: Pack | None
    problem: PackError | None

    @property
    def is_sound(self) -> bool:
        return self.pack is not None and self.problem is None


@dataclass(frozen=True, slots=True)
class Chosen:
    pack: Pack
    note: str | None
    """Why it is not the one that was asked for."""


def pack_dirs(library: Path) -> tuple[Path, ...]:
    """Where packs are looked for, the shipped ones first."""
    return assets_dir() / "models", user_packs_dir(library)


def user_packs_dir(library: Path) -> Path:
    return library / "models"


def list_packs(dirs: Sequence[Path], check_files: bool = True) -> tuple[PackEntry, ...]:
    """Every pack in `dirs`, in their order. Without `check_files` only the manifests are read."""
    return tuple(_entry(folder, check_files) for parent in dirs for folder in _folders(parent))


def choose(dirs: Sequence[Path], wanted: str = "") -> Chosen:
    """The pack whose id is `wanted` (or id@revision); else, or when that is unusable, the first sound one.

    First means: the order of `dirs`, so a pack that was only added changes nothing until it is asked for.
    """
    entries = list_packs(dirs, check_files=False)
    if not entries:
        places = " or ".join(str(each) for each in dirs)
        remedy = "Add one with `reelfind model add`, or install Reelfind again to get the starter pack back"
        raise PackError("Model packs", f"there is none in {places}", remedy)
    asked = _newest_first([entry for entry in entries if wanted and _answers_to(entry, wanted)])
    problems: list[PackError] = []
    for entry in (*asked, *_best_first(entries)):
        checked = _entry(entry.folder, check_files=True) if entry.is_sound else entry
        if checked.pack is not None and checked.is_sound:
            return Chosen(checked.pack, _note(checked, wanted, asked, problems))
        if checked.problem is not None:
            problems.append(checked.problem)
    raise problems[0]


def _note(entry: PackEntry, wanted: str, asked: Sequence[PackEntry], problems: Sequence[PackError]) -> str | None:
    if not wanted or any(entry.folder == each.folder for each in asked):
        return None
    why = str(problems[0]) if asked and problems else f"There is no pack named {wanted}."
    return f"{why} Using {entry.folder.name} instead."


def _entry(folder: Path, check_files: bool) -> PackEntry:
    pack = None
    try:
        pack = load_pack(folder)
        if check_files:
            verify(pack)
    except PackError as error:
        return PackEntry(folder, pack, error)
    return PackEntry(folder, pack, None)


def _folders(parent: Path) -> list[Path]:
    """Half-fetched packs lie in folders whose names start with a dot."""
    try:
        found = [each for each in parent.iterdir() if each.is_dir() and not each.name.startswith(".")]
    except OSError:
        return []
    return sorted(found)


def _answers_to(entry: PackEntry, wanted: str) -> bool:
    if entry.pack is None:
        return entry.folder.name == wanted
    return wanted in (entry.pack.id, f"{entry.pack.id}@{entry.pack.revision}")


def _newest_first(entries: Sequence[PackEntry]) -> list[PackEntry]:
    return sorted(entries, key=lambda entry: _natural(entry.pack.revision if entry.pack else ""), reverse=True)


def _best_first(entries: Sequence[PackEntry]) -> list[PackEntry]:
    """Within one parent folder the pack with the most parts, then the newest; the parents keep their order."""
    parents = list(dict.fromkeys(entry.folder.parent for entry in entries))
    newest = _newest_first(entries)
    return sorted(newest, key=lambda entry: (parents.index(entry.folder.parent), -_part_count(entry)))


def _part_count(entry: PackEntry) -> int:
    return len(entry.pack.parts) if entry.pack else 0


def _natural(revision: str) -> list[tuple[int, str]]:
    """So that revision 10 comes after revision 9."""
    pieces: list[str] = re.findall(r"\d+|\D+", revision)
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]


def pack_in_use(library: Path, settings: Settings) -> PackRef:
    """The pack a run would use now, without opening it."""
    try:
        pack = choose(pack_dirs(library), settings.pack).pack
    except PackError:
        return NO_PACK
    return PackRef(pack.id, pack.revision)
