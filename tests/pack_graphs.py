"""The graphs of the tiny test pack, written node by node: each is a few matrix products over mean colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 32
VECTOR_DIM = 32
TOKENS = 4
TOKEN_DIM = 8
MAX_TOKENS = 16
COLOUR_SHARPNESS = 40

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


VOCABULARY = {word: at for at, word in enumerate((*SPECIALS, *COLOURS, *WORDS))}


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


def frame_model(tokens: bool, clip_style: bool) -> onnx.ModelProto:
    node = helper.make_node
    if clip_style:
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
    if tokens:
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


def text_model(roles: bool) -> onnx.ModelProto:
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
    if roles:
        inputs.append(info("role", TensorProto.INT64, ["batch"]))
        role_rows = np.zeros((2, VECTOR_DIM), np.float32)
        role_rows[1, -2] = 0.1
        constants.append(_constant("role_rows", role_rows))
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


def _colour_points() -> np.ndarray:
    """[V, 3]: colour names at their colours, other words at the centre."""
    points = np.zeros((len(VOCABULARY), 3), np.float32)
    for colour, rgb in COLOURS.items():
        points[VOCABULARY[colour]] = np.asarray(rgb, np.float32) / 255 - 0.5
    return points


def _mean_colour() -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """From frame_tokens and frame_mask to `colour` [B, 3]; nothing shown is mid-grey."""
    node = helper.make_node
    nodes = [
        node("ReduceMean", ["frame_tokens"], ["frames"], axes=[2], keepdims=0),
        node("Slice", ["frames", "zero", "three", "two"], ["frame_colours"]),
        node("Cast", ["frame_mask"], ["shown"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["shown", "two"], ["shown_column"]),
        node("Mul", ["frame_colours", "shown_column"], ["kept_colours"]),
        node("ReduceSum", ["kept_colours", "one"], ["colour_sum"], keepdims=0),
        node("ReduceSum", ["shown", "one"], ["shown_sum"], keepdims=1),
        node("Max", ["shown_sum", "unit"], ["shown_count"]),
        node("Div", ["colour_sum", "shown_count"], ["colour"]),
    ]
    numbers = [_constant("zero", [0]), _constant("one", [1]), _constant("two", [2]), _constant("three", [3])]
    return nodes, [*numbers, _constant("unit", np.ones(1, np.float32))]


def _frame_inputs() -> list[onnx.ValueInfoProto]:
    shape = ["batch", "frames", TOKENS, TOKEN_DIM]
    return [
        helper.make_tensor_value_info("frame_tokens", TensorProto.FLOAT, shape),
        helper.make_tensor_value_info("frame_mask", TensorProto.BOOL, ["batch", "frames"]),
    ]


def captioner_model() -> onnx.ModelProto:
    """Says "a red scene" of red frames. Looks at the frames in the first step only and keeps what it saw."""
    node, info = helper.make_node, helper.make_tensor_value_info
    words = len(VOCABULARY)
    look_nodes, look_constants = _mean_colour()
    look_nodes += [
        node("MatMul", ["colour", "towards"], ["nearness"]),
        node("Add", ["nearness", "offset"], ["colour_logits"]),
        node("Unsqueeze", ["colour_logits", "middle_axes"], ["looked"]),
    ]
    seen_shape = ["batch", 1, "seen", words]
    look = helper.make_graph(look_nodes, "look", [], [info("looked", TensorProto.FLOAT, seen_shape)])
    recall_nodes = [node("Identity", ["past_key_values.0.encoder.key"], ["recalled"])]
    recall = helper.make_graph(recall_nodes, "recall", [], [info("recalled", TensorProto.FLOAT, seen_shape)])
    nodes = [
        node("If", ["use_cache_branch"], ["present.0.encoder.key"], then_branch=recall, else_branch=look),
        node("Squeeze", ["present.0.encoder.key", "head_axis"], ["seen_row"]),
        node("Gather", ["gates", "input_ids"], ["gate"]),
        node("Mul", ["gate", "seen_row"], ["colour_part"]),
        node("Gather", ["follows", "input_ids"], ["word_part"]),
        node("Add", ["word_part", "colour_part"], ["logits"]),
        node("Cast", ["input_ids"], ["id_floats"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["id_floats", "outer_axes"], ["new_key"]),
        node("Concat", ["past_key_values.0.decoder.key", "new_key"], ["present.0.decoder.key"], axis=2),
    ]
    inputs = [
        info("input_ids", TensorProto.INT64, ["batch", "length"]),
        *_frame_inputs(),
        info("use_cache_branch", TensorProto.BOOL, [1]),
        info("past_key_values.0.decoder.key", TensorProto.FLOAT, ["batch", 1, "past", 1]),
        info("past_key_values.0.encoder.key", TensorProto.FLOAT, ["batch", 1, "past_seen", words]),
    ]
    outputs = [
        info("logits", TensorProto.FLOAT, ["batch", "length", words]),
        info("present.0.decoder.key", TensorProto.FLOAT, ["batch", 1, "total", 1]),
        info("present.0.encoder.key", TensorProto.FLOAT, seen_shape),
    ]
    axes = [_constant("middle_axes", [1, 2]), _constant("head_axis", [1]), _constant("outer_axes", [1, 3])]
    return _model(nodes, (inputs, outputs), [*look_constants, *axes, *_grammar()])


def _grammar() -> list[onnx.TensorProto]:
    """After an article comes the nearest colour, then "scene", then the end."""
    points, words = _colour_points(), len(VOCABULARY)
    is_colour = np.isin(np.arange(words), [VOCABULARY[colour] for colour in COLOURS])
    follows = np.zeros((words, words), np.float32)
    follows[:, VOCABULARY["[EOS]"]] = 8
    follows[VOCABULARY["[BOS]"]] = np.eye(words)[VOCABULARY["a"]] * 8
    follows[is_colour] = np.eye(words)[VOCABULARY["scene"]] * 8
    gates = np.zeros((words, 1), np.float32)
    for article in ("a", "an", "the"):
        follows[VOCABULARY[article]] = 0
        gates[VOCABULARY[article]] = 1
    # Minus the squared distance to each colour, but for a term that is the same for all.
    towards = 2 * COLOUR_SHARPNESS * points.T
    offset = np.where(is_colour, 10 - COLOUR_SHARPNESS * (points**2).sum(axis=1), -10).astype(np.float32)
    return [
        _constant("towards", towards.astype(np.float32)),
        _constant("offset", offset),
        _constant("follows", follows),
        _constant("gates", gates),
    ]


def scorer_model() -> onnx.ModelProto:
    """Yes when the colours that the query names are those of the frames; the caption counts a little."""
    node, info = helper.make_node, helper.make_tensor_value_info
    nodes, constants = _mean_colour()
    inputs = _frame_inputs()
    for text in ("query", "caption"):
        inputs += [info(f"{text}_{what}", TensorProto.INT64, ["batch", f"{text}_length"]) for what in ("ids", "mask")]
        nodes += [
            node("Gather", ["points", f"{text}_ids"], [f"{text}_rows"]),
            node("Cast", [f"{text}_mask"], [f"{text}_shown"], to=TensorProto.FLOAT),
            node("Unsqueeze", [f"{text}_shown", "two"], [f"{text}_column"]),
            node("Mul", [f"{text}_rows", f"{text}_column"], [f"{text}_kept"]),
            node("ReduceSum", [f"{text}_kept", "one"], [f"{text}_colour"], keepdims=0),
        ]
    nodes += [
        node("Mul", ["caption_colour", "quarter"], ["said"]),
        node("Add", ["colour", "said"], ["evidence"]),
        node("Mul", ["query_colour", "evidence"], ["agreement"]),
        node("ReduceSum", ["agreement", "one"], ["agreed"], keepdims=1),
        node("Mul", ["agreed", "eight"], ["strong"]),
        node("Unsqueeze", ["first_score", "one"], ["first_column"]),
        node("Add", ["strong", "first_column"], ["yes"]),
        node("Mul", ["yes", "yes_and_no"], ["both"]),
        node("Add", ["both", "doubt"], ["logits"]),
    ]
    inputs.append(info("first_score", TensorProto.FLOAT, ["batch"]))
    outputs = [info("logits", TensorProto.FLOAT, ["batch", 2])]
    constants += [
        _constant("points", _colour_points()),
        _constant("quarter", np.full(1, 0.25, np.float32)),
        _constant("eight", np.full(1, 8, np.float32)),
        _constant("yes_and_no", np.asarray([[1, 0]], np.float32)),
        _constant("doubt", np.asarray([[0, 2]], np.float32)),
    ]
    return _model(nodes, (inputs, outputs), constants)


def clip_model() -> onnx.ModelProto:
    """The mean of the frame vectors plus half the mean of the caption vectors."""
    node, info = helper.make_node, helper.make_tensor_value_info
    nodes, inputs = [], []
    for side in ("frame", "caption"):
        inputs += [
            info(f"{side}_vectors", TensorProto.FLOAT, ["batch", f"{side}s", VECTOR_DIM]),
            info(f"{side}_mask", TensorProto.BOOL, ["batch", f"{side}s"]),
        ]
        nodes += [
            node("Cast", [f"{side}_mask"], [f"{side}_shown"], to=TensorProto.FLOAT),
            node("Unsqueeze", [f"{side}_shown", "two"], [f"{side}_column"]),
            node("Mul", [f"{side}_vectors", f"{side}_column"], [f"{side}_kept"]),
            node("ReduceSum", [f"{side}_kept", "one"], [f"{side}_sum"], keepdims=0),
            node("ReduceSum", [f"{side}_shown", "one"], [f"{side}_total"], keepdims=1),
            node("Max", [f"{side}_total", "unit"], [f"{side}_count"]),
            node("Div", [f"{side}_sum", f"{side}_count"], [f"{side}_mean"]),
        ]
    nodes += [
        node("Mul", ["caption_mean", "half"], ["caption_half"]),
        node("Add", ["frame_mean", "caption_half"], ["mixed"]),
        node("LpNormalization", ["mixed"], ["clip_embeds"], axis=1, p=2),
    ]
    constants = [
        _constant("one", [1]),
        _constant("two", [2]),
        _constant("unit", np.ones(1, np.float32)),
        _constant("half", np.full(1, 0.5, np.float32)),
    ]
    return _model(nodes, (inputs, [info("clip_embeds", TensorProto.FLOAT, ["batch", VECTOR_DIM])]), constants)


@dataclass(frozen=True)
class Extra:
    """A part beyond frame and text: how to build it and what the manifest says of it."""

    build: Callable[[], onnx.ModelProto]
    promises: dict[str, object]


_WRITER = Extra(
    captioner_model,
    {
        "inputs": {
            "ids": "input_ids",
            "frame_tokens": "frame_tokens",
            "frame_mask": "frame_mask",
            "use_cache": "use_cache_branch",
        },
        "outputs": {"logits": "logits"},
        "limits": {"frames": 8, "length": 12},
        "prompts": ["", "the"],
    },
)

EXTRAS: dict[str, Extra] = {
    "captioner": _WRITER,
    "likelihood": _WRITER,
    "scorer": Extra(
        scorer_model,
        {
            "inputs": {
                "query_ids": "query_ids",
                "query_mask": "query_mask",
                "caption_ids": "caption_ids",
                "caption_mask": "caption_mask",
                "frame_tokens": "frame_tokens",
                "frame_mask": "frame_mask",
                "first_score": "first_score",
            },
            "outputs": {"logits": "logits"},
            "limits": {"frames": 8, "text": 12},
        },
    ),
    "clip": Extra(
        clip_model,
        {
            "inputs": {
                "frame_vectors": "frame_vectors",
                "frame_mask": "frame_mask",
                "caption_vectors": "caption_vectors",
                "caption_mask": "caption_mask",
            },
            "outputs": {"vector": "clip_embeds"},
            "limits": {"frames": 64},
        },
    ),
}
