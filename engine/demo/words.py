"""Sentences about a scene, worded in many ways as people would type or caption it."""

from __future__ import annotations

import random

from engine.demo.scene import KINDS, Actor, Scene

NOUNS: dict[str, tuple[str, ...]] = {
    "car": ("car", "car", "automobile"), "bus": ("bus", "bus", "coach"), "truck": ("truck", "truck", "lorry"),
    "train": ("train",), "bicycle": ("bicycle", "bike"), "dog": ("dog", "dog", "puppy"), "cat": ("cat", "kitten"),
    "horse": ("horse", "horse", "pony"), "child": ("child", "kid", "boy", "person"), "snowman": ("snowman",),
    "house": ("house", "house", "cottage"), "tree": ("tree",), "flower": ("flower", "blossom"),
    "ball": ("ball",), "bird": ("bird",), "butterfly": ("butterfly",),
    "airplane": ("airplane", "plane", "aeroplane"), "hot air balloon": ("hot air balloon",),
    "balloon": ("balloon", "toy balloon"), "kite": ("kite",), "rocket": ("rocket", "spaceship"),
    "sailing boat": ("sailing boat", "sailboat", "boat"), "ship": ("ship", "boat", "steamer"), "duck": ("duck",),
    "fish": ("fish",), "turtle": ("turtle", "sea turtle"),
}  # fmt: skip

WAYS: dict[str, tuple[str, ...]] = {
    "car": ("drives", "is driving", "goes"), "bus": ("drives", "is driving"), "truck": ("drives", "is driving"),
    "train": ("runs", "rolls", "passes"), "dog": ("runs", "is running", "walks"), "cat": ("walks", "is walking"),
    "horse": ("gallops", "runs", "is walking"), "child": ("runs", "walks", "is running"),
    "ball": ("rolls", "is rolling"), "bird": ("flies", "is flying"), "butterfly": ("flutters", "flies"),
    "airplane": ("flies", "is flying"), "hot air balloon": ("floats", "drifts"),
    "sailing boat": ("sails", "is sailing"), "ship": ("sails", "steams"), "duck": ("swims", "is swimming"),
    "fish": ("swims", "is swimming"), "turtle": ("swims", "is swimming"), "bicycle": ("goes", "rolls"),
}  # fmt: skip

MOTIONS: dict[str, tuple[str, ...]] = {
    "rises": ("rises", "goes up", "climbs into the sky", "floats up"),
    "falls": ("falls", "comes down", "drops"),
    "bounces": ("bounces", "is bouncing", "bounces up and down"),
    "jumps": ("jumps", "is jumping", "leaps"),
    "dives": ("jumps into the water", "leaps into the water", "dives into the water with a splash"),
    "still": ("is", "stands", "can be seen"),
}
SPECIAL: dict[tuple[str, str], tuple[str, ...]] = {
    ("airplane", "rises"): ("takes off", "climbs", "flies up"),
    ("rocket", "rises"): ("takes off", "lifts off", "is launched"),
    ("hot air balloon", "falls"): ("lands", "comes down"),
    ("kite", "still"): ("flies", "is flying"),
    ("flower", "still"): ("grows", "blooms", "is"),
    ("tree", "still"): ("stands", "grows", "is"),
    ("dog", "still"): ("stands", "is standing", "waits"),
    ("child", "still"): ("stands", "is standing", "waits"),
}

WHERE: dict[str, tuple[str, ...]] = {
    "beach": ("on the beach", "at the beach", "by the sea on the sand"),
    "forest": ("in the forest", "in the woods", "on a path between the trees"),
    "street": ("in the city", "on a city street", "in the street in front of buildings"),
    "road": ("on the road", "on a country road", "on the highway"),
    "mountains": ("in the mountains", "in front of mountains", "below snowy peaks"),
    "snowfield": ("in the snow", "on a snowy field", "in a white winter landscape"),
    "sea": ("on the sea", "on the ocean", "over the waves of the sea"),
    "underwater": ("under water", "underwater", "among corals and seaweed"),
    "desert": ("in the desert", "among sand dunes", "on the sand of the desert"),
    "meadow": ("in a meadow", "on a green field with flowers", "on the grass"),
    "room": ("in a room", "in the living room", "indoors next to a sofa"),
    "lake": ("at a lake", "on the lake", "by the lake with a wooden pier"),
    "sports field": ("on a football field", "on the soccer field", "in a stadium"),
    "sky": ("in the sky", "up in the sky", "in the air"),
}
AIRBORNE_WHERE: dict[str, tuple[str, ...]] = {
    "beach": ("over the beach",), "sea": ("over the sea", "over the ocean"), "lake": ("over a lake",),
    "mountains": ("over the mountains", "in front of mountains"), "street": ("over the city", "above the street"),
    "road": ("over the road", "above a country road"), "forest": ("over the forest", "above the trees"),
    "desert": ("over the desert", "above sand dunes"), "meadow": ("over a meadow", "above green fields"),
    "snowfield": ("over a snowy field", "above the snow"), "sports field": ("over a football field",),
}  # fmt: skip
SCENERY: dict[str, tuple[str, ...]] = {
    "beach": ("a beach", "a sandy beach and the sea"), "forest": ("a forest", "tall trees in the woods"),
    "street": ("a city street", "buildings of a city"), "road": ("a road", "a country road"),
    "mountains": ("mountains", "snowy mountain peaks"), "snowfield": ("a snowy field", "a winter landscape"),
    "sea": ("the sea", "the ocean"), "underwater": ("the bottom of the sea", "an underwater scene"),
    "desert": ("a desert", "sand dunes and cactuses"), "meadow": ("a meadow", "a green field with flowers"),
    "room": ("a room", "a living room with a sofa"), "lake": ("a lake", "a lake with a wooden pier"),
    "sports field": ("a football field", "a stadium with spectators"), "sky": ("the sky", "the open sky"),
}  # fmt: skip

