"""Finding packs and choosing one: the asked-for one if it is sound, else a sound one with the reason in the open."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import PackError
from engine.models.catalog import choose, list_packs
from tests.packs import TinyPack, build_tiny_pack


@pytest.fixture
def dirs(tmp_path: Path) -> tuple[Path, Path]:
    """A shipped folder with one pack and a user's folder with two revisions of another."""
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    build_tiny_pack(shipped / "basic", TinyPack(id="basic"))
    for revision in ("9", "10"):
        build_tiny_pack(own / f"better-{revision}", TinyPack(id="better", revision=revision))
    return shipped, own


def damage(folder: Path) -> None:
    with (folder / "frame.onnx").open("ab") as file:
        file.write(b"x")


def test_lists_all_and_hides_none(dirs: tuple[Path, Path]) -> None:
    damage(dirs[1] / "better-9")
    (dirs[1] / "notes").mkdir()
    (dirs[1] / ".fetch").mkdir()
    entries = {entry.folder.name: entry for entry in list_packs(dirs)}
    assert set(entries) == {"basic", "better-10", "better-9", "notes"}
    assert [name for name, entry in entries.items() if entry.is_sound] == ["basic", "better-10"]
    assert "sha256" in str(entries["better-9"].problem)
    assert "no pack.toml" in str(entries["notes"].problem)


def test_the_shipped_pack_is_used_until_another_is_asked_for(dirs: tuple[Path, Path]) -> None:
    assert choose(dirs).pack.id == "basic"
    assert choose(dirs).note is None


def test_the_asked_for_pack_in_its_newest_revision(dirs: tuple[Path, Path]) -> None:
    chosen = choose(dirs, "better")
    assert (chosen.pack.revision, chosen.note) == ("10", None)
    assert choose(dirs, "better@9").pack.revision == "9"


def test_an_older_revision_steps_in_for_a_damaged_one(dirs: tuple[Path, Path]) -> None:
    damage(dirs[1] / "better-10")
    assert choose(dirs, "better").pack.revision == "9"


def test_a_damaged_choice_is_replaced_in_the_open(dirs: tuple[Path, Path]) -> None:
    damage(dirs[1] / "better-9")
    chosen = choose(dirs, "better@9")
    assert chosen.pack.id == "basic"
    assert chosen.note is not None
    assert "sha256 differs" in chosen.note


def test_an_unknown_choice_is_replaced_in_the_open(dirs: tuple[Path, Path]) -> None:
    assert "no pack named best" in (choose(dirs, "best").note or "")


def test_no_pack_at_all_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="there is none in"):
        choose((tmp_path / "absent", tmp_path))


def test_only_damaged_packs_tell_what_is_wrong(tmp_path: Path) -> None:
    damage(build_tiny_pack(tmp_path / "only"))
    with pytest.raises(PackError, match="sha256 differs"):
        choose((tmp_path,))


def test_a_linked_pack_is_a_pack(dirs: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / "link").symlink_to(dirs[0] / "basic")
    assert choose((tmp_path / "third",)).pack.id == "basic"
