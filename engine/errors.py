"""Errors that cross borders. An expected error is the world's fault and carries a sentence; anything else is a bug."""

from __future__ import annotations


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class ExpectedError(EngineError):
    """Something outside the program went wrong: says what, why, and what to do about it."""

    def __init__(self, subject: str, reason: str, remedy: str) -> None:
        super().__init__(subject, reason, remedy)
        self.subject = subject
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}. {self.remedy}."


class MediaError(ExpectedError):
    """A file that cannot be read as a video."""


class StoreError(ExpectedError):
    """The library cannot be opened, read or written."""


class PackError(ExpectedError):
    """A model pack is missing, damaged or does not keep its promises."""


class TrainingError(ExpectedError):
    """A training step cannot run: data, disk or the [train] extra is missing."""


class Cancelled(EngineError):
    """The user asked to stop. Not an error: nobody shows it."""
