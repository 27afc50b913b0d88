"""The README knows every command and every setting, and promises none that is not there."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from engine.cli import build_parser
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _commands() -> dict[str, argparse.ArgumentParser]:
    (choices,) = [action.choices for action in build_parser()._actions if isinstance(action.choices, dict)]
    return choices


def test_every_command_has_its_row() -> None:
    missing = [name for name in _commands() if not re.search(rf"^\| `reelfind {name}\b", README, re.MULTILINE)]
    assert missing == []


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
