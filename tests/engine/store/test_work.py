"""Stages, failures, frames, shots, texts and vectors: what is done, what waits, what goes with what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sqlite_utils import Database

from engine.store import library
from engine.store.failures import clear_failures, failures, is_below, record_failure
from engine.store.frames import add_frames, frames_of, replace_shots, shots_of
from engine.store.search import spanned_vectors
from engine.store.stages import mark_done, note_opened, waiting
from engine.store.summary import count_folder, summarise
from engine.store.texts import replace_texts, texts_of
from engine.store.vectors import add_vectors, removed_after, vectors_of
from engine.types import NO_PACK, Failure, FolderCounts, PackRef, Span, StoredText, VolumeId
from tests.engine.store.conftest import add_video

PACK = PackRef("tiny", "1")
MOUNTS = {VolumeId(1): Path("/media/blue")}


def names(db: Database, stage: str) -> list[str]:
    return [item.path.name for item in waiting(db, stage, PACK, MOUNTS)]


def test_the_newest_recording_waits_first_but_an_opened_one_before_it(db: Database, volume: VolumeId) -> None:
    old, _ = add_video(db, volume, "old.mp4", "2001-01-01T00:00:00")
    add_video(db, volume, "new.mp4", "2024-01-01T00:00:00")
    assert names(db, "look") == ["new.mp4", "old.mp4"]
    note_opened(db, old)
    assert names(db, "look") == ["old.mp4", "new.mp4"]


def test_describe_waits_for_look_of_the_same_pack(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    mark_done(db, video_id, "look", NO_PACK)
    assert names(db, "describe") == []
    mark_done(db, video_id, "look", PACK)
    assert names(db, "look") == []
    assert names(db, "describe") == ["dog.mp4"]


def test_offline_and_missing_and_failed_videos_do_not_wait(db: Database, volume: VolumeId) -> None:
    _, file_id = add_video(db, volume)
    assert waiting(db, "look", PACK, {}) == []
    failure = Failure(Path("/media/blue/trip/dog.mp4"), "look", "it is broken", "Nothing helps")
    record_failure(db, volume, b"trip/dog.mp4", failure, (1000, 5))
    assert names(db, "look") == []
    clear_failures(db)
    library.mark_missing(db, [file_id])
    assert names(db, "look") == []


def test_a_copy_is_tried_where_the_first_file_failed(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    library.attach(db, library.upsert_file(db, volume, b"copy.mp4", 1000, 5), video_id)
    record_failure(db, volume, b"trip/dog.mp4", Failure(Path("x"), "look", "locked", "Unlock"), (1000, 5))
    assert names(db, "look") == ["copy.mp4"]


def test_a_failure_is_kept_until_the_file_changes(db: Database, volume: VolumeId) -> None:
    add_video(db, volume)
    record_failure(db, volume, b"trip/dog.mp4", Failure(Path("x"), "look", "it is broken", "Nothing"), (1000, 5))
    shown = failures(db, MOUNTS)
    assert shown == [Failure(Path("/media/blue/trip/dog.mp4"), "look", "it is broken", "Nothing")]
    library.upsert_file(db, volume, b"trip/dog.mp4", 1001, 6)
    assert failures(db, MOUNTS) == []


def test_retry_takes_a_folder_and_leaves_its_neighbour(db: Database, volume: VolumeId) -> None:
    for path in (b"a/1.mp4", b"ab/2.mp4"):
        record_failure(db, volume, path, Failure(Path("x"), "look", "r", "m"), (0, 0))
    assert clear_failures(db, volume, b"a") == 1
    assert [str(one.path) for one in failures(db, MOUNTS)] == ["/media/blue/ab/2.mp4"]


def test_is_below_knows_the_top_and_neighbours() -> None:
    assert is_below(b"a/b", b".")
    assert is_below(b"a", b"a")
    assert not is_below(b"ab", b"a")


def test_frames_keep_their_ids_when_seen_again(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    first = add_frames(db, video_id, [(0, 0.0, True), (90, 3.0, True)])
    again = add_frames(db, video_id, [(90, 3.0, True), (180, 6.0, False)])
    assert again[0] == first[1]
    assert [frame.time_s for frame in frames_of(db, video_id)] == [0.0, 3.0, 6.0]


def test_frames_of_a_pack_are_those_it_has_vectors_of(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    ids = add_frames(db, video_id, [(0, 0.0, True), (90, 3.0, True)])
    add_vectors(db, video_id, "frame", [(ids[1], np.ones(4, np.float32))], PACK)
    assert [frame.id for frame in frames_of(db, video_id, PACK)] == [ids[1]]


def test_the_same_shots_keep_their_ids_and_others_drop_clip_vectors(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    spans = [Span(0.0, 2.0), Span(2.0, 5.0)]
    ids = replace_shots(db, video_id, spans)
    add_vectors(db, video_id, "clip", [(ids[0], np.ones(4, np.float32))], PACK)
    assert replace_shots(db, video_id, spans) == ids
    replace_shots(db, video_id, [Span(0.0, 5.0)])
    assert vectors_of(db, video_id, "clip", PACK)[0] == []
    assert [span for _, span in shots_of(db, video_id)] == [Span(0.0, 5.0)]


def test_texts_are_found_by_prefix_and_without_accents_and_replaced_by_source(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    replace_texts(db, video_id, ["caption"], [StoredText(0.0, 1.0, "caption", "a dog at the café")], PACK)
    replace_texts(db, video_id, ["subtitle"], [StoredText(0.0, 1.0, "subtitle", "hello")])
    search = "SELECT count(*) FROM texts_fts WHERE texts_fts MATCH ?"
    assert db.conn.execute(search, ["caf*"]).fetchone()[0] == 1
    replace_texts(db, video_id, ["caption"], [StoredText(0.0, 1.0, "caption", "a cat")], PACK)
    assert db.conn.execute(search, ["cafe"]).fetchone()[0] == 0
    assert [text.text for text in texts_of(db, video_id)] == ["hello", "a cat"]


def test_vectors_come_back_to_half_precision_and_in_growing_order(db: Database, volume: VolumeId) -> None:
    video_id, _ = add_video(db, volume)
    rows = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    ids = add_frames(db, video_id, [(n, float(n), True) for n in range(3)])
    add_vectors(db, video_id, "frame", list(zip(ids, rows, strict=True)), PACK)
    owners, stored = vectors_of(db, video_id, "frame", PACK)
    assert owners == ids
    np.testing.assert_allclose(stored, rows, atol=2e-3)
    assert [row.seq for batch in spanned_vectors(db, PACK, after_seq=1, batch=1) for row in batch] == [2, 3]


def test_removed_vectors_are_told_once_also_when_the_video_goes(db: Database, volume: VolumeId) -> None:
    video_id, file_id = add_video(db, volume)
    add_vectors(db, video_id, "frame", [(1, np.ones(4, np.float32))], PACK)
    add_vectors(db, video_id, "frame", [(1, np.zeros(4, np.float32))], PACK)
    gone, mark = removed_after(db, 0)
    assert gone == [1]
    library.forget_files(db, [file_id])
    assert removed_after(db, mark)[0] == [2]


def test_the_summary_counts_what_is_there_and_what_waits(db: Database, volume: VolumeId) -> None:
    first, _ = add_video(db, volume, "a.mp4")
    add_video(db, volume, "b.mp4")
    mark_done(db, first, "look", PACK)
    summary = summarise(db, [], PACK, PACK)
    assert (summary.videos, summary.files, summary.offline_videos) == (2, 2, 2)
    assert (summary.waiting_look, summary.waiting_describe) == (1, 2)
    assert summary.duration_s == 120.0


def test_a_moment_is_counted_once_and_only_as_long_as_its_video_is_there(db: Database, volume: VolumeId) -> None:
    first, file_id = add_video(db, volume, "a.mp4")
    second, _ = add_video(db, volume, "b.mp4")
    row = np.ones(4, np.float32)
    for owner, video in ((1, first), (2, first), (3, second)):
        add_vectors(db, video, "frame", [(owner, row)], PACK)
        add_vectors(db, video, "caption", [(owner, row)], PACK)
        add_vectors(db, video, "frame", [(owner, row)], PackRef("older", "1"))
    assert (summarise(db, [], PACK, PACK).moments, summarise(db, [], PACK, PACK).vectors) == (3, 9)
    library.mark_missing(db, [file_id])
    assert summarise(db, [], PACK, PACK).moments == 1


def test_a_folder_says_how_far_it_is(db: Database, volume: VolumeId) -> None:
    library.add_folder(db, volume, b"trip")
    library.add_folder(db, volume, b".")
    done, _ = add_video(db, volume, "trip/dog.mp4")
    add_video(db, volume, "trip/deep/cat.mp4")
    add_video(db, volume, "trip 2/cow.mp4")
    mark_done(db, done, "look", PACK)
    library.attach(db, library.upsert_file(db, volume, b"trip/copy.mp4", 1000, 5), done)
    record_failure(db, volume, b"trip/bad.mp4", Failure(Path("x"), "look", "broken", "None"), (1, 1))
    trip, top = library.folders(db)
    assert count_folder(db, trip, PACK) == FolderCounts(2, 1, 0, 1)
    assert count_folder(db, top, PACK) == FolderCounts(3, 1, 0, 1)


def test_watching_is_switched_on_and_off(db: Database, volume: VolumeId) -> None:
    folder = library.add_folder(db, volume, b"trip", watch=True)
    library.watch_folder(db, folder, False)
    assert [one.is_watched for one in library.folders(db)] == [False]
