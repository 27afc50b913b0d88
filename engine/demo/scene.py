"""What a scene is: plain frozen data, and the vocabulary it is made of. Draws nothing.

A scene says where, in what weather, who is there and what each does. `variation` seeds what is left open: composition,
hues, sizes, what stands in the background.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Medium = Literal["land", "air", "water", "deep"]


@dataclass(frozen=True, slots=True)
class Place:
    """Heights are shares of the picture's height, from the top."""

    horizon: float
    land: float | None = None
    """Where feet and wheels stand."""
    water: float | None = None
    """Where boats float."""
    is_open: bool = True
    """Under the sky, so that it has weather."""

    @property
    def media(self) -> frozenset[Medium]:
        found: set[Medium] = {"air"} if self.is_open else set()
        if self.land is not None:
            found.add("land")
        if self.water is not None:
            found.add("water" if self.is_open else "deep")
        return frozenset(found)


PLACES: dict[str, Place] = {
    "beach": Place(0.48, land=0.86, water=0.6),
    "forest": Place(0.56, land=0.86),
    "street": Place(0.62, land=0.9),
    "road": Place(0.52, land=0.82),
    "mountains": Place(0.62, land=0.88),
    "snowfield": Place(0.55, land=0.84),
    "sea": Place(0.45, water=0.68),
    "underwater": Place(0.0, water=0.55, is_open=False),
    "desert": Place(0.55, land=0.84),
    "meadow": Place(0.52, land=0.84),
    "room": Place(0.7, land=0.9, is_open=False),
    "lake": Place(0.46, land=0.8, water=0.8),
    "sports field": Place(0.42, land=0.84),
    "sky": Place(1.0),
}

WEATHERS = ("sunny", "cloudy", "rain", "snow", "fog", "night", "sunset", "fireworks")
INSIDE = "inside"
"""The weather of places that have none."""

BRIGHT = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black")
VEHICLE = ("red", "yellow", "green", "blue", "white", "black", "orange")
FUR = ("brown", "black", "white", "grey")


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of actor. `size` is its unit as a share of the picture's height."""

    medium: Medium
    size: float
    colours: tuple[str, ...]
    motions: tuple[str, ...]


ACROSS = ("right", "left")

KINDS: dict[str, Kind] = {
    "car": Kind("land", 0.25, VEHICLE, ACROSS),
    "bus": Kind("land", 0.33, VEHICLE, ACROSS),
    "truck": Kind("land", 0.32, VEHICLE, ACROSS),
    "train": Kind("land", 0.42, VEHICLE, ACROSS),
    "bicycle": Kind("land", 0.27, BRIGHT, ACROSS),
    "dog": Kind("land", 0.22, FUR, (*ACROSS, "jumps", "dives", "still")),
    "cat": Kind("land", 0.2, (*FUR, "orange"), (*ACROSS, "still")),
    "horse": Kind("land", 0.32, FUR, (*ACROSS, "still")),
    "child": Kind("land", 0.28, BRIGHT, (*ACROSS, "jumps", "dives", "still")),
    "snowman": Kind("land", 0.28, ("white",), ("still",)),
    "house": Kind("land", 0.4, ("red", "yellow", "blue", "white", "green", "pink"), ("still",)),
    "tree": Kind("land", 0.42, ("green", "orange", "yellow", "red"), ("still",)),
    "flower": Kind("land", 0.3, ("red", "yellow", "pink", "purple", "white", "blue"), ("still",)),
    "ball": Kind("land", 0.13, BRIGHT, (*ACROSS, "bounces", "falls")),
    "bird": Kind("air", 0.17, ("white", "black", "blue", "red", "yellow"), ACROSS),
    "butterfly": Kind("air", 0.16, ("orange", "yellow", "blue", "pink", "white", "purple"), ACROSS),
    "airplane": Kind("air", 0.25, ("white", "red", "blue", "yellow", "green"), (*ACROSS, "rises")),
    "hot air balloon": Kind("air", 0.3, BRIGHT[:7], ("rises", "falls", *ACROSS)),
    "balloon": Kind("air", 0.17, BRIGHT[:7], ("rises",)),
    "kite": Kind("air", 0.22, BRIGHT[:7], ("still", "rises")),
    "rocket": Kind("air", 0.3, ("white", "red", "blue", "green", "yellow"), ("rises",)),
    "sailing boat": Kind("water", 0.29, ("white", "red", "blue", "yellow", "orange", "green"), ACROSS),
    "ship": Kind("water", 0.36, ("red", "blue", "black", "white", "green"), ACROSS),
    "duck": Kind("water", 0.16, ("yellow", "white", "brown"), ACROSS),
    "fish": Kind("deep", 0.24, ("orange", "yellow", "blue", "red", "purple", "green", "grey"), ACROSS),
    "turtle": Kind("deep", 0.24, ("green", "brown"), ACROSS),
}


PICKY: dict[str, frozenset[str]] = {
    "room": frozenset({"dog", "cat", "child", "ball"}),
    "lake": frozenset({"dog", "child", "sailing boat", "duck"}),
    "sports field": frozenset({"dog", "child", "ball", "horse", "cat", "bicycle"}),
    "beach": frozenset(KINDS) - {"bus", "truck", "train", "snowman", "flower", "duck"},
    "forest": frozenset(KINDS) - {"train"},
    "street": frozenset(KINDS) - {"horse", "flower", "house"},
    "sea": frozenset(KINDS) - {"butterfly", "duck"},
}
"""Who may be seen in places where not everybody makes sense."""


def motions(kind: str, place: str) -> tuple[str, ...]:
    """What an actor of a kind may do in a place: on land at the lake there is nothing but a pier to dive from."""
    if KINDS[kind].medium == "land" and place == "lake":
        return ("dives",)
    return tuple(one for one in KINDS[kind].motions if one != "dives" or place == "beach")


def fits(kind: str, place: str, weather: str) -> bool:
    """Whether one would believe it."""
    if KINDS[kind].medium not in PLACES[place].media or kind not in PICKY.get(place, KINDS):
        return False
    return kind != "snowman" or weather == "snow" or place == "snowfield"


@dataclass(frozen=True, slots=True)
class Actor:
    kind: str
    colour: str
    motion: str


@dataclass(frozen=True, slots=True)
class Scene:
    place: str
    weather: str
    actors: tuple[Actor, ...]
    sign: str = ""
    """A word on a board; empty for none."""
    seconds: float = 4.0
    variation: int = 0

    def likenesses(self) -> frozenset[Likeness]:
        """What makes two scenes show the same: an actor's kind and colour, where, and in what weather."""
        looks = [(one.kind, one.colour) for one in self.actors] or [("", "")]
        return frozenset((self.place, kind, colour, self.weather) for kind, colour in looks)


Likeness = tuple[str, str, str, str]
