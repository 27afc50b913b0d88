"""Preference losses against values worked out by hand, and the direction in which each pulls."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.losses import LOSSES, LossOptions, PairBatch  # noqa: E402


def batch(**changes: object) -> PairBatch:
    """Two videos with two captions each; the first of each is the better one."""
    log = torch.tensor([-10.0, -9.0, -12.0, -8.0])
    base = PairBatch(
        log_likelihood=log,
        length=torch.tensor([10.0, 6.0, 8.0, 4.0]),
        mean_probability=torch.tensor([0.4, 0.3, 0.35, 0.2]),
        video=torch.tensor([0, 0, 1, 1]),
        inside=torch.tensor([[0, 1], [2, 3]]),
        across=torch.tensor([[0, 3]]),
        reference=torch.tensor([-12.0, -8.0, -13.0, -8.0]),
        swapped=torch.tensor([-14.0, -9.0, -15.0, -9.0]),
        swapped_reference=torch.tensor([-13.0, -8.0, -14.0, -8.0]),
    )
    return replace(base, **changes)


def minus_log_sigmoid(x: float) -> float:
    return math.log(1 + math.exp(-x))


def leaf(data: PairBatch) -> PairBatch:
    log = data.log_likelihood.clone().requires_grad_()
    mean = torch.exp(log / data.length)
    return replace(data, log_likelihood=log, mean_probability=mean)


def gradient(name: str, data: PairBatch, options: LossOptions | None = None) -> list[float]:
    data = leaf(data)
    LOSSES[name].compute(data, options or LossOptions()).backward()
    assert data.log_likelihood.grad is not None
    return data.log_likelihood.grad.tolist()


def test_dpo_is_the_logistic_loss_of_the_reward_gaps() -> None:
    # Rewards at beta 0.1: 0.2, -0.1, 0.1, 0.0; gaps 0.3 and 0.1.
    expected = (minus_log_sigmoid(0.3) + minus_log_sigmoid(0.1)) / 2
    assert LOSSES["dpo"].compute(batch(), LossOptions()).item() == pytest.approx(expected, abs=1e-6)


def test_dg_dpo_adds_centred_rewards_of_distinct_videos() -> None:
    # Means of the videos 0.05 and 0.05; centred 0.15, -0.15, 0.05, -0.05; across gap 0.15 + 0.05.
    expected = (minus_log_sigmoid(0.3) + minus_log_sigmoid(0.1)) / 2 + 0.5 * minus_log_sigmoid(0.2)
    loss = LOSSES["dg_dpo"].compute(batch(), LossOptions(across_weight=0.5))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_centring_removes_what_all_captions_of_a_video_share() -> None:
    easier = batch(reference=torch.tensor([-42.0, -38.0, -13.0, -8.0]))
    centred = LossOptions(center="group", across_weight=1.0)
    plain = LossOptions(center="none", across_weight=1.0)
    assert LOSSES["dg_dpo"].compute(easier, centred).item() == pytest.approx(
        LOSSES["dg_dpo"].compute(batch(), centred).item(), abs=1e-5
    )
    assert LOSSES["dg_dpo"].compute(easier, plain).item() != pytest.approx(
        LOSSES["dg_dpo"].compute(batch(), plain).item(), abs=0.01
    )


def test_sets_compare_all_chosen_with_all_rejected() -> None:
    # Uncentred: chosen 0.2, 0.1, 0.2; rejected -0.1, 0.0, 0.0.
    expected = minus_log_sigmoid(0.5 / 3 - (-0.1 / 3))
    loss = LOSSES["dg_dpo"].compute(batch(), LossOptions(reading="sets", center="none"))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_axes_prefer_the_own_video_for_a_caption() -> None:
    # Elsewhere every chosen caption has the reward -0.1; at home 0.2 and 0.1.
    inside = (minus_log_sigmoid(0.3) + minus_log_sigmoid(0.1)) / 2
    expected = inside + (minus_log_sigmoid(0.3) + minus_log_sigmoid(0.2)) / 2
    loss = LOSSES["dg_dpo"].compute(batch(), LossOptions(reading="axes"))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_synpo_is_a_plain_sigmoid_of_geometric_means_with_a_language_term() -> None:
    def one(p_good: float, p_bad: float, language: float) -> float:
        return -1 / (1 + math.exp(-30 * (p_good - p_bad))) - 0.2 * language

    first = one(math.exp(-1.0), math.exp(-1.5), 0.4)
    second = one(math.exp(-1.5), math.exp(-2.0), 0.35)
    loss = LOSSES["synpo"].compute(batch(), LossOptions())
    assert loss.item() == pytest.approx((first + second) / 2, abs=1e-6)


def test_synpo_pulls_less_on_the_rejected_caption_than_on_the_chosen_one() -> None:
    one = batch(
        log_likelihood=torch.tensor([-1.5, -3.0]),
        length=torch.ones(2),
        inside=torch.tensor([[0, 1]]),
        across=torch.zeros(0, 2, dtype=torch.long),
        video=torch.zeros(2, dtype=torch.long),
        reference=None,
    )
    chosen, rejected = gradient("synpo", one, LossOptions(language=0.0))
    assert chosen == pytest.approx(-0.037, abs=0.001)
    assert rejected == pytest.approx(0.008, abs=0.001)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_raises_the_chosen_and_lowers_the_rejected(name: str) -> None:
    values = gradient(name, batch())
    assert all(math.isfinite(value) for value in values)
    assert values[0] < 0 < values[1]
    assert values[2] < 0 < values[3]


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_falls_as_the_margin_grows(name: str) -> None:
    wider = batch(log_likelihood=torch.tensor([-9.0, -10.0, -11.0, -9.0]))
    assert LOSSES[name].compute(wider, LossOptions()) < LOSSES[name].compute(batch(), LossOptions())


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.needs_reference])
def test_a_loss_that_declares_a_reference_refuses_to_run_without(name: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        LOSSES[name].compute(batch(reference=None), LossOptions())


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if not loss.needs_reference])
def test_a_loss_that_declares_no_reference_runs_without(name: str) -> None:
    assert math.isfinite(LOSSES[name].compute(batch(reference=None), LossOptions()).item())


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_pairs_costs_nothing(name: str) -> None:
    none = torch.zeros(0, 2, dtype=torch.long)
    assert gradient(name, batch(inside=none, across=none)) == [0.0, 0.0, 0.0, 0.0]
