"""`reelfind search`, `saved`, `history` and `eval` as a user types them, over drawn clips."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from engine.cli import main
from engine.cli_hits import clock, kitty_picture, picture_protocol
from engine.store.db import open_library
from engine.store.remembered import note_feedback
from engine.types import Moment
from tests.packs import build_tiny_pack
from tests.scenes import draw


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("videos")
    draw(top / "one.mp4", [("red", 4.0), ("blue", 4.0)], gop=10)
    draw(top / "two.mp4", [("green", 4.0), ("white", 4.0)], gop=10)
    draw(top / "three.mp4", [("cyan", 4.0), ("black", 4.0)], gop=10)
    return top


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, videos: Path) -> Path:
    folder = tmp_path_factory.mktemp("library")
    build_tiny_pack(folder / "models" / "tiny")
    (folder / "settings.toml").write_text('pack = "tiny"\n', "utf-8")
    assert main(["index", "--library", str(folder), str(videos)]) == 0
    return folder


def said(capsys: pytest.CaptureFixture[str], library: Path, *words: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main([*map(str, words), "--library", str(library)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_json_keeps_its_promise(capsys: pytest.CaptureFixture[str], library: Path, videos: Path) -> None:
    code, out, _ = said(capsys, library, "search", "blue", "--json")
    answer = json.loads(out)
    assert code == 0
    assert {"query", "took_ms", "searched", "confident", "hits"} <= set(answer)
    assert answer["searched"]["videos"] == 3
    hit = answer["hits"][0]
    assert {"video", "start_s", "end_s", "best_s", "score", "caption", "online", "why"} <= set(hit)
    assert hit["video"] == str(videos / "one.mp4")
    assert 4.0 <= hit["best_s"] < 8.0
    assert set(hit["why"][0]) == {"source", "at_s", "share", "text"}
    assert sum(why["share"] for why in hit["why"]) == pytest.approx(1.0, abs=0.001)


def test_people_get_a_line_a_hit_and_reasons_when_asked(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    code, out, err = said(capsys, library, "search", "green", "--why", "--limit", "1")
    assert code == 0
    assert "two.mp4" in out
    assert "% frame at" in out
    assert "3 videos" in err


@pytest.mark.parametrize(
    "words", [("white", "-green"), ("-green", "white"), ("white", "-name:two"), ("--", "white -green")]
)
def test_a_word_to_leave_out_is_no_option(capsys: pytest.CaptureFixture[str], library: Path, words: tuple[str]) -> None:
    capsys.readouterr()
    assert main(["search", "--json", "--library", str(library), *words]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert " ".join(answer["query"].split()) == " ".join(words).removeprefix("-- ")
    assert all(hit["start_s"] >= 3 for hit in answer["hits"] if hit["video"].endswith("two.mp4"))


def test_a_mistyped_option_is_still_a_mistake(library: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["search", "--library", str(library), "white", "--limt", "3"])


def test_a_picture_and_a_moment_are_queries(
    capsys: pytest.CaptureFixture[str], library: Path, videos: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (60, 40), (20, 220, 220)).save(tmp_path / "cyan.png")
    _, out, _ = said(capsys, library, "search", "--image", tmp_path / "cyan.png", "--json")
    assert json.loads(out)["hits"][0]["video"] == str(videos / "three.mp4")
    _, out, _ = said(capsys, library, "search", "--like", f"{videos / 'two.mp4'}@0:01", "--json")
    assert all(hit["video"] != str(videos / "two.mp4") or hit["start_s"] > 3 for hit in json.loads(out)["hits"])


@pytest.mark.parametrize(
    "words",
    [("--image", "nowhere.png"), ("--like", "two.mp4"), ("--like", "none.mp4@1"), ("--saved", "none")],
)
def test_what_cannot_be_asked_is_one_sentence(
    capsys: pytest.CaptureFixture[str], library: Path, words: tuple[str, str]
) -> None:
    code, _, err = said(capsys, library, "search", *words)
    assert code == 1
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_query_of_which_nothing_is_left_asks_for_one(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    code, out, err = said(capsys, library, "search", "after:2024-02-31")
    assert (code, out) == (0, "Say what to look for.\n")
    assert '"after:2024-02-31" is not a date' in err


def test_without_a_library_search_says_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = said(capsys, tmp_path / "none", "search", "dog")
    assert code == 1
    assert "reelfind index" in err


def test_searches_are_saved_remembered_and_forgotten(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    said(capsys, library, "search", "blue", "--save-as", "sea")
    said(capsys, library, "search", "secret", "--no-history")
    assert said(capsys, library, "saved")[1] == "sea: blue\n"
    assert json.loads(said(capsys, library, "search", "--saved", "sea", "--json")[1])["query"] == "blue"
    _, out, _ = said(capsys, library, "history", "--json")
    past = [one["query"] for one in json.loads(out)["history"]]
    assert past[0] == "blue"
    assert "secret" not in past
    assert "not remembered" in said(capsys, library, "history", "--off")[1]
    said(capsys, library, "search", "green")
    assert json.loads(said(capsys, library, "history", "--on", "--json")[1]) == {"kept": True, "history": []}
    assert said(capsys, library, "saved", "--rename", "sea", "lake")[1] == "lake: blue\n"
    assert "no search was saved" in said(capsys, library, "saved", "--rename", "sea", "lake")[2]
    assert said(capsys, library, "saved", "--remove", "lake")[:2] == (0, "")


def test_a_refinement_is_said_and_taken_back(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    first = json.loads(said(capsys, library, "search", "cyan", "--json")[1])["hits"][0]
    db = open_library(library)
    (video,) = db.conn.execute("SELECT video_id FROM files WHERE shown LIKE '%three.mp4'").fetchone()
    note_feedback(db, "cyan", Moment(video, first["best_s"]), "not this")
    db.close()
    _, out, err = said(capsys, library, "search", "cyan", "--limit", "1")
    assert "Refined by what you said of 1 hit. Take it back with --undo." in err
    assert "three.mp4" not in out or "0:00" not in out
    again = json.loads(said(capsys, library, "search", "cyan", "--undo", "--json")[1])
    assert again["hits"][0] == first
    assert again["notes"] == []


def test_all_that_was_said_of_hits_can_be_reset(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    db = open_library(library)
    (video,) = db.conn.execute("SELECT video_id FROM files WHERE shown LIKE '%two.mp4'").fetchone()
    note_feedback(db, "white", Moment(video, 6.0), "not this")
    db.close()
    assert "Refined by" in said(capsys, library, "search", "white")[2]
    assert said(capsys, library, "history", "--reset-feedback")[0] == 0
    assert "Refined by" not in said(capsys, library, "search", "white")[2]


def test_a_page_behind_the_last_hit_says_how_many_there_are(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    assert re.fullmatch(r"None here: \d+ hits in all.\n", said(capsys, library, "search", "red", "--offset", "999")[1])
    assert said(capsys, library, "search", "name:nowhere")[1] == "Nothing found.\n"


@pytest.mark.parametrize("number", ["-1", "x", "1.5", ""])
def test_a_limit_that_is_no_number_is_a_mistake(capsys: pytest.CaptureFixture[str], library: Path, number: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["search", "--library", str(library), "white", "--limit", number])
    assert "argument --limit: has to be a whole number, zero or above" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBPVP8 "])
def test_a_picture_that_is_none_is_one_sentence(
    capsys: pytest.CaptureFixture[str], library: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "x.png").write_bytes(content)
    code, _, err = said(capsys, library, "search", "--image", tmp_path / "x.png")
    assert (code, err.count("\n")) == (1, 1)
    assert "x.png" in err


@pytest.mark.parametrize(("protocol", "code"), [("kitty", "\x1b_Gf=24"), ("iterm", "\x1b]1337;File=inline=1")])
def test_each_hit_has_its_picture_where_the_terminal_shows_them(
    capsys: pytest.CaptureFixture[str], library: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, code: str
) -> None:
    monkeypatch.setattr("engine.cli_hits.picture_protocol", lambda: protocol)
    assert said(capsys, library, "search", "green", "--limit", "2")[1].count(code) == 2
    assert "\x1b" not in said(capsys, library, "search", "green", "--no-pictures")[1]
    away = (library / "thumbs").rename(library / "no thumbs")
    status, out, _ = said(capsys, library, "search", "green", "--limit", "2")
    away.rename(library / "thumbs")
    assert status == 0
    assert "two.mp4" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"KONSOLE_VERSION": "230401"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM_PROGRAM": "iTerm.app", "TMUX": "/tmp/x"}, None),
        ({"TERM": "xterm-256color"}, None),
    ],
)
def test_pictures_are_for_terminals_that_show_them(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], protocol: str | None
) -> None:
    for name in ("TERM", "TERM_PROGRAM", "TMUX", "KITTY_WINDOW_ID", "KONSOLE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert picture_protocol() == protocol
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert picture_protocol() is None


def test_eval_measures_keeps_and_compares(
    capsys: pytest.CaptureFixture[str], library: Path, videos: Path, tmp_path: Path
) -> None:
    queries = [
        {"text": "blue", "type": "colour", "video": str(videos / "one.mp4"), "start_s": 4, "end_s": 8},
        {"text": "cyan", "type": "colour", "video": str(videos / "three.mp4"), "start_s": 0, "end_s": 4},
        {"text": "green", "type": "colour", "video": str(videos / "one.mp4"), "start_s": 0, "end_s": 1},
    ]
    (tmp_path / "m.json").write_text(json.dumps({"queries": queries}), "utf-8")
    run = tmp_path / "run.json"
    code, out, _ = said(capsys, library, "eval", tmp_path / "m.json", "--ablate", "--out", run, "--calibrate")
    assert code == 0
    assert "| frames alone | 3 |" in out
    assert "| full chain | 3 | 66.7 " in out
    assert "[calibration]" in out
    stored = json.loads(run.read_text("utf-8"))["runs"][-1]
    assert stored["figures"]["R@1"]["value"] == pytest.approx(2 / 3)
    _, out, _ = said(capsys, library, "eval", tmp_path / "m.json", "--compare", run)
    assert "| R@1 | +0.0 [+0.0, +0.0] | 1.000 |" in out


def test_eval_refuses_videos_that_are_not_indexed(
    capsys: pytest.CaptureFixture[str], library: Path, tmp_path: Path
) -> None:
    (tmp_path / "m.json").write_text('{"queries": [{"text": "a", "video": "gone.mp4"}]}', "utf-8")
    code, _, err = said(capsys, library, "eval", tmp_path / "m.json")
    assert code == 1
    assert "Index its folder first" in err


def test_a_corrected_caption_is_found_by_word_and_by_meaning(library: Path) -> None:
    from engine.search.opening import SearchDesk  # noqa: PLC0415
    from engine.types import Span  # noqa: PLC0415

    with SearchDesk(library, dict, pack="tiny", follow=lambda: None) as desk:
        desk.catch_up()
        video = desk.searcher.search("white").hits[0].video_id
        desk.correct_caption(Moment(video, 5.0), Span(4.0, 8.0), "water left")
        hit = desk.searcher.search('"water left"').hits[0]
        assert hit.video_id == video
        assert hit.caption == "water left"
        assert desk.sides[0].index.kind("caption").columns.alive_count >= 1


@pytest.mark.parametrize(("time_s", "text"), [(0, "0:00.0"), (65.24, "1:05.2"), (3725.96, "1:02:06.0")])
def test_times_are_written_as_players_do(time_s: float, text: str) -> None:
    assert clock(time_s) == text


def test_pictures_for_kitty_come_in_pieces() -> None:
    code = kitty_picture(bytes(64 * 40 * 3), 64, 40)
    assert code.startswith("\x1b_Gf=24,s=64,v=40,a=T")
    assert code.count("\x1b_G") == 3
    assert code.count("m=0;") == 1
