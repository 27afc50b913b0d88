"""What a fresh machine is told or given before there is an environment."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "packaging"
LISTING = "torch (2.9.1)\nAvailable versions: 2.9.1, 2.9.0+cpu, 2.9.0, 2.8.0+cpu, 1.13.1+cpu\n  LATEST: 2.9.1"


def _script(name: str) -> ModuleType:
    """By path: the folder shares its name with a library and is no package."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The package check on a Debian where one library of the window is missing and the user is not root."""
    module = _script("system_packages")
    monkeypatch.setattr(module, "has_library", lambda name: name != "libEGL.so.1")
    monkeypatch.setattr(module, "missing_for_build", dict)
    monkeypatch.setattr(module, "MORE", {"test": ("", dict), "package": ("", dict)})
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(module.shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setenv("DISPLAY", ":0")
    return module


def test_a_user_is_told_the_exact_line(system: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert not system.provide("run")
    assert "sudo apt-get install -y --no-install-recommends libegl1\n" in capsys.readouterr().err


def test_without_a_display_a_missing_window_library_is_no_obstacle(
    system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert system.provide("run")
    assert not system.provide("test")


def test_other_distributions_are_told_the_library(
    system: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system.shutil, "which", lambda _: None)
    assert not system.provide("run")
    told = capsys.readouterr().err
    assert "libEGL.so.1" in told
    assert "apt-get" not in told


def test_root_gets_it_installed(system: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def pretend(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        monkeypatch.setattr(system, "has_library", lambda _: True)
        return subprocess.CompletedProcess(command, 0, b"")

    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system.subprocess, "run", pretend)
    assert system.provide("test")
    assert commands[-1][-2:] == ["--no-install-recommends", "libegl1"]


def test_a_failed_installation_is_no_success(system: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        system.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 100, b"no network")
    )
    assert not system.provide("run")


def test_nothing_missing_runs_nothing(system: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "has_library", lambda _: True)
    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system.subprocess, "run", lambda *_, **__: pytest.fail("ran a command"))
    assert system.provide("test")


def test_the_newest_cpu_build_of_torch_that_pip_sees_is_taken() -> None:
    assert _script("torch_cpu").arguments("linux", LISTING) == ["torch==2.9.0+cpu"]


def test_without_one_in_sight_the_cpu_wheels_are_asked_for() -> None:
    arguments = _script("torch_cpu").arguments("linux", "Available versions: 2.9.1, 1.13.1+cpu")
    assert arguments[0] == "--index-url"
    assert arguments[-1].startswith("torch>=")


def test_on_macos_the_ordinary_build_is_the_cpu_build() -> None:
    assert _script("torch_cpu").arguments("darwin", LISTING) == ["torch>=2.6"]
