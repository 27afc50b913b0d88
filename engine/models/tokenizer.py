"""Text to token ids and back, with the pack's own `tokenizer.json`. Any text is accepted; a long one is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer as RustTokenizer

from engine.models.manifest import pack_error
from engine.models.pack import Pack

_CHARACTERS_A_TOKEN = 64
_MAX_FILE_BYTES = 64 * 1024 * 1024

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Rows padded to one length; the mask is 1 on real tokens."""

    ids: Ids
    mask: Ids


class Tokenizer:
    """Safe to share between threads: it is not changed after it is made."""

    def __init__(self, pack: Pack) -> None:
        spec = pack.tokenizer
        self._inner = _load(pack)
        self._inner.no_truncation()
        self._inner.no_padding()
        self.max_tokens = spec.max_tokens
        self._pads_to_max = spec.pad_to == "max"
        self.pad_id = self._special(pack, spec.pad) or 0
        self.start_id = self._special(pack, spec.start)
        self.end_id = self._special(pack, spec.end)
        added = self._inner.get_added_tokens_decoder()
        self.special_ids = frozenset(number for number, token in added.items() if token.special)

    def encode(self, texts: Sequence[str], limit: int | None = None) -> TokenBatch:
        """`limit` cuts shorter than the pack's own bound."""
        most = min(limit or self.max_tokens, self.max_tokens)
        rows = [self._ids(text, most) for text in texts]
        longest = max((len(row) for row in rows), default=1)
        width = most if self._pads_to_max else longest
        ids = np.full((len(rows), width), self.pad_id, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        return TokenBatch(ids, mask)

    def decode(self, ids: Sequence[int]) -> str:
        """Words without the special tokens."""
        return self._inner.decode(list(ids), skip_special_tokens=True).strip()

    def token(self, token_id: int) -> str:
        return self._inner.id_to_token(token_id) or ""

    def _ids(self, text: str, most: int) -> list[int]:
        short = text[: self.max_tokens * _CHARACTERS_A_TOKEN]
        # Half of a surrogate pair is legal in a Python string and in no encoding.
        clean = short.encode("utf-8", "replace").decode("utf-8")
        # One row at a time: the batch call starts threads that a later fork would complain about.
        ids: list[int] = self._inner.encode(clean).ids or [self.pad_id]
        # A text that was cut keeps its end.
        return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]

    def _special(self, pack: Pack, token: str) -> int | None:
        if not token:
            return None
        found = self._inner.token_to_id(token)
        if found is None:
            raise pack_error(pack.folder, f"its tokenizer does not know the token {token!r} that pack.toml names")
        return found


def _load(pack: Pack) -> RustTokenizer:
    path = pack.tokenizer.path
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise pack_error(pack.folder, f"{path.name} is larger than {_MAX_FILE_BYTES // 1024**2} MB")
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise pack_error(pack.folder, f"{path.name} cannot be read: {error}") from error
    try:
        return RustTokenizer.from_str(text)
    # The library raises plain Exception for a file it cannot use, nothing narrower.
    except Exception as error:
        raise pack_error(pack.folder, f"{path.name} is not a usable tokenizer: {str(error)[:200]}") from error
