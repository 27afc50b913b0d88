"""Looks for what pip cannot install: a compiler, Python's own venv and headers, and the libraries Qt links to.

Run by the Makefile with a bare Python, before there is an environment; standard library only. As root on a system
with apt-get it installs what is missing, otherwise it prints the line to type. When all is there it does nothing.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

# Shared library -> Debian package: what `readelf -d` names over Qt's core, window, sound and video parts, and what
# the player loads by itself for sound (pipewire) and for decoding in hardware (va).
WINDOW_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrandr.so.2": "libxrandr2",
    "libbrotlidec.so.1": "libbrotli1",
    "libbz2.so.1.0": "libbz2-1.0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libpipewire-0.3.so.0": "libpipewire-0.3-0",
    "libpulse.so.0": "libpulse0",
    "libva-drm.so.2": "libva-drm2",
    "libva-x11.so.2": "libva-x11-2",
    "libva.so.2": "libva2",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing_for_window() -> dict[str, str]:
    """What is missing -> the Debian package that has it."""
    return {name: package for name, package in WINDOW_LIBRARIES.items() if not has_library(name)}


def missing_for_build() -> dict[str, str]:
    """hnswlib comes as source, so a first start compiles."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    missing: dict[str, str] = {}
    if importlib.util.find_spec("ensurepip") is None:
        missing["the Python module ensurepip"] = f"{version}-venv"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        missing["the header Python.h"] = f"{version}-dev"
    if shutil.which("gcc") is None or shutil.which("g++") is None:
        missing["a C++ compiler"] = "g++"
    return missing


def missing_for_tests() -> dict[str, str]:
    """A display that needs no screen; `xvfb-run` calls xauth."""
    programs = {"Xvfb": "xvfb", "xauth": "xauth"}
    return {f"the program {name}": package for name, package in programs.items() if shutil.which(name) is None}


def missing_for_package() -> dict[str, str]:
    """What looks into libraries and knows Debian's names for them, and a screen in memory to measure the start on."""
    programs = {"objdump": "binutils", "strip": "binutils", "dpkg-shlibdeps": "dpkg-dev", "xdotool": "xdotool"}
    missing = {f"the program {name}": package for name, package in programs.items() if shutil.which(name) is None}
    return missing | missing_for_tests()


def has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> bool:
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            print(done.stdout.decode(errors="replace"), file=sys.stderr)
            print(f"This failed: {shlex.join(command)}", file=sys.stderr)
            return False
    return True


def advice(missing: dict[str, str]) -> str:
    if shutil.which("apt-get"):
        packages = " ".join(sorted(set(missing.values())))
        return f"Type this, then try again:\n  sudo apt-get install -y --no-install-recommends {packages}"
    return "Install what this system calls them, then try again."


MORE = {"test": ("test in a window", missing_for_tests), "package": ("make a package", missing_for_package)}
"""Purposes that need more than to run: in words, and what looks for it."""


def provide(purpose: str) -> bool:
    """True when all that `run` or `test` cannot do without is there, after installing it if that is allowed."""
    build, window = missing_for_build(), missing_for_window()
    words, find = MORE.get(purpose, ("", dict))
    more = find()
    missing = {**build, **window, **more}
    if missing and can_install():
        return install(sorted(set(missing.values()))) and not {**missing_for_build(), **missing_for_window()}
    for need, lacking in (("build its environment", build), ("open a window", window), (words, more)):
        if lacking:
            print(f"To {need}, Reelfind needs what this system lacks: {', '.join(sorted(lacking))}.", file=sys.stderr)
    if missing:
        print(advice(missing), file=sys.stderr)
    window_matters = purpose != "run" or has_display()
    return not build and not (window and window_matters)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check, and as root install, the system packages Reelfind needs.")
    parser.add_argument("purpose", choices=("run", *MORE))
    purpose = parser.parse_args().purpose
    # macOS and Windows wheels of Qt bring everything; only the compiler question is left, and pip words it well.
    if platform.system() != "Linux":
        return 0
    return 0 if provide(purpose) else 1


if __name__ == "__main__":
    raise SystemExit(main())
