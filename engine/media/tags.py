"""What recorders write into a container's tags: when, where, with which camera. Pure functions over dictionaries."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping

from engine.types import Place

Tags = Mapping[str, str]

# Best first: Apple's own date has the local zone, the container's is in UTC.
_CREATED = ("com.apple.quicktime.creationdate", "creation_time", "date_recorded", "date", "year")
_LOCATION = re.compile(r"(?:^|\.)(?:location(?:-[a-z]{3})?|location\.iso6709)$")
_MAKES = ("com.apple.quicktime.make", "com.android.manufacturer", "make", "manufacturer")
_MODELS = ("com.apple.quicktime.model", "com.android.model", "model", "camera_model_name")
_TITLES = ("title", "com.apple.quicktime.title", "com.apple.quicktime.displayname")
_MAKES_BY_TRACK = {"gopro": "GoPro", "dji": "DJI"}
"""Cameras that sign only their tracks."""
_EPOCHS = (1904, 1970)
"""The zero of two clocks: a recorder that did not know the time."""
_POINT = re.compile(r"([+-]\d{2,6}(?:\.\d+)?)([+-]\d{3,7}(?:\.\d+)?)")
_LINE = 200


def lowered(tags: Tags) -> dict[str, str]:
    """Tags with plain keys and trimmed values; empty ones are left out."""
    return {key.lower(): value.strip() for key, value in tags.items() if value.strip()}


def created_at(tags: Tags) -> str | None:
    """The time of recording in ISO 8601, with zone where stated."""
    for key in _CREATED:
        moment = _moment(tags.get(key, ""))
        if moment is not None:
            return moment.isoformat()
    return None


def _moment(text: str) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if (moment.month, moment.day) == (1, 1) and moment.year in _EPOCHS else moment


def place(tags: Tags) -> Place | None:
    """Where it was recorded, from an ISO 6709 tag such as `+52.5166+013.3779/`."""
    for key, value in tags.items():
        if _LOCATION.search(key):
            found = _POINT.match(value)
            if found is not None:
                return _place(_degrees(found[1], 2), _degrees(found[2], 3))
    return None


def _place(latitude: float, longitude: float) -> Place | None:
    is_on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    # Exactly zero, zero is what a camera without a fix writes.
    return Place(latitude, longitude) if is_on_earth and (latitude or longitude) else None


def _degrees(text: str, digits: int) -> float:
    """Degrees, or degrees and minutes, or those and seconds, told apart by the digits before the point."""
    sign, whole, fraction = (-1 if text[0] == "-" else 1), *text[1:].partition(".")[::2]
    parts = [whole[:digits]] + [whole[at : at + 2] for at in range(digits, len(whole), 2)]
    values = [float(part or 0) for part in parts]
    values[-1] += float(f"0.{fraction or 0}")
    return sign * sum(value / 60**power for power, value in enumerate(values[:3]))


def camera(tags: Tags, track_names: Iterable[str] = ()) -> str | None:
    """Make and model, the make said once."""
    make = next((tags[key] for key in _MAKES if key in tags), "")
    model = next((tags[key] for key in _MODELS if key in tags), "")
    if not make and not model:
        make = next(
            (full for name in track_names for mark, full in _MAKES_BY_TRACK.items() if mark in name.lower()), ""
        )
    both = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return both.strip()[:_LINE] or None


def title(tags: Tags) -> str | None:
    """The title somebody gave it."""
    return next((tags[key][:_LINE] for key in _TITLES if key in tags), None)
