from __future__ import annotations

from pathlib import Path

import pytest

from app import command
from engine.errors import ExpectedError
from engine.paths import default_library_dir


def test_alone_it_opens_the_window() -> None:
    assert command.window_arguments([]) == (default_library_dir(), [])


def test_folders_and_a_library_are_for_the_window(tmp_path: Path) -> None:
    assert command.window_arguments(["--library", "/lib", str(tmp_path)]) == (Path("/lib"), [tmp_path])


@pytest.mark.parametrize("line", ["index", "search dog", "--help", "--version", "nothing-of-that-name", "--library"])
def test_anything_else_is_for_the_command_line(line: str) -> None:
    assert command.window_arguments(line.split()) is None


def test_a_command_stays_one_where_a_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index").mkdir()
    monkeypatch.chdir(tmp_path)
    assert command.window_arguments(["index"]) is None
    assert command.window_arguments(["./index"]) == (default_library_dir(), [Path("index")])


def test_no_window_is_a_sentence_and_a_failure(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def refuse(library: Path, paths: list[Path]) -> int:
        raise ExpectedError("The window", "there is no display", "Use the commands")

    monkeypatch.setattr(command, "open_window", refuse)
    monkeypatch.setattr(command.sys, "argv", ["reelfind"])
    assert command.entry() == 1
    assert capsys.readouterr().err == "reelfind: The window: there is no display. Use the commands.\n"
