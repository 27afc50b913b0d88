"""Writing sentences and judging given ones."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.decode import Writing, beam, likelihood, write  # noqa: E402
from engine.training.parts.captioner import Captioner, CaptionerShape, Memory  # noqa: E402
from engine.training.tokens import END_ID, MASK_ID, PAD_ID, START_ID, UNKNOWN_ID  # noqa: E402


@pytest.fixture
def captioner() -> Captioner:
    torch.manual_seed(5)
    network = Captioner(CaptionerShape(20, token_width=8, tokens_per_frame=4, width=32, layers=1, inner=48))
    torch.nn.init.normal_(network.words.weight, std=0.5)
    return network.eval()


@pytest.fixture
def memory(captioner: Captioner) -> Memory:
    return captioner.see(torch.randn(3, 1, 4, 8))


@pytest.mark.parametrize("how", [Writing(), Writing(count=4, temperature=1.5)])
def test_sentences_begin_end_and_hold_no_special_token(captioner: Captioner, memory: Memory, how: Writing) -> None:
    for row in write(captioner, memory, how).tolist():
        words = [token for token in row[1:] if token != PAD_ID]
        assert row[0] == START_ID
        assert words[-1] == END_ID
        assert not {START_ID, MASK_ID, UNKNOWN_ID, END_ID} & set(words[:-1])


def test_greedy_takes_the_likeliest_token_each_time(captioner: Captioner, memory: Memory) -> None:
    ids = write(captioner, memory, Writing(max_length=6))
    logits, _ = captioner(ids[:, :1], memory)
    logits[..., [PAD_ID, START_ID, MASK_ID, UNKNOWN_ID]] = -torch.inf
    assert ids[:, 1].tolist() == logits[:, 0].argmax(-1).tolist()


def test_samples_repeat_with_the_seed_and_differ_without(captioner: Captioner, memory: Memory) -> None:
    one, same, other = (write(captioner, memory, Writing(4, 1.5, seed=seed)).tolist() for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_a_tiny_top_p_is_greedy(captioner: Captioner, memory: Memory) -> None:
    narrow = write(captioner, memory, Writing(temperature=1.0, top_p=1e-6))
    assert narrow.tolist() == write(captioner, memory, Writing()).tolist()


def test_a_prefix_is_kept(captioner: Captioner, memory: Memory) -> None:
    prefix = torch.tensor([[START_ID, 7, 9]] * 3)
    assert write(captioner, memory, Writing(), prefix)[:, :3].tolist() == prefix.tolist()


def test_one_beam_is_greedy_and_more_are_at_least_as_likely(captioner: Captioner, memory: Memory) -> None:
    greedy = write(captioner, memory, Writing(max_length=8))
    one, five = beam(captioner, memory, 1, 8), beam(captioner, memory, 8, 8)
    assert one.tolist() == greedy.tolist()
    means = [likelihood(captioner, memory, ids).mean_log.mean().item() for ids in (one, five)]
    assert means[1] >= means[0] - 0.05


def test_likelihood_sums_the_chance_of_each_token(captioner: Captioner, memory: Memory) -> None:
    ids = torch.tensor([[START_ID, 7, END_ID, PAD_ID]] * 3)
    found = likelihood(captioner, memory, ids)
    logits, _ = captioner(ids[:, :2], memory)
    chance = logits.log_softmax(-1)
    expected = chance[:, 0, 7] + chance[:, 1, END_ID]
    assert torch.allclose(found.total, expected, atol=1e-5)
    assert found.length.tolist() == [2, 2, 2]
    assert torch.allclose(found.mean_log, expected / 2, atol=1e-5)
