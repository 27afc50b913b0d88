"""Recipes: what comes with the program loads, and mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import TrainingError
from engine.training.recipe import Recipe, load_recipe, parse_recipe, shipped_recipes


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_loads_under_its_own_name(name: str) -> None:
    assert load_recipe(name).name == name


def test_what_a_recipe_leaves_out_keeps_its_default() -> None:
    recipe = parse_recipe('name = "mine"\n[frame]\nbatch = 8', "mine")
    assert recipe.frame.batch == 8
    assert recipe.frame.steps == Recipe("mine").frame.steps


def test_whole_numbers_serve_as_fractions_and_lists_as_choices() -> None:
    recipe = parse_recipe('name = "mine"\n[text]\ndropout = 0\n[prefer]\nlosses = ["dpo"]', "mine")
    assert recipe.text.dropout == 0.0
    assert recipe.prefer.losses == ("dpo",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "not valid TOML"),
        ("seed = 3", "no name"),
        ('name = "a"\nsede = 3', "does not know 'sede'"),
        ('name = "a"\n[frame]\nbatch = "many"', "not of the kind int"),
        ('name = "a"\n[frame]\nbatch = -1', "below zero"),
        ('name = "a"\nframe = 1', "a section is wanted"),
        ('name = "a"\n[prefer]\ncenter = "left"', "none of none, group"),
        ('name = "a"\n[prefer]\nlosses = "dpo"', "a list is wanted"),
    ],
)
def test_a_mistake_in_a_recipe_is_named(text: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        parse_recipe(text, "mine")


def test_an_unknown_recipe_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="starter"):
        load_recipe(str(tmp_path / "none.toml"))
