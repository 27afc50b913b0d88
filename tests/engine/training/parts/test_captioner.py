"""The captioner as a network: what it may look at, and that its cache changes nothing."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.parts.captioner import Captioner, CaptionerShape  # noqa: E402


@pytest.fixture
def captioner() -> Captioner:
    torch.manual_seed(3)
    shape = CaptionerShape(30, token_width=8, tokens_per_frame=4, width=32, layers=2, inner=48, max_frames=3)
    return Captioner(shape).eval()


def frames(videos: int, count: int = 1) -> torch.Tensor:
    return torch.randn(videos, count, 4, 8)


def test_a_token_sees_no_later_one(captioner: Captioner) -> None:
    memory = captioner.see(frames(1))
    early, _ = captioner(torch.tensor([[1, 5, 6, 7]]), memory)
    late, _ = captioner(torch.tensor([[1, 5, 9, 9]]), memory)
    assert torch.allclose(early[:, :2], late[:, :2], atol=1e-6)
    assert not torch.allclose(early[:, 2], late[:, 2], atol=1e-4)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_going_on_from_the_cache_gives_the_same_logits(captioner: Captioner, cut: int) -> None:
    ids = torch.randint(5, 30, (2, 5))
    memory = captioner.see(frames(2))
    whole, _ = captioner(ids, memory)
    _, past = captioner(ids[:, :cut], memory)
    rest, grown = captioner(ids[:, cut:], memory, past)
    assert torch.allclose(rest, whole[:, cut:], atol=1e-5)
    assert grown.shape[4] == 5


def test_sentences_of_one_video_share_its_memory(captioner: Captioner) -> None:
    tokens, ids = frames(2), torch.randint(5, 30, (6, 4))
    shared, _ = captioner(ids, captioner.see(tokens))
    alone, _ = captioner(ids, captioner.see(tokens.repeat_interleave(3, dim=0)))
    assert torch.allclose(shared, alone, atol=1e-5)


def test_the_picture_matters_and_a_hidden_one_does_not(captioner: Captioner) -> None:
    ids = torch.tensor([[1, 5, 6]])
    hidden = torch.zeros(1, 1, dtype=torch.bool)
    one, other = (captioner(ids, captioner.see(frames(1)))[0] for _ in range(2))
    blind = [captioner(ids, captioner.see(frames(1), hidden))[0] for _ in range(2)]
    assert not torch.allclose(one, other, atol=1e-4)
    assert torch.allclose(*blind, atol=1e-6)
    assert torch.allclose(blind[0], captioner(ids, captioner.see_nothing(1))[0], atol=1e-5)


def test_frames_that_are_only_padding_change_nothing(captioner: Captioner) -> None:
    ids, two = torch.tensor([[1, 5, 6]]), frames(1, 2)
    padded = torch.cat([two, frames(1)], dim=1)
    visible = torch.tensor([[True, True, False]])
    whole, _ = captioner(ids, captioner.see(two))
    masked, _ = captioner(ids, captioner.see(padded, visible))
    assert torch.allclose(whole, masked, atol=1e-5)


def test_the_order_of_frames_matters(captioner: Captioner) -> None:
    torch.nn.init.normal_(captioner.order)
    ids, two = torch.tensor([[1, 5, 6]]), frames(1, 2)
    forward, _ = captioner(ids, captioner.see(two))
    backward, _ = captioner(ids, captioner.see(two.flip(1)))
    assert not torch.allclose(forward, backward, atol=1e-4)
