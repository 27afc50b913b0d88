"""A library that is being written, harmed or left behind by its pack: an answer or one sentence, never an exception."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from engine.cli import main
from engine.search.opening import UNSEEN, SearchDesk
from engine.store.db import open_library
from engine.types import SearchAnswer
from tests.libraries import tiny_library
from tests.packs import TinyPack, build_tiny_pack
from tests.scenes import draw


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    videos, library = tmp_path_factory.mktemp("videos"), tmp_path_factory.mktemp("library")
    draw(videos / "one.mp4", [("red", 4.0), ("blue", 4.0)], gop=10)
    draw(videos / "two.mp4", [("green", 4.0), ("white", 4.0)], gop=10)
    tiny_library(library)
    assert main(["index", "--library", str(library), str(videos)]) == 0
    with SearchDesk(library, dict, pack="tiny") as desk:
        desk.catch_up()
        assert desk.sides[0].index.save()
    return library


@pytest.fixture
def library(indexed: Path, tmp_path: Path) -> Path:
    """A copy to harm."""
    return Path(shutil.copytree(indexed, tmp_path / "library"))


def asked(library: Path, query: str = "blue") -> tuple[SearchAnswer, list[str]]:
    with SearchDesk(library, dict, pack="tiny") as desk:
        desk.catch_up()
        return desk.searcher.search(query), desk.notes


@pytest.mark.parametrize("suffix", ["rows", "columns", "json"])
def test_an_index_file_cut_in_half_changes_no_answer(library: Path, suffix: str) -> None:
    before, _ = asked(library)
    cut = [path for path in (library / "index").rglob(f"*.{suffix}") if path.stat().st_size]
    assert cut
    for path in cut:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    after, _ = asked(library)
    assert [hit.best_s for hit in after.hits] == [hit.best_s for hit in before.hits]


def test_a_pack_with_a_newer_revision_without_the_older_one_is_told_of(library: Path) -> None:
    """The files of the older revision are gone, so its vectors cannot be asked; words still find the video."""
    build_tiny_pack(library / "models" / "tiny", TinyPack(revision="2"))
    answer, notes = asked(library, "one")
    assert [hit.path.name for hit in answer.hits if hit.is_confident] == ["one.mp4"]
    assert not asked(library, "blue")[0].is_confident
    assert notes == [UNSEEN]


def test_both_revisions_side_by_side_still_answer(library: Path) -> None:
    build_tiny_pack(library / "models" / "newer", TinyPack(revision="2"))
    answer, notes = asked(library, "blue")
    assert notes == []
    assert answer.hits[0].path.name == "one.mp4"
    assert answer.is_confident


@pytest.mark.parametrize("harm", ["text.onnx", "tokenizer.json", "pack.toml"])
def test_a_pack_whose_files_changed_is_named_and_words_still_answer(
    library: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.search.ahead.pack_dirs", lambda folder: (folder / "models",))
    (library / "models" / "tiny" / harm).write_bytes(b"something else")
    answer, notes = asked(library, "one")
    assert "tiny" in " ".join(notes)
    assert all("\n" not in note for note in notes)
    assert [hit.path.name for hit in answer.hits if hit.is_confident] == ["one.mp4"]


def test_a_pack_that_changes_between_two_searches_changes_nothing_that_is_open(library: Path) -> None:
    with SearchDesk(library, dict, pack="tiny") as desk:
        desk.catch_up()
        before = desk.searcher.search("blue")
        shutil.rmtree(library / "models")
        build_tiny_pack(library / "models" / "tiny", TinyPack(revision="2"))
        after = desk.searcher.search("blue and more").hits[0]
    assert after.path.name == before.hits[0].path.name == "one.mp4"
    answer, notes = asked(library, "one")
    assert [hit.path.name for hit in answer.hits if hit.is_confident] == ["one.mp4"]
    assert notes == [UNSEEN]


def test_a_library_that_is_being_indexed_answers_all_the_while(library: Path) -> None:
    """A second connection adds, changes and removes videos while searches go on."""
    stop, written = threading.Event(), []

    def write() -> None:
        db = open_library(library)
        while not stop.is_set():
            video = db.conn.execute(
                "INSERT INTO videos(fingerprint, size_bytes, added_at, recorded_at) VALUES (?, 1, 0, '') RETURNING id",
                [f"p{len(written)}"],
            ).fetchone()[0]
            db.conn.execute("UPDATE texts SET text = text || ' x' WHERE video_id = 1")
            db.conn.execute("DELETE FROM videos WHERE id = ?", [video])
            written.append(video)
        db.close()

    writer = threading.Thread(target=write)
    with SearchDesk(library, dict, pack="tiny", follow=lambda: None) as desk:
        writer.start()
        try:
            for number in range(40):
                answer = desk.searcher.search(f"blue {number}")
                assert answer.hits
                assert answer.searched.videos >= 2
        finally:
            stop.set()
            writer.join()
    assert written, "what an exception in the writer would have prevented"


def test_a_video_deleted_between_two_pages_is_left_out(library: Path) -> None:
    with SearchDesk(library, dict, pack="tiny") as desk:
        desk.catch_up()
        assert len(desk.searcher.search("blue", limit=1).hits) == 1
        db = open_library(library)
        db.conn.execute("DELETE FROM videos")
        db.close()
        assert desk.searcher.search("blue", limit=5, offset=1).hits == ()
        assert desk.searcher.search("blue").hits == ()
