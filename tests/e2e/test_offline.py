"""Nothing leaves the machine: index and search, child process included, without a network and without a socket."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.libraries import tiny_library
from tests.scenes import draw

NO_SOCKETS = [sys.executable, str(Path(__file__).parents[1] / "no_sockets.py")]

GUARD = """
import os, sys
def refuse(event, _values):
    if event.startswith("socket."):
        os.write(2, b"a socket was opened")
        os._exit(99)
sys.addaudithook(refuse)
"""
"""Cannot be taken off again, and sees each way Python has to a socket. For systems that can cut nothing off."""


def _works(words: Sequence[str]) -> bool:
    return (
        bool(shutil.which(words[0]))
        and subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0
    )


def _network_cut() -> list[str]:
    return next((words for words in (["unshare", "-n"], ["unshare", "-rn"]) if _works(words)), [])


def _without_network() -> list[str]:
    return _network_cut() or pytest.skip("this system cannot take the network from a program")


def _without_sockets() -> list[str]:
    return NO_SOCKETS if _works(NO_SOCKETS) else pytest.skip("this system cannot forbid sockets to a program")


@pytest.fixture(params=["no network", "no socket", "guard"])
def words_before(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands before a command so that it, and all it starts, is cut off."""
    if request.param == "guard":
        folder = tmp_path / "guard"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(GUARD, "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(folder))
        return []
    return _without_network() if request.param == "no network" else _without_sockets()


def test_index_and_search_work_cut_off(words_before: list[str], tmp_path: Path) -> None:
    library, videos = tmp_path / "library", tmp_path / "videos"
    tiny_library(library)
    draw(videos / "a.mp4", [("red", 2.0), ("blue", 2.0)])
    outputs = []
    for words in (["index", str(videos)], ["search", "blue"]):
        command = [*words_before, sys.executable, "-m", "engine", "--json", "--library", str(library), *words]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        outputs.append(json.loads(done.stdout.splitlines()[-1]))
    assert outputs[0]["videos"] == 1
    assert outputs[0]["failed"] == []
    assert Path(outputs[1]["hits"][0]["video"]).name == "a.mp4"
    assert outputs[1]["hits"][0]["best_s"] >= 1.9


SOCKET = "import socket, subprocess, sys; {}"
OPENS = "socket.socket()"
CHILD_OPENS = "sys.exit(subprocess.run([sys.executable, '-c', 'import socket; socket.socket()']).returncode)"


@pytest.mark.parametrize("code", [OPENS, CHILD_OPENS], ids=["itself", "its child"])
def test_the_guard_bites(code: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD, "utf-8")
    command = [sys.executable, "-c", SOCKET.format(code)]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, check=False, capture_output=True, text=True)
    assert done.returncode == 99
    assert "a socket was opened" in done.stderr


@pytest.mark.parametrize("code", [OPENS, CHILD_OPENS], ids=["itself", "its child"])
def test_the_filter_of_the_system_bites(code: str) -> None:
    command = [*_without_sockets(), sys.executable, "-c", SOCKET.format(code)]
    done = subprocess.run(command, check=False, capture_output=True)
    # A process that hands on what its child ended with can only say so in its low byte.
    assert done.returncode in (-signal.SIGSYS, 256 - signal.SIGSYS)


def test_without_a_network_nothing_is_reached() -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run(
        [*_without_network(), sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert "unreachable" in done.stderr
