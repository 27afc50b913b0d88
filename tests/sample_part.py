"""A part of the sample library, for tests that do not need all of it."""

from __future__ import annotations

import pytest

from engine.demo import clips, questions
from engine.demo.samples import CLIPS

PART = tuple(clip for clip in CLIPS if clip.name in ("January weekend", "Fortnight", "Four drivers"))


def use_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sample library consist of `PART` and the questions that it answers."""
    for module in (clips, questions):
        monkeypatch.setattr(module, "CLIPS", PART)
    left = tuple(one for one in questions.QUESTIONS if one.type == "not there" or list(questions.answers(one)))
    monkeypatch.setattr(clips, "QUESTIONS", left)
