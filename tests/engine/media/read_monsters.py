"""Reads the files named on the command line and prints a line of JSON for each. A process of its own, because a
decoder that hangs or crashes on a monster should fail one test and not end the run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.errors import MediaError
from engine.media.decode import keyframes
from engine.media.probe import probe

SIZE = 64


def read(path: Path) -> dict[str, object]:
    try:
        facts = probe(path)
        frames = sum(1 for _ in keyframes(path, size=SIZE))
    except MediaError as error:
        return {"outcome": "failed", "subject": error.subject, "reason": error.reason, "remedy": error.remedy}
    return {"outcome": "indexed", "frames": frames, "duration_s": facts.duration_s}


def main(paths: list[str]) -> None:
    for path in paths:
        json.dump({"path": path, **read(Path(path))}, sys.stdout)
        sys.stdout.write("\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
