"""Bars as an SVG, by hand: one block a question, the bars of a block on one logarithmic scale, whiskers for spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.bench.peers.watch import Spread

WIDTH, LEFT, ROW, HEAD = 860, 330, 20, 44
OURS, THEIRS, INK = "#2f6fde", "#9aa3ad", "#1f2328"


@dataclass(frozen=True, slots=True)
class Block:
    title: str
    unit: str
    bars: Sequence[tuple[str, Spread]]


def draw(blocks: Sequence[Block]) -> str:
    parts: list[str] = []
    top = 10
    for block in blocks:
        parts += _block(block, top)
        top += HEAD + ROW * len(block.bars)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="13">'
    )
    return "\n".join([head, f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>', *parts, "</svg>", ""])


def _block(block: Block, top: int) -> list[str]:
    parts = [_text(10, top + 20, f"{block.title} (logarithmic scale)", weight="bold")]
    least = min(spread.least for _, spread in block.bars)
    most = max(spread.most for _, spread in block.bars)
    for number, (name, spread) in enumerate(block.bars):
        y = top + HEAD - 14 + number * ROW
        ends = [_x(value, least, most) for value in (spread.middle, spread.least, spread.most)]
        colour = OURS if name.startswith("Reelfind") else THEIRS
        parts.append(_text(10, y + 13, name))
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{ends[0] - LEFT:.1f}" height="15" fill="{colour}"/>')
        parts.append(f'<path d="M{ends[1]:.1f} {y + 7.5}H{ends[2]:.1f}" stroke="{INK}" stroke-width="2"/>')
        parts.append(_text(max(ends) + 8, y + 13, f"{figure(spread.middle)} {block.unit}"))
    return parts


def _x(value: float, least: float, most: float) -> float:
    """Shortest bars stay visible; a factor is the same length wherever it stands."""
    share = math.log(value / least) / math.log(most / least) if most > least else 1.0
    return LEFT + 20 + share * (WIDTH - LEFT - 150)


def _text(x: float, y: float, text: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" font-weight="{weight}">{escape(text)}</text>'


def figure(value: float) -> str:
    """Three digits that matter, and no exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
