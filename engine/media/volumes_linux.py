"""Volumes on Linux: the kernel's mount table, and the identities udev keeps under /dev/disk.

`volumes` is pure and takes what `read` gathers. Nothing here opens or stats a mount point, so a dead share cannot
hold it up. The path inside the file system (a btrfs subvolume, the folder of a bind mount) is part of the identity,
so that a file's place below the mount point means the same wherever that is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from engine.media.superblock import READ_BYTES, superblock_identity
from engine.types import Volume

_MOUNTINFO = Path("/proc/self/mountinfo")
_DISKS = Path("/dev/disk")
_BLOCK = Path("/sys/dev/block")

_OCTAL = re.compile(rb"\\([0-7]{3})")
_HEX = re.compile(r"\\x([0-9a-f]{2})")

_NETWORK = {
    "nfs": "nfs", "nfs4": "nfs", "cifs": "smb", "smb3": "smb", "smbfs": "smb", "fuse.sshfs": "sshfs",
    "fuse.rclone": "rclone", "davfs": "davfs", "fuse.davfs": "davfs", "ceph": "ceph", "fuse.glusterfs": "glusterfs",
    "afs": "afs", "9p": "9p", "virtiofs": "virtiofs", "vboxsf": "vboxsf",
}  # fmt: skip
_MEMORY = frozenset({"tmpfs", "ramfs"})
_GVFS = "fuse.gvfsd-fuse"
_NO_FILES = {
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
    "fuse.portal", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs",
    "selinuxfs", "sysfs", "tracefs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disk:
    """What is known of the block device under a mount."""

    uuid: str | None = None
    label: str = ""
    size_bytes: int = 0
    is_removable: bool = False


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the mount table."""

    number: int
    parent: int
    device: str
    root: str
    point: str
    kind: str
    source: str


DiskOf = Callable[[Mount], Disk]
Listing = Callable[[str], list[str]]


def read() -> tuple[Volume, ...]:
    """The volumes of now."""
    try:
        table = _MOUNTINFO.read_bytes()
    except OSError:
        return ()
    disk_of = partial(_disk, _links(_DISKS / "by-uuid"), _links(_DISKS / "by-label"))
    return volumes(parse_mountinfo(table), disk_of, _entries)


def volumes(mounts: list[Mount], disk_of: DiskOf, listing: Listing) -> tuple[Volume, ...]:
    """The volumes of a mount table, without those that hold no files or lie hidden under another mount."""
    found: list[Volume] = []
    for mount in _visible(mounts):
        if mount.kind == _GVFS:
            found.extend(_gvfs_shares(mount, listing))
        elif mount.kind not in _NO_FILES:
            found.append(_volume(mount, disk_of))
    return tuple(found)


def parse_mountinfo(table: bytes) -> list[Mount]:
    """Lines that are not understood are left out."""
    mounts: list[Mount] = []
    for line in table.splitlines():
        fields = [_unescaped(field) for field in line.split(b" ")]
        try:
            dash = fields.index("-", 6)
            number, parent, device, root, point = fields[:5]
            kind, source = fields[dash + 1 : dash + 3]
            mounts.append(Mount(int(number), int(parent), device, root, point, kind, source))
        except ValueError:
            continue
    return mounts


def _visible(mounts: list[Mount]) -> Iterator[Mount]:
    """Those a path can lead to. Walks down from the root as the kernel does, so that covered mounts stay unseen."""
    children: dict[int, list[Mount]] = {}
    numbers = {mount.number for mount in mounts}
    for mount in mounts:
        parent = mount.parent if mount.parent in numbers and mount.parent != mount.number else 0
        children.setdefault(parent, []).append(mount)
    for mount in mounts:
        here = 0
        last: Mount | None = None
        while step := _first_on_way(children.get(here, []), mount.point):
            here, last = step.number, step
        if last is mount:
            yield mount


def _first_on_way(children: list[Mount], point: str) -> Mount | None:
    """The child mount that a path meets first; of several on one point, the newest."""
    on_way = [child for child in children if f"{point}/".startswith(f"{child.point.rstrip('/')}/")]
    return min(reversed(on_way), key=lambda child: len(child.point), default=None)


