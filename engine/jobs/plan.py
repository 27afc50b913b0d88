"""What an indexing run shall do, and what the parent and its child both need to know of each other.

Apart from the run itself, so that the window need not load decoders and encoders that only the child uses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

CANCELLED = 3
"""The child's exit code after it was told to stop."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run shall do. No folders means all that the library knows."""

    folders: tuple[Path, ...] = ()
    watch: bool = False
    describe: bool = True
    skip: frozenset[str] = frozenset()
    only_watched: bool = False
    """Of the folders that the library knows, leave alone those that nobody watches."""


def plan_to_json(plan: Plan) -> str:
    return json.dumps(
        {
            "folders": [str(folder) for folder in plan.folders],
            "watch": plan.watch,
            "describe": plan.describe,
            "skip": sorted(plan.skip),
            "only_watched": plan.only_watched,
        }
    )


def plan_from_json(text: str) -> Plan:
    values = json.loads(text)
    folders = tuple(Path(folder) for folder in values["folders"])
    return Plan(folders, values["watch"], values["describe"], frozenset(values["skip"]), values["only_watched"])
