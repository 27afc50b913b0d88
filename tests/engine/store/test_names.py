from __future__ import annotations

import pytest
from sqlite_utils import Database

from engine.store.names import names_like
from engine.types import VolumeId
from tests.engine.store.conftest import add_video

NAMES = ("trip/Dog.mp4", "dogs/cat.mp4", "b/my dog 100%.mp4", "a_b/x.mp4", "other/Dog.mp4")


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("dog", ["Dog.mp4", "my dog 100%.mp4"]),
        ("CAT", ["cat.mp4"]),
        ("100%", ["my dog 100%.mp4"]),
        ("_", []),
        ("%", ["my dog 100%.mp4"]),
        ("dogs", []),
        ("\\", []),
    ],
)
def test_names_are_found_by_any_part_of_them_and_not_by_their_folders(
    part: str, found: list[str], db: Database, volume: VolumeId
) -> None:
    for name in NAMES:
        add_video(db, volume, name)
    assert names_like(db, part, 6) == found


def test_there_are_no_more_than_asked_for(db: Database, volume: VolumeId) -> None:
    for number in range(9):
        add_video(db, volume, f"dog {number}.mp4")
    assert len(names_like(db, "dog", 6)) == 6
