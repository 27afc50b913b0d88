from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.bench.peers.picture import WIDTH, Block, draw, figure
from tests.bench.peers.watch import Spread


def test_a_spread_is_its_middle_and_its_ends() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


def test_a_ratio_is_as_wide_as_both_allow() -> None:
    assert Spread(10.0, 8.0, 12.0).over(Spread(2.0, 1.0, 4.0)) == Spread(5.0, 2.0, 12.0)


def test_the_picture_holds_every_bar_within_its_width() -> None:
    bars = [("Reelfind", Spread(0.01, 0.009, 0.02)), ("a < b & c", Spread(20_000.0, 100.0, 30_000.0))]
    root = ElementTree.fromstring(draw([Block("Queries", "ms", bars), Block("One", "x", bars[:1])]))
    blocks = [each for each in root.iter() if each.tag.endswith("rect")][1:]
    assert len(blocks) == 3
    assert all(0 < float(each.attrib["width"]) < WIDTH for each in blocks)
    assert any(each.text == "a < b & c" for each in root.iter())


@pytest.mark.parametrize(("value", "told"), [(0.01234, "0.0123"), (99.96, "100"), (1234.5, "1,234")])
def test_figures_have_three_digits_that_matter(value: float, told: str) -> None:
    assert figure(value) == told
