"""Reading a pack's graphs back: the weights of the modules they were written from, in floats and by name.

The exporter keeps the names of parameters but for those of matrix products, which it turns round and numbers: they are
known by the bias that is added to them, or by the module that their node is named after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from engine.errors import TrainingError

Array = npt.NDArray[np.generic]
_SMALL, _MERGED, _FLOAT = "_quantized", "_merged_0", "_DequantizeLinear_Output"


def read_back(path: Path, module: nn.Module) -> None:
    """Give `module` the weights that the graph at `path` was written from."""
    found = _parameters(onnx.load(path).graph)
    state = module.state_dict()
    for name, wanted in state.items():
        value = found.get(name)
        if value is None or value.shape != tuple(wanted.shape):
            raise TrainingError(
                str(path), f"it does not fit the recipe ({name})", "Start from a pack that was made by this recipe"
            )
        state[name] = torch.from_numpy(np.array(value, dtype=np.float32))
    module.load_state_dict(state)


def _parameters(graph: onnx.GraphProto) -> dict[str, Array]:
    """All that may be parameters, by the names they had in their module."""
    graphs = [graph, *(part.g for node in graph.node for part in node.attribute if part.HasField("g"))]
    nodes = [node for one in graphs for node in one.node]
    stored = {_plain(each.name): numpy_helper.to_array(each) for one in graphs for each in one.initializer}
    found = {name: value for name, value in stored.items() if not name.endswith(_SMALL)}
    for name in stored:
        if name.endswith(_SMALL):
            found |= _in_floats(name, stored)
    found |= _linear(nodes, stored)
    # Some graphs were written from a shell around the module, and their names say so.
    inside = {name.partition(".")[2]: value for name, value in found.items() if "." in name}
    return inside | found


def _in_floats(name: str, stored: Mapping[str, Array]) -> dict[str, Array]:
    """What is stored in 8 bits under `name`, where its scale is stored under a name that belongs to it."""
    for stem in (name, name.removesuffix(_SMALL)):
        scale, zero = stored.get(f"{stem}_scale"), stored.get(f"{stem}_zero_point")
        if scale is not None and zero is not None:
            return {name.removesuffix(_SMALL): _floats(stored[name], scale, zero)}
    return {}


def _linear(nodes: Sequence[onnx.NodeProto], stored: Mapping[str, Array]) -> dict[str, Array]:
    """Weights of linear layers, as torch has them."""
    made_by = {node.output[0]: node for node in nodes}
    read_by = {name: node for node in nodes for name in node.input}
    biases = {_plain(one): _plain(other) for node in nodes if node.op_type == "Add" for one, other in _both(node)}
    found = {}
    for node in nodes:
        if node.op_type not in ("MatMul", "MatMulInteger") or _plain(node.input[1]) not in stored:
            continue
        value, product = stored[_plain(node.input[1])], node.output[0]
        if node.op_type == "MatMulInteger":
            # The whole numbers are cast, then multiplied by the product of both sides' scales.
            product = read_by[read_by[product].output[0]].output[0]
            scale = made_by[made_by[product].input[1]].input[1]
            value = _floats(value, stored[_plain(scale)], stored[_plain(node.input[3])])
        layer = product.strip("/").rpartition("/")[0].replace("/", ".")
        found[biases.get(product, f"{layer}.bias").removesuffix(".bias") + ".weight"] = value.T
    return found


def _both(node: onnx.NodeProto) -> list[tuple[str, str]]:
    one, other = node.input
    return [(one, other), (other, one)]


def _plain(name: str) -> str:
    """A tensor's name without what quantising and merging have added."""
    return name.removesuffix(_MERGED).removesuffix(_FLOAT)


def _floats(value: Array, scale: Array, zero: Array) -> Array:
    """One scale for all, or one for each output channel: the second axis of a matrix, the first of all else."""
    shape = [1] * value.ndim
    if scale.size > 1:
        shape[1 if value.ndim == 2 else 0] = scale.size
    whole = value.astype(np.float32) - zero.astype(np.float32).reshape(shape)
    return np.multiply(whole, scale.reshape(shape), dtype=np.float32)
