from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import MediaError
from engine.media import fingerprint as module
from engine.media.fingerprint import WHOLE_BELOW_BYTES, fingerprint, sampled_ranges


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_copy_under_another_name_has_the_same_fingerprint(tmp_path: Path) -> None:
    first = _write(tmp_path / "a.mp4", os.urandom(WHOLE_BELOW_BYTES + 12345))
    second = Path(shutil.copy(first, tmp_path / "b 🎬.mov"))
    assert fingerprint(first) == fingerprint(second)


@pytest.mark.parametrize("size_bytes", [1, 1000, WHOLE_BELOW_BYTES])
def test_every_byte_of_a_small_file_counts(tmp_path: Path, size_bytes: int) -> None:
    data = bytearray(size_bytes)
    before = fingerprint(_write(tmp_path / "a", bytes(data)))
    data[size_bytes // 2] = 1
    assert fingerprint(_write(tmp_path / "a", bytes(data))) != before


@pytest.mark.parametrize("where", [0, 100_000, -1, -100_000])
def test_both_ends_of_a_large_file_count(tmp_path: Path, where: int) -> None:
    data = bytearray(WHOLE_BELOW_BYTES * 2)
    before = fingerprint(_write(tmp_path / "a", bytes(data)))
    data[where] = 1
    assert fingerprint(_write(tmp_path / "a", bytes(data))) != before


def test_the_size_counts(tmp_path: Path) -> None:
    small = fingerprint(_write(tmp_path / "a", bytes(10)))
    assert fingerprint(_write(tmp_path / "b", bytes(11))) != small


def test_forty_gigabytes_cost_no_more_than_a_few_blocks(tmp_path: Path) -> None:
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:
        file.truncate(40 << 30)
    assert len(fingerprint(path)) == 40
    assert sum(length for _, length in sampled_ranges(40 << 30)) == 704 << 10


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=1 << 45))
def test_sampled_ranges_lie_inside_the_file_and_never_run_backwards(size_bytes: int) -> None:
    ranges = sampled_ranges(size_bytes)
    assert all(offset >= 0 and offset + length <= size_bytes for offset, length in ranges)
    assert [offset for offset, _ in ranges] == sorted(offset for offset, _ in ranges)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(MediaError, match="not a regular file"):
        fingerprint(tmp_path / "pipe.mp4")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        fingerprint(tmp_path)


def test_a_vanished_file_is_named_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.mp4: the file is no longer there\. Scan"):
        fingerprint(tmp_path / "gone.mp4")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_says_so(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mp4", b"x")
    path.chmod(0)
    with pytest.raises(MediaError, match="may not read"):
        fingerprint(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "recording.mp4", bytes(WHOLE_BELOW_BYTES * 2))
    real_read = os.read

    def read_and_grow(descriptor: int, length: int) -> bytes:
        with path.open("ab") as file:
            file.write(b"more")
        return real_read(descriptor, length)

    monkeypatch.setattr(module.os, "read", read_and_grow)
    with pytest.raises(MediaError, match="changed while it was being read"):
        fingerprint(path)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "cut.mp4", bytes(1000))
    monkeypatch.setattr(module.os, "read", lambda *_: b"")
    with pytest.raises(MediaError, match="changed while"):
        fingerprint(path)


def test_every_real_file_has_its_own_fingerprint(shared_media: Path) -> None:
    contents = {path: path.read_bytes() for path in shared_media.rglob("*") if path.is_file()}
    assert len({fingerprint(path) for path in contents}) == len(set(contents.values()))
