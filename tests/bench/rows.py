"""What a bench hands back: one figure beside the figure it is to be judged by. Measures nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """`other` was measured in the same run on the same file, or is a limit; `ratio` is ours over other."""

    what: str
    ours: float
    unit: str
    other_name: str | None = None
    other: float | None = None
    ratio: float | None = None
    wanted: str = ""
    """The promise in words, such as ">= 80" or "<= 3 s"."""


HEADINGS = ("what", "ours", "unit", "beside", "other", "ratio", "wanted")


def figure(value: float | None) -> str:
    """Three digits that matter, and no exponent."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(row: Row) -> tuple[str, ...]:
    beside = row.other_name or NOTHING
    return (row.what, figure(row.ours), row.unit, beside, figure(row.other), figure(row.ratio), row.wanted or NOTHING)


def table(rows: Iterable[Row]) -> list[str]:
    """Lines of aligned columns under their headings."""
    lines = [HEADINGS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
