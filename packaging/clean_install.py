"""Installs Reelfind as a user would get it and starts it: no source tree, no development packages, an empty home.

Builds the wheel, makes an environment that can see this one's runtime dependencies and nothing else, and runs the
command line there. It shares files by links, so it takes seconds and no network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from distributions import runtime_distributions

ROOT = Path(__file__).resolve().parents[1]
DEVELOPMENT = ("pytest", "hypothesis", "onnx", "vulture", "torch", "setuptools")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="reelfind-clean-") as folder:
        there = Path(folder)
        wheel = build_wheel(there)
        python = make_environment(there / "venv", wheel)
        for module in DEVELOPMENT:
            if run(there, python, "-c", f"import {module}").returncode == 0:
                return fail(f"{module} can be imported, so this is no clean environment")
        return check(there, python)


def check(there: Path, python: Path) -> int:
    assets = run(there, python, "-c", "from engine.paths import assets_dir; print(*assets_dir().rglob('*.svg'))")
    if not assets.stdout.strip():
        return fail(f"the wheel has no icons: {assets.stderr}")
    doctor = run(there, python.with_name("reelfind"), "doctor", "--json")
    # Doctor may find fault with this machine and exit 1; it may not break, and it must answer in JSON.
    if doctor.returncode not in (0, 1) or "Traceback" in doctor.stderr:
        return fail(f"reelfind doctor broke: {doctor.stderr}")
    for line in doctor.stdout.splitlines() or [""]:
        json.loads(line)
    print("clean install: reelfind doctor answers, without source tree and development packages")
    return 0


def build_wheel(there: Path) -> Path:
    """From a copy of what git would ship: a build inside the tree would also pack what earlier builds left there."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        if (ROOT / name).is_file():
            (there / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (there / "source" / name).symlink_to(ROOT / name)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(there)]
    subprocess.run([*pip, str(there / "source")], check=True)
    return next(there.glob("reelfind-*.whl"))


def make_environment(venv: Path, wheel: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    site = next(venv.glob("lib/python*/site-packages"))
    for entry in runtime_entries():
        if not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    return python


def runtime_entries() -> Iterator[Path]:
    """Top-level files and folders in site-packages of everything `pip install reelfind` would bring."""
    for found in runtime_distributions():
        site = Path(str(found.locate_file(""))).resolve()
        tops = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
        yield from (site / top for top in sorted(tops))


def run(there: Path, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = there / "home"
    home.mkdir(exist_ok=True)
    environment = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8"}
    command = [str(program), *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def fail(reason: str) -> int:
    print(f"clean install: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
