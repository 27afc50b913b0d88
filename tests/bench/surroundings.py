"""What a program that is measured is started in."""

from __future__ import annotations

import os


def of_a_shell(**more: str) -> dict[str, str]:
    """As a person's shell has them: with Python keeping what it has compiled from one start to the next."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | more
