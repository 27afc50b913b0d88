"""Turns the packaged folder into what Linux installs: a folder laid out as an AppDir, a .deb, and an AppImage."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
RECOMMENDED = ("libpipewire-0.3-0", "libva2", "libva-drm2", "libva-x11-2", "libxss1", "xdg-utils")
"""What Qt and Reelfind load by themselves where it is there: sound, decoding in hardware, how long nobody has typed."""

CONTROL = """\
Package: reelfind
Version: {version}
Architecture: {architecture}
Maintainer: Reelfind <maintainers@reelfind.invalid>
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: {recommends}
Section: video
Priority: optional
Description: search your own videos by describing what happens in them
 Reelfind looks at your videos once, on this computer, keeps what it saw in a
 small library, and finds the moment that you describe. Nothing you own or type
 leaves the machine.
"""


def make_tree(program: Path, icons: Path, target: Path) -> None:
    """`target`/usr as both a .deb and an AppDir have it. Links inside the program stay links."""
    if target.exists():
        shutil.rmtree(target)
    usr = target / "usr"
    shutil.copytree(program, usr / "lib" / "reelfind", symlinks=True)
    (usr / "bin").mkdir()
    (usr / "bin" / "reelfind").symlink_to("../lib/reelfind/reelfind")
    _copy(HERE / "linux" / "reelfind.desktop", usr / "share" / "applications" / "reelfind.desktop")
    pictures = usr / "share" / "icons" / "hicolor"
    _copy(HERE.parent / "assets" / "icons" / "reelfind.svg", pictures / "scalable" / "apps" / "reelfind.svg")
    for size in ICON_SIZES:
        _copy(icons / f"reelfind-{size}.png", pictures / f"{size}x{size}" / "apps" / "reelfind.png")
    _copy(HERE / "LICENCES.md", usr / "share" / "doc" / "reelfind" / "copyright")


def make_appdir(tree: Path) -> None:
    """Add what an AppImage looks for at the top."""
    shutil.copy(HERE / "linux" / "AppRun", tree / "AppRun")
    shutil.copy(HERE / "linux" / "reelfind.desktop", tree)
    shutil.copy(tree / "usr/share/icons/hicolor/256x256/apps/reelfind.png", tree / "reelfind.png")
    (tree / ".DirIcon").symlink_to("reelfind.png")


def make_appimage(appdir: Path, target: Path, runtime: Path) -> None:
    """An AppImage is the runtime of the AppImage project, followed by the AppDir as a SquashFS."""
    with tempfile.TemporaryDirectory() as scratch:
        image = Path(scratch) / "image"
        packing = ["mksquashfs", str(appdir), str(image), "-root-owned", "-noappend", "-comp", "zstd", "-quiet"]
        subprocess.run(packing, check=True, stdout=subprocess.DEVNULL)
        with target.open("wb") as out:
            for part in (runtime, image):
                with part.open("rb") as file:
                    shutil.copyfileobj(file, out)
    target.chmod(0o755)


def make_deb(tree: Path, target: Path, version: str) -> None:
    control = tree / "DEBIAN"
    control.mkdir()
    size = sum(path.lstat().st_size for path in tree.rglob("*") if not path.is_symlink())
    text = CONTROL.format(
        version=version,
        architecture=_said(["dpkg", "--print-architecture"]),
        kilobytes=size // 1024,
        depends=debian_libraries(tree / "usr" / "lib" / "reelfind"),
        recommends=", ".join(RECOMMENDED),
    )
    (control / "control").write_text(text, encoding="utf-8")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", str(tree), str(target)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(control)


def debian_libraries(program: Path) -> str:
    """The packages whose libraries the program links to, as a Depends line: Debian's own tool knows the versions."""
    files = [path for path in _elf_files(program) if not path.is_symlink()]
    folders = sorted({path.parent for path in files})
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "debian").mkdir()
        (Path(scratch) / "debian" / "control").write_text("Source: reelfind\n\nPackage: reelfind\nArchitecture: any\n")
        command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", *(f"-l{folder}" for folder in folders)]
        done = subprocess.run([*command, *map(str, files)], cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        wrong = "\n".join(line for line in done.stderr.splitlines() if ": error: " in line)
        raise SystemExit(f"The libraries of the package could not be looked up:\n{wrong}")
    return done.stdout.strip().partition("=")[2]


def _elf_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def runtime_for_appimage() -> Path | None:
    """The runtime of the AppImage project, which is not to be had from Debian: whoever builds says where it lies."""
    named = os.environ.get("APPIMAGE_RUNTIME", "")
    return Path(named) if named and Path(named).is_file() else None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
