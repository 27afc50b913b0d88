"""The labelled set of query forms, on clips drawn, indexed and searched for real: the answers must be exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.jobs.control import Control
from engine.jobs.indexer import index
from engine.jobs.plan import Plan
from engine.jobs.run import Run
from engine.jobs.scan import Places
from engine.media.thumbs import ThumbCache
from engine.media.volumes import VolumeTable
from engine.models.in_use import Model
from engine.models.pack import load_pack
from engine.search.calibrate import read_calibration
from engine.search.opening import SearchDesk
from engine.search.searcher import Searcher
from engine.settings import Settings
from engine.store.db import open_library
from tests.packs import build_tiny_pack
from tests.scenes import draw

FORMS = json.loads((Path(__file__).parents[2] / "data" / "search_forms.json").read_text("utf-8"))
COLOURS_APART = read_calibration(
    {
        "recall.frame": (1.0,),
        "confidence.recall_only.bias": (-40 * 0.92,),
        "confidence.recall_only.weights.recall": (40.0,),
    }
)
"""Another colour of this pack is at most 0.9 away, the same one at least 0.95."""
NEAR_S = 1.1
"""Samples are a second apart, and the look pass knows no cuts."""


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    library, videos = tmp_path_factory.mktemp("library"), tmp_path_factory.mktemp("videos")
    for name, scenes in FORMS["clips"].items():
        draw(videos / name, scenes, gop=10, tags=_container_tags(name))
    for name, cues in FORMS["subtitles"].items():
        (videos / name).with_suffix(".srt").write_text(_srt(cues), "utf-8")
    pack = build_tiny_pack(library / "models" / "tiny")
    db = open_library(library)
    run = Run(
        db=db, library=library, places=Places(db, VolumeTable.read()), settings=Settings(), control=Control(),
        tell=lambda _: None, thumbs=ThumbCache(library / "thumbs"), model=Model(load_pack(pack), threads=1),
        threads=1, threaded=False,
    )  # fmt: skip
    index(run, Plan((videos,)))
    for name, tags in FORMS["tags"].items():
        db.conn.executemany(
            "INSERT INTO tags(video_id, tag) SELECT video_id, ? FROM files WHERE shown LIKE '%/' || ?",
            [(tag, name) for tag in tags],
        )
    for name, stars in FORMS["ratings"].items():
        db.conn.execute(
            "UPDATE videos SET rating = ? WHERE id IN (SELECT video_id FROM files WHERE shown LIKE '%/' || ?)",
            [stars, name],
        )
    mounts = Places(db, VolumeTable.read()).mounts()
    db.close()
    with SearchDesk(library, lambda: mounts, pack="tiny") as opened:
        opened.catch_up()
        sides = [replace(side, calibration=COLOURS_APART) for side in opened.sides]
        yield Searcher(sides, opened.reading, lambda: mounts)


def _container_tags(name: str) -> dict[str, str]:
    make, model = FORMS["cameras"].get(name, ("", ""))
    known = {"creation_time": FORMS["recorded"].get(name, ""), "make": make, "model": model}
    return {key: value for key, value in known.items() if value}


def _srt(cues: list) -> str:
    return "\n".join(
        f"{number}\n00:00:{start:02},000 --> 00:00:{end:02},000\n{text}\n"
        for number, (start, end, text) in enumerate(cues, 1)
    )


@pytest.mark.parametrize("query", FORMS["queries"], ids=lambda query: query["text"])
def test_every_form_of_query_is_exact(searcher: Searcher, query: dict) -> None:
    answer = searcher.search(query["text"])
    found = sorted((hit.path.as_posix(), hit.start_s, hit.end_s) for hit in answer.hits if hit.is_confident)
    expected = sorted(map(tuple, query["right"]))
    assert len(found) == len(expected), found
    for (path, start_s, end_s), (name, right_start, right_end) in zip(found, expected, strict=True):
        assert path.endswith("/" + name)
        assert abs(start_s - right_start) <= NEAR_S
        assert abs(end_s - right_end) <= NEAR_S
    assert answer.is_confident == bool(expected)
