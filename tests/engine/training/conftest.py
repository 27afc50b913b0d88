"""Fixtures of the training tests: a small data set, and a run made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.training.small_data import write_data


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))
