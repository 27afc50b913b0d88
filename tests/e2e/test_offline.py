"""Nothing leaves the machine: index and search with every way to the network cut, by the system where it can."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.libraries import tiny_library
from tests.scenes import draw

GUARD = """
import socket
def refuse(*_args, **_options):
    raise SystemExit("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = socket.socket.bind = refuse
socket.getaddrinfo = socket.create_connection = refuse
"""


def cut_off() -> list[str]:
    """The words before a command that take the network from it, where this system knows them."""
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if (
            shutil.which(words[0])
            and subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0
        ):
            return words
    return []


def test_index_and_search_work_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library, videos = tmp_path / "library", tmp_path / "videos"
    tiny_library(library)
    draw(videos / "a.mp4", [("red", 2.0), ("blue", 2.0)])
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(guard))
    outputs = []
    for words in (["index", str(videos)], ["search", "blue"]):
        command = [*cut_off(), sys.executable, "-m", "engine", "--json", "--library", str(library), *words]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        outputs.append(json.loads(done.stdout.splitlines()[-1]))
    assert outputs[0]["videos"] == 1
    assert Path(outputs[1]["hits"][0]["video"]).name == "a.mp4"
    assert outputs[1]["hits"][0]["best_s"] >= 1.9


def test_the_guard_of_this_test_bites(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD, "utf-8")
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, check=False, capture_output=True, text=True
    )
    assert "a socket was opened" in done.stderr
