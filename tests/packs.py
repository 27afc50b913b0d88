"""A model pack of a few kilobytes, built on the spot, that really understands colours.

Its `frame` part sees a 4x4 grid of mean colours; its `text` part puts a colour's name where a picture of that
colour lands. So a test can index drawn clips and find the red one by the word "red", with no trained weights.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from tests.pack_graphs import (
    COLOURS,
    EXTRAS,
    MAX_TOKENS,
    SIZE,
    SPECIALS,
    TOKEN_DIM,
    TOKENS,
    VECTOR_DIM,
    VOCABULARY,
    frame_model,
    text_model,
)

__all__ = ["COLOURS", "SIZE", "TinyPack", "build_tiny_pack", "solid", "write_manifest"]


@dataclass(frozen=True)
class TinyPack:
    """What to leave out or do differently."""

    id: str = "tiny"
    revision: str = "1"
    roles: bool = True
    tokens: bool = True
    clip_style: bool = False
    """Float NCHW input with mean and std outside the graph, neither roles nor tokens."""
    fit: str = "squash"
    extras: tuple[str, ...] = ()
    """Of "captioner", "likelihood", "scorer" and "clip"; all but the last read tokens."""

    @property
    def has_tokens(self) -> bool:
        return self.tokens and not self.clip_style

    @property
    def has_roles(self) -> bool:
        return self.roles and not self.clip_style


def build_tiny_pack(folder: Path, plan: TinyPack | None = None) -> Path:
    """Write the pack into `folder` (made if absent) and return the folder."""
    plan = plan or TinyPack()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(_tokenizer().to_str(), "utf-8")
    (folder / "MODEL_CARD.md").write_text("# Tiny\n\nKnows ten colours. For tests.\n", "utf-8")
    onnx.save(frame_model(plan.has_tokens, plan.clip_style), folder / "frame.onnx")
    onnx.save(text_model(plan.has_roles), folder / "text.onnx")
    for name in plan.extras:
        onnx.save(EXTRAS[name].build(), folder / f"{name}.onnx")
    write_manifest(folder, _manifest(plan))
    return folder


def write_manifest(folder: Path, text: str) -> None:
    """`pack.toml` with the sha256 of everything else that lies in the folder."""
    others = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "pack.toml")
    lines = [f'"{path.name}" = "{hashlib.sha256(path.read_bytes()).hexdigest()}"' for path in others]
    (folder / "pack.toml").write_text("\n".join([text, "[files]", *lines, ""]), "utf-8")


def solid(colour: str, height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """A picture of one colour."""
    return np.full((height, width, 3), COLOURS[colour], np.uint8)


def _manifest(plan: TinyPack) -> str:
    tokens = plan.has_tokens
    frame_outputs = {"vector": "image_embeds"} | ({"tokens": "tokens"} if tokens else {})
    text_inputs = {"ids": "input_ids", "mask": "attention_mask"} | ({"role": "role"} if plan.has_roles else {})
    preprocess = {"size": SIZE, "fit": plan.fit, "layout": "nchw_float32" if plan.clip_style else "nhwc_uint8"}
    if plan.clip_style:
        preprocess |= {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    tables: dict[str, dict[str, object]] = {
        "": {
            "format": 1,
            "id": plan.id,
            "revision": plan.revision,
            "name": "Tiny test pack",
            "licence": "Apache-2.0",
            "training_data": ["none"],
            "languages": ["en"],
        },
        "dims": {
            "vector": VECTOR_DIM,
            "tokens": TOKENS if tokens else 0,
            "token_width": TOKEN_DIM if tokens else 0,
        },
        "preprocess": preprocess,
        "tokenizer": {
            "file": "tokenizer.json",
            "max_tokens": MAX_TOKENS,
            "start": "[BOS]",
            "end": "[EOS]",
            "pad": "[PAD]",
        },
        "parts.frame": {"file": "frame.onnx", "inputs": {"image": "pixels"}, "outputs": frame_outputs},
        "parts.text": {"file": "text.onnx", "inputs": text_inputs, "outputs": {"vector": "text_embeds"}},
        **{f"parts.{name}": {"file": f"{name}.onnx"} | EXTRAS[name].promises for name in plan.extras},
        "calibration": {"threshold": 0.6, "error_rate": 0.1},
    }
    return "\n".join(_toml_table(name, values) for name, values in tables.items())


def _toml_table(name: str, values: dict[str, object]) -> str:
    head = [f"[{name}]"] if name else []
    return "\n".join([*head, *(f"{key} = {_toml_value(value)}" for key, value in values.items()), ""])


def _toml_value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[BOS] $A [EOS]",
        special_tokens=[("[BOS]", VOCABULARY["[BOS]"]), ("[EOS]", VOCABULARY["[EOS]"])],
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer
