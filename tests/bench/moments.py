"""Moments in clips of several scenes with known times, made of photos that no training has seen: synthetic motion.

Every scene's first caption asks for it. The clips are indexed and searched with the shipped pack by the command line as
anyone would; what each leg brings comes from the same run. Needs the training data beside the checkout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import ExpectedError
from engine.evaluate_legs import FULL
from engine.training.clips import Clip, plan_clips, write_video
from engine.training.data import load_photos, read_photos
from tests.bench.rows import Row

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CLIPS, SCENES, FPS, SEED = 50, 4, 10, 7
WANTED = 0.5


def run() -> Iterator[Row]:
    if not DATA.is_dir():
        raise ExpectedError(str(DATA), "the photos are not there", "Run it where they are")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        told = _searched(folder, _write_clips(folder))
    [full] = [one for one in told["runs"] if one["name"] == FULL]
    figures, outcomes = full["figures"], full["outcomes"]
    # The first hit overlaps its answer at all only in the right video.
    found = [one for one in outcomes if one["iou"] > 0 or one["rank"] == 1]
    exact = sum(one["iou"] >= 0.5 for one in found) / max(1, len(found))
    yield Row(f"scenes asked for in {CLIPS} clips", len(outcomes), "")
    for name, figure in figures.items():
        yield Row(f"{name} [{figure['low']:.3g}, {figure['high']:.3g}]", figure["value"], "")
    yield Row("IoU >= 0.5 where the video is found", exact, "", "wanted", WANTED, exact / WANTED, ">= 0.5")
    for leg, gains in told["legs"].items():
        for name, gain in gains.items():
            yield Row(f"{leg}: {name} [{gain['low']:.3g}, {gain['high']:.3g}]", gain["value"], "")


def _write_clips(folder: Path) -> Path:
    photos = load_photos(DATA, "test")
    clips = plan_clips(photos, SCENES, SEED)[:CLIPS]
    wanted = [scene.photo for clip in clips for scene in clip.scenes]
    images = {photo.name: image for photo, image in read_photos(DATA, wanted)}
    queries: list[dict[str, Any]] = []
    (folder / "clips").mkdir()
    for number, clip in enumerate(clips):
        name = f"clip-{number:02d}.mp4"
        write_video(clip, images, folder / "clips" / name, FPS)
        queries += _queries(clip, name)
    manifest = folder / "clips" / "truth.json"
    manifest.write_text(json.dumps({"queries": queries}), encoding="utf-8")
    return manifest


def _queries(clip: Clip, name: str) -> list[dict[str, Any]]:
    return [
        {"text": one.photo.captions[0], "video": name, "start_s": one.span.start_s, "end_s": one.span.end_s}
        for one in clip.scenes
    ]


def _searched(folder: Path, manifest: Path) -> dict[str, Any]:
    library = str(folder / "library")
    _reelfind("index", str(manifest.parent), "--library", library)
    return json.loads(_reelfind("eval", str(manifest), "--ablate", "--json", "--library", library))


def _reelfind(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "engine", *arguments], check=True, capture_output=True, text=True
    ).stdout
