from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.superblock import READ_BYTES, superblock_identity
from engine.media.volumes import VolumeTable, volume_of
from engine.media.volumes_linux import Disk, Mount, parse_mountinfo, volumes
from engine.types import Volume

DESKTOP = rb"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
23 22 0:21 / /proc rw,nosuid shared:12 - proc proc rw
24 22 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw
30 22 0:26 / /run rw,nosuid shared:5 - tmpfs tmpfs rw
40 22 0:40 /@home /home rw,relatime shared:29 - btrfs /dev/mapper/luks-1 rw,subvol=/@home
41 22 0:40 /@videos /srv/videos rw,relatime - btrfs /dev/mapper/luks-1 rw,subvol=/@videos
50 22 8:17 / /media/ann/Blue\040WD rw,nosuid shared:70 master:3 - fuseblk /dev/sdb1 rw
51 22 8:33 / /media/ann/DCIM rw - vfat /dev/sdc1 rw
60 22 0:50 / /mnt/nas rw,relatime - nfs4 nas:/export/video rw,addr=10.0.0.2
61 22 0:51 / /mnt/Share rw,relatime - cifs //NAS/Family rw,user=ann
62 22 0:52 / /mnt/photos rw - fuse.sshfs ann@box:/photos rw
63 22 0:53 / /mnt/zfs rw - zfs tank/video rw,xattr
64 22 259:2 /srv/old /export rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
65 30 0:55 / /run/user/1000/gvfs rw,nosuid - fuse.gvfsd-fuse gvfsd-fuse rw,user_id=1000
this line is not a mount
"""

DISKS = {
    "/dev/nvme0n1p2": Disk("11111111-aaaa-bbbb-cccc-000000000001", "", 500 << 30),
    "/dev/mapper/luks-1": Disk("22222222-aaaa-bbbb-cccc-000000000002", "data", 900 << 30),
    "/dev/sdb1": Disk("4864DB6473B48D63", "Blue WD", 2 << 40, True),
    "/dev/sdc1": Disk("0000-0000", "", 64 << 30, True),
}


def _table(mountinfo: bytes, gvfs: tuple[str, ...] = ()) -> VolumeTable:
    def disk_of(mount: Mount) -> Disk:
        return DISKS.get(mount.source, Disk())

    return VolumeTable(volumes(parse_mountinfo(mountinfo), disk_of, lambda _: list(gvfs)), is_windows=False)


@pytest.mark.parametrize(
    ("path", "identity", "label", "kind"),
    [
        ("/var/a.mp4", "uuid:11111111-aaaa-bbbb-cccc-000000000001", "/dev/nvme0n1p2", "fixed"),
        ("/home/ann/a.mp4", "uuid:22222222-aaaa-bbbb-cccc-000000000002#/@home", "data", "fixed"),
        ("/srv/videos/a.mp4", "uuid:22222222-aaaa-bbbb-cccc-000000000002#/@videos", "data", "fixed"),
        ("/media/ann/Blue WD/2019/a.mp4", "uuid:4864DB6473B48D63", "Blue WD", "removable"),
        ("/media/ann/DCIM/a.mp4", f"uuid:0000-0000:{64 << 30}", "DCIM", "removable"),
        ("/mnt/nas/a.mp4", "nfs:nas:/export/video", "nas:/export/video", "network"),
        ("/mnt/Share/a.mp4", "smb://nas/family", "//NAS/Family", "network"),
        ("/mnt/photos/a.mp4", "sshfs:ann@box:/photos", "ann@box:/photos", "network"),
        ("/mnt/zfs/a.mp4", "zfs:tank/video", "tank/video", "fixed"),
        ("/export/a.mp4", "uuid:11111111-aaaa-bbbb-cccc-000000000001#/srv/old", "export", "fixed"),
        ("/run/a.mp4", "tmpfs:tmpfs:/run", "run", "memory"),
    ],
)
def test_a_path_lies_on_the_volume_of_its_nearest_mount(path: str, identity: str, label: str, kind: str) -> None:
    volume = _table(DESKTOP).of(Path(path))
    assert (volume.identity, volume.label, volume.kind) == (identity, label, kind)
    assert Path(path).is_relative_to(volume.mount)


def test_a_mount_point_lies_on_what_is_mounted_there_and_its_neighbour_does_not() -> None:
    table = _table(DESKTOP)
    assert table.of(Path("/mnt/nas")).kind == "network"
    assert table.of(Path("/mnt/nasty")).identity == table.of(Path("/")).identity


def test_the_same_disk_under_another_name_and_place_is_the_same_volume() -> None:
    moved = DESKTOP.replace(rb"/media/ann/Blue\040WD", b"/media/bob/usb")
    assert (
        _table(moved).of(Path("/media/bob/usb/a")).identity == _table(DESKTOP).of(Path("/media/ann/Blue WD")).identity
    )


def test_a_card_of_another_size_with_the_same_number_is_another_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _table(DESKTOP).of(Path("/media/ann/DCIM")).identity
    monkeypatch.setitem(DISKS, "/dev/sdc1", Disk("0000-0000", "", 32 << 30, True))
    assert _table(DESKTOP).of(Path("/media/ann/DCIM")).identity != first


def test_an_unplugged_disk_is_not_mounted_and_its_empty_folder_belongs_to_the_system_disk() -> None:
    identity = _table(DESKTOP).of(Path("/mnt/nas")).identity
    without = b"".join(line for line in DESKTOP.splitlines(True) if b"/mnt/nas" not in line)
    assert _table(DESKTOP).is_mounted(identity)
    assert not _table(without).is_mounted(identity)
    assert _table(without).of(Path("/mnt/nas/a.mp4")).mount == Path("/")


def test_each_share_of_the_desktop_is_its_own_volume_and_is_gone_when_it_is_gone() -> None:
    name = "smb-share:server=nas,share=video"
    path = Path("/run/user/1000/gvfs", name, "a.mp4")
    volume = _table(DESKTOP, (name,)).of(path)
    assert (volume.identity, volume.mount) == (f"gvfs:{name}", path.parent)
    assert not _table(DESKTOP).is_mounted(volume.identity)


def test_a_mount_over_another_hides_it_and_everything_below_it() -> None:
    covered = DESKTOP + b"70 50 8:49 / /media/ann/Blue\\040WD rw - ext4 /dev/sdd1 rw\n"
    covered += b"71 22 0:70 / /mnt rw - tmpfs cover rw\n"
    table = _table(covered)
    assert table.of(Path("/media/ann/Blue WD/a")).identity == "ext4:/dev/sdd1:/media/ann/Blue WD"
    assert table.of(Path("/mnt/nas/a.mp4")).identity == "tmpfs:cover:/mnt"
    assert not table.is_mounted("nfs:nas:/export/video")


def test_names_keep_their_odd_characters_and_bytes_that_are_not_text() -> None:
    line = rb"90 22 8:1 / /mnt/a\040b\011c\134d\012e" + b"\xff rw - ext4 /dev/sdz1 rw\n"
    mount = parse_mountinfo(line)[0]
    assert os.fsencode(mount.point) == b"/mnt/a b\tc\\d\ne\xff"


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(DESKTOP)))
def test_no_mount_table_makes_the_parser_raise(junk: bytes, place: int) -> None:
    table = _table(DESKTOP[:place] + junk + DESKTOP[place:])
    assert isinstance(table.of(Path("/home/ann/a.mp4")), Volume)


def test_a_system_without_a_mount_table_still_answers() -> None:
    volume = _table(b"").of(Path("/home/ann/a.mp4"))
    assert (volume.identity, volume.mount) == ("path:/", Path("/"))


def test_first_blocks_that_are_no_file_system_have_no_identity() -> None:
    assert superblock_identity(b"") is None
    assert superblock_identity(bytes(READ_BYTES)) is None


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_first_blocks_make_the_reader_raise(start: bytes) -> None:
    superblock_identity(b"\0\0\0EXFAT   " + start)
    superblock_identity(start + bytes(READ_BYTES))


# --- with real mounts --------------------------------------------------------------------------------------------

Mounter = Callable[..., Path]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mounter]:
    """Mounts something at a named folder, and takes it all down again."""
    if os.name != "posix" or os.geteuid() != 0 or not Path("/proc/self/mountinfo").exists():
        pytest.skip("needs root on Linux, to mount file systems")
    done: list[Path] = []

    def mount_at(name: str, *arguments: str) -> Path:
        point = tmp_path / name
        point.mkdir(exist_ok=True)
        result = _run("mount", *arguments, str(point))
        if result.returncode != 0:
            pytest.skip(f"this system does not let root mount: {result.stderr.strip()}")
        done.append(point)
        return point

    yield mount_at
    for point in reversed(done):
        _run("umount", str(point))


def _image(folder: Path, *command: str) -> str:
    if shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        pytest.skip(f"needs {command[0]}")
    image = folder / f"{command[0]}.img"
    with image.open("wb") as file:
        file.truncate(128 << 20)
    assert _run(*command, str(image)).returncode == 0
    return str(image)


@pytest.mark.root
def test_a_real_disk_keeps_its_identity_wherever_it_is_mounted(tmp_path: Path, mount: Mounter) -> None:
    uuid = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    image = _image(tmp_path, "mkfs.ext4", "-q", "-F", "-U", uuid, "-L", "Holiday")
    first = volume_of(mount("first place", "-o", "loop", image) / "2019" / "a.mp4")
    assert (first.identity, first.label, first.mount) == (f"uuid:{uuid}", "Holiday", tmp_path / "first place")
    assert _run("umount", str(first.mount)).returncode == 0
    assert not VolumeTable.read().is_mounted(first.identity)
    second = volume_of(mount("second", "-o", "loop", image) / "2019" / "a.mp4")
    assert (second.identity, second.mount) == (first.identity, tmp_path / "second")
    assert VolumeTable.read().is_mounted(first.identity)


@pytest.mark.root
def test_a_real_memory_disk_is_known_by_its_place(tmp_path: Path, mount: Mounter) -> None:
    point = mount("memory", "-t", "tmpfs", "-o", "size=1m", "tmpfs")
    volume = volume_of(point / "a.mp4")
    assert (volume.identity, volume.kind, volume.mount) == (f"tmpfs:tmpfs:{point}", "memory", point)


@pytest.mark.root
def test_a_real_bind_mount_is_the_folder_it_shows(tmp_path: Path, mount: Mounter) -> None:
    source = mount("memory", "-t", "tmpfs", "tmpfs") / "videos"
    source.mkdir()
    for name in ("one", "two"):
        volume = volume_of(mount(name, "--bind", str(source)) / "a.mp4")
        assert volume.identity.endswith("#/videos")
        assert volume.mount == tmp_path / name


@pytest.mark.root
def test_real_btrfs_subvolumes_are_told_apart(tmp_path: Path, mount: Mounter) -> None:
    image = _image(tmp_path, "mkfs.btrfs", "-q", "-f")
    point = mount("whole", "-t", "btrfs", "-o", "loop", image)
    assert _run("btrfs", "subvolume", "create", str(point / "videos")).returncode == 0
    loop = next(m.source for m in parse_mountinfo(Path("/proc/self/mountinfo").read_bytes()) if m.point == str(point))
    table = VolumeTable.read()
    part = volume_of(mount("part", "-t", "btrfs", "-o", "subvol=videos", loop) / "a.mp4")
    assert part.identity == f"{table.of(point / 'a.mp4').identity}#/videos"
