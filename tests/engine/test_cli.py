"""The command line as a user types it: exit codes, sentences on stderr, JSON that keeps its promise."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from engine.cli import COMMANDS, build_parser, main
from tests.libraries import tiny_library
from tests.scenes import draw


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("videos")
    draw(top / "red.mp4", [("red", 3.0), ("blue", 3.0)])
    (top / "notes.mp4").write_text("no video at all, only words, and enough of them", "utf-8")
    return top


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, videos: Path) -> Path:
    folder = tmp_path_factory.mktemp("library")
    tiny_library(folder)
    assert main(["index", "--library", str(folder), str(videos)]) == 0
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_index_prints_events_and_ends_with_done(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, videos: Path
) -> None:
    code, out, _ = said(capsys, "index", "--json", "--library", tiny_library(tmp_path / "new"), videos)
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    done = events[-1]
    assert done["event"] == "done"
    assert {"videos", "moments", "skipped", "failed", "video_s", "took_s"} <= set(done)
    assert set(done["failed"][0]) == {"path", "stage", "reason", "remedy"}
    assert (done["videos"], len(done["failed"])) == (1, 1)


def test_a_folder_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = said(capsys, "index", "--library", tmp_path / "lib", tmp_path / "nothing")
    assert code == 1
    assert err.count("\n") == 1
    assert "there is no such folder" in err
    assert "Traceback" not in err


def test_errors_are_json_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = said(capsys, "--json", "status", "--library", tmp_path / "nothing")
    assert code == 1
    assert json.loads(out)["event"] == "error"


@pytest.mark.parametrize("words", [["nonsense"], ["index", "--nonsense"], ["forget"]])
def test_wrong_usage_is_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_no_command_shows_the_first_steps(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys)
    assert code == 0
    assert "reelfind index FOLDER" in out


def test_status_counts_and_tells_the_trouble(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    _, out, _ = said(capsys, "status", "--library", library)
    assert "1 video in 1 file" in out
    assert "notes.mp4" in out
    code, out, _ = said(capsys, "--library", library, "status", "--json")
    values = json.loads(out)
    assert (code, values["videos"], values["waiting_look"], len(values["failed"])) == (0, 1, 0, 1)


def test_retry_forgets_failures_once(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    assert "1 failure forgotten" in said(capsys, "retry", "--library", library)[1]
    assert "Nothing had failed" in said(capsys, "retry", "--library", library)[1]
    assert said(capsys, "index", "--library", library)[0] == 0


def test_doctor_names_a_remedy_for_each_trouble(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    code, out, _ = said(capsys, "doctor", "--json", "--library", library)
    findings = json.loads(out)["findings"]
    assert {"Python", "FFmpeg", "Model pack", "Disk", "Library"} <= {one["subject"] for one in findings}
    assert all(one["remedy"] for one in findings if one["level"] != "ok")
    assert code == int(any(one["level"] == "problem" for one in findings))


def test_forget_takes_a_video_out_and_leaves_the_original(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, videos: Path
) -> None:
    said(capsys, "index", "--library", tiny_library(tmp_path), videos)
    code, out, _ = said(capsys, "forget", "--library", tmp_path, videos / "red.mp4")
    assert (code, "1 file, 1 video, 0 folders" in out) == (0, True)
    assert (videos / "red.mp4").exists()
    code, _, err = said(capsys, "forget", "--library", tmp_path, videos / "red.mp4")
    assert (code, "not in the library" in err) == (1, True)
    assert "1 folder" in said(capsys, "forget", "--library", tmp_path, videos)[1]
    assert "0 videos in 0 files" in said(capsys, "status", "--library", tmp_path)[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cpu_percent = 0", "must be between 5 and 100"),
        ("colour = 1", 'no setting named "colour"'),
        ('pack = ["a"]', "must be a text in quotes"),
        ("ignore = [1]", "must be a list of texts"),
        ("stall_s = 1e3", "must be a whole number"),
        ("= =", "cannot be read as settings"),
    ],
)
def test_broken_settings_are_one_sentence(
    capsys: pytest.CaptureFixture[str], library: Path, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "settings.toml").write_text(text, "utf-8")
    code, _, err = said(capsys, "index", "--library", tmp_path, library)
    assert code == 1
    assert reason in err
    assert "Traceback" not in err


def test_a_command_is_known_by_the_module_that_is_loaded_for_it() -> None:
    everything = _choices(build_parser())
    assert list(everything) == list(COMMANDS)
    for name, add_parsers in COMMANDS.items():
        alone = _choices(build_parser([name, "x"]))
        assert name in alone
        assert all(COMMANDS[other] is add_parsers for other in alone)


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (choices,) = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    return choices
