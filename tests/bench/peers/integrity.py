"""What is left after a bad day: the same four mishaps to each program's index, and how much of it can still be found.

Needs to mount disks. A program is judged by what its own search gives afterwards, once it has run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.bench.peers.contestants import Contestant, MaterialSearch, Rclip, Reelfind
from tests.bench.peers.watch import Failed, run_and_kill
from tests.disks import MemoryDisk, MountedStick
from tests.packs import COLOURS
from tests.scenes import draw

FILES = 8
ROOM_BYTES = 30_000


@dataclass(frozen=True, slots=True)
class Survived:
    who: str
    mishap: str
    found: int
    of: int
    note: str = ""


def measure(top: Path) -> Iterator[Survived]:
    for kind in (Reelfind, MaterialSearch, Rclip):
        for mishap in (_unplug, _rename, _kill, _full):
            folder = top / f"{kind.__name__} {mishap.__name__}"
            folder.mkdir(parents=True)
            yield from mishap(kind, folder)


def _files(program: Contestant, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, colour in enumerate(sorted(COLOURS)[:FILES]):
        if program.takes == "stills":
            Image.new("RGB", (320, 240), COLOURS[colour]).save(folder / f"{number} {colour}.jpg")
        else:
            draw(folder / f"{number} {colour}.mp4", [(colour, 3.0 + number / 10)], size=(160, 128))


Kind = Callable[[Path], Contestant]


def _unplug(kind: Kind, top: Path) -> Iterator[Survived]:
    program, stick = kind(top / "data"), MountedStick("PEERS", top)
    place = top / "stick"
    stick.plug(place)
    try:
        _files(program, place)
        program.index(place)
        stick.unplug()
        program.index(place, must=False)
        yield _survived(program, "disk unplugged, indexed meanwhile", place)
        stick.plug(place)
        program.index(place, must=False)
        yield _survived(program, "plugged in again", place)
    finally:
        stick.unplug()


def _rename(kind: Kind, top: Path) -> Iterator[Survived]:
    program, videos = kind(top / "data"), top / "files"
    _files(program, videos)
    program.index(videos)
    for path in sorted(videos.iterdir())[: FILES // 2]:
        path.rename(path.with_name(f"renamed {path.name}"))
    program.index(videos)
    found = program.found(videos)
    renamed = sum(name.startswith("renamed") for name in found)
    yield _survived(program, "half of the files renamed", videos, f"{renamed} of {FILES // 2} by their new name")


def _kill(kind: Kind, top: Path) -> Iterator[Survived]:
    """At several moments of the run, then once to its end."""
    whole, program = kind(top / "try"), kind(top / "data")
    videos = top / "files"
    _files(program, videos)
    took_s = whole.index(videos).took_s
    for share in (0.5, 0.7, 0.9):
        run_and_kill(program.command(videos), program.environment(videos), took_s * share)
    program.index(videos, must=False)
    yield _survived(program, "killed three times", videos)


def _full(kind: Kind, top: Path) -> Iterator[Survived]:
    """Its own disk is full for a run; then there is room again."""
    disk = MemoryDisk("DATA", top)
    disk.plug(top / "disk")
    try:
        program, videos = kind(top / "disk" / "data"), top / "files"
        _files(program, videos)
        ballast = top / "disk" / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(ROOM_BYTES)):
                pass
        with ballast.open("r+b") as file:
            file.truncate(max(0, ballast.stat().st_size - ROOM_BYTES))
        ran = program.index(videos, must=False)
        ballast.unlink()
        program.index(videos, must=False)
        note = (
            "" if ran.code == 0 else "said so" if "full" in ran.output and "Traceback" not in ran.output else "crashed"
        )
        yield _survived(program, "its disk full, then room", videos, note)
    finally:
        disk.unplug()


def _survived(program: Contestant, mishap: str, folder: Path, note: str = "") -> Survived:
    try:
        found = program.found(folder)
    except Failed:
        return Survived(program.name, mishap, 0, FILES, "every search crashes")
    twice = len(found) - len(set(found))
    said = ", ".join(one for one in (note, f"{twice} listed twice" if twice else "") if one)
    return Survived(program.name, mishap, len(set(found)), FILES, said)
