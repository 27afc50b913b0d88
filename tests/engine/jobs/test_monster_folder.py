"""A folder full of monsters through a whole run of the real child: each ends as a video or a failure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.jobs.plan import Plan
from engine.store.db import open_for_reading
from tests.libraries import tiny_library
from tests.monsters import MONSTERS, Built, Monster, build
from tests.scenes import draw


@dataclass(frozen=True)
class Ran:
    made: dict[str, Built]
    indexed: frozenset[bytes]
    failed: dict[str, dict[str, str]]
    second_video_s: float


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("monsters")
    library = tmp_path_factory.mktemp("library")
    tiny_library(library, stall_s=30)
    made = {built.monster.file_name: built for built in build(folder)}
    draw(folder / "zz last of all.mp4", [("green", 2.0)])
    engine = Engine(library)
    done = engine.index(engine.supervisor(lambda _event: None), Plan((folder,)))
    again = engine.index(engine.supervisor(lambda _event: None), Plan())
    db = open_for_reading(library)
    query = """SELECT f.path FROM files f JOIN stages s ON s.video_id = f.video_id AND s.stage = 'look'
               WHERE f.missing_since IS NULL"""
    indexed = frozenset(row[0].rsplit(b"/", 1)[-1] for row in db.conn.execute(query))
    db.close()
    return Ran(made, indexed, {Path(one["path"]).name: one for one in done.failed}, again.video_s)


def test_the_rest_of_the_folder_goes_on(ran: Ran) -> None:
    assert b"zz last of all.mp4" in ran.indexed


def test_nothing_is_read_again_by_a_second_run(ran: Ran) -> None:
    assert ran.second_video_s == 0.0


@pytest.mark.parametrize("monster", MONSTERS, ids=lambda monster: ascii(monster.file_name)[1:40])
def test_a_monster_ends_as_a_video_or_as_a_failure_in_words(monster: Monster, ran: Ran) -> None:
    if monster.file_name not in ran.made:
        pytest.skip("this file system cannot hold it")
    is_indexed = monster.file_name.encode("utf-8", "surrogateescape") in ran.indexed
    failure = ran.failed.get(monster.file_name)
    if monster.outcome == "ignored":
        assert not is_indexed
        assert failure is None
        return
    assert is_indexed or failure is not None
    if failure is not None:
        assert all(failure[word] for word in ("stage", "reason", "remedy"))
    assert monster.outcome == "either" or (monster.outcome == "indexed") == is_indexed
