"""The feature cache: what a frame encoder saw in each photo, on disk, so that every later step trains on arrays.

One folder is one revision of one encoder, `RUN/cache` for the encoder that counts:
`tokens.npy` float16 [N, 16, 128], a 4x4 grid row by row, left to right; `vectors.npy` float32 [N, 256], unit rows;
`names.json`, the photo's name for each row; `cache.json`, the revision and shapes. All splits share the folder.

    cache = open_cache(run_dir / "cache")            # arrays are memory maps
    photos = load_photos(data_dir, "train")          # engine.training.data: Photo(name, captions, split)
    rows = cache.rows(photo.name for photo in photos)
    text = load_text(run_dir)                        # engine.training.parts.text
    vectors = text.vectors(["a dog runs"], role=QUERY)  # float32 [1, 256], unit rows; CAPTION for captions

A folder is written beside the old one and swapped in by a rename: a reader sees one revision or the other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import TrainingError

TOKENS_PER_FRAME = 16
"""A 4x4 grid: few enough to store for every frame of a library, enough to say where something is."""
TOKEN_WIDTH = 128
VECTOR_WIDTH = 256


@dataclass(frozen=True, slots=True)
class FeatureCache:
    """Features of every photo under one revision of the frame encoder; one row a photo."""

    revision: str
    names: tuple[str, ...]
    tokens: npt.NDArray[np.float16]
    vectors: npt.NDArray[np.float32]

    def rows(self, names: Iterable[str]) -> npt.NDArray[np.int64]:
        """Row numbers of the named photos, in the order asked for."""
        row_of = {name: row for row, name in enumerate(self.names)}
        return np.array([row_of[name] for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class FeatureBatch:
    """Features of a few photos on their way into a cache."""

    names: tuple[str, ...]
    tokens: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.float32]


def write_cache(folder: Path, revision: str, names: Sequence[str], batches: Iterable[FeatureBatch]) -> None:
    """Store the features of `names`; `batches` must bring each of them once, in that order."""
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    tokens = np.lib.format.open_memmap(
        new / "tokens.npy", "w+", np.float16, (len(names), TOKENS_PER_FRAME, TOKEN_WIDTH)
    )
    vectors = np.lib.format.open_memmap(new / "vectors.npy", "w+", np.float32, (len(names), VECTOR_WIDTH))
    for rows, batch in _placed(names, batches):
        tokens[rows] = batch.tokens
        vectors[rows] = batch.vectors
    tokens.flush()
    vectors.flush()
    (new / "names.json").write_text(json.dumps(list(names)), encoding="utf-8")
    about = {"revision": revision, "tokens": list(tokens.shape), "vectors": list(vectors.shape)}
    (new / "cache.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    _swap_in(new, folder)


def open_cache(folder: Path) -> FeatureCache:
    """The cache in `folder`, its arrays mapped and not read."""
    try:
        about = json.loads((folder / "cache.json").read_text(encoding="utf-8"))
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        tokens = np.load(folder / "tokens.npy", mmap_mode="r")
        vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise TrainingError(
            str(folder),
            f"no complete feature cache is there ({error})",
            "Run `reelfind train retriever` first",
        ) from error
    return FeatureCache(str(about["revision"]), tuple(names), tokens, vectors)


def _placed(names: Sequence[str], batches: Iterable[FeatureBatch]) -> Iterator[tuple[slice, FeatureBatch]]:
    start = 0
    for batch in batches:
        stop = start + len(batch.names)
        if tuple(names[start:stop]) != batch.names:
            raise ValueError(f"features came out of order at row {start}")
        yield slice(start, stop), batch
        start = stop
    if start != len(names):
        raise ValueError(f"features for {start} of {len(names)} photos")


def _swap_in(new: Path, folder: Path) -> None:
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
