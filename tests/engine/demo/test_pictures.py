from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from engine.demo.lessons import random_scene, training_pictures
from engine.demo.picture import PAINTERS, draw
from engine.demo.places import PAINTERS as PLACE_PAINTERS
from engine.demo.samples import CLIPS, SHOWN
from engine.demo.scene import INSIDE, KINDS, PLACES, WEATHERS, Actor, Scene, fits, motions
from engine.demo.words import describe

SIZE = (128, 72)
SAMPLE_SCENES = [scene for clip in CLIPS for scene in clip.scenes]


def _first_fit(kind: str) -> tuple[str, str]:
    return next((place, weather) for place in PLACES for weather in (*WEATHERS, INSIDE) if fits(kind, place, weather))


def test_every_kind_and_place_has_a_painter() -> None:
    assert set(PAINTERS) == set(KINDS)
    assert set(PLACE_PAINTERS) == set(PLACES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_actor_is_seen_in_its_place(kind: str) -> None:
    place, weather = _first_fit(kind)
    for motion in motions(kind, place):
        scene = Scene(place, weather, (Actor(kind, KINDS[kind].colours[0], motion),))
        empty = replace(scene, actors=())
        changed = (draw(scene, 2.0, SIZE) != draw(empty, 2.0, SIZE)).any(2).mean()
        assert 0.004 < changed < 0.6, motion


@pytest.mark.parametrize("motion", ["right", "left"])
def test_who_crosses_the_picture_ends_on_the_other_side(motion: str) -> None:
    scene = Scene("desert", "sunny", (Actor("car", "red", motion),), seconds=4.0)
    empty = replace(scene, actors=())

    def middle(t_s: float) -> float:
        changed = (draw(scene, t_s, SIZE) != draw(empty, t_s, SIZE)).any(2)
        return float(np.nonzero(changed)[1].mean())

    way = middle(4.0) - middle(0.0)
    assert way > SIZE[0] / 3 if motion == "right" else way < -SIZE[0] / 3


@pytest.mark.parametrize("weather", WEATHERS)
def test_weathers_differ(weather: str) -> None:
    pictures = {one: draw(Scene("road", one, ()), 1.0, SIZE).astype(int) for one in WEATHERS}
    others = [np.abs(pictures[weather] - picture).mean() for one, picture in pictures.items() if one != weather]
    assert min(others) > 3


@pytest.mark.parametrize("scene", random.Random(3).sample(SAMPLE_SCENES, 8), ids=lambda scene: scene.place)
def test_a_scene_is_drawn_the_same_each_time_and_moves(scene: Scene) -> None:
    assert np.array_equal(draw(scene, 1.0, SIZE), draw(scene, 1.0, SIZE))
    if scene.actors:
        assert not np.array_equal(draw(scene, 0.5, SIZE), draw(scene, 1.5, SIZE))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (400, 20), (97, 53)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    for scene in SAMPLE_SCENES[::9]:
        assert draw(scene, 1.0, size).shape == (size[1], size[0], 3)


def test_training_never_sees_what_the_sample_library_shows() -> None:
    chance = random.Random(11)
    for _ in range(20_000):
        assert not random_scene(chance).likenesses() & SHOWN


def test_without_the_exclusion_training_would_see_it() -> None:
    """The test above can fail: such scenes are in reach of the random ones."""
    reachable = [
        likeness
        for likeness in SHOWN
        if likeness[1] and fits(likeness[1], likeness[0], likeness[3]) and likeness[2] in KINDS[likeness[1]].colours
    ]
    assert len(reachable) > len(SHOWN) / 2


def test_training_pictures_come_with_five_sentences_each_and_again_the_same() -> None:
    pictures, sentences = training_pictures(5, 12, 64)
    assert pictures.shape == (12, 64, 64, 3)
    assert pictures.dtype == np.uint8
    assert [len(one) for one in sentences] == [5] * 12
    again, sentences_again = training_pictures(5, 12, 64)
    assert np.array_equal(pictures, again)
    assert sentences == sentences_again
    assert not np.array_equal(pictures, training_pictures(6, 12, 64)[0])


def test_sentences_name_colour_and_vary() -> None:
    chance = random.Random(2)
    seen: set[str] = set()
    for _ in range(400):
        scene = random_scene(chance)
        sentences = describe(scene, chance)
        for actor in scene.actors:
            assert all(actor.colour in text for text in sentences)
        assert all(text == " ".join(text.split()) and text for text in sentences)
        seen.update(sentences)
    assert len(seen) > 1600


def test_sample_scenes_are_of_the_vocabulary() -> None:
    for scene in SAMPLE_SCENES:
        assert scene.place in PLACES
        assert scene.weather in (WEATHERS if PLACES[scene.place].is_open else (INSIDE,))
        for actor in scene.actors:
            assert actor.kind in KINDS
            assert KINDS[actor.kind].medium in PLACES[scene.place].media
