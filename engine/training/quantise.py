"""From float graphs to 8 bits: weights ahead of time everywhere, activations by calibration in the frame encoder.

Convolutions need ranges measured on pictures; the transformers' matrix products measure theirs as they run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from engine.training.onnxwriter import quiet

Pictures = npt.NDArray[np.uint8]
_BATCH = 8
# A clip right after a convolution narrows the range that its 8 bits have to span, so it has to be seen with it.
_OPERATORS = ["Conv", "Clip", "Add"]


def quantise_weights(source: Path, target: Path) -> None:
    """Matrix products and embeddings in 8 bits, a scale for each output channel."""
    with quiet():
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)


def quantise_frame(source: Path, target: Path, pictures: Pictures, float_layers: int) -> None:
    """Convolutions in 8 bits but for the first `float_layers`; then the head's matrix products."""
    with quiet(), tempfile.TemporaryDirectory() as scratch:
        folded, convolved = Path(scratch) / "folded.onnx", Path(scratch) / "convolved.onnx"
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        model = onnx.load(folded)
        fold_pads(model.graph)
        onnx.save(model, folded)
        nodes = list(model.graph.node)
        convolutions = [place for place, node in enumerate(nodes) if node.op_type == "Conv"]
        # After the last convolution sums are few and small: 8 bits would save nothing there, and blur the vector.
        left = [nodes[place].name for place in convolutions[:float_layers]]
        left += [node.name for node in nodes[convolutions[-1] :] if node.op_type == "Add"]
        quantize_static(
            folded,
            convolved,
            _Calibration(pictures, source),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=_OPERATORS,
            nodes_to_exclude=left,
        )
        quantize_dynamic(
            convolved, target, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"]
        )


def tidy(path: Path) -> None:
    """Work out beforehand what is the same for every input: a graph then opens in two thirds of the time."""
    options = onnxruntime.SessionOptions()
    # What goes further than this would suit one processor alone.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 4
    with tempfile.TemporaryDirectory() as scratch:
        options.optimized_model_filepath = str(Path(scratch) / path.name)
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        graph = onnx.load(options.optimized_model_filepath)
    # It names every set of operators that it knows; a reader would look for all of them.
    own = [each for each in graph.opset_import if not each.domain]
    del graph.opset_import[:]
    graph.opset_import.extend(own)
    onnx.save(graph, path)


def fold_pads(graph: onnx.GraphProto) -> None:
    """Let convolutions pad for themselves: a node that only adds zeros before one costs a copy of the picture."""
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    readers = [node for node in graph.node if node.op_type == "Conv"]
    for pad in [node for node in graph.node if node.op_type == "Pad"]:
        [conv] = [node for node in readers if node.input[0] == pad.output[0]]
        margins = values[pad.input[1]].tolist()
        if any(margins[:2] + margins[4:6]) or values.get(pad.input[2], np.zeros(1)).any():
            continue
        [pads] = [part for part in conv.attribute if part.name == "pads"]
        pads.ints[:] = [own + more for own, more in zip(pads.ints, [*margins[2:4], *margins[6:]], strict=True)]
        conv.input[0] = pad.input[0]
        graph.node.remove(pad)
    used = {name for node in graph.node for name in node.input}
    for each in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(each)


class _Calibration(CalibrationDataReader):
    """Hands the quantiser pictures in small batches."""

    def __init__(self, pictures: Pictures, graph: Path) -> None:
        [self._input] = [each.name for each in onnx.load(graph).graph.input]
        self._batches: Iterator[Pictures] = iter([pictures[at : at + _BATCH] for at in range(0, len(pictures), _BATCH)])

    def get_next(self) -> dict[str, Pictures] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        batch = next(self._batches, None)
        return None if batch is None else {self._input: np.ascontiguousarray(batch)}
