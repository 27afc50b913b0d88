"""`reelfind train` on the command line: what it lists, and how it fails."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import pytest

from engine.errors import TrainingError
from engine.training import cli
from engine.training.run import data_dir, device, open_run


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    cli.add_parsers(parser.add_subparsers())
    return parser.parse_args(["train", *arguments])


def test_every_step_is_on_the_command_line() -> None:
    pytest.importorskip("torch", reason="the [train] extra is not installed")
    from engine.training.steps import STEPS  # noqa: PLC0415

    assert list(cli.STEP_NAMES) == list(STEPS)


def test_without_torch_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(TrainingError, match=r"reelfind\[train\]"):
        cli.run_train(parse("prepare", "--data", str(tmp_path)))


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the [train] extra is not installed")
    with pytest.raises(TrainingError, match="--data"):
        cli.run_train(parse("prepare", "--data", str(tmp_path / "none"), "--runs", str(tmp_path)))


def test_an_unknown_step_is_wrong_usage() -> None:
    with pytest.raises(SystemExit):
        parse("dance", "--data", ".")


def test_one_loss_takes_the_place_of_the_list() -> None:
    recipe = cli.load_recipe("starter")
    assert cli.with_loss(recipe, "synpo").prefer.losses == ("synpo",)
    assert cli.with_loss(recipe, None) == recipe


def test_a_run_remembers_its_data_and_may_change_its_device(tmp_path: Path) -> None:
    open_run(tmp_path / "run", tmp_path, "cpu")
    open_run(tmp_path / "run", tmp_path, "cuda")
    assert (data_dir(tmp_path / "run"), device(tmp_path / "run")) == (tmp_path, "cuda")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train prepare"):
        data_dir(tmp_path)
