"""Makes the sample library's files: the clips, and a manifest that says what is to be seen when.

Each clip is written aside and renamed, and carries the mark of the drawing it came from; a clip that is there with the
right mark is left alone. So a second run is quick, an interrupted one goes on, and a damaged clip is drawn again.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.codec import UnknownCodecError
from av.error import FFmpegError
from av.video.frame import PictureType

from engine.clock import now_s
from engine.demo.picture import draw
from engine.demo.questions import QUESTIONS, Question, answers
from engine.demo.samples import CLIPS, Clip
from engine.errors import Cancelled, ExpectedError

FPS = 12
SIZE = (640, 360)
GOP = 24
QUALITY = {"preset": "superfast", "crf": "24", "x264-params": "scenecut=0"}
DRAWN_AS = 1
"""To be raised when the same scenes are drawn differently."""
CLIPS_FOLDER, MANIFEST = "clips", "manifest.json"
SIGNED = "reelfind sample"
"""How the marks of all drawings begin, also of those of other versions of the program."""
UNFINISHED = ".unfinished"
ABANDONED_S = 3600.0
"""An unfinished file that nobody has written to for so long belongs to a run that was killed."""
WORKERS = 2

Progress = Callable[[int, int], None]
"""How many clips are there, of how many."""


def mark() -> str:
    """Names what is drawn and how."""
    told = repr((DRAWN_AS, FPS, SIZE, GOP, QUALITY, CLIPS))
    return f"{SIGNED} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def make_clips(folder: Path, on_progress: Progress, cancel: threading.Event) -> Path:
    """Draw whatever is missing in `folder`; returns the path of the manifest. Raises Cancelled when told to stop."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        _make_all(folder, on_progress, cancel)
        return _write_manifest(folder)
    except (OSError, FFmpegError, UnknownCodecError) as error:
        why = getattr(error, "strerror", None) or str(error)
        remedy = "Make room there, or choose another folder with: reelfind demo --folder DIR"
        raise ExpectedError(f"The sample clips in {folder}", f"they cannot be written ({why})", remedy) from error


def clip_path(folder: Path, clip: Clip) -> Path:
    return folder / f"{clip.name}.mp4"


def _make_all(folder: Path, on_progress: Progress, cancel: threading.Event) -> None:
    """Two at a time: drawing and encoding let go of Python's lock for most of their work."""
    wanted = [clip for clip in CLIPS if not _is_made(clip_path(folder, clip))]
    done = len(CLIPS) - len(wanted)
    on_progress(done, len(CLIPS))
    failed = threading.Event()

    def is_stopped() -> bool:
        return cancel.is_set() or failed.is_set()

    with ThreadPoolExecutor(WORKERS, "clips") as pool:
        try:
            for _ in pool.map(lambda clip: _make(folder, clip, is_stopped), wanted):
                done += 1
                on_progress(done, len(CLIPS))
        except BaseException:
            failed.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _clear(folder: Path) -> None:
    """Take away what killed runs and other versions of the program have left, and nothing else."""
    for path in folder.glob(f"*{UNFINISHED}"):
        if now_s() - path.stat().st_mtime > ABANDONED_S:
            path.unlink(missing_ok=True)
    ours = {clip_path(folder, clip) for clip in CLIPS}
    for path in folder.glob("*.mp4"):
        if path not in ours and _comment(path).startswith(SIGNED):
            path.unlink(missing_ok=True)


def _is_made(path: Path) -> bool:
    return _comment(path) == mark()


def _comment(path: Path) -> str:
    """What the file says of itself; nothing where it is missing or damaged."""
    try:
        with av.open(str(path)) as container:
            return container.metadata.get("comment", "")
    except (OSError, FFmpegError):
        return ""


def _make(folder: Path, clip: Clip, is_stopped: Callable[[], bool]) -> None:
    path = clip_path(folder, clip)
    # With the process in its name: two runs at once do the same work, but not in the same file.
    aside = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        _encode(aside, clip, is_stopped)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _encode(path: Path, clip: Clip, is_stopped: Callable[[], bool]) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata["comment"] = mark()
        stream = container.add_stream("libx264", rate=FPS, options=QUALITY)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.gop_size = GOP
        stream.time_base = Fraction(1, FPS)
        stream.thread_count = 1
        for number, frame in enumerate(_frames(clip)):
            if is_stopped():
                raise Cancelled
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _frames(clip: Clip) -> Iterator[av.VideoFrame]:
    """Every scene begins with a keyframe."""
    for scene in clip.scenes:
        for number in range(round(scene.seconds * FPS)):
            frame = av.VideoFrame.from_ndarray(draw(scene, number / FPS, SIZE), format="rgb24")
            frame.pict_type = PictureType.I if number == 0 else PictureType.NONE
            yield frame


# --- what is true of them --------------------------------------------------------------------------------------


def spans(clip: Clip) -> list[tuple[float, float]]:
    """Beginning and end of each scene, to a frame."""
    found: list[tuple[float, float]] = []
    frame = 0
    for scene in clip.scenes:
        end = frame + round(scene.seconds * FPS)
        found.append((frame / FPS, end / FPS))
        frame = end
    return found


def manifest() -> dict[str, Any]:
    """In the form that `reelfind eval` reads; what each clip shows is in it for people and programs."""
    return {"videos": [_video(clip) for clip in CLIPS], "queries": [_query(one) for one in QUESTIONS]}


def _video(clip: Clip) -> dict[str, Any]:
    scenes = [
        {
            "start_s": start_s,
            "end_s": end_s,
            "place": scene.place,
            "weather": scene.weather,
            "actors": [{"kind": one.kind, "colour": one.colour, "motion": one.motion} for one in scene.actors],
            "sign": scene.sign,
        }
        for scene, (start_s, end_s) in zip(clip.scenes, spans(clip), strict=True)
    ]
    return {"path": clip_path(Path(), clip).name, "scenes": scenes}


def _query(question: Question) -> dict[str, Any]:
    right: list[dict[str, Any]] = []
    for answer in answers(question):
        times = spans(answer.clip)
        start_s, end_s = times[answer.first][0], times[answer.end - 1][1]
        right.append({"video": clip_path(Path(), answer.clip).name, "start_s": start_s, "end_s": end_s})
    return {"text": question.text, "type": question.type, "answers": right}


def _write_manifest(folder: Path) -> Path:
    path = folder / MANIFEST
    text = json.dumps(manifest(), ensure_ascii=False, indent=1)
    if not path.is_file() or path.read_text("utf-8", errors="replace") != text:
        aside = folder / f"{MANIFEST}.{os.getpid()}{UNFINISHED}"
        aside.write_text(text, "utf-8")
        os.replace(aside, path)
    return path