WHEN: dict[str, tuple[str, ...]] = {
    "sunny": ("", "", "on a sunny day", "in the sunshine", "under a blue sky"),
    "cloudy": ("", "on a cloudy day", "under a grey sky"),
    "rain": ("in the rain", "while it is raining", "on a rainy day"),
    "snow": ("in the snow", "while it is snowing", "in falling snow", "in winter"),
    "fog": ("in the fog", "in thick fog", "on a foggy day", "in the mist"),
    "night": ("at night", "under the stars", "in the dark", "by moonlight"),
    "sunset": ("at sunset", "in the evening sun", "under an orange sky"),
    "fireworks": ("under fireworks", "with fireworks in the sky", "while fireworks explode at night"),
    "inside": ("",),
}
AMID: dict[str, tuple[str, ...]] = {
    "sunny": ("sunny", ""), "cloudy": ("cloudy", ""), "rain": ("rainy", "wet"), "snow": ("snowy", "wintry"),
    "fog": ("foggy", "misty"), "night": ("dark", "nightly"), "sunset": ("sunset", "evening"),
    "fireworks": ("festive", "nightly"), "inside": ("",),
}  # fmt: skip


def describe(scene: Scene, chance: random.Random) -> list[str]:
    """Five sentences about the scene."""
    if not scene.actors:
        return [_of_a_view(scene, chance) for _ in range(5)]
    forms = (_acting, _acting, _captioned, _typed, chance.choice((_acting, _captioned, _typed)))
    return [_clean(form(scene, chance)) for form in forms]


def noun(actor: Actor, chance: random.Random) -> str:
    """The actor with its colour, in the words of today."""
    word = chance.choice(NOUNS[actor.kind])
    if actor.kind == "child":
        return f"{word} in {chance.choice((f'a {actor.colour} shirt', actor.colour, f'{actor.colour} clothes'))}"
    if actor.kind == "bicycle" and chance.random() < 0.4:
        return f"person riding a {actor.colour} {word}"
    if actor.kind == "tree" and actor.colour != "green" and chance.random() < 0.4:
        return f"{actor.colour} autumn tree"
    return f"{actor.colour} {word}"


def _acting(scene: Scene, chance: random.Random) -> str:
    """A red car drives on the road in the rain."""
    first = scene.actors[0]
    who = _with_article(noun(first, chance))
    doing = chance.choice(_doings(first))
    parts = [who, doing, _where(scene, first, chance), chance.choice(WHEN[scene.weather])]
    if len(scene.actors) > 1:
        parts.insert(1, "and " + _with_article(noun(scene.actors[1], chance)))
        parts[2] = "are seen" if chance.random() < 0.5 else "are"
    if first.motion in ("left", "right") and len(scene.actors) == 1 and chance.random() < 0.12:
        parts.insert(2, f"to the {first.motion}")
    return " ".join(filter(None, [*parts, _sign(scene, chance)]))


def _doings(actor: Actor) -> tuple[str, ...]:
    if (actor.kind, actor.motion) in SPECIAL:
        return SPECIAL[actor.kind, actor.motion]
    return WAYS.get(actor.kind, ("moves",)) if actor.motion in ("left", "right") else MOTIONS[actor.motion]


def _captioned(scene: Scene, chance: random.Random) -> str:
    """A snowy road with a red car."""
    look = chance.choice(AMID[scene.weather])
    view = chance.choice(SCENERY[scene.place])
    if look and view.startswith(("a ", "an ")):
        view = _with_article(f"{look} {view.split(' ', 1)[1]}")
    elif look:
        view = f"{view} {chance.choice(WHEN[scene.weather])}"
    who = " and ".join(_with_article(noun(one, chance)) for one in scene.actors)
    return " ".join(filter(None, [view, "with", who, _sign(scene, chance)]))


def _typed(scene: Scene, chance: random.Random) -> str:
    """As people type: red car snow."""
    parts = [noun(one, chance) for one in scene.actors]
    if chance.random() < 0.8:
        parts.append(_where(scene, scene.actors[0], chance))
    if chance.random() < 0.75:
        parts.append(chance.choice(WHEN[scene.weather]))
    return " ".join(filter(None, [*parts, _sign(scene, chance) if chance.random() < 0.6 else ""]))


def _of_a_view(scene: Scene, chance: random.Random) -> str:
    view = chance.choice(SCENERY[scene.place])
    when = chance.choice(WHEN[scene.weather])
    if scene.weather == "fireworks" and chance.random() < 0.6:
        return _clean(f"{chance.choice(('fireworks', 'colourful fireworks', 'rockets exploding'))} over {view}")
    if scene.weather == "night" and chance.random() < 0.4:
        return _clean(f"moon and stars over {view}")
    return _clean(" ".join(filter(None, [view, when, _sign(scene, chance)])))


def _where(scene: Scene, actor: Actor, chance: random.Random) -> str:
    if actor.motion == "dives":
        return {"lake": "at the lake", "beach": "at the beach"}.get(scene.place, "")
    medium = KINDS[actor.kind].medium
    if medium == "water" and scene.place == "beach":
        return chance.choice(("off the beach", "near the beach", "by the beach"))
    above = medium == "air" and scene.place in AIRBORNE_WHERE
    return chance.choice((AIRBORNE_WHERE if above else WHERE)[scene.place])


def _sign(scene: Scene, chance: random.Random) -> str:
    if not scene.sign:
        return ""
    word = scene.sign.lower()
    return chance.choice((f"next to a {word} sign", f"and a sign that says {word}", f"with a {word} sign"))


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _clean(text: str) -> str:
    return " ".join(text.split())
