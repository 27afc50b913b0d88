"""Provider choice is explained, falls back, and stays quiet on a machine without the hardware."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.errors import PackError
from engine.models import session
from engine.models.session import choose_among, open_session, shares

CPU = "CPUExecutionProvider"


def test_cpu_is_the_last_resort_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_loads", lambda _library: False)
    choice = choose_among(["CUDAExecutionProvider", CPU])
    assert choice.name == CPU
    assert "CUDA is not used because no" in choice.reason


def test_directml_and_coreml_come_before_the_cpu() -> None:
    assert choose_among([CPU, "DmlExecutionProvider"]).name == "DmlExecutionProvider"
    assert choose_among([CPU, "CoreMLExecutionProvider"]).name == "CoreMLExecutionProvider"


def test_a_provider_nobody_knows_is_passed_over() -> None:
    assert choose_among(["TensorrtExecutionProvider", CPU]).name == CPU


def test_a_provider_that_fails_falls_back_with_the_reason(tiny_folder: Path) -> None:
    opened = open_session(tiny_folder / "frame.onnx", providers=["NoSuchExecutionProvider"])
    assert opened.provider.name == CPU
    assert "NoSuchExecutionProvider" in opened.provider.reason


def test_a_broken_graph_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"not a graph")
    with pytest.raises(PackError, match="cannot be opened"):
        open_session(tmp_path / "broken.onnx")


def test_a_missing_graph_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="cannot be opened"):
        open_session(tmp_path / "absent.onnx")


def test_inputs_are_cast_to_what_the_graph_declares(tiny_folder: Path) -> None:
    opened = open_session(tiny_folder / "frame.onnx", threads=1)
    assert opened.inputs == {"pixels": np.dtype(np.uint8)}
    [vectors] = opened.run({"pixels": np.zeros((1, 32, 32, 3), np.int64)}, ["image_embeds"])
    assert vectors.shape == (1, 32)


def test_a_wrong_shape_is_a_sentence(tiny_folder: Path) -> None:
    opened = open_session(tiny_folder / "frame.onnx", threads=1)
    with pytest.raises(PackError, match="does not run"):
        opened.run({"pixels": np.zeros((1, 3, 3, 3), np.uint8)}, ["image_embeds"])


def test_importing_does_not_load_the_runtime_and_opening_says_nothing(tiny_folder: Path) -> None:
    code = (
        "import sys; from engine.models.session import open_session; "
        "assert 'onnxruntime' not in sys.modules; "
        f"open_session(__import__('pathlib').Path({str(tiny_folder / 'frame.onnx')!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_batch_is_cut_so_that_all_lanes_have_as_much_to_do() -> None:
    cut = [len(part) for part in shares(list(range(20)), lanes=2, most=32)]
    assert cut == [10, 10]
    assert [len(part) for part in shares(list(range(9)), lanes=2, most=4)] == [4, 4, 1]
    assert shares([], lanes=2, most=4) == []
    assert [part for cut in shares(list(range(7)), lanes=4, most=4) for part in cut] == list(range(7))


def test_parts_beside_each_other_come_back_in_their_order(tiny_folder: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (6, 32, 32, 3), np.uint8)
    parts = [{"pixels": pictures[at : at + 1]} for at in range(6)]
    beside = open_session(tiny_folder / "frame.onnx", threads=3, in_lanes=True)
    alone = open_session(tiny_folder / "frame.onnx", threads=3)
    assert (beside.lanes, alone.lanes) == (3, 1)
    before = threading.enumerate()
    rows = [session.run_all(parts, ["image_embeds"]) for session in (beside, alone)]
    for [one], [other] in zip(*rows, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert threading.enumerate() == before, "a window that closes waits for every thread"


def test_what_goes_wrong_in_a_lane_is_a_sentence(tiny_folder: Path) -> None:
    beside = open_session(tiny_folder / "frame.onnx", threads=2, in_lanes=True)
    good, bad = np.zeros((1, 32, 32, 3), np.uint8), np.zeros((1, 3), np.uint8)
    with pytest.raises(PackError, match="does not run as its manifest promises"):
        beside.run_all([{"pixels": good}, {"pixels": bad}], ["image_embeds"])
