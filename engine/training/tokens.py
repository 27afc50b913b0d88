"""The pack's tokenizer: byte-pair pieces of lower-case English captions, about 8,000, learned from training text.

Lower case because captions differ in case for no reason; the tokenizer does it itself, so callers need not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from engine.errors import TrainingError

PAD, START, END, MASK, UNKNOWN = "[PAD]", "[START]", "[END]", "[MASK]", "[UNK]"
SPECIAL = (PAD, START, END, MASK, UNKNOWN)
PAD_ID, START_ID, END_ID, MASK_ID, UNKNOWN_ID = range(len(SPECIAL))

Ids = npt.NDArray[np.int64]


def train_tokenizer(sentences: Iterable[str], vocabulary: int) -> Tokenizer:
    """Learn pieces from `sentences`; encoding puts START and END around each text."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=3, special_tokens=list(SPECIAL), show_progress=False
    )
    tokenizer.train_from_iterator(sentences, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, START_ID), (END, END_ID)]
    )
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer stored at `path`."""
    if not path.is_file():
        raise TrainingError(str(path), "the tokenizer has not been trained", "Run `reelfind train prepare` first")
    return Tokenizer.from_file(str(path))


def encode(tokenizer: Tokenizer, texts: Sequence[str], length: int) -> Ids:
    """Ids [N, length], cut or padded; a cut text keeps its END."""
    ids = np.full((len(texts), length), PAD_ID, dtype=np.int64)
    for row, encoding in enumerate(tokenizer.encode_batch(list(texts))):
        found = encoding.ids if len(encoding.ids) <= length else [*encoding.ids[: length - 1], END_ID]
        ids[row, : len(found)] = found
    return ids
