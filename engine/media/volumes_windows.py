"""Volumes on Windows: the volume manager for local disks, the letters of connected shares, and shares by name.

`volumes` is pure and takes what `read` gathers. Shares are never asked anything: their name is their identity.
"""

from __future__ import annotations

import ctypes
import string
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.types import Volume

UNC = "unc:"

REMOVABLE, FIXED, REMOTE, DISC, MEMORY = 2, 3, 4, 5, 6
_KINDS: dict[int, Literal["removable", "fixed", "memory"]] = {
    REMOVABLE: "removable",
    FIXED: "fixed",
    DISC: "removable",
    MEMORY: "memory",
}
_NO_DIALOG = 0x0001 | 0x8000
_NAME_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class LocalVolume:
    """What Windows says about one local volume; `mounts` are letters and folders."""

    guid_path: str
    mounts: tuple[str, ...]
    label: str
    serial: int
    total_bytes: int
    drive_type: int


def read() -> tuple[Volume, ...]:
    """The volumes of now."""
    with _without_dialogs() as kernel:
        return volumes(list(_local_volumes(kernel)), list(_connected_shares(kernel)))


def volumes(local: Iterable[LocalVolume], shares: Iterable[tuple[str, str]]) -> tuple[Volume, ...]:
    """The volumes of the machine; `shares` are pairs of a letter's root and the share it stands for."""
    found = [
        Volume(_identity(one), one.label or mount, Path(mount), _KINDS.get(one.drive_type, "unknown"))
        for one in local
        for mount in one.mounts
    ]
    found.extend(share(name, Path(root)) for root, name in shares)
    return tuple(found)


def share(name: str, mount: Path) -> Volume:
    """The volume of a share given as \\\\server\\share."""
    server_share = name.strip("\\/").replace("\\", "/")
    return Volume(UNC + server_share.lower(), server_share, mount, "network")


def _identity(volume: LocalVolume) -> str:
    """The number written at formatting. Cards take their size along, because cameras like to repeat the number."""
    if not volume.serial:
        return f"guid:{volume.guid_path.strip(chr(92)).rpartition('Volume')[2]}"
    serial = f"serial:{volume.serial >> 16:04X}-{volume.serial & 0xFFFF:04X}"
    return serial if volume.drive_type == FIXED else f"{serial}:{volume.total_bytes}"


@contextmanager
def _without_dialogs() -> Iterator[Any]:
    """An empty card reader must fail, and not ask the user for a card."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # pyright: ignore[reportAttributeAccessIssue]
    kernel.FindFirstVolumeW.restype = ctypes.c_void_p
    previous = ctypes.c_uint32()
    kernel.SetThreadErrorMode(_NO_DIALOG, ctypes.byref(previous))
    try:
        yield kernel
    finally:
        kernel.SetThreadErrorMode(previous, None)


def _local_volumes(kernel: Any) -> Iterator[LocalVolume]:
    name = ctypes.create_unicode_buffer(_NAME_LENGTH)
    handle = ctypes.c_void_p(kernel.FindFirstVolumeW(name, _NAME_LENGTH))
    if handle.value in (None, ctypes.c_void_p(-1).value):
        return
    try:
        while True:
            mounts = _mounts(kernel, name.value)
            if mounts:
                yield _described(kernel, name.value, mounts)
            if not kernel.FindNextVolumeW(handle, name, _NAME_LENGTH):
                return
    finally:
        kernel.FindVolumeClose(handle)


def _mounts(kernel: Any, guid_path: str) -> tuple[str, ...]:
    names = ctypes.create_unicode_buffer(_NAME_LENGTH * 16)
    length = ctypes.c_uint32()
    if not kernel.GetVolumePathNamesForVolumeNameW(guid_path, names, len(names), ctypes.byref(length)):
        return ()
    # A folder's path ends in a backslash here and nowhere else; a letter's root does everywhere.
    listed = (name for name in "".join(names[: length.value]).split("\0") if name)
    return tuple(name if len(name) == 3 else name.rstrip("\\") for name in listed)


def _described(kernel: Any, guid_path: str, mounts: tuple[str, ...]) -> LocalVolume:
    label = ctypes.create_unicode_buffer(_NAME_LENGTH)
    serial = ctypes.c_uint32()
    total = ctypes.c_uint64()
    kernel.GetVolumeInformationW(guid_path, label, len(label), ctypes.byref(serial), None, None, None, 0)
    kernel.GetDiskFreeSpaceExW(guid_path, None, ctypes.byref(total), None)
    drive_type = kernel.GetDriveTypeW(guid_path)
    return LocalVolume(guid_path, mounts, label.value, serial.value, total.value, drive_type)


def _connected_shares(kernel: Any) -> Iterator[tuple[str, str]]:
    network = ctypes.WinDLL("mpr")  # pyright: ignore[reportAttributeAccessIssue]
    letters = kernel.GetLogicalDrives()
    for number, letter in enumerate(string.ascii_uppercase):
        if not letters >> number & 1 or kernel.GetDriveTypeW(f"{letter}:\\") != REMOTE:
            continue
        name = ctypes.create_unicode_buffer(_NAME_LENGTH)
        length = ctypes.c_uint32(_NAME_LENGTH)
        if network.WNetGetConnectionW(f"{letter}:", name, ctypes.byref(length)) == 0:
            yield f"{letter}:\\", name.value
