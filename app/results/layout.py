"""Where tiles stand: arithmetic alone, so that a million cost no more than ten. Pure functions of plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

GAP = 12
LABEL = 44
"""Room for two lines of words below a picture."""
SMALLEST = 150


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Grid:
    count: int
    columns: int
    tile: int
    """Width of a tile."""
    width: int

    @property
    def picture_height(self) -> int:
        return self.tile * 9 // 16

    @property
    def step_x(self) -> int:
        return self.tile + GAP

    @property
    def step_y(self) -> int:
        return self.picture_height + LABEL + GAP

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def height(self) -> int:
        return GAP + self.rows * self.step_y if self.count else 0

    def box(self, at: int) -> Box:
        """Place of an item, from the top of everything."""
        row, column = divmod(at, self.columns)
        x, y = GAP + column * self.step_x, GAP + row * self.step_y
        return Box(x, y, self.tile, self.picture_height + LABEL)

    def at(self, x: int, y: int) -> int | None:
        """The item at a point, or None in a gap."""
        column, inside_x = divmod(x - GAP, self.step_x)
        row, inside_y = divmod(y - GAP, self.step_y)
        if not 0 <= column < self.columns or row < 0 or inside_x >= self.tile or inside_y >= self.step_y - GAP:
            return None
        found = row * self.columns + column
        return found if found < self.count else None

    def between(self, top: int, bottom: int) -> range:
        """The items of all rows that touch a stretch of height."""
        first = max(0, (top - GAP) // self.step_y) * self.columns
        last = max(0, (bottom - GAP) // self.step_y + 1) * self.columns
        return range(min(first, self.count), min(last, self.count))


def make_grid(count: int, columns: int, width: int) -> Grid:
    """As many columns as wanted, fewer where the tiles would become too small to see anything."""
    fitting = max(1, (width - GAP) // (SMALLEST + GAP))
    shown = max(1, min(columns, fitting))
    tile = max(SMALLEST // 2, (width - GAP) // shown - GAP)
    return Grid(count, shown, tile, width)
