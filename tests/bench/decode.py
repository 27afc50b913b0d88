"""Decoding for the look pass: keyframes to small pictures, against real time and against the ffmpeg program doing the
least it can for the same pictures, in the same run on the same file. Two processors where there are more.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from statistics import median
from tempfile import gettempdir

import av
import numpy as np
import numpy.typing as npt

from tests.bench.rows import Row

LENGTH_S = 60
FPS = Fraction(30000, 1001)
SIZE = 224
THREADS = 2
RUNS = 5
REAL_TIME_GOAL = 80.0
FFMPEG_GOAL = 0.6
MEMORY_LIMIT_MB = 500.0


@dataclass(frozen=True, slots=True)
class Film:
    width: int
    height: int
    gop: int

    @property
    def name(self) -> str:
        return f"{self.height}p, a keyframe every {self.gop} frames"


@dataclass(frozen=True, slots=True)
class Cost:
    took_s: float
    work_s: float
    """Of all processors together."""
    peak_mb: float = 0.0


FILMS = (Film(1920, 1080, 60), Film(1920, 1080, 250), Film(1280, 720, 60), Film(1280, 720, 250))


def run() -> Iterator[Row]:
    _keep_to(THREADS)
    peaks_mb = []
    for film in FILMS:
        path = made(film)
        turns = [(look(path), ffmpeg(path)) for _ in range(RUNS)]
        peaks_mb.append(max(ours.peak_mb for ours, _ in turns))
        yield from _rows(film, [ours for ours, _ in turns], [other for _, other in turns if other is not None])
    peak_mb = max(peaks_mb)
    yield Row("memory at most", peak_mb, "MB", "limit", MEMORY_LIMIT_MB, peak_mb / MEMORY_LIMIT_MB, "<= 500 MB")


def _rows(film: Film, ours: list[Cost], others: list[Cost]) -> Iterator[Row]:
    speed = LENGTH_S / median(cost.took_s for cost in ours)
    work_s = median(cost.work_s for cost in ours)
    yield Row(film.name, speed, "x real time", "goal", REAL_TIME_GOAL, speed / REAL_TIME_GOAL, ">= 80")
    if others:
        peer = LENGTH_S / median(cost.took_s for cost in others)
        yield Row("  against", speed, "x real time", "ffmpeg", peer, speed / peer, ">= 0.6 of it")
        peer_work_s = median(cost.work_s for cost in others)
        # Tells more than the clock does where other programs keep the processors busy.
        yield Row("  processor time", work_s, "s", "ffmpeg", peer_work_s, work_s / peer_work_s)


def look(path: Path) -> Cost:
    """One file in a process of its own, as the indexing child would; the start of Python does not count."""
    command = [sys.executable, "-m", "tests.bench.decode", str(path)]
    return Cost(*map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()))


def ffmpeg(path: Path) -> Cost | None:
    """The ffmpeg program for the same pictures; None where it is not installed."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    command = [program, "-v", "error", "-skip_frame", "nokey", "-i", str(path)]
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, "-vf", f"scale=-2:{SIZE}", "-f", "null", "-"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - start_s, work_s)


def _keep_to(processors: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])


# --- films that cost a decoder about what a camera's do ---------------------------------------------------------


def made(film: Film) -> Path:
    """A minute of a panned, grainy scene with moving things and sound, kept for the next bench."""
    path = Path(gettempdir(), f"reelfind-bench-{film.height}-{film.gop}.mp4")
    if not path.exists():
        part = path.with_suffix(".part.mp4")
        _encode(part, film)
        part.replace(path)
    return path


def _encode(path: Path, film: Film) -> None:
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        # One slice a picture, as cameras and phones write; PyAV would choose one for each processor.
        stream.codec_context.thread_type = "FRAME"
        stream.codec_context.gop_size = film.gop
        stream.options = {"preset": "veryfast", "crf": "22", "x264-params": f"keyint={film.gop}:log-level=-1"}
        sound = out.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(int(LENGTH_S * FPS)):
            frame = av.VideoFrame.from_ndarray(_scene(film, number), format="rgb24")
            frame.pts, frame.time_base = number, 1 / FPS
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        hum = np.sin(np.arange(48_000 * LENGTH_S) * 0.03).astype(np.float32) * 0.2
        samples = av.AudioFrame.from_ndarray(np.stack([hum, hum]), format="fltp", layout="stereo")
        samples.sample_rate, samples.pts = 48_000, 0
        out.mux(sound.encode(samples))
        out.mux(sound.encode(None))


def _scene(film: Film, number: int) -> npt.NDArray[np.uint8]:
    ground, grain = _material(film)
    down, right = number * 2 % 1000, number * 3 % 1800
    picture = ground[down : down + film.height, right : right + film.width] + grain[number % len(grain)]
    x, y = number * 7 % (film.width - 200), number * 5 % (film.height - 200)
    picture[y : y + 150, x : x + 150] = (220, 40, 30)
    return np.clip(picture, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _material(film: Film) -> tuple[npt.NDArray[np.int16], list[npt.NDArray[np.int16]]]:
    dice = np.random.default_rng(1)
    ground = np.zeros((film.height + 1000, film.width + 1800, 3), np.float32)
    for detail, weight in ((64, 0.6), (8, 0.3), (3, 0.1)):
        rough = dice.random((ground.shape[0] // detail + 1, ground.shape[1] // detail + 1, 3), np.float32)
        ground += (
            weight * np.kron(rough, np.ones((detail, detail, 1), np.float32))[: ground.shape[0], : ground.shape[1]]
        )
    grain = [dice.integers(-5, 6, (film.height, film.width, 1), np.int16) for _ in range(8)]
    return (ground * 235 + 10).astype(np.int16), grain


def main(path: Path) -> None:
    from engine.media.decode import keyframes  # noqa: PLC0415

    start_s, worked_s = time.perf_counter(), time.process_time()
    for _ in keyframes(path, size=SIZE, threads=THREADS):
        pass
    print(time.perf_counter() - start_s, time.process_time() - worked_s, _peak_mb())


def _peak_mb() -> float:
    """The most memory this process ever held. `ru_maxrss` would count what the parent held when it forked."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
