"""The sample library's clips: which scenes they show, in which order. Fixed, so that what is true of them is known."""

from __future__ import annotations

from dataclasses import dataclass

from engine.demo.scene import INSIDE, Actor, Scene


@dataclass(frozen=True, slots=True)
class Clip:
    name: str
    scenes: tuple[Scene, ...]


# The names tell nothing of what is to be found, so that it is found by what the pictures show.
Told = tuple[str, str, str]
"""Place, weather, and one or two actors as "colour kind: motion" joined by " + "; a sign stands after " @ "."""

TOLD: dict[str, tuple[Told, ...]] = {
    "January weekend": (
        ("road", "snow", "red car: right"),
        ("snowfield", "snow", "white snowman: still"),
        ("forest", "snow", "brown horse: left"),
    ),
    "Our July": (
        ("lake", "sunny", "brown dog: dives"),
        ("lake", "sunny", "white sailing boat: left"),
        ("lake", "sunset", "yellow duck: right"),
    ),
    "Postcards": (
        ("sea", "sunny", "red ship: right"),
        ("sea", "sunset", "orange sailing boat: left"),
        ("sea", "rain", "blue sailing boat: right"),
    ),
    "After work": (
        ("street", "night", "yellow bus: right"),
        ("street", "rain", "black car: left"),
        ("street", "night", "red bicycle: left"),
    ),
    "December 31": (
        ("sky", "fireworks", ""),
        ("street", "fireworks", "blue car: right"),
        ("lake", "fireworks", ""),
    ),
    "Easter Monday": (
        ("meadow", "sunny", "red hot air balloon: rises"),
        ("mountains", "sunny", "yellow hot air balloon: right"),
        ("sky", "sunset", "blue balloon: rises"),
    ),
    "Below": (
        ("underwater", INSIDE, "orange fish: right"),
        ("underwater", INSIDE, "green turtle: left"),
        ("underwater", INSIDE, "blue fish: left + yellow fish: left"),
    ),
    "Saturday training": (
        ("sports field", "sunny", "white ball: bounces"),
        ("sports field", "cloudy", "blue child: right + white ball: right"),
        ("sports field", "rain", "yellow ball: falls"),
    ),
    "Journey": (
        ("mountains", "cloudy", "red train: right"),
        ("desert", "sunny", "green train: left"),
        ("snowfield", "night", "blue train: right"),
    ),
    "Sunday at home": (
        ("room", INSIDE, "black cat: right"),
        ("room", INSIDE, "red ball: bounces"),
        ("room", INSIDE, "white dog: left"),
        ("room", INSIDE, "yellow child: jumps"),
    ),
    "Grandmother's place": (
        ("meadow", "cloudy", "white horse: right"),
        ("meadow", "sunset", "red house: still"),
        ("meadow", "rain", "green tree: still"),
    ),
    "Fortnight": (
        ("beach", "sunny", "pink child: dives"),
        ("beach", "sunny", "yellow kite: still"),
        ("beach", "sunset", "black horse: left"),
        ("beach", "night", "blue house: still"),
    ),
    "Departures": (
        ("sky", "sunny", "white airplane: rises"),
        ("mountains", "night", "red airplane: left"),
        ("desert", "cloudy", "white rocket: rises"),
    ),
    "October": (
        ("forest", "cloudy", "orange tree: still"),
        ("forest", "fog", "brown dog: right"),
        ("forest", "sunny", "red child: left"),
    ),
    "Far away": (
        ("desert", "sunset", "white truck: right"),
        ("desert", "night", "grey horse: right"),
        ("desert", "sunny", "black bird: left"),
    ),
    "Errands": (
        ("road", "sunny", "green bus: left @ STOP"),
        ("street", "sunny", "orange cat: right @ CAFE"),
        ("beach", "cloudy", "red kite: still @ ICE CREAM"),
    ),
    "Behind the fence": (
        ("meadow", "sunny", "pink flower: still + blue butterfly: right"),
        ("meadow", "rain", "red flower: still"),
        ("meadow", "sunny", "grey cat: left"),
    ),
    "Crossing": (
        ("sea", "rain", "black ship: left"),
        ("sea", "fog", "white ship: right"),
        ("sea", "night", "yellow sailing boat: left"),
    ),
    "Passes": (
        ("road", "fog", "blue truck: right"),
        ("mountains", "sunset", "yellow car: left"),
        ("road", "rain", "orange bicycle: right"),
    ),
    "Visitors": (
        ("sea", "cloudy", "white bird: right"),
        ("snowfield", "sunny", "red bird: left"),
        ("lake", "fog", "white duck: left"),
    ),
    "Late": (
        ("forest", "night", "white house: still"),
        ("mountains", "night", ""),
        ("beach", "night", "brown dog: left"),
    ),
    "No school": (
        ("snowfield", "sunny", "green child: jumps"),
        ("snowfield", "cloudy", "black dog: right"),
        ("street", "snow", "yellow bus: left"),
        ("snowfield", "snow", "red house: still"),
    ),
    "Countdown": (
        ("desert", "night", "red rocket: rises"),
        ("sky", "night", "blue rocket: rises"),
    ),
    "Monday": (
        ("street", "rain", "purple child: left"),
        ("forest", "rain", "green car: right"),
        ("lake", "rain", ""),
    ),
    "Four drivers": (
        ("road", "sunny", "white car: right"),
        ("road", "sunset", "black bicycle: left"),
        ("road", "cloudy", "red truck: left"),
        ("road", "night", "orange car: right"),
    ),
}

SECONDS = (4.0, 5.0, 3.5, 4.5)
"""How long a scene is, by where it stands in its clip."""


def _scene(told: Told, seconds: float, variation: int) -> Scene:
    place, weather, rest = told
    who, _, sign = rest.partition(" @ ")
    actors: list[Actor] = []
    for one in filter(None, who.split(" + ")):
        look, _, motion = one.partition(": ")
        colour, _, kind = look.partition(" ")
        actors.append(Actor(kind, colour, motion))
    return Scene(place, weather, tuple(actors), sign, seconds, variation)


def _clips() -> tuple[Clip, ...]:
    """Each scene with a variation of its own, far from those of random scenes."""
    return tuple(
        Clip(name, tuple(_scene(one, SECONDS[at % 4], -(100 * number + at) - 1) for at, one in enumerate(scenes)))
        for number, (name, scenes) in enumerate(TOLD.items())
    )


CLIPS = _clips()
SHOWN = frozenset(likeness for clip in CLIPS for scene in clip.scenes for likeness in scene.likenesses())
"""What the sample library shows. Pictures for training leave it out, so that its queries measure something."""
