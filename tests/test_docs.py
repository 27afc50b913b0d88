"""The README knows every command and every setting, and promises none that is not there."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from engine.cli import build_parser
from engine.demo.questions import QUESTIONS
from engine.demo.samples import CLIPS
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _commands() -> dict[str, argparse.ArgumentParser]:
    (choices,) = [action.choices for action in build_parser()._actions if isinstance(action.choices, dict)]
    return choices


def test_every_command_has_its_row() -> None:
    missing = [name for name in _commands() if not re.search(rf"^\| `reelfind {name}\b", README, re.MULTILINE)]
    assert missing == []


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """The long forms of a command's options, and those of its actions."""
    found: set[str] = set()
    for action in parser._actions:
        if isinstance(action.choices, dict):
            found.update(*(_options(one) for one in action.choices.values()))
        found.update(name for name in action.option_strings if name.startswith("--") and name != "--help")
    return found


def _row(command: str) -> str:
    """What the table of options says of a command."""
    found = re.search(rf"^\| `{command}` \|(.*)$", README, re.MULTILINE)
    return found[1] if found else ""


COMMON = {"--library", "--json", "--verbose"}


@pytest.mark.parametrize("command", _commands())
def test_every_option_stands_in_the_row_of_its_command(command: str) -> None:
    assert {name for name in _options(_commands()[command]) - COMMON if f"`{name}" not in _row(command)} == set()


def test_what_all_commands_take_is_said_once() -> None:
    assert all(_options(parser) >= COMMON for parser in _commands().values())
    assert all(f"`{name}" in README for name in COMMON)


@pytest.mark.parametrize("command", _commands())
def test_no_option_is_promised_that_a_command_does_not_have(command: str) -> None:
    promised = set(re.findall(r"`(--[a-z0-9-]+)", _row(command)))
    assert promised <= _options(_commands()[command])


def test_every_picture_is_there_and_small() -> None:
    pictures = re.findall(r"!\[([^]]+)\]\(([^)]+)\)", README)
    assert len(pictures) == 5
    for says, path in pictures:
        assert says
        assert 3_000 < (ROOT / path).stat().st_size < 200_000


def test_every_document_linked_to_exists() -> None:
    assert [path for path in re.findall(r"\]\(([^)#:]+)\)", README) if not (ROOT / path).exists()] == []


def test_no_command_is_promised_that_does_not_exist() -> None:
    promised = set(re.findall(r"reelfind ([a-z]+)", README))
    assert promised <= set(_commands())


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_has_its_row(setting: object) -> None:
    name, meaning = setting.name, setting.metadata["meaning"]  # type: ignore[attr-defined]
    default = json.dumps(getattr(Settings(), name))
    assert f"| `{name}` | `{default}` | {meaning} |" in README


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", README)) | set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))
    assert {"run", "test", "check"} <= named <= targets


def test_the_sample_library_is_as_large_as_is_said() -> None:
    assert f"draws {len(CLIPS)} short clips, looks at them, asks {len(QUESTIONS)} questions" in README
    assert f"Draws {len(CLIPS)} sample clips" in README
    assert f"{len(CLIPS)} short clips" in (ROOT / "app" / "views" / "first_start.py").read_text(encoding="utf-8")
