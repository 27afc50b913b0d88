"""A recipe: everything that decides what a training run makes, read from one TOML file and checked.

Folders and devices are not part of it: the same recipe gives the same pack wherever it runs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from engine.errors import TrainingError
from engine.training.recipe_language import (
    CalibrateRecipe,
    CaptionerRecipe,
    ClipRecipe,
    PreferRecipe,
    ScorerRecipe,
)

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class TextRecipe:
    """Tokenizer, size of the text tower, and its pre-training on sentences."""

    vocabulary: int = 8000
    length: int = 40
    width: int = 256
    layers: int = 2
    heads: int = 4
    feed: int = 512
    dropout: float = 0.1
    use_roles: bool = True
    groups: int = 256
    steps: int = 400
    learning_rate: float = 6e-4
    check_every: int = 100


@dataclass(frozen=True, slots=True)
class FrameRecipe:
    """The frame encoder: heads on frozen features first, then all layers."""

    picture: int = 192
    """Height and width that the finished encoder takes."""
    look: int = 0
    """Height and width at which its backbone looks; the same where it is 0."""
    close: float = 0.0
    """Share of the picture that a second, closer look at its middle keeps; 0 for one look alone."""
    train_picture: int = 160
    first_picture: int = 128
    first_still_layers: int = 4
    first_share: float = 0.75
    """For this share of the steps pictures are smaller and the lowest layers keep still."""
    hidden: int = 512
    dropout: float = 0.2
    batch: int = 192
    head_batch: int = 256
    head_steps: int = 240
    head_learning_rate: float = 5e-4
    steps: int = 400
    learning_rate: float = 3e-4
    """Of heads and text tower once all layers train."""
    layer_rate: float = 1.5e-3
    """Of the topmost layer of the backbone, as a share of the size of its weights."""
    layer_decay: float = 0.92
    """By how much each layer below learns less than the one above."""
    averaging: float = 0.98
    weight_decay: float = 0.05
    sentences: int = 96
    """Scenes of sentences in each step."""
    sentences_weight: float = 0.3
    classes: int = 48
    """Class names in each step."""
    classes_weight: float = 0.1
    unlabelled: int = 24
    """Photos without captions in each step, paired with sentences found for them."""
    unlabelled_weight: float = 0.2
    smallest_crop: float = 0.7
    written: int = 96
    """Captions that the decoder writes in each step."""
    written_weight: float = 0.3
    hidden_words: float = 0.0
    """Share of the words of captions that the text tower does not get to see."""
    members: int = 1
    """Encoders trained alike but for chance; where their mean does better than each of them it is taken."""
    rounds: int = 1
    """How often that is done, from the second time on from what the round before chose, at `train_picture` alone."""
    later_steps: int = 300
    later_learning_rate: float = 1.5e-4
    later_written: int = 320
    mimic_weight: float = 0.0
    """In later rounds, how much each view is drawn to what all looks at its photo together gave before."""
    half_precision: bool = True
    check_every: int = 40


@dataclass(frozen=True, slots=True)
class RetrieverRecipe:
    """Text tower and role-embeddings on the finished encoder's features."""

    batch: int = 256
    sentences: int = 128
    """Scenes of sentences in each step."""
    steps: int = 160
    learning_rate: float = 1e-4
    caption_weight: float = 0.5
    sentences_weight: float = 0.3
    check_every: int = 40


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    seed: int = 1
    drawn: int = 0
    """Scenes drawn for training beside the photos."""
    text: TextRecipe = field(default_factory=TextRecipe)
    frame: FrameRecipe = field(default_factory=FrameRecipe)
    retriever: RetrieverRecipe = field(default_factory=RetrieverRecipe)
    captioner: CaptionerRecipe = field(default_factory=CaptionerRecipe)
    scorer: ScorerRecipe = field(default_factory=ScorerRecipe)
    prefer: PreferRecipe = field(default_factory=PreferRecipe)
    clip: ClipRecipe = field(default_factory=ClipRecipe)
    calibrate: CalibrateRecipe = field(default_factory=CalibrateRecipe)


def shipped_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with the program."""
    folder = resources.files("engine.training") / "recipes"
    return tuple(sorted(Path(str(file)).stem for file in folder.iterdir() if file.name.endswith(".toml")))


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe that comes with the program, by name, or one's own, by path."""
    shipped = resources.files("engine.training") / "recipes" / f"{name_or_path}.toml"
    source = shipped if shipped.is_file() else Path(name_or_path)
    try:
        return parse_recipe(source.read_text(encoding="utf-8"), name_or_path)
    except OSError as error:
        known = ", ".join(shipped_recipes())
        raise TrainingError(
            name_or_path, f"there is no such recipe ({error})", f"Give a TOML file or one of: {known}"
        ) from error


def parse_recipe(text: str, subject: str) -> Recipe:
    """Read and check the text of a recipe; what it leaves out keeps its default."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(subject, f"it is not valid TOML ({error})") from error
    if not isinstance(values.get("name"), str):
        raise _wrong(subject, "it has no name")
    return _section(Recipe, values, subject)


def _section(kind: type[Section], values: Mapping[str, Any], subject: str) -> Section:
    known = {known.name for known in fields(kind)}  # pyright: ignore[reportArgumentType]
    unknown = sorted(set(values) - known)
    if unknown:
        raise _wrong(subject, f"it does not know {unknown[0]!r}")
    types = get_type_hints(kind)
    return kind(**{name: _value(types[name], value, f"{subject}, {name}") for name, value in values.items()})


def _value(kind: Any, value: Any, subject: str) -> Any:
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise _wrong(subject, "a section is wanted here")
        return _section(cast("type[Any]", kind), value, subject)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise _wrong(subject, f"{value!r} is none of {', '.join(map(str, get_args(kind)))}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise _wrong(subject, "a list is wanted here")
        return tuple(_value(get_args(kind)[0], item, subject) for item in value)
    return _plain(kind, value, subject)


def _plain(kind: type, value: Any, subject: str) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise _wrong(subject, f"{value!r} is not of the kind {kind.__name__}")
    if kind in (int, float) and value < 0:
        raise _wrong(subject, f"{value!r} is below zero")
    return value


def _wrong(subject: str, reason: str) -> TrainingError:
    return TrainingError(f"Recipe {subject}", reason, "Correct the recipe")
