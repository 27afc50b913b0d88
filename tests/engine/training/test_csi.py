"""The search for prompt prefixes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training import csi


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def test_score_is_relevance_plus_weighted_diversity() -> None:
    captions = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    texts = np.array([[1.0, 0.0]])
    # Relevance (1 + 0) / 2; the two captions share nothing, so diversity is 1.
    assert csi.prompt_score(captions, texts, weight=0.3) == pytest.approx((0.8, 0.5, 1.0))


def test_captions_that_are_all_alike_have_no_diversity() -> None:
    captions = unit(np.ones((3, 4, 5)))
    assert csi.prompt_score(captions, captions[:, 0], weight=0.3)[2] == pytest.approx(0.0)


def test_the_search_finds_a_better_prompt_than_those_it_began_with() -> None:
    def captions(prompt: str) -> tuple[np.ndarray, np.ndarray]:
        good = prompt.split().count("red")
        vectors = unit(np.array([[[1.0, 1.0 / (1 + good)], [1.0, -1.0 / (1 + good)]]]))
        return vectors, np.array([[1.0, 0.0]])

    found = csi.improve(captions, ["red", "blue", "old"], csi.Search(diversity=0.0))
    assert "red" in found[0].prompt
    assert found[0].score > max(one.score for one in found if one.prompt in csi.OPENINGS)


def test_the_search_ends_when_nothing_gets_better() -> None:
    asked: list[str] = []

    def captions(prompt: str) -> tuple[np.ndarray, np.ndarray]:
        asked.append(prompt)
        return unit(np.ones((1, 2, 2))), unit(np.ones((1, 2)))

    csi.improve(captions, ["a", "b", "c", "d"], csi.Search(rounds=1000, patience=5))
    assert len(asked) <= len(csi.OPENINGS) + 6


def test_a_change_is_one_rule_and_the_same_seed_makes_the_same() -> None:
    made = [csi.changed("a red", ["the old"], ["dog"], np.random.default_rng(seed)) for seed in range(30)]
    assert set(made) <= {"a red dog", "red", "a", "dog red", "a dog", "the old", "a the old"}
    assert csi.changed("a", ["b"], ["c"], np.random.default_rng(1)) == csi.changed(
        "a", ["b"], ["c"], np.random.default_rng(1)
    )
