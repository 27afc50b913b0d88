"""The table that `make bench` prints."""

from __future__ import annotations

from pathlib import Path

from tests.bench.__main__ import BENCHES
from tests.bench.rows import Row, figure, table


def test_columns_line_up_and_missing_figures_are_dashes() -> None:
    lines = table([Row("decode 1080p", 91.2345, "x real time", "ffmpeg", 152.0, 0.6, ">= 80"), Row("size", 3.0, "MB")])
    assert lines[0].index("unit") == lines[1].index("x real time") == lines[2].index("MB")
    assert lines[1].split()[2:4] == ["91.2", "x"]
    assert lines[2].endswith("-")


def test_large_figures_have_no_exponent() -> None:
    assert figure(1234567.8) == "1,234,568"


def test_every_bench_in_the_list_can_be_run() -> None:
    folder = Path(__file__).parent
    missing = [name for name in BENCHES if "\ndef run(" not in (folder / f"{name}.py").read_text(encoding="utf-8")]
    assert missing == []
