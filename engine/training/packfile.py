"""Writing the manifest of a pack: what its parts promise, in the words of `engine/models/pack.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.models.pack import FORMAT, PartName
from engine.training.cache import TOKEN_WIDTH
from engine.training.parity import LENGTH, Modules
from engine.training.parts.frame import GRID
from engine.training.tokens import END, PAD, START

Figures = Mapping[str, Sequence[float]]
MANIFEST, CARD, TOKENIZER = "pack.toml", "MODEL_CARD.md", "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Description:
    """What a pack says about itself beyond its parts."""

    id: str
    revision: str
    name: str
    licence: str
    training_data: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    prompts: tuple[str, ...] = ("",)
    calibration: Figures = field(default_factory=dict)


_SCORER = ("query_ids", "query_mask", "caption_ids", "caption_mask", "frame_tokens", "frame_mask", "first_score")
_DECODER = {
    "ids": "input_ids",
    "frame_tokens": "frame_tokens",
    "frame_mask": "frame_mask",
    "use_cache": "use_cache_branch",
}
_CLIP = {
    "frame_vectors": "frames",
    "frame_mask": "frame_mask",
    "caption_vectors": "captions",
    "caption_mask": "caption_mask",
}
INPUTS: dict[PartName, dict[str, str]] = {
    "frame": {"image": "pictures"},
    "text": {"ids": "ids", "mask": "mask", "role": "role"},
    "clip": _CLIP,
    "captioner": _DECODER,
    "likelihood": _DECODER,
    "scorer": {name: name for name in _SCORER},
}
OUTPUTS: dict[PartName, dict[str, str]] = {
    "frame": {"vector": "vector", "tokens": "tokens"},
    "text": {"vector": "vector"},
    "clip": {"vector": "vector"},
    "captioner": {"logits": "logits"},
    "likelihood": {"logits": "logits"},
    "scorer": {"logits": "logits"},
}


def part_names(modules: Modules) -> tuple[PartName, ...]:
    """The parts these modules make."""
    return tuple(name for name in INPUTS if getattr(modules, name) is not None)


def write_manifest(folder: Path, modules: Modules, about: Description) -> None:
    """`pack.toml` with the sha256 of everything else in the folder; comes last, so a folder with it is whole."""
    shape = modules.frame.shape
    tables: dict[str, dict[str, object]] = {
        "": {
            "format": FORMAT,
            "id": about.id,
            "revision": about.revision,
            "name": about.name,
            "licence": about.licence,
            "training_data": list(about.training_data),
            "languages": list(about.languages),
        },
        "dims": {
            "vector": modules.text.shape.vector_width,
            "tokens": GRID * GRID,
            "token_width": TOKEN_WIDTH,
        },
        "preprocess": {"size": shape.picture, "fit": "squash", "layout": "nhwc_uint8", "filter": "bilinear"},
        "tokenizer": {
            "file": TOKENIZER,
            "max_tokens": modules.text.shape.length,
            "start": START,
            "end": END,
            "pad": PAD,
        },
        **{f"parts.{name}": _part(name, modules, about) for name in part_names(modules)},
        "calibration": {name: list(values) for name, values in sorted(about.calibration.items())},
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.iterdir())
            if path.name != MANIFEST
        },
    }
    text = "\n".join(_table(name, values) for name, values in tables.items())
    (folder / MANIFEST).write_text(text, "utf-8")


def _part(name: PartName, modules: Modules, about: Description) -> dict[str, object]:
    table: dict[str, object] = {"file": f"{name}.onnx", "inputs": INPUTS[name], "outputs": OUTPUTS[name]}
    if name in ("captioner", "likelihood"):
        decoder = modules.captioner or modules.likelihood
        assert decoder is not None
        table["limits"] = {"frames": decoder.shape.max_frames, "length": min(LENGTH, decoder.shape.max_length)}
    if name == "captioner":
        table["prompts"] = list(about.prompts)
    if name == "scorer" and modules.scorer is not None:
        table["limits"] = {"frames": modules.scorer.shape.max_frames, "text": LENGTH}
    return table


def _table(name: str, values: Mapping[str, object]) -> str:
    head = [f"[{name}]"] if name else []
    return "\n".join([*head, *(f"{_key(key)} = {_value(value)}" for key, value in values.items()), ""])


def _key(key: str) -> str:
    """Dots stay dots, so that `fusion.frame` is read back as a table; file names are quoted."""
    parts = key.split(".") if not key.endswith((".onnx", ".json", ".md")) else [key]
    return ".".join(part if part.replace("_", "").replace("-", "").isalnum() else json.dumps(part) for part in parts)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)
