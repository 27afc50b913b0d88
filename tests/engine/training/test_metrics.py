"""The report's figures against small cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.training import metrics


def test_a_tie_counts_against_us() -> None:
    scores = np.array([[0.9, 0.9, 0.1], [0.2, 0.5, 0.4]])
    assert metrics.ranks(scores, np.array([0, 1])).tolist() == [2, 1]


def test_recall_and_median_rank() -> None:
    found = metrics.retrieval(np.array([1, 3, 7, 30]))
    assert (found.r1, found.r5, found.r10, found.median_rank) == (25.0, 50.0, 75.0, 5.0)


def test_bleu_of_a_reference_is_one() -> None:
    assert metrics.bleu4(["A dog runs fast."], [["a dog runs fast", "something else"]]) == pytest.approx(1.0)


def test_bleu_worked_out_by_hand() -> None:
    # Matches 5/6, 4/5, 3/4, 2/3 of the n-grams; no brevity penalty as the lengths agree.
    expected = (5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25
    found = metrics.bleu4(["a dog runs on the beach"], [["a dog runs on the sand"]])
    assert found == pytest.approx(expected)


def test_bleu_punishes_brevity() -> None:
    found = metrics.bleu4(["a dog runs on"], [["a dog runs on the sand"]])
    assert found == pytest.approx(math.exp(1 - 6 / 4))


def test_cider_of_the_only_reference_is_ten() -> None:
    texts = ["a dog runs on sand", "two men play football outside"]
    assert metrics.cider_d(texts, [[text] for text in texts]) == pytest.approx(10.0)


def test_cider_ignores_words_that_every_photo_has() -> None:
    found = metrics.cider_each(["the", "the"], [["the cat"], ["the dog"]])
    assert found.tolist() == [0.0, 0.0]


def test_cider_clips_a_repeated_word() -> None:
    references = [["red ball"], ["blue car"]]
    once, thrice = (metrics.cider_each([text, "x"], references)[0] for text in ("red ball", "red red ball"))
    assert thrice < once


def test_cider_damps_a_wrong_length() -> None:
    references = [["red ball on grass"], ["blue car"]]
    found = metrics.cider_each(["red ball on grass red ball on grass", "x"], references)[0]
    assert found < 10.0 * math.exp(-(4**2) / (2 * 36.0))


def test_interval_holds_the_value_and_shrinks_with_data() -> None:
    generator = np.random.default_rng(1)
    few, many = (metrics.interval(generator.normal(5, 1, n)) for n in (20, 2000))
    assert few.low <= few.value <= few.high
    assert many.high - many.low < few.high - few.low


def test_interval_is_wider_when_values_come_in_families() -> None:
    values = np.repeat(np.random.default_rng(1).normal(0, 1, 40), 5)
    alone = metrics.interval(values)
    families = metrics.interval(values, owner=np.repeat(np.arange(40), 5))
    assert families.high - families.low > 1.5 * (alone.high - alone.low)


def test_caption_ranks_ask_for_the_own_photo() -> None:
    photos = np.eye(3)
    captions = np.array([[1.0, 0, 0], [0.9, 0.1, 0], [0, 0, 1.0]])
    assert metrics.caption_ranks(captions, photos).tolist() == [1, 2, 1]


def test_captions_that_say_the_same_agree_and_an_odd_one_does_not() -> None:
    photos = [["a dog runs on sand", "a dog runs on grass", "some stone"], ["two men play football"]]
    same, alike, odd, alone = metrics.agreement(photos)
    assert same > 1.0
    assert same == pytest.approx(alike)
    assert odd == alone == 0.0


def test_agreement_with_people_is_their_cider() -> None:
    references = [["a dog runs on sand", "the dog is running"], ["two men play football outside", "men with a ball"]]
    texts = ["a dog runs", "two men outside"]
    assert (
        metrics.Agreement(references).each(texts, references).tolist() == metrics.cider_each(texts, references).tolist()
    )
