"""The folder laid out for Linux, its desktop file, the .deb and the AppImage, on a program of a few bytes."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from engine.jobs.walk import VIDEO_SUFFIXES

FOLDER = Path(__file__).resolve().parents[2] / "packaging"
DESKTOP = FOLDER / "linux" / "reelfind.desktop"
Script = Callable[[str], ModuleType]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="packages of Linux are made on Linux")

TYPES = {
    ".3gp": "video/3gpp", ".avi": "video/x-msvideo", ".flv": "video/x-flv", ".m4v": "video/x-m4v",
    ".mkv": "video/x-matroska", ".mov": "video/quicktime", ".mp4": "video/mp4", ".mpg": "video/mpeg",
    ".mts": "video/mp2t", ".mxf": "application/mxf", ".ogv": "video/ogg", ".rm": "application/vnd.rn-realmedia",
    ".webm": "video/webm", ".wmv": "video/x-ms-wmv",
}  # fmt: skip


@pytest.fixture
def tree(script: Script, tmp_path: Path) -> Path:
    """The layout around a stand-in that prints what it is given."""
    program = tmp_path / "reelfind"
    (program / "_internal").mkdir(parents=True)
    (program / "reelfind").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    (program / "reelfind").chmod(0o755)
    (program / "_internal" / "liba.so.1").write_bytes(b"library")
    (program / "_internal" / "liba.so").symlink_to("liba.so.1")
    icons = tmp_path / "icons"
    script("icons").draw_icons(FOLDER.parent / "assets" / "icons" / "reelfind.svg", icons)
    target = tmp_path / "Reelfind.AppDir"
    script("linux_packages").make_tree(program, icons, target)
    return target


def test_the_tree_has_what_a_desktop_looks_for(tree: Path) -> None:
    share = tree / "usr" / "share"
    assert (share / "applications" / "reelfind.desktop").is_file()
    assert (share / "doc" / "reelfind" / "copyright").is_file()
    sizes = {path.parents[1].name for path in share.rglob("reelfind.png")}
    assert {"16x16", "48x48", "256x256"} <= sizes
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "reelfind.svg").is_file()
    assert (tree / "usr" / "lib" / "reelfind" / "_internal" / "liba.so").is_symlink()
    assert (tree / "usr" / "bin" / "reelfind").resolve() == (tree / "usr" / "lib" / "reelfind" / "reelfind").resolve()


def test_an_appdir_starts_the_program_from_anywhere_with_every_word(script: Script, tree: Path, tmp_path: Path) -> None:
    script("linux_packages").make_appdir(tree)
    moved = tree.rename(tmp_path / "it's $(here) now")
    (tmp_path / "link").symlink_to(moved / "AppRun")
    words = ["search", "a b", "$(c)", ""]
    done = subprocess.run([str(tmp_path / "link"), *words], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == words
    assert (moved / "reelfind.desktop").is_file()
    assert (moved / ".DirIcon").is_file()


def test_a_deb_names_its_version_and_holds_the_program(
    script: Script, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not here")
    packages = script("linux_packages")
    monkeypatch.setattr(packages, "debian_libraries", lambda _folder: "libc6 (>= 2.36)")
    packages.make_deb(tree, tmp_path / "reelfind.deb", "1.2.3")
    said = [["dpkg-deb", "-f", str(tmp_path / "reelfind.deb")], ["dpkg-deb", "-c", str(tmp_path / "reelfind.deb")]]
    control, content = (subprocess.run(one, capture_output=True, text=True, check=True).stdout for one in said)
    assert "Version: 1.2.3\n" in control
    assert "Depends: libc6 (>= 2.36)\n" in control
    assert "./usr/bin/reelfind -> ../lib/reelfind/reelfind" in content
    assert "root/root" in content
    assert not (tree / "DEBIAN").exists()


def test_an_appimage_is_the_runtime_and_the_folder(script: Script, tree: Path, tmp_path: Path) -> None:
    if shutil.which("mksquashfs") is None:
        pytest.skip("mksquashfs is not here")
    runtime = tmp_path / "runtime"
    runtime.write_bytes(b"the runtime")
    packages = script("linux_packages")
    packages.make_appdir(tree)
    packages.make_appimage(tree, tmp_path / "Reelfind.AppImage", runtime)
    content = (tmp_path / "Reelfind.AppImage").read_bytes()
    assert content[:15] == b"the runtimehsqs"
    offset = str(len(b"the runtime"))
    listed = subprocess.run(
        ["unsquashfs", "-offset", offset, "-l", str(tmp_path / "Reelfind.AppImage")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "squashfs-root/AppRun" in listed


def test_the_runtime_is_only_taken_where_it_is(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = script("linux_packages")
    monkeypatch.delenv("APPIMAGE_RUNTIME", raising=False)
    assert packages.runtime_for_appimage() is None
    monkeypatch.setenv("APPIMAGE_RUNTIME", str(tmp_path / "absent"))
    assert packages.runtime_for_appimage() is None


def _entry() -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DESKTOP, encoding="utf-8")
    return parser["Desktop Entry"]


def test_the_desktop_file_starts_the_command_and_has_words_in_each_language() -> None:
    entry = _entry()
    assert (entry["Type"], entry["Exec"], entry["Icon"], entry["Terminal"]) == (
        "Application", "reelfind %F", "reelfind", "false",
    )  # fmt: skip
    languages = {path.stem for path in (FOLDER.parent / "assets" / "translations").glob("*.json")}
    assert {f"Comment[{language}]" for language in languages} <= set(entry)


def test_videos_can_be_opened_with_it() -> None:
    listed = _entry()["MimeType"].rstrip(";").split(";")
    assert set(TYPES) <= VIDEO_SUFFIXES
    assert set(TYPES.values()) <= set(listed)
    assert len(set(listed)) == len(listed)


def test_the_desktop_file_is_valid() -> None:
    if shutil.which("desktop-file-validate") is None:
        pytest.skip("desktop-file-validate is not here")
    done = subprocess.run(["desktop-file-validate", str(DESKTOP)], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_icons_come_in_the_forms_of_each_system(script: Script, tmp_path: Path) -> None:
    from PIL import Image  # noqa: PLC0415

    script("icons").draw_icons(FOLDER.parent / "assets" / "icons" / "reelfind.svg", tmp_path)
    with Image.open(tmp_path / "reelfind.ico") as icon:
        assert {(16, 16), (48, 48), (256, 256)} <= icon.info["sizes"]
    with Image.open(tmp_path / "reelfind-64.png") as picture:
        assert picture.convert("RGBA").getpixel((32, 6)) == (0x1F, 0x2A, 0x44, 255)
        assert picture.convert("RGBA").getpixel((0, 0))[3] == 0
    assert (tmp_path / "reelfind.icns").read_bytes()[:4] == b"icns"
