"""Small pieces of the joint training that no step shows by itself."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.joint import hidden_words  # noqa: E402
from engine.training.steps.frame import mean_state  # noqa: E402
from engine.training.tokens import END_ID, MASK_ID, PAD_ID, START_ID  # noqa: E402


def test_only_words_are_hidden() -> None:
    ids = torch.tensor([[START_ID, 20, 21, 22, END_ID, PAD_ID]])
    assert hidden_words(ids, 1.0).tolist() == [[START_ID, MASK_ID, MASK_ID, MASK_ID, END_ID, PAD_ID]]
    assert torch.equal(hidden_words(ids, 0.0), ids)


def test_about_the_share_asked_for_is_hidden() -> None:
    torch.manual_seed(0)
    hidden = hidden_words(torch.full((100, 100), 30), 0.25) == MASK_ID
    assert 0.23 < float(hidden.float().mean()) < 0.27


def test_the_mean_of_networks_is_taken_part_by_part() -> None:
    one = {"a": {"w": torch.tensor([1.0, 3.0])}, "b": {"v": torch.tensor(2.0)}}
    two = {"a": {"w": torch.tensor([3.0, 5.0])}, "b": {"v": torch.tensor(4.0)}}
    found = mean_state([one, two])
    assert found["a"]["w"].tolist() == [2.0, 4.0]
    assert float(found["b"]["v"]) == 3.0
