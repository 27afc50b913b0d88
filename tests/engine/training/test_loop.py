"""The training loop: resumable to the bit, keeps the best, draws its curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.curves import read_curve  # noqa: E402
from engine.training.loop import Plan, train  # noqa: E402

PLAN = Plan(steps=12, learning_rate=0.05, warmup_steps=2, averaging=0.5, check_every=4, seed=7)


class Line:
    """Fits a line with noise from the global generator; breaks off at a step if told to."""

    def __init__(self, breaks_at: int | None = None, scores: tuple[float, ...] = ()) -> None:
        torch.manual_seed(0)
        self.module: torch.nn.Module = torch.nn.Linear(2, 1)
        self.breaks_at = breaks_at
        self.scores = iter(scores)

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.module.parameters())}]

    def losses(self, step: int) -> Mapping[str, torch.Tensor]:
        if step == self.breaks_at:
            raise KeyboardInterrupt
        x = torch.randn(8, 2)
        return {"square": (self.module(x) - x.sum(1, keepdim=True)).pow(2).mean()}

    def score(self) -> Mapping[str, float]:
        return {"score": next(self.scores, 0.0)}


def final_weights(task: Line) -> list[float]:
    return [float(value) for weight in task.module.parameters() for value in weight.detach().flatten()]


@pytest.mark.parametrize("step", [1, 4, 9])
def test_a_run_that_was_killed_ends_as_if_it_had_not_been(tmp_path: Path, step: int) -> None:
    whole, first, second = Line(), Line(breaks_at=step), Line()
    train(whole, PLAN, tmp_path / "whole", lambda: None)
    with pytest.raises(KeyboardInterrupt):
        train(first, PLAN, tmp_path / "parts", lambda: None)
    train(second, PLAN, tmp_path / "parts", lambda: None)
    assert final_weights(second) == final_weights(whole)
    assert read_curve(tmp_path / "parts" / "curve.csv") == read_curve(tmp_path / "whole" / "curve.csv")


def test_a_finished_run_does_nothing(tmp_path: Path) -> None:
    train(Line(), PLAN, tmp_path, lambda: None)
    again = Line(breaks_at=0)
    train(again, PLAN, tmp_path, lambda: None)
    assert len(read_curve(tmp_path / "curve.csv")) == 3


def test_the_best_weights_are_kept_and_they_are_the_averaged_ones(tmp_path: Path) -> None:
    task = Line(scores=(1.0, 3.0, 2.0))
    kept: list[list[float]] = []
    train(task, PLAN, tmp_path, lambda: kept.append(final_weights(task)))
    assert len(kept) == 2
    assert kept[-1] != final_weights(task)


def test_another_seed_gives_another_result(tmp_path: Path) -> None:
    one, two = Line(), Line()
    train(one, PLAN, tmp_path / "one", lambda: None)
    train(two, replace(PLAN, seed=8), tmp_path / "two", lambda: None)
    assert final_weights(one) != final_weights(two)


def test_losses_and_figures_are_written_as_a_table_and_drawn(tmp_path: Path) -> None:
    train(Line(), PLAN, tmp_path, lambda: None)
    rows = read_curve(tmp_path / "curve.csv")
    assert [row["step"] for row in rows] == [4, 8, 12]
    assert rows[-1]["square"] < rows[0]["square"]
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
