"""The parts of a pack at work: frames, texts, captions and scores a second, and the memory of all open sessions.

Measures the pack that a fresh library would use, or the tests' tiny one where none is installed; another one with
`REELFIND_BENCH_PACK=folder`. Pictures are noise: what they show makes no difference to the time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from engine.errors import PackError
from engine.models.captioner import Captioner, open_likelihood
from engine.models.catalog import choose
from engine.models.clip import ClipContent, ClipEncoder
from engine.models.encoder import FrameEncoder, TextEncoder
from engine.models.pack import Pack, load_pack
from engine.models.question import Question
from engine.models.sampling import Writing
from engine.models.scorer import Scorer
from engine.paths import assets_dir
from tests.bench.rows import Row
from tests.packs import TinyPack, build_tiny_pack

THREADS = 2
RUNS = 7
FRAMES_GOAL, TEXT_GOAL_MS, CAPTIONS_GOAL, SCORER_GOAL_MS, MEMORY_LIMIT_MB = 120.0, 5.0, 8.0, 40.0, 350.0
CANDIDATES = 20
QUERY = "a brown dog jumps into the water"
CAPTION = "a dog is running through the shallow water of a lake"


def run() -> Iterator[Row]:
    with TemporaryDirectory() as scratch:
        pack = _pack(Path(scratch))
        before = psutil.Process().memory_info().rss
        frames, texts = FrameEncoder(pack, THREADS), TextEncoder(pack, THREADS)
        yield Row(f"size of {pack.id} {pack.revision}, {frames.provider.name}", _size_mb(pack), "MB", wanted="<= 40")
        yield from _frames(frames)
        yield from _texts(texts)
        parts: list[object] = [frames, texts]
        if pack.has("captioner"):
            parts.append(captioner := Captioner(pack, THREADS))
            yield from _captions(captioner, _tokens(pack))
            parts.append(judge := open_likelihood(pack, THREADS))
            yield from _likelihood(judge, _tokens(pack))
        if pack.has("scorer"):
            parts.append(scorer := Scorer(pack, THREADS))
            yield from _scores(scorer, _tokens(pack))
        if pack.has("clip"):
            parts.append(clip := ClipEncoder(pack, THREADS))
            yield from _clips(clip, pack.vector_dim)
        taken_mb = (psutil.Process().memory_info().rss - before) / 1024**2
        yield _against(f"memory of {len(parts)} open parts", taken_mb, "MB", MEMORY_LIMIT_MB, "<=")


def _pack(scratch: Path) -> Pack:
    chosen = os.environ.get("REELFIND_BENCH_PACK")
    if chosen:
        return load_pack(Path(chosen))
    try:
        return choose((assets_dir() / "models",)).pack
    except PackError:
        return load_pack(build_tiny_pack(scratch / "tiny", TinyPack(extras=("captioner", "scorer", "clip"))))


def _size_mb(pack: Pack) -> float:
    return sum((pack.folder / name).stat().st_size for name in pack.files) / 1024**2


def _tokens(pack: Pack) -> np.ndarray:
    """Four frames of one shot."""
    return np.random.default_rng(0).normal(size=(4, pack.token_count, pack.token_dim)).astype(np.float32)


def _median_s(work: Callable[[], object]) -> float:
    """Of several runs, after one that warms up."""
    work()
    taken = []
    for _ in range(RUNS):
        start_s = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start_s)
    return median(taken)


def _against(what: str, ours: float, unit: str, goal: float, sign: str) -> Row:
    return Row(what, ours, unit, "goal", goal, ours / goal, f"{sign} {goal:g} {unit}")


def _frames(encoder: FrameEncoder) -> Iterator[Row]:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (32, *encoder.size, 3), np.uint8)
    yield _against("frames", len(pictures) / _median_s(lambda: encoder.encode(pictures)), "/s", FRAMES_GOAL, ">=")
    large = random.integers(0, 255, (270, 480, 3), np.uint8)
    yield Row("preparing a picture of 480x270", 1e3 * _median_s(lambda: encoder.prepare(large)), "ms")


def _texts(encoder: TextEncoder) -> Iterator[Row]:
    one_ms = 1e3 * _median_s(lambda: encoder.encode([QUERY], "query"))
    yield _against("one query", one_ms, "ms", TEXT_GOAL_MS, "<=")
    many = _median_s(lambda: encoder.encode([CAPTION] * 64, "caption"))
    yield Row("captions to vectors", 64 / many, "/s")


def _captions(captioner: Captioner, tokens: np.ndarray) -> Iterator[Row]:
    greedy = _median_s(lambda: captioner.write([tokens] * 8))
    yield _against("captions, greedy, 8 shots at once", 8 / greedy, "/s", CAPTIONS_GOAL, ">=")
    how = Writing(count=8, temperature=0.9)
    sampled = _median_s(lambda: captioner.write([tokens] * 8, how))
    yield _against("captions, sampled, 8 a shot", 64 / sampled, "/s", CAPTIONS_GOAL, ">=")


def _likelihood(judge: Captioner, tokens: np.ndarray) -> Iterator[Row]:
    taken = _median_s(lambda: judge.likelihood([tokens] * CANDIDATES, [QUERY] * CANDIDATES))
    yield Row(f"likelihood of a query, {CANDIDATES} candidates", 1e3 * taken, "ms")


def _scores(scorer: Scorer, tokens: np.ndarray) -> Iterator[Row]:
    questions = [Question(QUERY, CAPTION, tokens, 0.3)] * CANDIDATES
    taken_ms = 1e3 * _median_s(lambda: scorer.score(questions))
    yield _against(f"scorer, {CANDIDATES} candidates", taken_ms, "ms", SCORER_GOAL_MS, "<=")


def _clips(encoder: ClipEncoder, width: int) -> Iterator[Row]:
    vectors = np.random.default_rng(0).normal(size=(4, width)).astype(np.float32)
    content = ClipContent(vectors, vectors[:3])
    yield Row("clip vectors", 64 / _median_s(lambda: encoder.encode([content] * 64)), "/s")
