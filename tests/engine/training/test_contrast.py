"""The contrastive loss and recall, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.contrast import contrastive_loss, pair_scores, ranks, recall  # noqa: E402


def test_the_loss_of_equal_scores_is_the_logarithm_of_the_choice() -> None:
    loss = contrastive_loss(torch.zeros(4, 4), torch.eye(4) > 0)
    assert float(loss) == pytest.approx(math.log(4))


def test_two_right_answers_share_the_weight() -> None:
    scores = torch.tensor([[math.log(3.0), 0.0, 0.0]])
    is_pair = torch.tensor([[True, True, False]])
    one_way = -(math.log(3 / 5) + math.log(1 / 5)) / 2
    # The other way each column has one row to choose from, so nothing to lose.
    assert float(contrastive_loss(scores, is_pair)) == pytest.approx(one_way / 2)


def test_the_loss_pulls_pairs_together_and_pushes_others_apart() -> None:
    scores = torch.zeros(3, 3, requires_grad=True)
    contrastive_loss(scores, torch.eye(3) > 0).backward()
    assert scores.grad is not None
    assert bool((scores.grad.diagonal() < 0).all())
    assert float(scores.grad.sum()) == pytest.approx(0.0, abs=1e-6)


def test_the_sharpness_has_a_limit() -> None:
    scores = pair_scores(torch.ones(1, 1), torch.ones(1, 1), torch.tensor(50.0))
    assert float(scores) == pytest.approx(100.0)


def test_ranks_count_equal_scores_against_the_answer() -> None:
    pictures = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    queries = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    found = ranks(queries, pictures, np.array([0, 2]))
    assert found.tolist() == [2, 1]
    assert recall(found).at_1 == 50.0
    assert recall(found).at_5 == 100.0
