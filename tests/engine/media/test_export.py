from __future__ import annotations

from pathlib import Path
from threading import Event

import av
import pytest
from PIL import Image

from engine.errors import Cancelled, ExpectedError
from engine.media.export import Cut, export
from engine.types import Span
from tests.packs import COLOURS
from tests.scenes import draw


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Red, then blue from 3 s; a keyframe every 2 s."""
    return draw(tmp_path / "clip.mp4", [("red", 3), ("blue", 3)])


def unheard(_share: float) -> None:
    """Progress that nobody looks at."""


def cut(source: Path, start_s: float, end_s: float) -> tuple[str, list[float], Path]:
    target = source.with_name("cut.mp4")
    way = export(Cut(source, Span(start_s, end_s), target), unheard, Event())
    with av.open(str(target)) as container:
        return way, [frame.time for frame in container.decode(video=0)], target


def test_a_cut_at_a_keyframe_is_copied(clip: Path) -> None:
    way, times, _ = cut(clip, 2.0, 4.0)
    assert way == "copied"
    assert times == pytest.approx([number / 10 for number in range(20)], abs=0.001)


def test_any_other_cut_is_exact_to_the_frame(clip: Path) -> None:
    way, times, target = cut(clip, 2.5, 4.1)
    assert way == "encoded"
    assert len(times) == 16
    with av.open(str(target)) as container:
        pictures = [frame.to_ndarray(format="rgb24")[10, 10] for frame in container.decode(video=0)]
    assert abs(pictures[4].astype(int) - COLOURS["red"]).max() < 40
    assert abs(pictures[5].astype(int) - COLOURS["blue"]).max() < 40


def test_what_the_new_file_cannot_hold_is_encoded(tmp_path: Path) -> None:
    """A GIF begins with a keyframe and still cannot be copied into an mp4."""
    moving = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue", "green", "red")]
    frames[0].save(moving, save_all=True, append_images=frames[1:], duration=500)
    way, times, _ = cut(moving, 0.0, 1.0)
    assert (way, times) == ("encoded", [0.0, 0.5])


def test_progress_ends_at_one(clip: Path) -> None:
    shares: list[float] = []
    export(Cut(clip, Span(1.0, 3.0), clip.with_name("cut.mp4")), shares.append, Event())
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


def test_a_cancelled_cut_leaves_nothing(clip: Path) -> None:
    stop = Event()
    with pytest.raises(Cancelled):
        export(Cut(clip, Span(0.5, 5.0), clip.with_name("cut.mp4")), lambda _: stop.set(), stop)
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_a_folder_that_is_not_there_is_said_so(clip: Path) -> None:
    with pytest.raises(ExpectedError, match="could not be written"):
        export(Cut(clip, Span(0.5, 2.0), clip.parent / "gone" / "cut.mp4"), unheard, Event())


def test_beyond_the_end_there_is_nothing_to_cut(clip: Path) -> None:
    with pytest.raises(ExpectedError, match="no picture"):
        cut(clip, 50.0, 51.0)
    assert not clip.with_name("cut.mp4").exists()
