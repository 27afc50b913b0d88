"""Which disk, card or share a path lies on, known by what it is and not by where it is mounted today.

A `VolumeTable` is a snapshot of the mounts: after `read` it answers for any number of paths without touching a disk,
so a dead network share cannot hold it up. Each system has its own reader in `volumes_linux`, `_macos`, `_windows`.
"""

from __future__ import annotations

import ntpath
import posixpath
import sys
from collections.abc import Iterable
from pathlib import Path

from engine.media import volumes_linux, volumes_macos, volumes_windows
from engine.types import Volume

UNLISTED = "path:"


class VolumeTable:
    """The volumes of one moment. One identity may be mounted in several places; the first listed is the usual one."""

    def __init__(self, volumes: Iterable[Volume], is_windows: bool = sys.platform == "win32") -> None:
        self.volumes = tuple(volumes)
        self._paths = ntpath if is_windows else posixpath
        self._by_mount = {self._paths.normcase(str(volume.mount)): volume for volume in self.volumes}
        self._by_folder: dict[str, Volume] = {}
        self._identities = frozenset(volume.identity for volume in self.volumes)

    @classmethod
    def read(cls) -> VolumeTable:
        """The volumes of now."""
        if sys.platform == "win32":
            return cls(volumes_windows.read())
        if sys.platform == "darwin":
            return cls(volumes_macos.read())
        return cls(volumes_linux.read())

    def of(self, path: Path) -> Volume:
        """The volume of an absolute path without symbolic links, whether or not anything is there."""
        text = self._paths.normcase(str(path))
        mounted_here = self._by_mount.get(text)
        if mounted_here is not None:
            return mounted_here
        folder = self._paths.dirname(text)
        if folder not in self._by_folder:
            self._by_folder[folder] = self._search(folder) or self._unlisted(path)
        return self._by_folder[folder]

    def is_mounted(self, identity: str) -> bool:
        """Whether a volume is present. A share addressed by name and not by a letter always counts as present,
        because asking could take minutes: a failure to list it is not a sign that its files are gone. So does a place
        that no mount table lists, as in a container: there is nothing to unplug.
        """
        return identity in self._identities or identity.startswith((volumes_windows.UNC, UNLISTED))

    def _search(self, folder: str) -> Volume | None:
        while folder not in self._by_mount:
            parent = self._paths.dirname(folder)
            if parent == folder:
                return None
            folder = parent
        return self._by_mount[folder]

    def _unlisted(self, path: Path) -> Volume:
        drive = self._paths.splitdrive(str(path))[0]
        if self._paths is ntpath and drive.startswith("\\\\"):
            return volumes_windows.share(drive, Path(drive + "\\"))
        anchor = drive + self._paths.sep
        return Volume(f"{UNLISTED}{anchor}", anchor, Path(anchor), "unknown")


def volume_of(path: Path) -> Volume:
    """The volume of one path. For many paths, read a `VolumeTable` once."""
    return VolumeTable.read().of(path)


def mounted() -> tuple[Volume, ...]:
    """All volumes that are present now."""
    return VolumeTable.read().volumes
