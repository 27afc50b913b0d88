"""The table for all systems, and the readers of macOS and Windows on what those systems answer."""

from __future__ import annotations

import plistlib
from pathlib import Path, PureWindowsPath
from typing import cast

import pytest

from engine.media import volumes_macos, volumes_windows
from engine.media.volumes import VolumeTable, mounted, volume_of
from engine.media.volumes_macos import Partition
from engine.media.volumes_windows import FIXED, REMOVABLE, LocalVolume

PARTITIONS = [
    Partition("/dev/disk3s1s1", "/", "apfs"),
    Partition("devfs", "/dev", "devfs"),
    Partition("/dev/disk3s6", "/System/Volumes/VM", "apfs"),
    Partition("/dev/disk3s5", "/System/Volumes/Data", "apfs"),
    Partition("map auto_home", "/System/Volumes/Data/home", "autofs"),
    Partition("/dev/disk5s1", "/Volumes/NO NAME", "exfat"),
    Partition("/dev/disk6s2", "/Volumes/Broken", "apfs"),
    Partition("//ann@nas._smb._tcp.local/Family%20Video", "/Volumes/Family Video", "smbfs"),
    Partition("nas:/export/Video", "/Volumes/Video", "nfs"),
]

FACTS = {
    "/dev/disk3s1s1": {"VolumeUUID": "0000-SYSTEM", "VolumeName": "Macintosh HD", "Ejectable": False},
    "/dev/disk3s5": {"VolumeUUID": "1111-DATA", "VolumeName": "Data", "RemovableMediaOrExternalDevice": False},
    "/dev/disk5s1": {"VolumeUUID": "2222-CARD", "VolumeName": "NO NAME", "RemovableMediaOrExternalDevice": True},
}


def _diskutil(device: str) -> bytes:
    return plistlib.dumps(FACTS[device]) if device in FACTS else b"Could not find disk"


@pytest.mark.parametrize(
    ("path", "identity", "label", "kind"),
    [
        ("/Users/ann/a.mp4", "uuid:1111-DATA", "Macintosh HD", "fixed"),
        ("/System/Volumes/Data/Users/ann/a.mp4", "uuid:1111-DATA", "Data", "fixed"),
        ("/Volumes/NO NAME/DCIM/a.mp4", "uuid:2222-CARD", "NO NAME", "removable"),
        ("/Volumes/Broken/a.mp4", "apfs:/dev/disk6s2:/Volumes/Broken", "Broken", "unknown"),
        (
            "/Volumes/Family Video/a.mp4",
            "smb:nas._smb._tcp.local/family video",
            "nas._smb._tcp.local/family video",
            "network",
        ),
        ("/Volumes/Video/a.mp4", "nfs:nas:/export/Video", "nas:/export/Video", "network"),
    ],
)
def test_macos_paths_lie_on_the_right_volume(path: str, identity: str, label: str, kind: str) -> None:
    volume = VolumeTable(volumes_macos.volumes(PARTITIONS, _diskutil), is_windows=False).of(Path(path))
    assert (volume.identity, volume.label, volume.kind) == (identity, label, kind)


LOCAL = [
    LocalVolume("\\\\?\\Volume{aaa}\\", ("C:\\",), "Windows", 0x1234ABCD, 500 << 30, FIXED),
    LocalVolume("\\\\?\\Volume{bbb}\\", ("D:\\", "C:\\Mounts\\Videos"), "Videos", 0x00010002, 2 << 40, FIXED),
    LocalVolume("\\\\?\\Volume{ccc}\\", ("E:\\",), "", 0, 64 << 30, REMOVABLE),
    LocalVolume("\\\\?\\Volume{ddd}\\", ("F:\\",), "EOS", 0x00010002, 32 << 30, REMOVABLE),
]
SHARES = [("Z:\\", "\\\\NAS\\Family Video")]


@pytest.mark.parametrize(
    ("path", "identity", "label", "kind"),
    [
        ("c:\\Users\\ann\\a.mp4", "serial:1234-ABCD", "Windows", "fixed"),
        ("C:\\mounts\\VIDEOS\\2019\\a.mp4", "serial:0001-0002", "Videos", "fixed"),
        ("D:\\a.mp4", "serial:0001-0002", "Videos", "fixed"),
        ("E:\\a.mp4", "guid:{ccc}", "E:\\", "removable"),
        ("F:\\DCIM\\a.mp4", f"serial:0001-0002:{32 << 30}", "EOS", "removable"),
        ("Z:\\2019\\a.mp4", "unc:nas/family video", "NAS/Family Video", "network"),
        ("\\\\nas\\family video\\2019\\a.mp4", "unc:nas/family video", "nas/family video", "network"),
        ("Q:\\a.mp4", "path:Q:\\", "Q:\\", "unknown"),
    ],
)
def test_windows_paths_lie_on_the_right_volume(path: str, identity: str, label: str, kind: str) -> None:
    table = VolumeTable(volumes_windows.volumes(LOCAL, SHARES), is_windows=True)
    volume = table.of(cast(Path, PureWindowsPath(path)))
    assert (volume.identity, volume.label, volume.kind) == (identity, label, kind)


def test_a_share_by_name_counts_as_present_and_a_missing_letter_does_not() -> None:
    table = VolumeTable(volumes_windows.volumes(LOCAL, []), is_windows=True)
    assert table.is_mounted("unc:nas/family video")
    assert not table.is_mounted("serial:9999-9999")


def test_this_machine_has_a_volume_for_every_path_and_lists_it(tmp_path: Path) -> None:
    volume = volume_of(tmp_path.resolve() / "a.mp4")
    assert volume in mounted()
    assert tmp_path.resolve().is_relative_to(volume.mount)
    assert VolumeTable.read().is_mounted(volume.identity)


def test_ten_thousand_paths_are_answered_without_touching_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    table = VolumeTable.read()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the disk was asked")

    for name in ("stat", "lstat", "readlink", "listdir", "scandir", "open"):
        monkeypatch.setattr(f"os.{name}", refuse)
    found = {table.of(Path(f"/no/such/{n % 100}/{n}.mp4")).identity for n in range(10_000)}
    assert len(found) == 1
