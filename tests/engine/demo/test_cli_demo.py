"""`reelfind demo` from end to end with the pack that ships, over a part of the sample clips."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine import cli_demo
from engine.cli import main
from engine.demo import clips
from engine.evaluate import read_manifest
from engine.paths import sample_dir
from tests.sample_part import PART, use_part


@pytest.fixture(autouse=True)
def _part(monkeypatch: pytest.MonkeyPatch) -> None:
    use_part(monkeypatch)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo ran once, as a program would run it."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patched:
        use_part(patched)
        assert main(["demo", "--no-window", "--folder", str(folder)]) == 0
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["demo", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_json_tells_all_of_it_and_a_second_run_does_nothing_twice(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder / "clips").iterdir()}
    monkeypatch.setattr(clips, "draw", None)
    code, out, err = said(capsys, "--json", "--folder", folder)
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert (told["drawn"], told["videos"], told["failed"]) == (0, len(PART), 0)
    assert {path: path.stat().st_mtime_ns for path in (folder / "clips").iterdir()} == before
    assert [one["text"] for one in told["queries"]] == [
        task.text for task in read_manifest(Path(told["manifest"])).tasks
    ]
    for one in told["queries"]:
        assert {"text", "type", "rank", "confident", "right", "hit", "truth"} == set(one)
        for right in one["truth"]:
            assert Path(right["video"]).parent == folder / "clips"


def test_right_is_what_agrees_with_the_truth(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    told = json.loads(said(capsys, "--json", "--folder", folder)[1])
    for one in (each for each in told["queries"] if each["truth"]):
        hit = one["hit"]
        is_right = any(
            hit["video"] == right["video"] and right["start_s"] <= hit["best_s"] <= right["end_s"]
            for right in one["truth"]
        )
        assert one["right"] == is_right == (one["rank"] == 1), one["text"]


def test_the_starter_pack_finds_more_than_luck_would(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    told = json.loads(said(capsys, "--json", "--folder", folder)[1])
    ranks = [one["rank"] for one in told["queries"] if one["truth"]]
    first = sum(rank == 1 for rank in ranks)
    # Each clip has about a dozen moments and a right answer covers four; by luck one in ten would be first.
    assert first / len(ranks) >= 0.6


def test_people_get_a_table_of_queries_hits_and_truth(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, _ = said(capsys, "--no-window", "--folder", folder)
    assert code == 0
    row = next(line for line in out.splitlines() if "child jumping into the sea" in line)
    assert row.endswith("Fortnight 0:00.0-0:04.0")
    assert "an elephant in a zoo" in out
    assert "found the right moment first" in out
    assert f'reelfind search "WORDS" --library "{folder / "library"}"' in out


def test_with_a_display_it_ends_in_the_window(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    opened: list[Path] = []

    def window(library: Path) -> int:
        opened.append(library)
        return 7

    assert main(["demo", "--folder", str(folder)], window) == 7
    assert opened == [folder / "library"]
    assert main(["demo", "--folder", str(folder), "--no-window"], window) == 0
    assert main(["demo", "--folder", str(folder), "--json"], window) == 0
    assert len(opened) == 1


def test_a_library_of_the_users_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = said(capsys, "--library", tmp_path / "mine")
    assert code == 1
    assert "--folder DIR" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders are Linux's")
def test_without_a_folder_it_lies_beside_the_users_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    asked: list[Path] = []

    def stop(folder: Path, *_: object) -> Path:
        asked.append(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_demo, "make_clips", stop)
    assert main(["demo"]) == 130
    assert asked == [sample_dir() / "clips"] == [tmp_path / "reelfind-sample" / "clips"]


def test_a_folder_that_cannot_be_written_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    code, _, err = said(capsys, "--folder", tmp_path / "file")
    assert code == 1
    assert err.count("\n") == 1
    assert "cannot be written" in err


def test_a_damaged_clip_is_drawn_and_looked_at_again(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    victim = folder / "clips" / f"{PART[0].name}.mp4"
    victim.write_bytes(victim.read_bytes()[:10_000])
    told = json.loads(said(capsys, "--json", "--folder", folder)[1])
    assert (told["drawn"], told["videos"], told["failed"]) == (1, len(PART), 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent in another way there")
def test_ctrl_c_while_drawing_leaves_whole_clips_only(tmp_path: Path) -> None:
    """A real process, and the whole sample library: it is stopped while the first clips are being drawn."""
    command = [sys.executable, "-m", "engine", "demo", "--no-window", "--folder", str(tmp_path)]
    # Where the tests themselves run in the background Ctrl+C is ignored, and a child would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        signal.signal(signal.SIGINT, before)
        nap = threading.Event()
        while process.poll() is None and not list((tmp_path / "clips").glob(f"*{clips.UNFINISHED}")):
            nap.wait(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "Stopped. What was finished is kept; the same command goes on with the rest.\n"
    assert list((tmp_path / "clips").glob(f"*{clips.UNFINISHED}")) == []
