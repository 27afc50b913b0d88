from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.results.layout import GAP, SMALLEST, make_grid

GRIDS = st.builds(make_grid, st.integers(1, 1_000_000), st.integers(2, 8), st.integers(100, 4000))


@given(GRIDS, st.floats(0, 1, exclude_max=True))
def test_the_middle_of_a_tile_is_that_tile(grid, share) -> None:
    at = int(share * grid.count)
    box = grid.box(at)
    assert grid.at(box.x + box.width // 2, box.y + box.height // 2) == at


@given(GRIDS, st.integers(0, 100_000), st.integers(1, 2000))
def test_what_touches_a_stretch_is_among_what_is_painted(grid, top, height) -> None:
    painted = grid.between(top, top + height)
    for at in (painted.start - 1, painted.stop):
        if 0 <= at < grid.count:
            box = grid.box(at)
            assert box.y + box.height <= top or box.y >= top + height


def test_a_gap_belongs_to_no_tile() -> None:
    assert make_grid(8, 4, 1000).at(GAP // 2, GAP + 5) is None


def test_a_narrow_view_has_fewer_columns_rather_than_tiny_tiles() -> None:
    assert make_grid(8, 4, 400).columns == 400 // (SMALLEST + GAP)


def test_nothing_takes_no_room() -> None:
    assert make_grid(0, 4, 1000).height == 0
