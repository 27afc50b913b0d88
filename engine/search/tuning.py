"""A pack's calibration from judged queries: backgrounds of each leg, and from score to chance with a stated error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.index.marks import KINDS
from engine.search.aim import spread_of
from engine.search.calibrate import Background, Calibration, fit_confidence
from engine.search.side import Side
from engine.types import VectorKind


def measure_backgrounds(side: Side, texts: Sequence[str]) -> dict[VectorKind, Background]:
    """What queries score against just anything of the library, on average over the queries."""
    found: dict[VectorKind, Background] = {}
    vectors = side.text.encode(list(texts), "query")
    for kind in KINDS:
        sample = side.index.kind(kind).background()
        if len(sample) and len(vectors):
            pairs = np.array([spread_of(sample @ vector, None) for vector in vectors])
            mean, spread = np.median(pairs, axis=0).tolist()
            found[kind] = Background(round(mean, 5), round(spread, 5))
    return found


def calibrated(
    side: Side, texts: Sequence[str], judged: Sequence[tuple[float, bool]], error_rate: float
) -> Calibration:
    """`judged`: for each query the fused score of its best hit, and whether that was right."""
    moments = side.index.kind("frame").columns.alive_count
    fitted = fit_confidence([score for score, _ in judged], [right for _, right in judged], moments, error_rate)
    return replace(fitted, backgrounds=measure_backgrounds(side, texts), standard=side.calibration.standard)


def calibration_toml(calibration: Calibration) -> str:
    """The table as it stands in `pack.toml`."""
    lines = ["[calibration]", f"confidence = [{calibration.scale.midpoint:.4f}, {calibration.scale.slope:.4f}]"]
    lines += [f"threshold = {calibration.threshold:.4f}", f"library_size = {calibration.library_size:.0f}"]
    if calibration.error_rate is not None:
        lines.append(f"error_rate = {calibration.error_rate:.4f}")
    lines += ["", "[calibration.background]"]
    lines += [f"{kind} = [{one.mean}, {one.spread}]" for kind, one in calibration.backgrounds.items()]
    lines += ["", "[calibration.standard]"]
    lines += [f"{name} = {weight}" for name, weight in calibration.standard.items()]
    return "\n".join(lines)
