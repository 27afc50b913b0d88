"""What recorders write, and the nonsense among it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.media.tags import camera, created_at, lowered, place, title
from engine.types import Place


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ({"creation_time": "2021-08-30T16:07:24.000000Z"}, "2021-08-30T16:07:24+00:00"),
        ({"com.apple.quicktime.creationdate": "2023-07-01T12:30:00+0200"}, "2023-07-01T12:30:00+02:00"),
        ({"creation_time": "1904-01-01T00:00:00Z"}, None),
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"date": "2020-03-04"}, "2020-03-04T00:00:00"),
        ({"date": "last summer"}, None),
        ({}, None),
    ],
)
def test_the_time_of_recording(tags: dict[str, str], wanted: str | None) -> None:
    assert created_at(tags) == wanted


def test_the_camera_s_own_zone_wins_over_utc() -> None:
    both = {"creation_time": "2023-07-01T10:30:00Z", "com.apple.quicktime.creationdate": "2023-07-01T12:30:00+02:00"}
    assert created_at(both) == "2023-07-01T12:30:00+02:00"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("+52.5166+013.3779/", Place(52.5166, 13.3779)),
        ("+27.5916+086.5640+8850/", Place(27.5916, 86.564)),
        ("-33.8688+151.2093+010.5/", Place(-33.8688, 151.2093)),
        ("+4530-07315/", Place(45.5, -73.25)),
        ("+404512-0735830/", Place(40.753333, -73.975)),
        ("+00.0000+000.0000/", None),
        ("+99.0000+013.3779/", None),
        ("somewhere", None),
        ("", None),
    ],
)
def test_a_place_in_iso_6709(text: str, wanted: Place | None) -> None:
    found = place({"com.apple.quicktime.location.iso6709": text})
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert (found.latitude, found.longitude) == pytest.approx((wanted.latitude, wanted.longitude), abs=1e-5)


@pytest.mark.parametrize("key", ["location", "location-eng", "com.apple.quicktime.location.iso6709"])
def test_a_place_under_any_of_its_names(key: str) -> None:
    assert place({key: "+52.5166+013.3779/"}) is not None


def test_a_tag_that_only_sounds_like_a_place_is_none() -> None:
    assert place({"location_accuracy": "+52.5166+013.3779/"}) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    tags = {"creation_time": text, "location": text, "make": text, "title": text}
    created_at(tags), place(tags), camera(tags), title(tags)


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ({"make": "Apple", "model": "iPhone 12"}, "Apple iPhone 12"),
        ({"com.android.manufacturer": "Google", "com.android.model": "Pixel 8"}, "Google Pixel 8"),
        ({"make": "Canon", "model": "Canon EOS R5"}, "Canon EOS R5"),
        ({"model": "DSC-RX100"}, "DSC-RX100"),
        ({}, None),
    ],
)
def test_the_camera_says_its_make_once(tags: dict[str, str], wanted: str | None) -> None:
    assert camera(tags) == wanted


def test_some_cameras_sign_only_their_tracks() -> None:
    assert camera({}, ["GoPro AVC", "GoPro AAC"]) == "GoPro"
    assert camera({}, ["VideoHandler"]) is None


def test_blank_tags_do_not_count() -> None:
    assert lowered({"Title": "  ", "MAKE": " Sony "}) == {"make": "Sony"}
