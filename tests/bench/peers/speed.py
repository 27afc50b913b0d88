"""From files to an index: speed, memory and size of each program and recipe, on the same two films."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from engine.models.encoder import FrameEncoder
from engine.models.pack import load_pack
from tests.bench.decode import LENGTH_S, Film, made
from tests.bench.peers import homes
from tests.bench.peers.contestants import MaterialSearch, Rclip, Reelfind
from tests.bench.peers.watch import Ran, Spread, run

FILMS = (Film(1280, 720, 60), Film(1280, 720, 250))
VIDEO_S = LENGTH_S * len(FILMS)
EVERY_S = 2.0
STARTER = homes.ROOT / "assets" / "models" / "starter"


@dataclass(frozen=True, slots=True)
class Indexed:
    """How many seconds of video a second of work indexes; the start of the program counts."""

    who: str
    speed: Spread
    most_mb: float
    mb_an_hour: float | None


def films(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for number, film in enumerate(FILMS):
        shutil.copy(made(film), folder / f"film {number}.mp4")
    return folder


def stills(videos: Path, folder: Path) -> Path:
    """What rclip is given: a picture every two seconds of the same films."""
    folder.mkdir(parents=True)
    for path in sorted(videos.iterdir()):
        for number, picture in enumerate(_every_two_seconds(path)):
            Image.fromarray(picture).save(folder / f"{path.stem} {number:03}.jpg", quality=90)
    return folder


def measure(top: Path, repeats: int) -> Iterator[Indexed]:
    videos = films(top / "films")
    photos = stills(videos, top / "stills")
    # All of them turn by turn, so that a busy minute of the machine hits each alike.
    turns = [_turn(top / f"turn {number}", videos, photos) for number in range(repeats)]
    for who in turns[0]:
        ran = [turn[who] for turn in turns]
        size = ran[-1][1]
        yield Indexed(
            who,
            Spread.of([VIDEO_S / one.took_s for one, _ in ran]),
            max(one.most_mb for one, _ in ran),
            None if size is None else size / 1e6 * 3600 / VIDEO_S,
        )


def _turn(top: Path, videos: Path, photos: Path) -> dict[str, tuple[Ran, int | None]]:
    ours, whole = Reelfind(top / "first look"), Reelfind(top / "whole")
    rclip, material = Rclip(top / "rclip"), MaterialSearch(top / "material")
    done = {
        "Reelfind, first look": (ours.quick(videos), ours.size_bytes()),
        "Reelfind, all of it": (whole.index(videos), whole.size_bytes()),
        material.name: (material.index(videos), material.size_bytes()),
        f"{rclip.name}, stills made before": (rclip.index(photos), rclip.size_bytes()),
        f"{homes.VERSIONS['scenedetect']}, cuts only": (_cuts(videos), None),
    }
    for recipe in RECIPES:
        database = top / f"{recipe}.db"
        ran = run([*_ourselves(), recipe, str(videos), str(database)])
        done[f"recipe: {recipe}"] = (ran, database.stat().st_size)
    return {who: (ran, size and max(size, 0)) for who, (ran, size) in done.items()}


def _ourselves() -> list[str]:
    return [sys.executable, "-m", "tests.bench.peers.speed"]


def _cuts(videos: Path) -> Ran:
    return run([homes.python("scenedetect"), str(homes.INSIDE / "scenes.py"), *sorted(videos.iterdir())])


# --- the recipes, with our own starter pack's encoder, so that only the recipe differs --------------------------


def _every_two_seconds(path: Path) -> Iterator[np.ndarray]:
    """Every frame is decoded, as those do that step through a file; one in two seconds is used."""
    due_s = 0.0
    with av.open(str(path)) as film:
        film.streams.video[0].thread_type = "AUTO"
        for frame in film.decode(video=0):
            if frame.time is not None and frame.time >= due_s:
                due_s = frame.time + EVERY_S
                yield frame.to_ndarray(format="rgb24")


def _middle(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as film:
        film.seek((film.duration or 0) // 2)
        yield next(film.decode(video=0)).to_ndarray(format="rgb24")


RECIPES: dict[str, Callable[[Path], Iterator[np.ndarray]]] = {
    "a frame every 2 s, brute force": _every_two_seconds,
    "one vector per video": _middle,
}


def keep(recipe: str, videos: Path, database: Path) -> None:
    encoder = FrameEncoder(load_pack(STARTER))
    with closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE vectors(path TEXT, number INTEGER, vector BLOB)")
        for path in sorted(videos.iterdir()):
            for number, picture in enumerate(RECIPES[recipe](path)):
                ready = encoder.prepare(np.ascontiguousarray(picture))
                (vector,) = encoder.encode(ready[None]).vectors
                row = [str(path), number, vector.astype(np.float32).tobytes()]
                db.execute("INSERT INTO vectors VALUES (?, ?, ?)", row)
        db.commit()


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
