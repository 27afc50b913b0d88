"""What a packaged program does differently: it starts itself, and gives others their own libraries back."""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from app import command, licences
from engine import doctor, packaged
from engine.errors import TrainingError
from engine.jobs.supervisor import worker_command
from engine.training.cli import _require_training_extra


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if this process were the packaged program."""
    program = tmp_path / "reelfind-window.exe"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    return program


def test_from_source_the_child_is_a_module_and_others_share_our_environment() -> None:
    assert worker_command()[1:] == ["-P", "-m", "engine.jobs.worker"]
    assert packaged.outside_environment() is None


def test_packaged_it_starts_itself_as_the_child(frozen: Path) -> None:
    assert worker_command() == [str(frozen), "--worker"]


def test_on_windows_its_twin_with_a_console_is_the_child(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert worker_command() == [str(frozen.with_name("reelfind.exe")), "--worker"]


def test_packaged_other_programs_get_the_library_path_that_was_there(frozen: Path) -> None:
    ours = {"LD_LIBRARY_PATH": "/packed", "LD_LIBRARY_PATH_ORIG": "/theirs", "HOME": "/home"}
    assert packaged.outside_environment(ours) == {"LD_LIBRARY_PATH": "/theirs", "HOME": "/home"}
    assert packaged.outside_environment({"LD_LIBRARY_PATH": "/packed"}) == {}


def test_the_words_are_only_understood_by_a_packaged_program(monkeypatch: pytest.MonkeyPatch, frozen: Path) -> None:
    monkeypatch.setattr(command.sys, "argv", ["reelfind", packaged.WORKER, "--library"])
    with pytest.raises(SystemExit) as parsed_by_the_worker:
        command.entry()
    assert parsed_by_the_worker.value.code == 2


def test_it_can_say_the_version_of_qt(
    frozen: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.sys, "argv", ["reelfind", packaged.QT_VERSION])
    assert command.entry() == 0
    assert capsys.readouterr().out.startswith("6.")


def test_doctor_asks_the_program_itself_and_names_no_source_tree(
    frozen: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    frozen.write_text(f"#!/bin/sh\necho \"$1\" > {tmp_path}/asked\necho 'libEGL.so.1: no such file' >&2\nexit 1\n")
    frozen.chmod(0o755)
    (finding,) = doctor._qt(tmp_path)
    assert (tmp_path / "asked").read_text() == "--qt-version\n"
    assert "libEGL.so.1" in finding.message
    assert "packaging/" not in (finding.remedy or "")


def test_the_page_on_licences_lists_what_is_in_the_package(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "distributions", lambda: iter([distribution("av"), distribution("numpy")]))
    assert [one.name for one in licences.used_libraries().libraries] == ["av", "numpy"]


def test_training_is_refused_in_a_sentence(frozen: Path) -> None:
    with pytest.raises(TrainingError, match="not part of the packaged program"):
        _require_training_extra()
