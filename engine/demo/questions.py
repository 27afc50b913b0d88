"""What one may ask of the sample library, and the answers, which follow from what its scenes are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.demo.samples import CLIPS, Clip
from engine.demo.scene import Actor, Scene

Sorts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A query and what a scene must have to be an answer to it; what is left empty does not matter."""

    text: str
    type: str
    who: str = ""
    """A kind of actor, after its colour if that matters."""
    place: Sorts = ()
    weather: Sorts = ()
    motion: Sorts = ()
    sign: str = ""

    def is_answered_by(self, scene: Scene) -> bool:
        return (
            (not self.place or scene.place in self.place)
            and (not self.weather or scene.weather in self.weather)
            and (not self.sign or scene.sign == self.sign)
            and (not self.who or any(self._is_meant(actor) for actor in scene.actors))
        )

    def _is_meant(self, actor: Actor) -> bool:
        names = (actor.kind, f"{actor.colour} {actor.kind}")
        return self.who in names and (not self.motion or actor.motion in self.motion)


@dataclass(frozen=True, slots=True)
class Answer:
    """A stretch of a clip, as numbers of its scenes: the first, and the one after the last."""

    clip: Clip
    first: int
    end: int


DARK = ("night", "fireworks")
WINTER = ("snow",)

QUESTIONS: tuple[Question, ...] = (
    Question("red car driving through the snow", "thing", "red car", weather=WINTER),
    Question("brown dog jumps into the water", "action", "brown dog", motion=("dives",)),
    Question("child jumping into the sea", "action", "child", ("beach",), motion=("dives",)),
    Question("snowman", "thing", "snowman"),
    Question("brown horse in a snowy forest", "thing", "brown horse", ("forest",), WINTER),
    Question("white sailing boat on a lake", "thing", "white sailing boat", ("lake",)),
    Question("boat with orange sails at sunset", "thing", "orange sailing boat"),
    Question("red ship on the sea", "thing", "red ship"),
    Question("yellow bus in the city at night", "thing", "yellow bus", ("street",), DARK),
    Question("fireworks over the city", "weather", place=("street",), weather=("fireworks",)),
    Question("fireworks", "weather", weather=("fireworks",)),
    Question("red hot air balloon over a meadow", "thing", "red hot air balloon"),
    Question("yellow hot air balloon in front of mountains", "thing", "yellow hot air balloon", ("mountains",)),
    Question("orange fish under water", "thing", "orange fish"),
    Question("sea turtle swimming", "thing", "turtle"),
    Question("ball bouncing on a football field", "action", "ball", ("sports field",), motion=("bounces",)),
    Question("red train in the mountains", "thing", "red train"),
    Question("train in the desert", "thing", "train", ("desert",)),
    Question("black cat in the living room", "thing", "black cat", ("room",)),
    Question("white horse on the grass", "thing", "white horse", ("meadow",)),
    Question("red house in the snow", "thing", "red house", weather=WINTER),
    Question("kite flying over the beach", "thing", "kite", ("beach",)),
    Question("airplane over the mountains at night", "thing", "airplane", ("mountains",), DARK),
    Question("orange autumn tree in the forest", "thing", "orange tree"),
    Question("dog in the fog", "weather", "dog", weather=("fog",)),
    Question("pink flower and a blue butterfly", "thing", "pink flower"),
    Question("rocket taking off in the desert", "thing", "rocket", ("desert",)),
    Question("black ship in the rain", "weather", "black ship"),
    Question("stop sign beside the road", "words", sign="STOP"),
    Question("person riding a bicycle in the rain", "action", "bicycle", weather=("rain",)),
    Question("white duck on a foggy lake", "weather", "white duck", weather=("fog",)),
    Question("moon over the mountains", "weather", place=("mountains",), weather=("night",)),
    Question("red truck on a country road", "thing", "red truck"),
    Question("car at night", "weather", "car", weather=DARK),
    Question("an elephant in a zoo", "not there", "elephant"),
    Question("people eating at a table", "not there", "table"),
)


def answers(question: Question) -> Iterator[Answer]:
    """Every stretch of scenes in which the question is answered throughout."""
    for clip in CLIPS:
        first: int | None = None
        for number, scene in enumerate((*clip.scenes, None)):
            fits = scene is not None and question.is_answered_by(scene)
            if fits and first is None:
                first = number
            if not fits and first is not None:
                yield Answer(clip, first, number)
                first = None
