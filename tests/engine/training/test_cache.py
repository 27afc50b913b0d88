"""The feature cache: what goes in comes out, and a broken write leaves the old one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.errors import TrainingError
from engine.training.cache import TOKEN_WIDTH, TOKENS_PER_FRAME, VECTOR_WIDTH, FeatureBatch, open_cache, write_cache

NAMES = ("a.jpg", "b.jpg", "c.jpg")


def features(names: tuple[str, ...], value: float) -> FeatureBatch:
    tokens = np.full((len(names), TOKENS_PER_FRAME, TOKEN_WIDTH), value, dtype=np.float32)
    return FeatureBatch(names, tokens, np.eye(len(names), VECTOR_WIDTH, dtype=np.float32))


def test_features_come_back_by_name(tmp_path: Path) -> None:
    write_cache(tmp_path / "cache", "one", NAMES, [features(NAMES[:2], 1.0), features(NAMES[2:], 2.0)])
    cache = open_cache(tmp_path / "cache")
    assert cache.revision == "one"
    assert cache.tokens[cache.rows(["c.jpg", "a.jpg"]), 0, 0].tolist() == [2.0, 1.0]
    assert cache.vectors.shape == (3, VECTOR_WIDTH)


def test_a_new_revision_takes_the_place_of_the_old(tmp_path: Path) -> None:
    for revision in ("one", "two"):
        write_cache(tmp_path / "cache", revision, NAMES, [features(NAMES, 1.0)])
    assert open_cache(tmp_path / "cache").revision == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_write_that_breaks_off_leaves_the_old_revision(tmp_path: Path) -> None:
    def broken() -> Iterator[FeatureBatch]:
        yield features(NAMES[:1], 3.0)
        raise KeyboardInterrupt

    write_cache(tmp_path / "cache", "one", NAMES, [features(NAMES, 1.0)])
    with pytest.raises(KeyboardInterrupt):
        write_cache(tmp_path / "cache", "two", NAMES, broken())
    assert open_cache(tmp_path / "cache").revision == "one"


@pytest.mark.parametrize("names", [NAMES[:2], NAMES[::-1]])
def test_features_that_do_not_match_the_names_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="features"):
        write_cache(tmp_path / "cache", "one", NAMES, [features(names, 1.0)])


def test_a_missing_cache_names_the_step_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train retriever"):
        open_cache(tmp_path)
