"""The ablation table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the [train] extra is not installed")

from engine.training import ablation
from engine.training.ablation import Outcome


def outcome(ranks: list[int], captioned: bool = True) -> Outcome:
    owner = np.arange(len(ranks))
    if not captioned:
        return Outcome(np.array(ranks), owner, np.zeros(0, int), np.zeros(0), 0.0)
    return Outcome(np.array(ranks), owner, np.array(ranks), np.full(len(ranks), 0.5), 0.2)


def test_a_row_averages_its_seeds() -> None:
    found = ablation.line("row", [outcome([1, 1, 9, 9]), outcome([1, 9, 9, 9])])
    assert found.recall[1].value == 37.5
    assert found.r1_by_seed == (50.0, 25.0)
    assert found.seeds == 2
    assert found.recall[1].low <= 37.5 <= found.recall[1].high


def test_a_row_without_captions_has_no_caption_figures() -> None:
    found = ablation.line("first stage", [outcome([1, 2], captioned=False)])
    assert (found.distinct, found.cider, found.bleu4) == (None, None, None)
    assert "| first stage | 1 | 50.0" in ablation.table([found])


def test_a_gain_is_counted_pair_by_pair() -> None:
    sure = ablation.chain_gain(outcome([1, 1, 1, 1]), outcome([2, 2, 2, 2]))
    assert "query by query: R@1 +100.0 [+100.0, +100.0], R@5 +0.0 [+0.0, +0.0]" in sure
    some = ablation.chain_gain(outcome([1, 3] * 50), outcome([2, 3] * 50))
    assert "R@1 +50.0 [+4" in some
    assert "R@10 +0.0 [+0.0, +0.0]" in some


def test_how_often_captions_find_their_photo_is_a_mean_over_seeds() -> None:
    ours = [outcome([1, 1, 9, 9] * 20), outcome([1, 9, 9, 9] * 20)]
    assert ablation.distinctness_gain(ours, outcome([1, 9, 9, 9] * 20)).startswith("R@1 +12.5 [+")


def test_outcomes_survive_storing(tmp_path: Path) -> None:
    before = outcome([1, 2, 3])
    ablation.save(before, tmp_path / "rows" / "a.npz")
    after = ablation.load(tmp_path / "rows" / "a.npz")
    assert after.ranks.tolist() == before.ranks.tolist()
    assert after.bleu4 == before.bleu4


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    ablation.plot([ablation.line("row", [outcome([1, 2])])], tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
