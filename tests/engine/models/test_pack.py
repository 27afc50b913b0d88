"""A manifest is written by strangers: whatever it says, the answer is a pack or one plain sentence."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper

from engine.errors import PackError
from engine.models.pack import Pack, load_pack, verify
from tests.packs import build_tiny_pack, write_manifest

ZERO_HASH = "0" * 64


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "pack.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def manifest_without_files(folder: Path) -> str:
    return (folder / "pack.toml").read_text("utf-8").split("[files]")[0]


def test_loads_what_the_manifest_says(tiny: Pack) -> None:
    assert (tiny.id, tiny.revision, tiny.vector_dim) == ("tiny", "1", 32)
    assert tiny.preprocess.fit == "squash"
    assert tiny.figure("threshold", 0.0) == 0.6
    assert tiny.has("frame")
    assert set(tiny.parts["text"].inputs) == {"ids", "mask", "role"}


def test_verifies_an_untouched_pack(tiny: Pack) -> None:
    verify(tiny)


def test_absent_part_is_said_and_refused(tmp_path: Path) -> None:
    pack = load_pack(build_tiny_pack(tmp_path / "p"))
    assert not pack.has("scorer")
    with pytest.raises(PackError, match="no scorer part"):
        pack.part("scorer")


def test_refuses_a_newer_format_and_says_which(breakable: Path) -> None:
    edit(breakable, "format = 1", "format = 7")
    with pytest.raises(PackError, match=r"format 7.*Update Reelfind"):
        load_pack(breakable)


def test_refuses_a_changed_file(breakable: Path) -> None:
    (breakable / "frame.onnx").write_bytes(b"something else")
    with pytest.raises(PackError, match="is not the file the pack was made with"):
        verify(load_pack(breakable))


def test_refuses_a_missing_file(breakable: Path) -> None:
    (breakable / "text.onnx").unlink()
    with pytest.raises(PackError, match="is missing"):
        load_pack(breakable)


@pytest.mark.parametrize(
    "name",
    [
        "../frame.onnx",
        "/etc/passwd",
        "a/../../frame.onnx",
        "C:/frame.onnx",
        "..\\\\frame.onnx",
        "//host/share.onnx",
        "./frame.onnx",
        "nul.onnx",
        "frame.onnx.",
        "~/frame.onnx",
        "",
        "a/b/c/d/e.onnx",
        "fra\\u0000me.onnx",
    ],
)
def test_refuses_names_that_could_lead_out(breakable: Path, name: str) -> None:
    edit(breakable, 'file = "frame.onnx"', f'file = "{name}"')
    with pytest.raises(PackError):
        load_pack(breakable)


def test_refuses_a_link_that_leads_out(breakable: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.onnx"
    (breakable / "frame.onnx").rename(outside)
    (breakable / "frame.onnx").symlink_to(outside)
    with pytest.raises(PackError, match="leads out of the pack"):
        load_pack(breakable)


def test_refuses_a_link_loop(breakable: Path) -> None:
    (breakable / "frame.onnx").unlink()
    (breakable / "frame.onnx").symlink_to("frame.onnx")
    with pytest.raises(PackError):
        load_pack(breakable)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_refuses_a_pipe_instead_of_waiting_on_it(breakable: Path) -> None:
    (breakable / "frame.onnx").unlink()
    os.mkfifo(breakable / "frame.onnx")
    with pytest.raises(PackError, match="not a regular file"):
        load_pack(breakable)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("vector = 32", "vector = 99999999999999"),
        ("vector = 32", "vector = -1"),
        ("vector = 32", 'vector = "32"'),
        ("vector = 32", "vector = true"),
        ("size = 32", "size = 100000"),
        ("size = 32", ""),
        ('fit = "squash"', 'fit = "stretch"'),
        ('layout = "nhwc_uint8"', 'layout = "chwn"'),
        ("max_tokens = 16", "max_tokens = 1000000"),
        ("threshold = 0.6", "threshold = nan"),
        ("threshold = 0.6", "threshold = 1e300"),
        ("threshold = 0.6", 'threshold = "high"'),
        ('id = "tiny"', 'id = "../tiny"'),
        ('id = "tiny"', "id = 3"),
        ('id = "tiny"', ""),
        ('languages = ["en"]', 'languages = "en"'),
        ('languages = ["en"]', "languages = [1]"),
        ('image = "pixels"', 'picture = "pixels"'),
        ('image = "pixels"', "image = 3"),
        ('image = "pixels"', 'image = "pixels", extra = "x"'),
        ("[parts.text]", "[parts.words]"),
        ("[parts.text]", "[parts.text"),
        ("[files]", "[file]"),
        ('name = "Tiny test pack"', f'name = "{"x" * 101}"'),
    ],
)
def test_refuses_wrong_values_with_a_sentence(breakable: Path, old: str, new: str) -> None:
    edit(breakable, old, new)
    with pytest.raises(PackError, match="Model pack breakable: "):
        load_pack(breakable)


def test_refuses_an_unlisted_graph(breakable: Path) -> None:
    text = (breakable / "pack.toml").read_text("utf-8")
    kept = [line for line in text.splitlines() if not line.startswith('"frame.onnx"')]
    (breakable / "pack.toml").write_text("\n".join(kept), "utf-8")
    with pytest.raises(PackError, match="not listed under"):
        load_pack(breakable)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"x = " + b"[" * 5000, b"a = " + b"9" * 6000])
def test_refuses_a_manifest_that_is_not_one(breakable: Path, content: bytes) -> None:
    (breakable / "pack.toml").write_bytes(content)
    with pytest.raises(PackError):
        load_pack(breakable)


def test_refuses_a_huge_manifest(breakable: Path) -> None:
    (breakable / "pack.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(PackError, match="larger than 256 kB"):
        load_pack(breakable)


def test_a_folder_without_manifest_or_no_folder(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"no pack\.toml"):
        load_pack(tmp_path)
    with pytest.raises(PackError, match="not a folder"):
        load_pack(tmp_path / "absent")


def save_with_weights_in(folder: Path, location: str) -> None:
    """A graph whose weights lie in another file, wherever `location` says."""
    model = onnx.load(folder / "text.onnx")
    tensor = next(each for each in model.graph.initializer if each.name == "words")
    external_data_helper.set_external_data(tensor, location=location)
    weights = tensor.raw_data
    tensor.ClearField("raw_data")
    (folder / "words.bin").write_bytes(weights)
    (folder / "text.onnx").write_bytes(model.SerializeToString())


def test_weights_beside_the_graph_are_fine_when_listed(breakable: Path) -> None:
    text = manifest_without_files(breakable)
    save_with_weights_in(breakable, "words.bin")
    write_manifest(breakable, text)
    verify(load_pack(breakable))


@pytest.mark.parametrize("location", ["../words.bin", "/etc/passwd", "unlisted.bin"])
def test_refuses_weights_outside_the_pack(breakable: Path, location: str) -> None:
    text = manifest_without_files(breakable)
    save_with_weights_in(breakable, location)
    write_manifest(breakable, text)
    with pytest.raises(PackError):
        verify(load_pack(breakable))


def test_finds_weights_hidden_in_an_inner_graph(breakable: Path) -> None:
    text = manifest_without_files(breakable)
    tensor = helper.make_tensor("hidden", TensorProto.FLOAT, [1], np.zeros(1, np.float32).tobytes(), raw=True)
    external_data_helper.set_external_data(tensor, location="/etc/passwd")
    inner = helper.make_graph([], "inner", [], [], initializer=[tensor])
    model = onnx.load(breakable / "text.onnx")
    model.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner))
    (breakable / "text.onnx").write_bytes(model.SerializeToString())
    write_manifest(breakable, text)
    with pytest.raises(PackError, match="/etc/passwd"):
        verify(load_pack(breakable))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_the_manifest_ends_in_a_pack_or_a_sentence(breakable: Path, data: st.DataObject) -> None:
    path = breakable / "pack.toml"
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=6))
    path.write_bytes(whole[:at] + piece + whole[at + len(piece) :])
    try:
        with suppress(PackError):
            verify(load_pack(breakable))
    finally:
        path.write_bytes(whole)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), junk=st.binary(max_size=8))
def test_any_damage_to_a_graph_ends_in_a_sentence(breakable: Path, cut: float, junk: bytes) -> None:
    path = breakable / "frame.onnx"
    whole, text = path.read_bytes(), manifest_without_files(breakable)
    at = int(cut * len(whole))
    path.write_bytes(whole[:at] + junk)
    write_manifest(breakable, text)
    try:
        with suppress(PackError):
            verify(load_pack(breakable))
    finally:
        path.write_bytes(whole)
