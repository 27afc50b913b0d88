"""Volumes on macOS: the mount table, and what `diskutil` says about each local disk.

`volumes` is pure and takes what `read` gathers. The table is read without asking the file systems themselves.
"""

from __future__ import annotations

import plistlib
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from xml.parsers.expat import ExpatError

from engine.types import Volume

_NETWORK = {"smbfs": "smb", "nfs": "nfs", "afpfs": "afp", "webdav": "webdav", "ftp": "ftp"}
_NO_FILES = frozenset({"devfs", "autofs", "nullfs", "bindfs", "lifs"})
_SYSTEM = "/System/Volumes/"
_DATA = "/System/Volumes/Data"
_PATIENCE_S = 5.0


class Partition(NamedTuple):
    device: str
    mountpoint: str
    fstype: str


def read() -> tuple[Volume, ...]:
    """The volumes of now."""
    import psutil  # noqa: PLC0415 - other systems read this module too, and need it not

    partitions = [Partition(part.device, part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]
    return volumes(partitions, _ask_diskutil)


def volumes(partitions: Iterable[Partition], info: Callable[[str], bytes]) -> tuple[Volume, ...]:
    """The volumes of a mount table; `info` gives diskutil's property list for a device."""
    return tuple(_in_one_piece(list(_listed(partitions, info))))


def _listed(partitions: Iterable[Partition], info: Callable[[str], bytes]) -> Iterator[Volume]:
    for part in partitions:
        point = part.mountpoint
        if part.fstype in _NO_FILES or (point.startswith(_SYSTEM) and point != _DATA):
            continue
        if part.fstype in _NETWORK:
            yield _share(part)
        else:
            yield _local(part, _facts(info(part.device)))


def _in_one_piece(found: list[Volume]) -> Iterator[Volume]:
    """The system is two volumes shown as one: what people call their disk, and may write to, is the data volume."""
    data = next((volume for volume in found if str(volume.mount) == _DATA), None)
    for volume in found:
        if data is not None and str(volume.mount) == "/":
            yield Volume(data.identity, volume.label, volume.mount, data.kind)
        else:
            yield volume


def _share(part: Partition) -> Volume:
    family = _NETWORK[part.fstype]
    # //user@server/share: who logs in is not part of what the share is.
    address = unquote(part.device).split("@")[-1].strip("/")
    if family != "nfs":
        address = address.lower()
    return Volume(f"{family}:{address}", address, Path(part.mountpoint), "network")


def _local(part: Partition, facts: dict[str, Any]) -> Volume:
    point = Path(part.mountpoint)
    uuid = facts.get("VolumeUUID") or facts.get("DiskUUID")
    identity = f"uuid:{uuid}" if uuid else f"{part.fstype}:{part.device}:{part.mountpoint}"
    label = str(facts.get("VolumeName") or point.name or part.device)
    is_external = facts.get("RemovableMediaOrExternalDevice") or facts.get("Ejectable")
    return Volume(identity, label, point, "removable" if is_external else "fixed" if facts else "unknown")


def _facts(plist: bytes) -> dict[str, Any]:
    try:
        facts = plistlib.loads(plist)
    except (plistlib.InvalidFileException, ExpatError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _ask_diskutil(device: str) -> bytes:
    try:
        return subprocess.run(
            ["/usr/sbin/diskutil", "info", "-plist", device], capture_output=True, timeout=_PATIENCE_S, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return b""
