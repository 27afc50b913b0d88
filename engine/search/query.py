"""What a query means, as data: parts that follow each other, what must not be there, filters, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.types import Chip

FilterKey = Literal[
    "in", "name", "after", "before", "longer", "shorter", "camera", "tag", "rating", "said", "type", "offline"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words in quotes that must occur exactly so."""

    text: str
    is_phrase: bool = False
    weight: float = 1.0

    def spelled(self) -> str:
        body = quoted(self.text) if self.is_phrase else self.text
        return body if self.weight == 1.0 else f"{body}^{self.weight:g}"


@dataclass(frozen=True, slots=True)
class Condition:
    """`in:holiday`, or `-in:holiday` when negated. `value` is checked and in its shortest form."""

    key: FilterKey
    value: str
    is_negated: bool = False

    def spelled(self) -> str:
        return f"{'-' if self.is_negated else ''}{self.key}:{quoted_if_needed(self.value)}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one moment shows."""

    terms: tuple[Term, ...]

    @property
    def text(self) -> str:
        """The part as a sentence for the text encoder; a word of weight zero is left out."""
        return " ".join(term.text for term in self.terms if term.weight > 0)

    @property
    def phrases(self) -> tuple[str, ...]:
        return tuple(term.text for term in self.terms if term.is_phrase)

    @property
    def words(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.weight > 0)


@dataclass(frozen=True, slots=True)
class Query:
    parts: tuple[Part, ...] = ()
    """One, or several that follow each other in one video."""
    absent: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def has_text(self) -> bool:
        return any(part.text for part in self.parts)

    @property
    def is_empty(self) -> bool:
        return not (self.parts or self.absent or self.conditions)

    def chips(self) -> tuple[Chip, ...]:
        """The query as it was understood, piece by piece; what was left out comes last and means nothing."""
        chips: list[Chip] = []
        for at, part in enumerate(self.parts):
            if at:
                chips.append(Chip("then", ">"))
            chips += [Chip("phrase" if term.is_phrase else "word", term.spelled()) for term in part.terms]
        chips += [Chip("not", "-" + term.spelled()) for term in self.absent]
        chips += [Chip("filter", condition.spelled()) for condition in self.conditions]
        return tuple(chips)

    def spelled(self) -> str:
        return " ".join(chip.text for chip in self.chips())


def quoted(text: str) -> str:
    return f'"{text}"'


def quoted_if_needed(text: str) -> str:
    plain = not any(mark.isspace() or mark == '"' for mark in text)
    return text if plain and text else quoted(text)
