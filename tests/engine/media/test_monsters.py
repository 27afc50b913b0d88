"""Every broken, lying or oddly named file is either read or refused in a sentence; none hangs or crashes the reader."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.monsters import MONSTERS, Built, Monster, build

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 180


@dataclass(frozen=True, slots=True)
class Reading:
    made: dict[str, Built]
    answers: dict[str, dict[str, object]]
    complaint: str


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """All monsters read once, in a child; after a crash or a hang the answers end at the guilty file."""
    made = {built.monster.file_name: built for built in build(tmp_path_factory.mktemp("monsters"))}
    # The link back to its own folder is a scan's business: it leads to a folder, and no reader is handed one.
    paths = [str(built.path) for name, built in made.items() if name != "up"]
    command = [sys.executable, "-m", "tests.engine.media.read_monsters", *paths]
    try:
        child = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=False)
        output, complaint = child.stdout, _text(child.stderr)[-2000:]
    except subprocess.TimeoutExpired as hung:
        output, complaint = hung.stdout or b"", f"still busy after {PATIENCE_S} s"
    answers = [json.loads(line) for line in output.splitlines()]
    return Reading(made, {Path(answer["path"]).name: answer for answer in answers}, complaint)


READABLE = [monster for monster in MONSTERS if monster.file_name != "up"]


@pytest.mark.parametrize("monster", READABLE, ids=lambda monster: ascii(monster.file_name)[1:40])
def test_a_monster_is_read_or_refused_in_a_sentence(monster: Monster, reading: Reading) -> None:
    if monster.file_name not in reading.made:
        pytest.skip("this file system cannot hold it")
    assert monster.file_name in reading.answers, reading.complaint
    answer = reading.answers[monster.file_name]
    wanted = {"either": {"indexed", "failed"}, "ignored": {"failed"}}.get(monster.outcome, {monster.outcome})
    assert answer["outcome"] in wanted, answer
    if answer["outcome"] == "failed":
        words = [str(answer[part]) for part in ("subject", "reason", "remedy")]
        assert all(words)
        assert not any("Traceback" in word or "Errno" in word for word in words)
    else:
        assert answer["frames"], answer


def test_reading_monsters_prints_nothing_of_its_own(reading: Reading) -> None:
    assert reading.complaint == ""


def test_ten_claimed_hours_do_not_make_ten_hours_of_frames(reading: Reading) -> None:
    frames = reading.answers["ten-hours.mp4"]["frames"]
    assert isinstance(frames, int)
    assert 1 <= frames <= 10
