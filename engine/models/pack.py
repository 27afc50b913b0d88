"""A model pack: a folder with `pack.toml`, ONNX graphs, a tokenizer and a model card.

`load_pack` reads the manifest and refuses whatever could lead outside the folder; `verify` reads every file and
compares it with its sha256. Neither opens a graph for inference. A manifest is written by strangers.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from engine.models.graphfile import GraphFileError, external_files
from engine.models.manifest import Table, inside, pack_error, read_manifest

FORMAT = 1

Fit = Literal["squash", "crop", "pad"]
Layout = Literal["nhwc_uint8", "nchw_float32"]
PartName = Literal["frame", "text", "clip", "captioner", "likelihood", "scorer"]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a part reads and writes, in our words; the manifest gives each word the graph's own name."""

    needs: frozenset[str]
    may_read: frozenset[str]
    gives: frozenset[str]
    may_give: frozenset[str] = frozenset()


_DECODER = Signature(frozenset({"ids", "frame_tokens"}), frozenset({"frame_mask", "use_cache"}), frozenset({"logits"}))

SIGNATURES: dict[PartName, Signature] = {
    "frame": Signature(frozenset({"image"}), frozenset(), frozenset({"vector"}), frozenset({"tokens"})),
    "text": Signature(frozenset({"ids"}), frozenset({"mask", "role"}), frozenset({"vector"})),
    "clip": Signature(
        frozenset({"frame_vectors"}),
        frozenset({"frame_mask", "caption_vectors", "caption_mask"}),
        frozenset({"vector"}),
    ),
    "captioner": _DECODER,
    # A captioner that learned by likelihood alone: better at judging a query than one that learned from preferences.
    "likelihood": _DECODER,
    "scorer": Signature(
        frozenset({"query_ids", "frame_tokens"}),
        frozenset({"query_mask", "caption_ids", "caption_mask", "frame_mask", "first_score"}),
        frozenset({"logits"}),
    ),
}
REQUIRED: tuple[PartName, ...] = ("frame", "text")


@dataclass(frozen=True, slots=True)
class Part:
    """One graph. `inputs` and `outputs` map our words to the names inside the graph."""

    name: PartName
    path: Path
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    options: Mapping[str, str]
    limits: Mapping[str, int]
    """The most frames, or tokens of a text, that the graph was made for."""
    prompts: tuple[str, ...]
    """For a captioner: beginnings of sentences worth trying."""


