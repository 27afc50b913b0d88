"""The describe pass with a pack that speaks: captions in words and vectors, shot vectors and the scorer's tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.extractors.captions import NEARLY_AS_GOOD, keep
from engine.extractors.shot_frames import spread
from engine.models.in_use import Model
from engine.models.pack import load_pack
from engine.store.frames import shots_of
from engine.store.hits import shot_tokens_at
from engine.store.remembered import correct_caption
from engine.store.texts import texts_of
from engine.store.vectors import add_vectors, vectors_of
from engine.types import FrameId, Moment, Span, StoredFrame, VideoId
from tests.engine.jobs.conftest import Bench
from tests.packs import TinyPack, build_tiny_pack
from tests.scenes import draw

ONE = VideoId(1)


@pytest.fixture
def speaking(bench: Bench, tmp_path: Path) -> Bench:
    plan = TinyPack(extras=("captioner", "scorer", "clip"))
    bench.model = Model(load_pack(build_tiny_pack(tmp_path / "speaking", plan)), threads=1)
    draw(tmp_path / "videos" / "a.mp4", [("red", 6.0), ("blue", 6.0)])
    return bench


def test_each_shot_says_what_it_shows(speaking: Bench, tmp_path: Path) -> None:
    done = speaking.index(tmp_path / "videos")
    assert list(done.failed) == []
    spans = [span for _, span in shots_of(speaking.db, ONE)]
    captions = [text for text in texts_of(speaking.db, ONE) if text.source == "caption"]
    best = {text.start_s: text for text in sorted(captions, key=lambda text: text.score or 0.0)}
    assert [("red" in best[span.start_s].text, "blue" in best[span.start_s].text) for span in spans] == [
        (True, False),
        (False, True),
    ]
    assert len(vectors_of(speaking.db, ONE, "caption", speaking.pack)[0]) == len(captions)


def test_each_shot_has_a_vector_and_tokens(speaking: Bench, tmp_path: Path) -> None:
    speaking.index(tmp_path / "videos")
    shots = shots_of(speaking.db, ONE)
    owners, vectors = vectors_of(speaking.db, ONE, "clip", speaking.pack)
    assert owners == [shot_id for shot_id, _ in shots]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-2)
    tokens = shot_tokens_at(speaking.db, ONE, 7.0, speaking.pack, 8)
    assert tokens is not None
    assert tokens.ndim == 3


def test_a_second_run_says_nothing_twice(speaking: Bench, tmp_path: Path) -> None:
    first = speaking.index(tmp_path / "videos")
    assert speaking.index(tmp_path / "videos").moments == first.moments


def test_what_the_user_said_holds_for_a_newer_pack_too(speaking: Bench, tmp_path: Path) -> None:
    speaking.index(tmp_path / "videos")
    text_id = correct_caption(speaking.db, Moment(ONE, 8.0), Span(6, 12), "a white scene")
    vector = speaking.model.text.encode(["a white scene"], "caption")[0]
    add_vectors(speaking.db, ONE, "caption", [(text_id, vector)], speaking.pack)
    newer = TinyPack(revision="2", extras=("captioner", "scorer", "clip"))
    speaking.model = Model(load_pack(build_tiny_pack(tmp_path / "newer", newer)), threads=1)
    speaking.index(tmp_path / "videos")
    owners, _ = vectors_of(speaking.db, ONE, "caption", speaking.pack)
    rows = speaking.db.conn.execute("SELECT id, start_s, text, source FROM texts WHERE source IN ('caption', 'user')")
    told = {row[0]: row[1:] for row in rows}
    assert told[text_id] == (pytest.approx(6.0, abs=0.2), "a white scene", "user")
    assert text_id in owners
    assert all(start_s < 5 for start_s, _, source in told.values() if source == "caption")
    assert len(owners) > 1


def test_the_best_captions_are_kept_and_poor_ones_not() -> None:
    texts, scores = ["a", "b", "c", "d"], [0.5, 0.9, 0.9 - NEARLY_AS_GOOD / 2, 0.9 - 2 * NEARLY_AS_GOOD]
    assert keep(texts, scores) == [("b", 0.9), ("c", scores[2])]


def test_frames_are_spread_over_a_shot() -> None:
    frames = [StoredFrame(FrameId(n), n, float(n), True) for n in range(10)]
    assert [frame.pts for frame in spread(frames, 2)] == [2, 7]
    assert spread(frames, 20) == frames
