"""`reelfind model`: packs are listed, looked at, checked, added from a folder, and chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import cli_model
from engine.cli import main
from engine.settings import load_settings
from tests.packs import TinyPack, build_tiny_pack


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library that sees no packs but its own."""
    folder = tmp_path / "library"
    monkeypatch.setattr(cli_model, "pack_dirs", lambda library: (library / "models",))
    return folder


def said(capsys: pytest.CaptureFixture[str], library: Path, *words: str | Path) -> tuple[int, str]:
    code = main(["model", *map(str, words), "--library", str(library)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_pack_is_added_from_a_folder_and_used(
    capsys: pytest.CaptureFixture[str], library: Path, tmp_path: Path
) -> None:
    assert "No pack is installed" in said(capsys, library, "list")[1]
    source = build_tiny_pack(tmp_path / "source", TinyPack(revision="7"))
    assert said(capsys, library, "add", source)[0] == 0
    code, out = said(capsys, library, "list", "--json")
    packs = json.loads(out)["packs"]
    assert (code, [pack["revision"] for pack in packs], packs[0]["problem"]) == (0, ["7"], None)
    assert said(capsys, library, "use", "tiny")[0] == 0
    assert load_settings(library).pack == "tiny"
    assert said(capsys, library, "list")[1].startswith("* tiny@7")


def test_info_tells_what_a_pack_can_do(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    build_tiny_pack(library / "models" / "tiny")
    _, out = said(capsys, library, "info")
    assert "frame, text" in out


def test_verify_finds_a_changed_file(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    folder = build_tiny_pack(library / "models" / "tiny")
    assert said(capsys, library, "verify")[0] == 0
    (folder / "MODEL_CARD.md").write_text("something else", "utf-8")
    code, out = said(capsys, library, "verify")
    assert code == 1
    assert "MODEL_CARD.md" in out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["use", "nothing"], "there is no such pack"),
        (["info", "nothing"], "there is no such pack"),
        (["verify", "nothing"], "there is no such pack"),
        (["add", "nowhere"], "nowhere"),
        (["add", "http://example.org/pack.zip", "--sha256", "0" * 64], "https only"),
        (["add", "https://example.org/pack.zip"], "sha256 is not given"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    capsys: pytest.CaptureFixture[str], library: Path, words: list[str], reason: str
) -> None:
    code, out = said(capsys, library, *words)
    assert code == 1
    assert reason in out
    assert "Traceback" not in out