def _volume(mount: Mount, disk_of: DiskOf) -> Volume:
    point = Path(mount.point)
    inside = "" if mount.root == "/" else f"#{mount.root}"
    if mount.kind in _NETWORK:
        family, source = _NETWORK[mount.kind], mount.source.rstrip("/")
        source = source.lower() if family == "smb" else source
        return Volume(f"{family}:{source}{inside}", mount.source, point, "network")
    if mount.kind == "zfs":
        return Volume(f"zfs:{mount.source}", mount.source, point, "fixed")
    disk = disk_of(mount)
    label = disk.label or point.name or mount.source
    kind: Literal["removable", "fixed"] = "removable" if disk.is_removable else "fixed"
    if disk.uuid:
        return Volume(f"uuid:{_distinct(disk)}{inside}", label, point, kind)
    identity = f"{mount.kind}:{mount.source}:{mount.point}{inside}"
    if mount.kind in _MEMORY:
        return Volume(identity, label, point, "memory")
    return Volume(identity, label, point, kind if mount.source.startswith("/dev/") else "unknown")


def _distinct(disk: Disk) -> str:
    """Cards formatted by a camera share their short serial number surprisingly often; hardly ever their size too."""
    is_short = len(disk.uuid or "") < len("0123456789ABCDEF")
    return f"{disk.uuid}:{disk.size_bytes}" if is_short else f"{disk.uuid}"


def _gvfs_shares(mount: Mount, listing: Listing) -> Iterator[Volume]:
    """The desktop shows all its shares as folders of one mount that stays when they go; each is its own volume."""
    for name in listing(mount.point):
        yield Volume(f"gvfs:{name}", name.partition(":")[2] or name, Path(mount.point, name), "network")


def _unescaped(field: bytes) -> str:
    return os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8) & 255]), field))


def _disk(uuids: dict[str, str], labels: dict[str, str], mount: Mount) -> Disk:
    name = _device_name(mount)
    if name is None:
        return Disk()
    uuid, label = uuids.get(name), labels.get(name, "")
    if uuid is None:
        uuid, label = _from_superblock(mount, name)
    return Disk(uuid, label, _size_bytes(name), _is_removable(name))


def _device_name(mount: Mount) -> str | None:
    """The kernel's name, like sda1 or dm-0, of the device under a mount; None for mounts without one."""
    if not mount.device.startswith("0:"):
        try:
            return os.path.basename(os.readlink(_BLOCK / mount.device))
        except OSError:
            pass  # a container without /sys: the source may still say it
    if mount.source.startswith("/dev/"):
        # bcachefs lists all its devices, joined by colons.
        return os.path.basename(os.path.realpath(mount.source.partition(":")[0]))
    return None


def _from_superblock(mount: Mount, name: str) -> tuple[str | None, str]:
    for device in (mount.source, f"/dev/{name}"):
        if not device.startswith("/dev/"):
            continue
        try:
            with open(device, "rb") as file:
                return superblock_identity(file.read(READ_BYTES)) or (None, "")
        except OSError:
            continue
    return None, ""


def _size_bytes(name: str) -> int:
    try:
        return int(Path("/sys/class/block", name, "size").read_text()) * 512
    except (OSError, ValueError):
        return 0


def _is_removable(name: str) -> bool:
    """On a USB port, in a card slot, or on a drive whose medium can be taken out; for a mapped device, what it maps."""
    device = os.path.realpath(f"/sys/class/block/{name}")
    if "/usb" in device:
        return True
    for flag, truth in (("removable", "1"), ("../removable", "1"), ("device/type", "SD"), ("../device/type", "SD")):
        try:
            if Path(device, flag).read_text().strip() == truth:
                return True
        except OSError:
            continue
    return any(_is_removable(slave) for slave in _entries(f"{device}/slaves"))


def _links(folder: Path) -> dict[str, str]:
    """Device name to identity, from a folder of links named by identity."""
    found: dict[str, str] = {}
    for name in _entries(str(folder)):
        try:
            target = os.readlink(folder / name)
        except OSError:
            continue
        found[os.path.basename(target)] = _HEX.sub(lambda match: chr(int(match[1], 16)), name)
    return found


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