@dataclass(frozen=True, slots=True)
class Preprocess:
    """How a picture becomes what the `frame` graph reads."""

    height: int
    width: int
    fit: Fit
    layout: Layout
    filter: Literal["bilinear", "bicubic", "box"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class TokenizerSpec:
    path: Path
    max_tokens: int
    pad_to: Literal["longest", "max"]
    start: str
    end: str
    pad: str


@dataclass(frozen=True, slots=True)
class Pack:
    folder: Path
    id: str
    revision: str
    name: str
    licence: str
    training_data: tuple[str, ...]
    languages: tuple[str, ...]
    vector_dim: int
    token_count: int
    """Tokens a frame; 0 when the frame part gives none."""
    token_dim: int
    preprocess: Preprocess
    tokenizer: TokenizerSpec
    parts: Mapping[PartName, Part]
    calibration: Mapping[str, tuple[float, ...]]
    """Figures measured for this pack, tables flattened to dotted names, each a tuple of numbers."""
    files: Mapping[str, str]
    """sha256 by file name, for everything in the pack but the manifest."""

    def has(self, part: PartName) -> bool:
        return part in self.parts

    def part(self, name: PartName) -> Part:
        if name not in self.parts:
            remedy = "Choose a pack that has it, or go on without"
            raise pack_error(self.folder, f"it has no {name} part", remedy)
        return self.parts[name]

    def figure(self, name: str, default: float) -> float:
        """The first number of a calibration entry."""
        values = self.calibration.get(name, ())
        return values[0] if values else default


def load_pack(folder: Path) -> Pack:
    """Read and check the manifest and that its files exist. Cheap: no file is hashed."""
    root = read_manifest(folder)
    if root.whole("format", 0, 1_000_000) != FORMAT:
        version = root.values["format"]
        remedy = "Update Reelfind, or get a version of the pack made for this one"
        raise pack_error(folder, f"it is written in format {version}, and this program reads {FORMAT}", remedy)
    dims = root.table("dims")
    pack = Pack(
        folder=folder,
        id=_identifier(root, "id"),
        revision=_identifier(root, "revision"),
        name=root.text("name", longest=100),
        licence=root.text("licence"),
        training_data=root.texts("training_data"),
        languages=root.texts("languages"),
        vector_dim=dims.whole("vector", 1, 8192),
        token_count=dims.whole("tokens", 0, 4096, default=0),
        token_dim=dims.whole("token_width", 0, 8192, default=0),
        preprocess=_preprocess(root.table("preprocess")),
        tokenizer=_tokenizer(root.table("tokenizer")),
        parts=MappingProxyType(_parts(root.table("parts"))),
        calibration=MappingProxyType(root.figures("calibration")),
        files=MappingProxyType(_files(root)),
    )
    _check_named_files(pack)
    return pack


def verify(pack: Pack) -> None:
    """Compare every file with its sha256 and see that no graph reads weights from elsewhere; PackError if not."""
    for name, expected in pack.files.items():
        if _sha256(pack.folder, name) != expected:
            raise pack_error(pack.folder, f"{name} is not the file the pack was made with (its sha256 differs)")
    for part in pack.parts.values():
        _check_weights(pack, part)


def _check_weights(pack: Pack, part: Part) -> None:
    name = part.path.relative_to(pack.folder).as_posix()
    try:
        weights = external_files(part.path)
    except (GraphFileError, OSError) as error:
        raise pack_error(pack.folder, f"{name} cannot be read as a graph: {error}") from error
    for weight in weights:
        path = inside(part.path.parent, weight, f"{name}, which keeps its weights in another file,")
        if path.relative_to(pack.folder).as_posix() not in pack.files:
            reason = f"{name} keeps weights in {weight}, which is not listed under [files]"
            raise pack_error(pack.folder, reason)


def _sha256(folder: Path, name: str) -> str:
    path = inside(folder, name, "[files]")
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise pack_error(folder, f"{name} cannot be read: {error.strerror}") from error


def _identifier(table: Table, key: str) -> str:
    value = table.text(key, longest=64)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise table.error(key, "may hold only letters, digits, dots, dashes and underscores")
    return value


def _preprocess(table: Table) -> Preprocess:
    square = table.whole("size", 8, 2048) if table.has("size") else None
    std = table.three("std", (1.0, 1.0, 1.0))
    if min(std) <= 0:
        raise table.error("std", "has to be above zero")
    return Preprocess(
        height=square or table.whole("height", 8, 2048),
        width=square or table.whole("width", 8, 2048),
        fit=cast("Fit", table.choice("fit", ("squash", "crop", "pad"), "squash")),
        layout=cast("Layout", table.choice("layout", ("nhwc_uint8", "nchw_float32"), "nhwc_uint8")),
        filter=cast(
            'Literal["bilinear", "bicubic", "box"]',
            table.choice("filter", ("bilinear", "bicubic", "box"), "bilinear"),
        ),
        mean=table.three("mean", (0.0, 0.0, 0.0)),
        std=std,
    )


def _tokenizer(table: Table) -> TokenizerSpec:
    return TokenizerSpec(
        path=table.path("file", "tokenizer.json"),
        max_tokens=table.whole("max_tokens", 2, 4096),
        pad_to=cast('Literal["longest", "max"]', table.choice("pad_to", ("longest", "max"), "longest")),
        start=table.text("start", "", longest=100),
        end=table.text("end", "", longest=100),
        pad=table.text("pad", "", longest=100),
    )


def _parts(table: Table) -> dict[PartName, Part]:
    for name in REQUIRED:
        if not table.has(name):
            raise table.error(name, "is missing")
    return {name: _part(name, table.table(name)) for name in SIGNATURES if table.has(name)}


def _part(name: PartName, table: Table) -> Part:
    signature = SIGNATURES[name]
    inputs, outputs = table.names("inputs"), table.names("outputs")
    _check_words(table, "inputs", inputs, (signature.needs, signature.may_read))
    _check_words(table, "outputs", outputs, (signature.gives, signature.may_give))
    return Part(
        name=name,
        path=table.path("file"),
        inputs=MappingProxyType(inputs),
        outputs=MappingProxyType(outputs),
        options=MappingProxyType(table.names("options")),
        limits=MappingProxyType(_limits(table.table("limits"))),
        prompts=table.texts("prompts"),
    )


def _limits(table: Table) -> dict[str, int]:
    if len(table.values) > 16:
        raise table.error("limits", "has more than 16 entries")
    return {name: table.whole(name, 1, 65536) for name in table.values}


def _check_words(
    table: Table, key: str, given: Mapping[str, str], allowed: tuple[frozenset[str], frozenset[str]]
) -> None:
    needed, optional = allowed
    for word in sorted(needed - given.keys()):
        raise table.error(key, f"does not say which tensor is {word!r}")
    for word in sorted(given.keys() - needed - optional):
        raise table.error(key, f"has the unknown word {word!r}")


def _files(root: Table) -> dict[str, str]:
    table = root.table("files")
    if not 0 < len(table.values) <= 64:
        raise root.error("files", "has to list between 1 and 64 files")
    hashes = {name: table.text(name, longest=64).lower() for name in table.values}
    for name, value in hashes.items():
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise table.error(name, "has to be a sha256 in 64 hexadecimal digits")
    return hashes


def _check_named_files(pack: Pack) -> None:
    for name in pack.files:
        path = inside(pack.folder, name, "[files]")
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise pack_error(pack.folder, f"the file {name} is missing") from error
        if not stat.S_ISREG(mode):
            raise pack_error(pack.folder, f"{name} is not a regular file")
    for path in (pack.tokenizer.path, *(part.path for part in pack.parts.values())):
        name = path.relative_to(pack.folder).as_posix()
        if name not in pack.files:
            raise pack_error(pack.folder, f"{name} is used but not listed under [files] with its sha256")
