"""An archive is made by strangers: whatever it holds, nothing lands outside its folder, and little in memory."""

from __future__ import annotations

import gzip
import stat
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from engine.errors import PackError
from engine.models.archive import unpack
from engine.models.fetch import install_archive
from tests.archives import tarred, zip_of

LEADING_OUT = (
    "../evil",
    "/evil",
    "a/../../evil",
    "C:\\evil",
    "C:/evil",
    "c:evil",
    "..\\evil",
    "\\\\host\\share\\evil",
    "//host/share/evil",
    "evil:stream",
    "con",
    "sub/NUL.txt",
    "evil.",
    "evil ",
    "~/evil",
    "a/b/c/d/e",
    "x" * 300,
    "ev\nil",
)


def link(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "info",
    [
        link("evil", tarfile.SYMTYPE, "/etc/passwd"),
        link("evil", tarfile.LNKTYPE, "../evil"),
        link("evil", tarfile.FIFOTYPE, ""),
        link("evil", tarfile.CHRTYPE, ""),
    ],
)
def test_what_is_no_plain_file_is_refused(info: tarfile.TarInfo, tmp_path: Path) -> None:
    archive = tmp_path / "evil.tgz"
    archive.write_bytes(tarred([(info, b"")]))
    with pytest.raises(PackError):
        install_archive(archive, tmp_path / "packs")
    assert {each.name for each in tmp_path.rglob("*")} == {"evil.tgz", "packs", ".fetch"}


@pytest.mark.parametrize("name", LEADING_OUT)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_nothing_is_written_outside_the_target(kind: str, name: str, tmp_path: Path) -> None:
    good = "frame.onnx"
    archive = tmp_path / "evil.pack"
    if kind == "zip":
        archive.write_bytes(zip_of([(zipfile.ZipInfo(each), b"x") for each in (good, name)]))
    else:
        archive.write_bytes(tarred([(tarfile.TarInfo(each), b"x") for each in (good, name)]))
    with pytest.raises(PackError, match="not a plain file name inside the pack"):
        install_archive(archive, tmp_path / "packs")
    assert {each.name for each in tmp_path.rglob("*")} == {"evil.pack", "packs", ".fetch"}


@pytest.mark.parametrize("name", ["../evil/", "/evil/", "a/../../evil/"])
def test_a_folder_outside_the_target_is_not_made(name: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    folder = tarfile.TarInfo(name)
    folder.type = tarfile.DIRTYPE
    for content in (tarred([(folder, b"")]), zip_of([(zipfile.ZipInfo(name), b"")])):
        (tmp_path / "evil.pack").write_bytes(content)
        unpack(tmp_path / "evil.pack", tmp_path / "out", 1_000_000)
    assert {each.name for each in tmp_path.rglob("*")} == {"evil.pack", "out"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_in_a_zip_is_refused(kind: int, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("frame.onnx")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    archive = tmp_path / "evil.zip"
    archive.write_bytes(zip_of([(info, b"/etc/passwd")]))
    with pytest.raises(PackError, match="not a plain file"):
        install_archive(archive, tmp_path / "packs")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_bomb_stops_at_the_limit(kind: str, tmp_path: Path) -> None:
    archive = tmp_path / "bomb.pack"
    many = bytes(30_000_000)
    archive.write_bytes(
        zip_of([(zipfile.ZipInfo("big"), many)]) if kind == "zip" else tarred([(tarfile.TarInfo("big"), many)])
    )
    assert archive.stat().st_size < 100_000
    (tmp_path / "out").mkdir()
    with pytest.raises(PackError, match="unpacks to more"):
        unpack(archive, tmp_path / "out", 1_000_000)
    assert sum(each.stat().st_size for each in (tmp_path / "out").iterdir()) <= 1_000_000


def test_a_zip_that_understates_its_files_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_of([(zipfile.ZipInfo("big"), bytes(3_000_000))]))
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(PackError):
        unpack(tmp_path / "bomb.zip", tmp_path / "out", 1_000_000)


def test_a_header_of_any_length_costs_no_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, 200_000_000
    with gzip.open(tmp_path / "bomb.tgz", "wb", compresslevel=1) as out:
        out.write(header.tobuf())
        for _ in range(200):
            out.write(bytes(1_000_000))
    (tmp_path / "out").mkdir()
    tracemalloc.start()
    try:
        with pytest.raises(PackError, match="unreasonable length"):
            unpack(tmp_path / "bomb.tgz", tmp_path / "out", 10**9)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_too_many_files_or_two_of_one_name_are_refused(tmp_path: Path) -> None:
    archive = tmp_path / "many.tgz"
    archive.write_bytes(tarred([(tarfile.TarInfo(f"f{at}"), b"") for at in range(65)]))
    with pytest.raises(PackError, match="more than 64"):
        install_archive(archive, tmp_path / "packs")
    archive.write_bytes(tarred([(tarfile.TarInfo("f"), b""), (tarfile.TarInfo("f"), b"")]))
    with pytest.raises(PackError, match="twice"):
        install_archive(archive, tmp_path / "packs")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"\x1f\x8bjunk", b"plain words"])
def test_what_is_no_archive_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "x.zip"
    archive.write_bytes(content)
    with pytest.raises(PackError, match="cannot be unpacked"):
        install_archive(archive, tmp_path / "packs")
