"""What lies on the disks of a soak, and everything a person does to it: add, copy, rename, move, delete, overwrite.

Knows nothing of libraries. Every change is drawn from one seeded generator, so a seed replays a soak.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.media.fingerprint import fingerprint
from tests import monster_clips as monsters
from tests.disks import MountedStick, MovedStick, Stick, can_mount
from tests.packs import COLOURS
from tests.scenes import draw
from tests.soak.stage import Stage

CLIPS = 16
MOST_FILES = 24
FOLDERS = ("", "a", "a/b", "c d", "e\u0301t\u00e9")
PLACES = ("home/usb", "usb2", "elsewhere")

Place = tuple[str, str]
"""The name of a disk and a path on it."""


@dataclass(frozen=True)
class Content:
    name: str
    data: bytes
    mark: str
    """The fingerprint the library knows it by."""
    is_sound: bool
    """Whether it can be read as a video; of the others the library may make what it can."""


def contents(folder: Path) -> list[Content]:
    """Sound clips of two colours each, all different, and broken ones made of them."""
    colours = sorted(COLOURS)
    made: list[Content] = []
    for number in range(CLIPS):
        first, second = colours[number % len(colours)], colours[(number * 3 + 1) % len(colours)]
        path = folder / f"clip{number}{('.mp4', '.mkv', '.avi')[number % 3]}"
        draw(path, [(first, 1.0 + number / 10), (second, 1.5)], gop=8)
        made.append(_content(path, is_sound=True))
    for number, one in enumerate(made[:6]):
        broken = (monsters.cut(one.data, 0.4), monsters.flipped(one.data, number, 0.01), monsters.garbage(5000, number))
        path = folder / f"broken{number}.mp4"
        path.write_bytes(broken[number % 3])
        made.append(_content(path, is_sound=False))
    return made


def _content(path: Path, is_sound: bool) -> Content:
    return Content(path.name, path.read_bytes(), fingerprint(path), is_sound)


@dataclass
class World:
    """Disks, of which some can be unplugged, and the generator that decides what happens to them."""

    top: Path
    seed: int
    stage: Stage
    contents: Sequence[Content] = ()
    sticks: list[Stick] = field(default_factory=list)
    sticks_moved: bool = False
    """Whether a disk was plugged in since the folders were last named to the library."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.home = self.top / "home"
        self.home.mkdir(parents=True)
        self.contents = contents(self.top / "contents")
        self._by_hash = {hashlib.sha256(one.data).digest(): one for one in self.contents}
        kind = MountedStick if can_mount() else MovedStick
        self.sticks = [kind(label, self.top) for label in ("RED", "BLUE")]
        for stick, place in zip(self.sticks, PLACES, strict=False):
            self.plug(stick, self.top / place)

    # --- disks -------------------------------------------------------------------------------------------------

    def plug(self, stick: Stick, place: Path) -> None:
        stick.plug(place)
        self.sticks_moved = True
        self._tell_stage()

    def unplug(self, stick: Stick) -> None:
        # The stage hears of it first: nobody may see the disk as present and its folder as empty for long.
        label = stick.label
        self.stage.sticks = tuple(one for one in self.stage.sticks if one[0] != label)
        self.stage.write()
        stick.unplug()

    def free_place(self) -> Path:
        taken = {stick.place for stick in self.sticks}
        return self.chance.choice([self.top / place for place in PLACES if self.top / place not in taken])

    def roots(self) -> dict[str, Path]:
        """The disks that are there, by name."""
        return {"home": self.home} | {one.label: one.place for one in self.sticks if one.place is not None}

    def close(self) -> None:
        for stick in self.sticks:
            self.unplug(stick)

    def _tell_stage(self) -> None:
        moved = [one for one in self.sticks if isinstance(one, MovedStick) and one.place is not None]
        self.stage.sticks = tuple((one.label, str(one.place)) for one in moved)
        self.stage.write()

    # --- what lies there ---------------------------------------------------------------------------------------

    def look(self) -> dict[str, dict[str, Content]]:
        """What is on each disk that is there: path on the disk -> content. Reads every byte."""
        roots = self.roots()
        return {name: self._look_at(root, set(roots.values()) - {root}) for name, root in roots.items()}

    def _look_at(self, root: Path, others: set[Path]) -> dict[str, Content]:
        found: dict[str, Content] = {}
        for folder, names, files in os.walk(root):
            names[:] = [name for name in names if Path(folder, name) not in others and name != "lost+found"]
            for file in files:
                path = Path(folder, file)
                found[path.relative_to(root).as_posix()] = self._by_hash[hashlib.sha256(path.read_bytes()).digest()]
        return found

    def files(self) -> list[Path]:
        return sorted(root / path for name, root in self.roots().items() for path in self.look()[name])

    # --- what people do ----------------------------------------------------------------------------------------

    def change(self) -> str:
        """One thing a person does; returns what it was."""
        files = self.files()
        actions: list[Callable[[], str]] = [self.add, self.add] if len(files) < MOST_FILES else []
        if files:
            actions += [self.copy, self.rename, self.move, self.delete, self.overwrite, self.touch, self.rename_folder]
        return self.chance.choice(actions)()

    def add(self) -> str:
        content = self.chance.choice(self.contents)
        path = self._new_path(content.name)
        path.write_bytes(content.data)
        return f"add {content.name} as {self._short(path)}"

    def copy(self) -> str:
        source = self._any_file()
        target = self._new_path(source.name)
        shutil.copy2(source, target)
        return f"copy {self._short(source)} to {self._short(target)}"

    def rename(self) -> str:
        source = self._any_file()
        target = source.with_name(f"{self._number()} {source.name[-12:]}")
        source.rename(target)
        return f"rename {self._short(source)} to {target.name}"

    def rename_folder(self) -> str:
        folder = self._any_file().parent
        if folder in self.roots().values():
            return self.rename()
        target = folder.with_name(f"{folder.name[:8]} {self._number()}")
        folder.rename(target)
        return f"rename folder {self._short(folder)} to {target.name}"

    def move(self) -> str:
        source = self._any_file()
        target = self._new_path(source.name)
        shutil.move(source, target)
        return f"move {self._short(source)} to {self._short(target)}"

    def delete(self) -> str:
        path = self._any_file()
        path.unlink()
        return f"delete {self._short(path)}"

    def overwrite(self) -> str:
        path = self._any_file()
        content = self.chance.choice(self.contents)
        path.write_bytes(content.data)
        # A change within one tick of the file system's clock and of the same size would be no change for anyone.
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000 * self._number()))
        return f"overwrite {self._short(path)} with {content.name}"

    def touch(self) -> str:
        path = self._any_file()
        os.utime(path, (self.chance.randint(0, 2**31), self.chance.randint(0, 2**31)))
        return f"touch {self._short(path)}"

    def _any_file(self) -> Path:
        return self.chance.choice(self.files())

    def _new_path(self, name: str) -> Path:
        root = self.chance.choice(sorted(self.roots().values()))
        folder = root / self.chance.choice(FOLDERS)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self._number()} {name[-12:]}"

    def _number(self) -> int:
        return self.chance.randrange(1, 100_000)

    def _short(self, path: Path) -> str:
        return path.relative_to(self.top).as_posix()
