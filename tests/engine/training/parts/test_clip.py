"""The mixture of experts over frames and captions."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from torch.nn.functional import normalize  # noqa: E402

from engine.training.parts.clip import ClipMixture, ClipShape, masked_mean  # noqa: E402


@pytest.fixture
def mixture() -> ClipMixture:
    torch.manual_seed(3)
    return ClipMixture(ClipShape(width=32, gate=16, inner=48)).eval()


@pytest.fixture
def sides() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(4)
    frames, captions = (normalize(torch.randn(5, n, 32), dim=-1) for n in (3, 4))
    frame_mask, caption_mask = (torch.ones(5, n, dtype=torch.bool) for n in (3, 4))
    caption_mask[2] = False
    return frames, captions, frame_mask, caption_mask


def test_it_begins_as_the_plain_mean(mixture: ClipMixture, sides: tuple[torch.Tensor, ...]) -> None:
    frames, captions, frame_mask, caption_mask = sides
    both = torch.cat([captions, frames], 1)
    mean = masked_mean(both, torch.cat([caption_mask, frame_mask], 1))
    assert torch.allclose(mixture(*sides), normalize(mean, dim=-1), atol=1e-5)


def test_two_experts_are_active_and_their_weights_add_up_to_one(
    mixture: ClipMixture, sides: tuple[torch.Tensor, ...]
) -> None:
    weights = mixture.weights(*sides)
    assert ((weights > 1e-6).sum(1) == 2).all()
    assert torch.allclose(weights.sum(1), torch.ones(5))


def test_no_expert_reads_captions_where_there_is_none(mixture: ClipMixture, sides: tuple[torch.Tensor, ...]) -> None:
    on_captions = torch.tensor([kind == "captions" for kind in mixture.shape.experts])
    assert mixture.weights(*sides)[2, on_captions].sum() == 0


def test_masked_tokens_change_nothing(mixture: ClipMixture, sides: tuple[torch.Tensor, ...]) -> None:
    for expert in mixture.experts:
        torch.nn.init.ones_(expert.scale)
    frames, captions, frame_mask, caption_mask = sides
    before = mixture(*sides)
    captions = captions.clone()
    captions[2] = 1.0
    assert torch.allclose(before, mixture(frames, captions, frame_mask, caption_mask), atol=1e-5)


def test_every_expert_can_learn(mixture: ClipMixture, sides: tuple[torch.Tensor, ...]) -> None:
    mixture.gate[2].bias.data += torch.arange(6.0)
    mixture(*sides)[:, 0].sum().backward()
    active = mixture.weights(*sides)[0] > 0
    moved = [float(expert.scale.grad.abs().sum()) > 0 for expert in mixture.experts]
    assert [m for m, a in zip(moved, active.tolist(), strict=True) if a] == [True, True]
