"""What is done to the frame encoder's graph before it gets 8 bits."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the [train] extra is not installed")
pytest.importorskip("optimum.exporters.onnx", reason="the [train] extra is not installed")

import onnxruntime  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from engine.training.quantise import fold_pads  # noqa: E402


def graph(margins: list[int], fill: float) -> onnx.GraphProto:
    """A picture with `margins` around it, filled with `fill`, under a convolution that pads a little itself."""
    weight = np.random.default_rng(0).standard_normal((2, 3, 3, 3)).astype(np.float32)
    return helper.make_graph(
        [
            helper.make_node("Pad", ["picture", "margins", "fill"], ["wide"]),
            helper.make_node("Conv", ["wide", "weight"], ["seen"], pads=[1, 0, 0, 1], strides=[2, 2]),
        ],
        "padded",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 6, 8])],
        [helper.make_tensor_value_info("seen", TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(np.array(margins), "margins"),
            numpy_helper.from_array(np.array(fill, np.float32), "fill"),
            numpy_helper.from_array(weight, "weight"),
        ],
    )


def answer(of: onnx.GraphProto) -> np.ndarray:
    model = helper.make_model(of, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(1).standard_normal((1, 3, 6, 8)).astype(np.float32)
    return np.asarray(session.run(None, {"picture": picture})[0])


def test_margins_of_zeros_go_into_the_convolution() -> None:
    folded = graph([0, 0, 0, 1, 0, 0, 1, 2], 0.0)
    fold_pads(folded)
    assert [node.op_type for node in folded.node] == ["Conv"]
    assert [each.name for each in folded.initializer] == ["weight"]
    np.testing.assert_allclose(answer(folded), answer(graph([0, 0, 0, 1, 0, 0, 1, 2], 0.0)), atol=1e-5)


@pytest.mark.parametrize(("margins", "fill"), [([0, 0, 0, 1, 0, 0, 1, 2], 0.5), ([0, 0, 0, 0, 0, 1, 0, 0], 0.0)])
def test_other_margins_stay_as_they_are(margins: list[int], fill: float) -> None:
    kept = graph(margins, fill)
    fold_pads(kept)
    assert [node.op_type for node in kept.node] == ["Pad", "Conv"]
