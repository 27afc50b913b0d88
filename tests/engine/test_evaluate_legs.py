from __future__ import annotations

import pytest

from engine.evaluate import Outcome
from engine.evaluate_legs import FRAMES, FULL, OVER_FRAMES, chains, contributions, run_chains
from engine.evaluate_report import markdown


def outcomes(*ranks: int | None) -> list[Outcome]:
    return [Outcome(f"q{at}", "all", rank, 0.0, True, True, 1.0) for at, rank in enumerate(ranks)]


def test_a_chain_grows_leg_by_leg_and_loses_each_leg_once() -> None:
    found = chains(["frame", "caption", "words"])
    assert {name: sorted(legs) for name, legs in found.items()} == {
        "frames alone": ["frame"],
        "+ captions": ["caption", "frame"],
        "without frames": ["caption", "words"],
        "without captions": ["frame", "words"],
        "without words": ["caption", "frame"],
        "full chain": ["caption", "frame", "words"],
    }
    assert list(found)[-1] == FULL
    assert list(chains(["words"])) == [FULL]


def test_the_same_legs_are_not_measured_twice() -> None:
    asked: list[frozenset[str]] = []
    runs = run_chains(chains(["frame", "words"]), lambda legs: (asked.append(legs), outcomes(1))[1])
    assert len(asked) == len(set(asked)) == 3
    assert runs["without words"] is runs[FRAMES]


def test_a_leg_brings_what_is_lost_without_it() -> None:
    """By hand, R@1: the full chain finds 3 of 4 first, frames alone 1, without captions 2; words change nothing."""
    runs = {
        FRAMES: outcomes(1, 2, 9, None),
        "without frames": outcomes(None, None, None, None),
        "without captions": outcomes(1, 1, 2, None),
        "without words": outcomes(1, 1, 1, None),
        FULL: outcomes(1, 1, 1, None),
    }
    gains = contributions(runs)
    assert list(gains) == [OVER_FRAMES, "frames", "captions", "words"]
    assert {name: one["R@1"].difference.value for name, one in gains.items()} == {
        OVER_FRAMES: pytest.approx(2 / 4),
        "frames": pytest.approx(3 / 4),
        "captions": pytest.approx(1 / 4),
        "words": 0.0,
    }
    assert gains[OVER_FRAMES]["MRR"].difference.value == pytest.approx((1 / 2 + 8 / 9) / 4)
    assert gains[OVER_FRAMES]["R@1"].p_value == pytest.approx(2 / 4)
    assert gains["words"]["R@1"].difference.high == 0.0
    text = markdown(runs, None, gains)
    assert "| captions | +25.0 [+0.0, +75.0], p 1.000 |" in text
    assert "| words | +0.0 [+0.0, +0.0], p 1.000 |" in text
