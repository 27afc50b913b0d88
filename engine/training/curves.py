"""Curves of a training run: one CSV row a check, and a picture of them drawn again each time."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

# No window: the file formats do not need one.
mpl.use("Agg")


class Curves:
    """`curve.csv` and `curve.png` in `folder`; rows after `step` are from before a kill and are dropped."""

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / "curve.csv"
        folder.mkdir(parents=True, exist_ok=True)
        self.rows = [row for row in read_curve(self.path) if row["step"] <= step]

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        self.rows.append({"step": float(step), **figures})
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        new = self.path.with_name("curve.csv.new")
        with new.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)
        new.replace(self.path)
        draw(self.rows, self.path.with_suffix(".png"))


def read_curve(path: Path) -> list[dict[str, float]]:
    """The rows stored so far, none where there is no file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


def draw(rows: list[dict[str, float]], path: Path) -> None:
    """One small plot a figure, all in one picture."""
    names = list(dict.fromkeys(name for row in rows for name in row if name != "step"))
    columns = 3
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(4 * columns, 2.6 * lines), layout="constrained")
    for place, name in enumerate(names):
        axes = figure.add_subplot(lines, columns, place + 1)
        points = [(row["step"], row[name]) for row in rows if name in row]
        axes.plot([x for x, _ in points], [y for _, y in points])
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=7)
    figure.savefig(path, dpi=90)
