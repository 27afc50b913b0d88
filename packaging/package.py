"""`make package`: the packaged program, its licences and list of parts, and what this system installs programs from.

Everything lands in dist/: reelfind/ is the program; on Linux Reelfind.AppDir/, reelfind_VERSION_ARCH.deb and, where
APPIMAGE_RUNTIME names the AppImage project's runtime, Reelfind-VERSION.AppImage beside it. On Windows and macOS the
installer is made from it by packaging/windows/reelfind.iss and packaging/macos/make_dmg.sh.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

import bundle  # noqa: E402
import linux_packages  # noqa: E402
import measure  # noqa: E402
from icons import draw_icons  # noqa: E402
from licence_rules import load_rules  # noqa: E402
from notices import sources, write_notices  # noqa: E402
from sbom import Component, cyclonedx, of_package  # noqa: E402

from engine.version import VERSION  # noqa: E402

BUILD = ROOT / "build"
DIST = ROOT / "dist"
PROGRAM = DIST / "reelfind"
STRIPPED = ("libpython3.*", "hnswlib.*.so")
"""Built on this machine with their symbols in. Wheels come stripped, and what patchelf touched must not be."""


def main() -> int:
    draw_icons(ROOT / "assets" / "icons" / "reelfind.svg", BUILD / "icons")
    freeze()
    complaints = [*narrow_builds(PROGRAM / "_internal"), *describe_parts()]
    for complaint in complaints:
        print(f"package: {complaint}", file=sys.stderr)
    if complaints:
        return 1
    made = [PROGRAM, *(linux() if sys.platform == "linux" else [])]
    print("Made:")
    for path in made:
        print(f"  {path.relative_to(ROOT)!s:<40} {measure.size_bytes(path) / 1e6:8.1f} MB")
    print(f"Measured ({platform.machine()}):")
    print(measure.table(measure.figures(PROGRAM / ("reelfind.exe" if sys.platform == "win32" else "reelfind"))))
    return 0


def freeze() -> None:
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    places = ["--distpath", str(DIST), "--workpath", str(BUILD / "pyinstaller")]
    subprocess.run([*command, *places, str(HERE / "reelfind.spec")], check=True, cwd=ROOT)
    if sys.platform != "win32" and shutil.which("strip"):
        for pattern in STRIPPED:
            for path in (PROGRAM / "_internal").glob(pattern):
                subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


def narrow_builds(folder: Path) -> list[str]:
    """Complaints about libraries compiled here that use what not every processor of this kind has."""
    if shutil.which("objdump") is None or platform.machine() != "x86_64":
        return []
    complaints = []
    for path in folder.glob("hnswlib.*.so"):
        code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", str(path)], check=True, capture_output=True)
        if re.search(rb"%[yz]mm\d", code.stdout):
            complaints.append(f"{path.name} was compiled for this very processor: remove .venv-package and try again")
    return complaints


def describe_parts() -> list[str]:
    """Write the list of parts and the licences into the package; returns what may not go in."""
    rules = load_rules()
    packed = bundle.packed_distributions((BUILD / "modules.txt").read_text(encoding="utf-8").split())
    inventory = of_package(rules, PROGRAM / "_internal", packed)
    starter = version("pyinstaller")
    inventory.add(
        rules,
        Component(
            "PyInstaller bootloader",
            starter,
            "GPL-2.0-or-later WITH Bootloader-exception",
            f"pkg:pypi/pyinstaller@{starter}",
        ),
    )
    folder = PROGRAM / "licences"
    if folder.exists():
        shutil.rmtree(folder)
    write_notices(folder, [*packed, distribution("pyinstaller")])
    (folder / "SOURCES.txt").write_text(sources(rules, inventory.components), encoding="utf-8")
    (folder / "sbom.cdx.json").write_text(json.dumps(cyclonedx(inventory, VERSION), indent=1), encoding="utf-8")
    return inventory.complaints


def linux() -> list[Path]:
    """The AppDir, the .deb, and the AppImage where there is a runtime for it."""
    appdir = DIST / "Reelfind.AppDir"
    made = [appdir]
    linux_packages.make_tree(PROGRAM, BUILD / "icons", appdir)
    if shutil.which("dpkg-shlibdeps") and shutil.which("dpkg-deb"):
        architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        deb = DIST / f"reelfind_{VERSION}_{architecture}.deb"
        linux_packages.make_deb(appdir, deb, VERSION)
        made.append(deb)
    else:
        print("package: no .deb, because dpkg-dev is not installed here")
    linux_packages.make_appdir(appdir)
    runtime = linux_packages.runtime_for_appimage()
    if runtime is None:
        print("package: no AppImage, because APPIMAGE_RUNTIME does not name the AppImage project's runtime")
    else:
        made.append(DIST / f"Reelfind-{VERSION}-{platform.machine()}.AppImage")
        linux_packages.make_appimage(appdir, made[-1], runtime)
    return made


if __name__ == "__main__":
    raise SystemExit(main())
