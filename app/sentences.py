"""What the engine says, in the user's language. The engine speaks English alone: its sentences are found again here.

A catalogue holds them as they stand in the engine's code, with {1}, {2} for what is filled in there. So nothing is
lost of a detail, old libraries are translated too, and a new sentence needs a line in each catalogue and no more. That
of English holds what the engine says of commands, where the window has a button.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_BLANK = re.compile(r"\{\d+\}")


class Sentences:
    def __init__(self) -> None:
        self._whole: Mapping[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []

    def use(self, catalogue: Mapping[str, str]) -> None:
        self._whole = catalogue
        # The more a sentence says of itself, the less it can be taken for another.
        with_blanks = sorted((text for text in catalogue if _BLANK.search(text)), key=_own_length, reverse=True)
        self._patterns = [(_pattern(text), catalogue[text]) for text in with_blanks]

    def said(self, text: str) -> str:
        """The sentence in the catalogue's language, and so what is filled into it; as it is where it is not known."""
        if text in self._whole:
            return self._whole[text]
        for pattern, said in self._patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                return said.format("", *(self.said(one) for one in found.groups()))
        return text


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in _BLANK.split(text)), re.DOTALL)


def _own_length(text: str) -> int:
    return len(_BLANK.sub("", text))
