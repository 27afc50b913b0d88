"""A model pack of a few kilobytes, built on the spot, that really understands colours.

Its `frame` part sees a 4x4 grid of mean colours; its `text` part puts a colour's name where a picture of that
colour lands. So a test can index drawn clips and find the red one by the word "red", with no trained weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

SIZE = 32
VECTOR_DIM = 32
TOKENS = 4
TOKEN_DIM = 8
MAX_TOKENS = 16

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (220, 20, 20),
    "green": (20, 200, 20),
    "blue": (20, 20, 220),
    "yellow": (230, 230, 20),
    "cyan": (20, 220, 220),
    "magenta": (220, 20, 220),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "orange": (240, 140, 20),
    "grey": (90, 90, 110),
}
WORDS = ("a", "an", "the", "scene", "picture", "and", "in", "of", "dog", "water", "jumps", "into", "car", "left")
SPECIALS = ("[PAD]", "[UNK]", "[BOS]", "[EOS]")


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


def build_tiny_pack(folder: Path, plan: TinyPack | None = None) -> Path:
    """Write the pack into `folder` (made if absent) and return the folder."""
    plan = plan or TinyPack()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(_tokenizer().to_str(), "utf-8")
    (folder / "MODEL_CARD.md").write_text("# Tiny\n\nKnows ten colours. For tests.\n", "utf-8")
    onnx.save(_frame_model(plan), folder / "frame.onnx")
    onnx.save(_text_model(plan), folder / "text.onnx")
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
    tokens = plan.tokens and not plan.clip_style
    roles = plan.roles and not plan.clip_style
    frame_outputs = {"vector": "image_embeds"} | ({"tokens": "tokens"} if tokens else {})
    text_inputs = {"ids": "input_ids", "mask": "attention_mask"} | ({"role": "role"} if roles else {})
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
    vocabulary = {word: at for at, word in enumerate((*SPECIALS, *COLOURS, *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[BOS] $A [EOS]",
        special_tokens=[("[BOS]", vocabulary["[BOS]"]), ("[EOS]", vocabulary["[EOS]"])],
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def _projection() -> np.ndarray:
    """48 block colours to 32 numbers: the overall colour first and strong, where it is in the picture after."""
    random = np.random.default_rng(0)
    overall = np.tile(np.eye(3), (16, 1)) / 4
    rest = random.normal(size=(48, VECTOR_DIM - 3))
    basis, _ = np.linalg.qr(np.concatenate([overall, rest], axis=1))
    signs = np.sign((basis[:, :3] * overall).sum(axis=0))
    basis[:, :3] *= signs
    return np.concatenate([basis[:, :3], basis[:, 3:] * 0.5], axis=1).astype(np.float32)


def _word_vectors() -> np.ndarray:
    """One row a token: colour names where their pictures land, other words nearly nothing."""
    random = np.random.default_rng(1)
    count = len(SPECIALS) + len(COLOURS) + len(WORDS)
    table = np.zeros((count, VECTOR_DIM))
    table[:, 3:] = random.normal(size=(count, VECTOR_DIM - 3)) * 0.01
    for at, colour in enumerate(COLOURS.values(), start=len(SPECIALS)):
        blocks = np.tile(np.asarray(colour) / 255 - 0.5, 16)
        table[at] = blocks @ _projection()
    return table.astype(np.float32)


def _constant(name: str, value: np.ndarray | Sequence[int]) -> onnx.TensorProto:
    array = np.asarray(value, np.int64) if not isinstance(value, np.ndarray) else value
    return numpy_helper.from_array(array, name)


def _model(nodes: list[onnx.NodeProto], ends: tuple[list, list], constants: list) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "tiny", *ends, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _frame_model(plan: TinyPack) -> onnx.ModelProto:
    node = helper.make_node
    if plan.clip_style:
        pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])
        # (x - 0.5) / 0.25 comes in; a quarter of it is what the other variant computes itself.
        start = [node("Mul", ["pixels", "quarter"], ["centred"])]
    else:
        pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", SIZE, SIZE, 3])
        start = [
            node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
            node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
            node("Div", ["planes", "full"], ["scaled"]),
            node("Sub", ["scaled", "half"], ["centred"]),
        ]
    block = SIZE // 4
    nodes = [
        *start,
        node("AveragePool", ["centred"], ["blocks"], kernel_shape=[block, block], strides=[block, block]),
        node("Transpose", ["blocks"], ["block_colours"], perm=[0, 2, 3, 1]),
        node("Reshape", ["block_colours", "flat"], ["features"]),
        node("MatMul", ["features", "projection"], ["projected"]),
        node("Add", ["projected", "nudge"], ["nudged"]),
        node("LpNormalization", ["nudged"], ["image_embeds"], axis=1, p=2),
    ]
    outputs = [helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["batch", VECTOR_DIM])]
    if plan.tokens and not plan.clip_style:
        nodes += [
            node("AveragePool", ["blocks"], ["quarters"], kernel_shape=[2, 2], strides=[2, 2]),
            node("Transpose", ["quarters"], ["quarter_colours"], perm=[0, 2, 3, 1]),
            node("Reshape", ["quarter_colours", "quarter_rows"], ["rows"]),
            node("MatMul", ["rows", "widen"], ["tokens"]),
        ]
        outputs.append(helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", TOKENS, TOKEN_DIM]))
    constants = [
        _constant("full", np.float32(255).reshape(1)),
        _constant("half", np.float32(0.5).reshape(1)),
        _constant("quarter", np.float32(0.25).reshape(1)),
        _constant("flat", [0, 48]),
        _constant("quarter_rows", [0, TOKENS, 3]),
        _constant("projection", _projection()),
        _constant("nudge", _nudge()),
        _constant("widen", np.eye(3, TOKEN_DIM, dtype=np.float32)),
    ]
    used = {name for each in nodes for name in each.input}
    return _model(nodes, ([pixels], outputs), [each for each in constants if each.name in used])


def _nudge() -> np.ndarray:
    """Gives a mid-grey picture, which projects to nothing, a direction."""
    nudge = np.zeros((1, VECTOR_DIM), np.float32)
    nudge[0, -1] = 0.01
    return nudge


def _text_model(plan: TinyPack) -> onnx.ModelProto:
    node = helper.make_node
    info = helper.make_tensor_value_info
    inputs = [
        info("input_ids", TensorProto.INT64, ["batch", "length"]),
        info("attention_mask", TensorProto.INT64, ["batch", "length"]),
    ]
    nodes = [
        node("Gather", ["words", "input_ids"], ["rows"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["mask", "last"], ["mask_column"]),
        node("Mul", ["rows", "mask_column"], ["kept"]),
        node("ReduceSum", ["kept", "length_axis"], ["summed"], keepdims=0),
    ]
    constants = [
        _constant("words", _word_vectors()),
        _constant("last", [2]),
        _constant("length_axis", [1]),
        _constant("nudge", _nudge()),
    ]
    total = "summed"
    if plan.roles and not plan.clip_style:
        inputs.append(info("role", TensorProto.INT64, ["batch"]))
        roles = np.zeros((2, VECTOR_DIM), np.float32)
        roles[1, -2] = 0.1
        constants.append(_constant("role_rows", roles))
        nodes += [
            node("Gather", ["role_rows", "role"], ["role_row"]),
            node("Add", ["summed", "role_row"], ["with_role"]),
        ]
        total = "with_role"
    nodes += [
        node("Add", [total, "nudge"], ["nudged"]),
        node("LpNormalization", ["nudged"], ["text_embeds"], axis=1, p=2),
    ]
    outputs = [info("text_embeds", TensorProto.FLOAT, ["batch", VECTOR_DIM])]
    return _model(nodes, (inputs, outputs), constants)
