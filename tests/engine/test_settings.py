"""Settings survive being written, whatever they hold."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

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
