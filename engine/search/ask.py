"""One search: what is asked, which page of the answer is wanted, and the ways of asking that are not words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.errors import ExpectedError
from engine.search.aim import Probe
from engine.search.side import Side
from engine.types import Moment, RgbImage, Vectors

LARGEST_PIXELS = 200_000_000
SMALL = 1024
NEIGHBOUR_S = 1.5
LIKED_WEIGHT, DISLIKED_WEIGHT = 0.6, -0.3


@dataclass(frozen=True, slots=True)
class Ask:
    text: str = ""
    picture: RgbImage | None = None
    like: Moment | None = None
    verdicts: tuple[tuple[Moment, bool], ...] = ()
    """Hits of this query that the user called right (true) or wrong."""

    @property
    def key(self) -> tuple[object, ...]:
        return (self.text, None if self.picture is None else hash(self.picture.tobytes()), self.like, self.verdicts)

    @property
    def has_pictures(self) -> bool:
        return self.picture is not None or self.like is not None


@dataclass(frozen=True, slots=True)
class Page:
    limit: int = 20
    offset: int = 0
    group: bool = False
    """The moments of a video stand together, where its best one stands."""
    everything: bool = False
    """Also the tail that nobody would want to see; for measuring."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Directions that do not come from words."""

    probes: tuple[Probe, ...] = ()
    missing: tuple[str, ...] = field(default=())


def read_picture(path: Path) -> RgbImage:
    """A picture file, small, upright, in 8-bit RGB; an ExpectedError where it is none."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - few searches begin with a picture

    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > LARGEST_PIXELS:
                raise _no_picture(path, "it is larger than 200 megapixels", "Make it smaller first")
            opened.draft("RGB", (SMALL, SMALL))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((SMALL, SMALL))
            return np.asarray(upright.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _no_picture(path, "it is not a picture that can be read", "Give a JPEG, PNG or WebP file") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged"
        raise _no_picture(path, f"the picture cannot be read ({reason})", "Choose another file") from error


def extra_probes(side: Side, ask: Ask) -> Extra:
    probes: list[Probe] = []
    missing: list[str] = []
    if ask.picture is not None:
        if side.pictures is None:
            missing.append("The model pack in use cannot look at pictures.")
        else:
            probes.append(Probe(_encode(side, ask.picture), 1.0, is_text=False))
    if ask.like is not None:
        vector = vector_at(side, ask.like)
        if vector is None:
            missing.append("That moment has not been looked at by the model pack in use.")
        else:
            probes.append(Probe(vector, 1.0, is_text=False))
    probes += _verdict_probes(side, ask.verdicts)
    return Extra(tuple(probes), tuple(missing))


def vector_at(side: Side, moment: Moment) -> Vectors | None:
    """What is shown at a moment: the mean of the frames around it."""
    frames = side.index.kind("frame")
    rows = frames.of_video(moment.video_id)
    if not len(rows):
        return None
    distance = np.abs(frames.columns.rows["start_s"][rows] - moment.time_s)
    near = rows[distance <= max(float(distance.min()), NEIGHBOUR_S)]
    vector = frames.read(np.sort(near)).mean(axis=0)
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def _verdict_probes(side: Side, verdicts: Sequence[tuple[Moment, bool]]) -> list[Probe]:
    """Towards the mean of what was right, away from the mean of what was wrong."""
    probes: list[Probe] = []
    for wanted, weight in ((True, LIKED_WEIGHT), (False, DISLIKED_WEIGHT)):
        vectors = [vector_at(side, moment) for moment, is_right in verdicts if is_right == wanted]
        known = [vector for vector in vectors if vector is not None]
        if known:
            mean = np.mean(known, axis=0)
            unit = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
            probes.append(Probe(unit, weight, is_text=False))
    return probes


def _encode(side: Side, picture: RgbImage) -> Vectors:
    assert side.pictures is not None
    return side.pictures.encode(side.pictures.prepare(picture)[None]).vectors[0]


def _no_picture(path: Path, reason: str, remedy: str) -> ExpectedError:
    return ExpectedError(str(path), reason, remedy)
