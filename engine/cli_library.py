"""`reelfind status`, `doctor`, `retry` and `forget`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from engine.cli_words import count, duration, shown, size
from engine.engine import Engine, Status
from engine.types import Failure, Finding

MARKS = {"ok": " ok ", "warning": "warn", "problem": "FAIL"}


def add_parsers(commands: argparse._SubParsersAction) -> None:
    status = commands.add_parser("status", help="what the library holds, and what could not be read")
    status.set_defaults(run=run_status)
    doctor = commands.add_parser("doctor", help="check everything Reelfind needs, with a remedy for each trouble")
    doctor.set_defaults(run=run_doctor)
    retry = commands.add_parser("retry", help="let files that failed be tried again by the next index")
    retry.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="default: all that failed")
    retry.set_defaults(run=run_retry)
    forget = commands.add_parser("forget", help="take files or folders out of the library; the videos stay")
    forget.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    forget.set_defaults(run=run_forget)


def run_status(options: argparse.Namespace) -> int:
    status = Engine(options.library).status()
    if options.json:
        print(json.dumps(_status_values(status)))
    else:
        print("\n".join(_status_lines(status)))
    return 0


def run_doctor(options: argparse.Namespace) -> int:
    """Exits 1 when something is a problem, so that scripts can ask."""
    findings = Engine(options.library).doctor()
    if options.json:
        print(json.dumps({"findings": [asdict(one) for one in findings]}))
    else:
        for one in findings:
            print(_finding_line(one))
    return 1 if any(one.level == "problem" for one in findings) else 0


def run_retry(options: argparse.Namespace) -> int:
    number = Engine(options.library).retry(options.paths)
    if options.json:
        print(json.dumps({"retried": number}))
    elif number:
        print(f"{count(number, 'failure')} forgotten. Try again with: reelfind index")
    else:
        print("Nothing had failed there.")
    return 0


def run_forget(options: argparse.Namespace) -> int:
    gone = Engine(options.library).forget(options.paths)
    if options.json:
        print(json.dumps(asdict(gone)))
    else:
        print(
            f"Forgotten: {count(gone.files, 'file')}, {count(gone.videos, 'video')}, {count(gone.folders, 'folder')}."
            " The originals were not touched."
        )
    return 0


def _status_values(status: Status) -> dict[str, object]:
    return {
        "library": str(status.library),
        "pack": asdict(status.pack),
        **asdict(status.summary),
        "size_bytes": status.size_bytes,
        "folders": [asdict(one) for one in status.folders],
        "failed": [_failure_values(one) for one in status.failures],
    }


def _failure_values(failure: Failure) -> dict[str, str]:
    return {"path": str(failure.path), "stage": failure.stage, "reason": failure.reason, "remedy": failure.remedy}


def _status_lines(status: Status) -> list[str]:
    held = status.summary
    lines = [
        f"Library   {shown(status.library)}, {size(status.size_bytes)}",
        f"Videos    {count(held.videos, 'video')} in {count(held.files, 'file')}, {duration(held.duration_s)} in all",
        f"Known     {count(held.frames, 'frame')}, {count(held.shots, 'shot')}, {count(held.texts, 'text')},"
        f" {count(held.moments, 'moment')}",
        f"Model     {status.pack.id + ' ' + status.pack.revision if status.pack.id else 'none; see: reelfind doctor'}",
    ]
    for number, words in (
        (held.offline_videos, "on disks that are not plugged in"),
        (held.missing_videos, "gone; remembered for 30 days in case they come back"),
        (held.waiting_look, "still to be looked at"),
        (held.waiting_describe, "still to be described"),
    ):
        if number:
            lines.append(f"          {count(number, 'video')} {words}")
    for one in status.folders:
        state = "" if one.is_online else f"  (offline: plug in {one.volume})"
        lines.append(f"Folder    {shown(one.path)}{'  (watched)' if one.is_watched else ''}{state}")
    for failure in status.failures:
        lines.append(f"Trouble   {shown(failure.path)}: {failure.reason}. {failure.remedy}.")
    return lines


def _finding_line(one: Finding) -> str:
    remedy = f"\n       -> {one.remedy}" if one.remedy else ""
    return f"[{MARKS[one.level]}] {one.subject}: {one.message}{remedy}"
