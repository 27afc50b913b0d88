"""Settings survive being written, whatever they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ExpectedError
from engine.settings import Settings, load_settings, save_settings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.builds(
        Settings,
        pack=TEXT,
        ignore=st.lists(TEXT, max_size=3).map(tuple),
        include_hidden=st.booleans(),
        cpu_percent=st.integers(5, 100),
        stall_s=st.integers(2, 3600),
    )
)
def test_what_is_saved_is_loaded(tmp_path_factory, settings: Settings) -> None:  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("settings")
    save_settings(folder, settings)
    assert load_settings(folder) == settings


def test_defaults_need_no_file(tmp_path: Path) -> None:
    assert load_settings(tmp_path) == Settings()


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    save_settings(tmp_path, Settings(cpu_percent=50))
    lines = (tmp_path / "settings.toml").read_text("utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == ["cpu_percent = 50"]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"cpu_percent",
        b"cpu_percent = " + b"9" * 6000,
        b"ignore = " + b"[" * 5000,
        b"#" * 300_000,
        b"cpu_percent = true",
        b"cpu_percent = 50.0",
        b"cpu_percent = 0",
        b"cpu_percent = nan",
        b'only_on_mains = "yes"',
        b"ignore = [1]",
        b'ignore = "*.tmp"',
        b"pack = 3",
        b"[pack]\nid = 'x'",
        b"__class__ = 'x'",
        b"nobody_knows_this = 1",
    ],
)
def test_a_file_that_is_wrong_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(content)
    with pytest.raises(ExpectedError, match=r"Correct the line or delete the file") as refused:
        load_settings(tmp_path)
    assert len(str(refused.value)) < len(str(tmp_path)) + 400


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(ExpectedError, match="not a regular file"):
        load_settings(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_its_place_is_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "settings.toml")
    with pytest.raises(ExpectedError, match="not a regular file"):
        load_settings(tmp_path)
