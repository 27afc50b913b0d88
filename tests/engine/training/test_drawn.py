"""Draws from groups of texts stay inside their group."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the [train] extra is not installed")

from engine.training.drawn import Drawn  # noqa: E402
from engine.training.parts.text import TextReader, TextShape, TextTower  # noqa: E402
from engine.training.tokens import START_ID, train_tokenizer  # noqa: E402

GROUPS = [["one a", "one b", "one left"], ["two a", "two b"], ["three a", "three b", "three c", "three d"]]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    texts = [text for group in GROUPS for text in group]
    tokenizer = train_tokenizer(texts * 5, 60)
    tower = TextTower(TextShape(tokenizer.get_vocab_size(), length=12, width=16, layers=1, heads=2, feed=16))
    return Drawn(TextReader(tower, tokenizer), GROUPS)


def rows(drawn: Drawn, ids: torch.Tensor) -> list[int]:
    return [int((drawn.ids == row).all(1).nonzero()[0, 0]) for row in ids]


def test_one_text_comes_from_each_picked_group(drawn: Drawn) -> None:
    ids, sided = drawn.one_of(np.random.default_rng(0), np.array([2, 0]))
    first, second = rows(drawn, ids)
    assert 5 <= first <= 8
    assert 0 <= second <= 2
    assert sided.tolist() == [False, second == 2]


def test_two_texts_of_a_group_are_never_the_same(drawn: Drawn) -> None:
    chance = np.random.default_rng(1)
    for _ in range(50):
        left, right = drawn.two_of(chance, np.arange(3))
        for one, two, start, stop in zip(rows(drawn, left), rows(drawn, right), (0, 3, 5), (3, 5, 9), strict=True):
            assert one != two
            assert start <= min(one, two) <= max(one, two) < stop


def test_asking_for_more_groups_than_there_are_gives_all(drawn: Drawn) -> None:
    left, right = drawn.some(np.random.default_rng(2), 99)
    assert len(left) == len(right) == 3
    assert (left[:, 0] == START_ID).all()
