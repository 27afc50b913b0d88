"""Bad input by the thousand: containers with bytes flipped, cut, moved and doubled, and queries no one would type.

A container must be read or refused in a sentence, in a process of its own that neither crashes nor hangs. A query
must be answered. Both are drawn from a seed.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.search.searcher import Searcher
from tests import monster_clips as clips

ROOT = Path(__file__).resolve().parents[2]
BATCH = 50
PATIENCE_S = 300
CONTAINERS: dict[str, Callable[[], bytes]] = {
    "mp4": clips.mp4,
    "first.mp4": clips.mp4_index_first,
    "mkv": clips.mkv,
    "webm": clips.webm_vp8,
    "avi": clips.avi,
    "ts": clips.mpeg_ts,
}


@dataclass(frozen=True)
class Read:
    """What came of a number of bad files."""

    tried: int
    read: int
    refused: int
    trouble: tuple[str, ...]
    """Crashes, hangs and answers that are no sentence; each names the file, which is kept."""


def bad_containers(folder: Path, seed: int, number: int) -> Read:
    """Write that many bad files, have each read, and say what came of it."""
    chance = random.Random(seed)
    answers: list[dict[str, str]] = []
    trouble: list[str] = []
    left = [_bad_file(folder, chance, at) for at in range(number)]
    while left:
        batch, left = left[:BATCH], left[BATCH:]
        said, problem = _have_read(batch)
        answers += said
        if problem is not None:
            # The reader died or hung at the first file it did not answer for; it goes on behind that one.
            trouble.append(f"{batch[len(said)]}: {problem}")
            left = batch[len(said) + 1 :] + left
    trouble += [f"{one['path']}: {one}" for one in answers if not _is_answer(one)]
    read = sum(one["outcome"] == "indexed" for one in answers)
    return Read(number, read, len(answers) - read, tuple(trouble))


def _have_read(batch: Sequence[Path]) -> tuple[list[dict[str, str]], str | None]:
    command = [sys.executable, "-m", "tests.engine.media.read_monsters", *map(str, batch)]
    problem = None
    try:
        child = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=False)
        output = child.stdout
        if child.returncode != 0:
            problem = f"the reader ended with {child.returncode}: {child.stderr.decode(errors='replace')[-300:]}"
    except subprocess.TimeoutExpired as hung:
        output, problem = hung.stdout or b"", f"still busy after {PATIENCE_S} s"
    answers = [json.loads(line) for line in output.splitlines() if line.endswith(b"}")]
    return answers, problem


def _is_answer(answer: dict[str, str]) -> bool:
    if answer["outcome"] == "indexed":
        return True
    words = [answer[part] for part in ("subject", "reason", "remedy")]
    return all(words) and not any("Traceback" in word or "Errno" in word for word in words)


def _bad_file(folder: Path, chance: random.Random, number: int) -> Path:
    kind = chance.choice(sorted(CONTAINERS))
    data = CONTAINERS[kind]()
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(WOUNDS)(data, chance)
    path = folder / f"bad {number}.{kind}"
    path.write_bytes(data)
    return path


def _flip(data: bytes, chance: random.Random) -> bytes:
    return clips.flipped(data, chance.randrange(1 << 30), chance.choice((0.0005, 0.005, 0.05)))


def _flip_head(data: bytes, chance: random.Random) -> bytes:
    """Where containers keep what everything else is read by."""
    head = min(len(data), 600)
    return clips.flipped(data[:head], chance.randrange(1 << 30), 0.01) + data[head:]


def _flip_tail(data: bytes, chance: random.Random) -> bytes:
    tail = max(0, len(data) - 1500)
    return data[:tail] + clips.flipped(data[tail:] or b"\0", chance.randrange(1 << 30), 0.005)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)] or b"\0"


def _swap(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.sample(range(len(data) + 1), 2)) if len(data) > 1 else (0, 0)
    return data[second:] + data[first:second] + data[:first] or b"\0"


def _double(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randint(1, 4000)]
    return data[:start] + piece * chance.randint(2, 5) + data[start + len(piece) :]


def _huge_number(data: bytes, chance: random.Random) -> bytes:
    """A size, count or time that says more than there is."""
    at = chance.randrange(max(1, len(data) - 8))
    value = chance.choice((b"\xff" * 4, b"\x7f" + b"\xff" * 7, b"\0" * 4, b"\x80\0\0\0"))
    return data[:at] + value + data[at + len(value) :]


WOUNDS = (_flip, _flip_head, _flip_tail, _cut, _swap, _double, _huge_number)

# --- queries ---------------------------------------------------------------------------------------------------

PIECES = (
    "red", "blue", "dog", "NEAR(", "AND", "OR", "NOT", "*", '"', "''", "(", ")", "{", "}", "^", "-", "--", ">", "> >",
    ":", "in:", "name:", "after:", "before:", "longer:", "shorter:", "camera:", "tag:", "said:", "type:", "offline:",
    "-in:", "2024", "2024-02-30", "9999-99-99", "1e999", "-5m", "99:99:99", "today", "yes", "%_%", "\\", "\0", "\n",
    "\ud800", "\U0001f436", "e\u0301", "\u0643\u0644\u0628", "\u72ac", "\u202e", "a" * 3000, "; DROP TABLE videos; --",
    "../../etc", "file:///", "$(reboot)", "{0}", "%s", "<b>", "&amp;",
)  # fmt: skip


def queries(seed: int, number: int) -> Iterator[str]:
    """Pieces of the query language, of SQL and of what people paste, in any order, with and without spaces."""
    chance = random.Random(seed)
    for _ in range(number):
        joint = chance.choice(("", " ", " ", "  "))
        yield joint.join(chance.choices(PIECES, k=chance.randint(1, 12)))


def answer_all(searcher: Searcher, seed: int, number: int) -> int:
    """Ask that many; whatever is raised is a bug. Returns how many gave hits."""
    return sum(bool(searcher.search(query, limit=5).hits) for query in queries(seed, number))
