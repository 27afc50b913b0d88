"""The piecewise word loss against the plain one."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from torch.nn.functional import cross_entropy  # noqa: E402

from engine.training.wordloss import word_loss  # noqa: E402


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_value_and_gradients_are_those_of_cross_entropy(smoothing: float) -> None:
    torch.manual_seed(1)
    target = torch.randint(0, 50, (600,))
    ours = [torch.randn(600, 16, requires_grad=True), torch.randn(50, 16, requires_grad=True)]
    plain = [one.detach().clone().requires_grad_() for one in ours]
    loss = word_loss(ours[0], ours[1], target, smoothing)
    expected = cross_entropy(plain[0] @ plain[1].T, target, label_smoothing=smoothing)
    (3 * loss).backward()
    (3 * expected).backward()
    assert loss.item() == pytest.approx(expected.item(), rel=0.01)
    for one, other in zip(ours, plain, strict=True):
        assert torch.nn.functional.cosine_similarity(one.grad.flatten(), other.grad.flatten(), dim=0) > 0.999
        assert one.grad.norm().item() == pytest.approx(other.grad.norm().item(), rel=0.01)
