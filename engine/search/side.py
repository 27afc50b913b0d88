"""One pack as search uses it: its vectors, its encoders, and the parts that only some packs have.

During a change of pack there are two sides; a video is looked for with the first side that has its vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.index.vectors import VectorIndex
from engine.protocols import CaptionLikelihood, PictureEncoding, Scoring, TextEncoding
from engine.search.calibrate import Calibration
from engine.types import PackRef


@dataclass(frozen=True, slots=True)
class Side:
    pack: PackRef
    index: VectorIndex
    text: TextEncoding
    pictures: PictureEncoding | None = None
    scorer: Scoring | None = None
    captioner: CaptionLikelihood | None = None
    calibration: Calibration = field(default_factory=Calibration)
