"""Prints what to hand to `pip install` for the packaged program: what runs, as pyproject.toml says, plus PyInstaller.

One thing differs from an installation by pip: ONNX Runtime. The build for NVIDIA cards takes 340 MB, most of which does
nothing without CUDA, and a package cannot bring that along. So Linux gets the build for processors, Windows the one for
DirectML, which every graphics card there understands, and macOS the ordinary one, which has CoreML.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
RUNTIMES = {"win32": "onnxruntime-directml"}


def requirements(platform: str, project: Path = PROJECT) -> list[str]:
    """Requirement lines; the runtime keeps the version that pyproject.toml asks for."""
    tables = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    lines = [*tables["dependencies"], *tables["optional-dependencies"]["package"]]
    chosen = [_for_package(Requirement(line), platform) for line in lines]
    return [str(one) for one in chosen if one.marker is None or one.marker.evaluate({"sys_platform": platform})]


def _for_package(requirement: Requirement, platform: str) -> Requirement:
    if requirement.name == "onnxruntime-gpu":
        requirement.name = RUNTIMES.get(platform, "onnxruntime")
    return requirement


if __name__ == "__main__":
    print("\n".join(requirements(sys.platform)))
