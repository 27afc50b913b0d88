"""The full-text leg: which texts hold the words of a query, and how much of the query each of them covers.

A rare word counts for more than a common one. A word that is everywhere is not looked for: it would cost much and
say nothing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from engine.search.query import Part, Term
from engine.store.search import TextMatch, count_texts, holds, most_telling, text_matches, texts_of, texts_with
from engine.types import TextId, VideoId

TOO_COMMON = 5000
MOST_TEXTS = 300
_SILENT = """
a an and are as at be been by do does for from has have he her his i in into is it its of on or our she that the their
there they this to was we were who with you your
"""
SILENT = frozenset(_SILENT.split())
"""Words that say nothing of what is to be seen; they count only where a query has no others."""
_ENDINGS = ("ing", "ed", "es", "s")
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class WordHit:
    """One text and the share of the query it covers, from 0 to 1."""

    match: TextMatch
    coverage: float


def tokens_of(text: str) -> tuple[str, ...]:
    """Words as the full-text index has them: no case, no accents."""
    if text.isascii():
        return tuple(_TOKEN.findall(text.lower()))
    apart = unicodedata.normalize("NFD", text.lower())
    bare = "".join(mark for mark in apart if not unicodedata.combining(mark))
    return tuple(_TOKEN.findall(unicodedata.normalize("NFC", bare)))


def find_words(db: Database, part: Part, videos: Sequence[VideoId] | None = None) -> list[WordHit]:
    """Texts, of some videos or of all, that hold words of the part; those that cover most of it first."""
    size = max(1, count_texts(db))
    found = [(term.weight, _texts_that_hold(db, term)) for term in _telling(part)]
    rare = [(weight * math.log(1.0 + size / max(1, len(ids))), ids) for weight, ids in found if len(ids) <= TOO_COMMON]
    total = sum(weight for weight, _ in rare)
    if total <= 0:
        return []
    covered: dict[TextId, float] = {}
    for weight, ids in rare:
        for text_id in ids:
            covered[text_id] = covered.get(text_id, 0.0) + weight
    matches = text_matches(db, _best(db, covered, videos))
    hits = [WordHit(match, covered[match.text_id] / total) for match in matches]
    return sorted(hits, key=lambda hit: (-hit.coverage, len(hit.match.text), hit.match.text_id))


def is_said(db: Database, term: Term, videos: Sequence[VideoId] | None = None) -> bool:
    """Whether any text holds the term."""
    match = expression(term)
    return bool(match) and holds(db, match, videos)


def expression(term: Term) -> str:
    """A term in FTS5's language: in quotes, so that nothing a user types is an operator."""
    tokens = list(tokens_of(term.text))
    if not tokens:
        return ""
    if term.is_phrase or len(tokens) > 1:
        return _quoted(" ".join(tokens))
    if _has_no_spaces_between_words(tokens[0]):
        return _quoted(tokens[0]) + "*"
    return "(" + " OR ".join(_quoted(form) for form in variants(tokens[0])) + ")"


def variants(word: str) -> tuple[str, ...]:
    """A word and its plain English forms: jumps, jump, jumped, jumping."""
    stems = [word, *(word.removesuffix(end) for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 3)]
    forms = [stem + end for stem in stems for end in ("", *_ENDINGS)]
    return tuple(dict.fromkeys(forms))


def _telling(part: Part) -> list[Term]:
    terms = [term for term in part.words if tokens_of(term.text)]
    return [term for term in terms if term.is_phrase or term.text.casefold() not in SILENT] or terms


def _texts_that_hold(db: Database, term: Term) -> list[TextId]:
    """One more than count as rare, at most."""
    found = texts_with(db, expression(term), TOO_COMMON + 1)
    if not found and not term.is_phrase and len(term.text) >= 2:
        # Perhaps a word that is still being typed.
        found = texts_with(db, _quoted(tokens_of(term.text)[-1]) + "*", TOO_COMMON + 1)
    return found


def _best(db: Database, covered: Mapping[TextId, float], videos: Sequence[VideoId] | None) -> list[TextId]:
    """Those that cover most, `MOST_TEXTS` of them; of those that cover as much as the last one, the most telling."""
    ids = list(covered) if videos is None else list(texts_of(db, list(covered), videos))
    if len(ids) <= MOST_TEXTS:
        return ids
    least = sorted((covered[each] for each in ids), reverse=True)[MOST_TEXTS - 1]
    above = [each for each in ids if covered[each] > least]
    return above + most_telling(db, [each for each in ids if covered[each] == least], MOST_TEXTS - len(above))


def _has_no_spaces_between_words(word: str) -> bool:
    """Chinese, Japanese, Korean: a word of the query is often the beginning of a longer run of letters."""
    return any(ord(mark) >= 0x2E80 for mark in word)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
