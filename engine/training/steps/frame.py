"""Step `frame`: trains the frame encoder with the text tower, in three stages that each can be gone on with.

Heads and text tower learn on frozen features first, because random heads would send noise through the backbone. That
state then finds sentences for the photos without captions. At last all layers learn, and with them the decoder that
becomes the captioner: several times from that same start where the recipe says so, and then their mean may be better.
A later round goes on from there, drawn to what the encoder before it saw when it looked several times at each photo.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.training.backbone import MobileNetV2, channels_last, load_backbone
from engine.training.checkpoint import load_weights, save_atomically
from engine.training.data import BACKBONE, Photo, Split, load_class_names, load_photos
from engine.training.frozen import Frozen, compute_frozen, open_frozen
from engine.training.joint import Eyes, JointTraining, Material, Rows, Terms, Towers, figures
from engine.training.looking import seen
from engine.training.loop import Plan, train
from engine.training.parts.frame import FRAME_WEIGHTS, FrameEncoder, FrameShape, frame_state
from engine.training.parts.text import QUERY, TextReader, load_text, text_state
from engine.training.pictures import Pictures, Views, open_pictures, plain_views, random_views
from engine.training.precision import fast
from engine.training.recipe import FrameRecipe, Recipe
from engine.training.run import data_dir, device, workers
from engine.training.steps.known import captioned
from engine.training.steps.text import PRETRAINED, scenes
from engine.training.steps.words import WORDS, keep_captioner, load_decoder
from engine.training.workers import run_each

log = logging.getLogger(__name__)

HEADS = Path("frame") / "heads.pt"
FRAME_TEXT = Path("frame") / "text.pt"
DECODER = Path("frame") / "decoder.pt"
FROZEN = Path("frame") / "frozen"
_SENTENCES_FOUND = 8


def frame(recipe: Recipe, run_dir: Path) -> None:
    pictures = open_pictures(run_dir / "prepare")
    network, _ = load_backbone(data_dir(run_dir) / BACKBONE)
    others = [photo for split in ("unlabelled", "dev", "coco_dev") for photo in _photos(run_dir, split)]
    seen = [*captioned(recipe, run_dir), *others]
    compute_frozen(network.to(device(run_dir)), pictures, pictures.rows(seen), run_dir / FROZEN)
    frozen = open_frozen(run_dir / FROZEN)
    train_heads(recipe, run_dir, pictures, frozen)
    for turn in range(1, recipe.frame.rounds + 1):
        train_round(recipe, run_dir, turn)
    if not (run_dir / FRAME_WEIGHTS).is_file():
        publish(recipe, run_dir)


def train_round(recipe: Recipe, run_dir: Path, turn: int) -> None:
    """All members of one round, and the choice among them."""
    pictures = open_pictures(run_dir / "prepare")
    if turn == 1:
        guess_from_heads(recipe, run_dir, pictures, open_frozen(run_dir / FROZEN))
    else:
        teach(recipe, run_dir, turn, pictures)
    members = range(1, recipe.frame.members + 1)
    run_each(train_layers, [(recipe, run_dir, (turn, number)) for number in members], workers(run_dir))
    choose(recipe, run_dir, turn)


def train_heads(recipe: Recipe, run_dir: Path, pictures: Pictures, frozen: Frozen) -> None:
    """Heads and text tower on frozen features."""
    plan = recipe.frame
    encoder, classifier = _new_encoder(recipe, run_dir)
    reader = load_text(run_dir, PRETRAINED, device(run_dir))
    _name_classes(encoder, reader, _class_names(run_dir))
    eyes = Eyes(
        lambda rows, _mirror, _step: frozen.features(rows, _device(encoder)),
        lambda rows: frozen.features(rows, _device(encoder)),
    )
    material = _material(recipe, run_dir, pictures, (frozen, classifier))
    task = JointTraining(
        Towers(encoder, reader), material, replace(_terms(recipe, 1), photos=plan.head_batch, unlabelled=0), eyes
    )
    schedule = Plan(
        steps=plan.head_steps,
        learning_rate=plan.head_learning_rate,
        warmup_steps=30,
        weight_decay=plan.weight_decay,
        averaging=0.95,
        check_every=plan.check_every,
        seed=recipe.seed,
    )
    towers = Towers(encoder, reader)
    train(task, schedule, run_dir / "heads", lambda: save_atomically(_state(towers), run_dir / HEADS))


def train_layers(recipe: Recipe, run_dir: Path, which: tuple[int, int]) -> None:
    """All layers of one encoder, the text tower and the decoder, on pictures that vary."""
    (turn, number), plan = which, recipe.frame
    seed = recipe.seed + (turn - 1) * plan.members + number - 1
    pictures, frozen = open_pictures(run_dir / "prepare"), open_frozen(run_dir / FROZEN)
    towers = _start(recipe, run_dir, turn)
    channels_last(towers.encoder.network)
    material = _material(
        recipe, run_dir, pictures, (frozen, load_backbone(data_dir(run_dir) / BACKBONE)[1].weight), turn
    )
    terms = replace(_terms(recipe, turn), seed=seed)
    task = JointTraining(towers, material, terms, _eyes(towers.encoder, pictures, plan, turn))
    task.param_groups += layer_groups(towers.encoder.network, plan)
    schedule = Plan(
        steps=plan.steps if turn == 1 else plan.later_steps,
        learning_rate=plan.learning_rate if turn == 1 else plan.later_learning_rate,
        warmup_steps=40,
        weight_decay=plan.weight_decay,
        averaging=plan.averaging,
        check_every=plan.check_every,
        seed=seed,
    )
    path = run_dir / member_path(turn, number)
    train(task, schedule, path.parent, lambda: save_atomically(_state(towers), path))


def round_dir(turn: int) -> Path:
    return Path("frame") / f"round-{turn}"


def member_path(turn: int, number: int) -> Path:
    return round_dir(turn) / f"member-{number}" / "best.pt"


def chosen_path(turn: int) -> Path:
    return round_dir(turn) / "chosen.pt"


def choose(recipe: Recipe, run_dir: Path, turn: int) -> None:
    """The best on dev of a round's members, their mean and what they started from."""
    if (run_dir / chosen_path(turn)).is_file():
        return
    states = [load_weights(run_dir / member_path(turn, n), "frame") for n in range(1, recipe.frame.members + 1)]
    candidates = states if len(states) == 1 else [*states, mean_state(states)]
    if turn > 1:
        candidates.append(load_weights(run_dir / chosen_path(turn - 1), "frame"))
    pictures = open_pictures(run_dir / "prepare")
    towers = _start(recipe, run_dir, turn)
    eyes = _eyes(towers.encoder, pictures, recipe.frame, turn)
    dev = _dev(run_dir, pictures)
    found: list[dict[str, float]] = []
    for state in candidates:
        _restore(towers, state)
        for module in towers.modules().values():
            module.eval()
        found.append(figures(towers, dev, eyes))
        log.info("encoder %d of %d: %s", len(found), len(candidates), found[-1])
    best = max(range(len(found)), key=lambda row: found[row]["score"])
    about = json.dumps({"best": best + 1, "figures": found}, indent=1)
    (run_dir / round_dir(turn) / "choice.json").write_text(about, encoding="utf-8")
    save_atomically(candidates[best], run_dir / chosen_path(turn))


def publish(recipe: Recipe, run_dir: Path) -> None:
    """What the last round chose becomes the run's encoder, text tower and decoder."""
    towers = _start(recipe, run_dir, recipe.frame.rounds + 1)
    save_atomically(text_state(towers.reader.tower), run_dir / FRAME_TEXT)
    keep_captioner(towers.decoder or load_decoder(run_dir, WORDS), run_dir / DECODER)
    save_atomically(frame_state(towers.encoder), run_dir / FRAME_WEIGHTS)


def mean_state(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The mean of several networks' weights: good where all came from one start, and as quick as one of them."""
    return {
        part: {name: torch.stack([state[part][name] for state in states]).mean(0) for name in states[0][part]}
        for part in states[0]
    }


def guess_from_heads(recipe: Recipe, run_dir: Path, pictures: Pictures, frozen: Frozen) -> None:
    """For each photo without captions, the sentences that the trained heads think nearest."""
    if (run_dir / found_path(1)).is_file():
        return
    encoder, _ = _new_encoder(recipe, run_dir)
    reader = load_text(run_dir, PRETRAINED, device(run_dir))
    _restore(Towers(encoder, reader), load_weights(run_dir / HEADS, "frame"))
    rows = pictures.rows(_photos(run_dir, "unlabelled"))
    shares = np.array_split(rows, max(1, len(rows) // 500))
    with torch.no_grad():
        vectors = [encoder.eval().head(*frozen.features(share, _device(encoder)))[0].cpu() for share in shares]
    find_sentences(recipe, run_dir, 1, torch.cat(vectors), reader)


def teach(recipe: Recipe, run_dir: Path, turn: int, pictures: Pictures) -> None:
    """What the encoder before gives each photo after all its looks, the photo mirrored as well; and what that says."""
    if (run_dir / found_path(turn)).is_file():
        return
    towers = _start(recipe, run_dir, turn)
    photos = [*captioned(recipe, run_dir), *_photos(run_dir, "unlabelled")]
    rows = pictures.rows(photos)
    both = [
        torch.cat([vectors for vectors, _ in seen(towers.encoder.eval(), pictures, rows, mirrored=mirrored)])
        for mirrored in (False, True)
    ]
    vectors = functional.normalize(both[0] + both[1], dim=-1)
    path = run_dir / taught_path(turn)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, vectors.numpy())
    unlabelled = vectors[len(photos) - len(_photos(run_dir, "unlabelled")) :]
    find_sentences(recipe, run_dir, turn, unlabelled, towers.reader)


def found_path(turn: int) -> Path:
    return round_dir(turn) / "found.json"


def taught_path(turn: int) -> Path:
    return round_dir(turn) / "taught.npy"


def find_sentences(recipe: Recipe, run_dir: Path, turn: int, vectors: Tensor, reader: TextReader) -> None:
    """Keep the sentences nearest to each photo without captions, by name."""
    sentences = sorted({sentence for scene in scenes(recipe, run_dir) for sentence in scene})
    texts = torch.from_numpy(reader.vectors(sentences, QUERY))
    count = min(_SENTENCES_FOUND, len(sentences))
    best = torch.cat([(share @ texts.t()).topk(count, dim=1).indices for share in vectors.split(500)]).tolist()
    names = [photo.name for photo in _photos(run_dir, "unlabelled")]
    found = {name: [sentences[at] for at in row] for name, row in zip(names, best, strict=True)}
    path = run_dir / found_path(turn)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(found), encoding="utf-8")
    new.replace(path)


def layer_groups(network: MobileNetV2, plan: FrameRecipe) -> list[dict[str, Any]]:
    """Rates by layer: a step is a share of the weights' own size, less and less towards the bottom.

    Folded batch norm leaves weights of very different sizes, up to 10 in one layer and 0.02 in another, so that one
    rate for all would leave some still and break others.
    """
    groups: list[dict[str, Any]] = []
    for height, layer in enumerate(reversed(network.layers())):
        for weight in layer.parameters():
            size = float(weight.detach().pow(2).mean().sqrt())
            share = plan.layer_rate / plan.learning_rate * size * plan.layer_decay**height
            groups.append({"params": [weight], "lr": share, "weight_decay": 0.0})
    return groups


def _eyes(encoder: FrameEncoder, pictures: Pictures, plan: FrameRecipe, turn: int) -> Eyes:
    def varied(rows: Rows, may_mirror: Tensor, step: int) -> tuple[Tensor, Tensor]:
        # Small pictures and the upper layers first: most is learned there, at a quarter of the time.
        is_first = turn == 1 and step < plan.steps * plan.first_share
        views = Views(plan.first_picture if is_first else plan.train_picture, plan.smallest_crop)
        encoder.network.still_layers = plan.first_still_layers if is_first else 0
        seen = random_views(pictures.batch(rows, may_mirror.device), may_mirror, views)
        return encoder.features(seen.contiguous(memory_format=torch.channels_last))

    def plain(rows: Rows) -> tuple[Tensor, Tensor]:
        device = _device(encoder)
        seen = plain_views(pictures.batch(rows, device), encoder.shape.side)
        with fast(device, wanted=plan.half_precision):
            mean, grid = encoder.features(seen.contiguous(memory_format=torch.channels_last))
        return mean.float(), grid.float()

    return Eyes(varied, plain)


def _start(recipe: Recipe, run_dir: Path, turn: int) -> Towers:
    """What the members of a round begin as."""
    encoder, _ = _new_encoder(recipe, run_dir)
    decoder = load_decoder(run_dir, WORDS) if recipe.frame.written else None
    towers = Towers(encoder, load_text(run_dir, PRETRAINED, device(run_dir)), decoder)
    if turn == 1:
        _restore(Towers(encoder, towers.reader), load_weights(run_dir / HEADS, "frame"))
    else:
        _restore(towers, load_weights(run_dir / chosen_path(turn - 1), "frame"))
    return towers


def _material(
    recipe: Recipe, run_dir: Path, pictures: Pictures, backbone: tuple[Frozen, Tensor], turn: int = 1
) -> Material:
    frozen, classifier = backbone
    photos = captioned(recipe, run_dir)
    rows = pictures.rows(photos)
    sentences, taught = run_dir / found_path(turn), run_dir / taught_path(turn)
    found = json.loads(sentences.read_text(encoding="utf-8")) if sentences.is_file() else {}
    unlabelled = [photo for photo in _photos(run_dir, "unlabelled") if photo.name in found]
    return Material(
        photos=photos,
        rows=rows,
        scenes=scenes(recipe, run_dir),
        class_names=_class_names(run_dir),
        class_rows=classifier - classifier.mean(0),
        mean_feature=torch.from_numpy(frozen.mean[np.sort(rows)].astype(np.float32).mean(0)),
        found_rows=pictures.rows(unlabelled),
        found=[found[photo.name] for photo in unlabelled],
        dev=_dev(run_dir, pictures),
        taught=torch.from_numpy(np.load(taught)) if taught.is_file() else None,
    )


def _dev(run_dir: Path, pictures: Pictures) -> dict[str, tuple[Sequence[Photo], Rows]]:
    dev: dict[str, Sequence[Photo]] = {"dev": _photos(run_dir, "dev"), "coco": _photos(run_dir, "coco_dev")}
    return {name: (photos, pictures.rows(photos)) for name, photos in dev.items()}


def frame_shape(recipe: Recipe) -> FrameShape:
    plan = recipe.frame
    return FrameShape(plan.picture, plan.look, plan.close, plan.hidden, plan.dropout)


def _new_encoder(recipe: Recipe, run_dir: Path) -> tuple[FrameEncoder, Tensor]:
    """The published backbone under untrained heads, and the classifier's rows."""
    torch.manual_seed(recipe.seed)
    network, classifier = load_backbone(data_dir(run_dir) / BACKBONE)
    encoder = FrameEncoder(network, frame_shape(recipe))
    encoder.head.classify.load_state_dict(classifier.state_dict())
    return encoder.to(device(run_dir)), classifier.weight.detach().clone()


@torch.no_grad()
def _name_classes(encoder: FrameEncoder, reader: TextReader, names: list[str]) -> None:
    """Start each class's vector where the text tower puts its name."""
    vectors = torch.from_numpy(reader.vectors([f"a photo of a {name}" for name in names], QUERY))
    encoder.head.class_vectors.weight.copy_((vectors - vectors.mean(0)).t())


def _class_names(run_dir: Path) -> list[str]:
    """The first of each class's names; the others are mostly Latin."""
    return [names.split(",")[0] for names in load_class_names(data_dir(run_dir))]


def _terms(recipe: Recipe, turn: int) -> Terms:
    plan = recipe.frame
    return Terms(
        photos=plan.batch,
        sentences=plan.sentences,
        sentences_weight=plan.sentences_weight,
        classes=plan.classes,
        classes_weight=plan.classes_weight,
        unlabelled=plan.unlabelled,
        unlabelled_weight=plan.unlabelled_weight,
        written=plan.written if turn == 1 else plan.later_written,
        written_weight=plan.written_weight,
        hidden_words=plan.hidden_words,
        mimic_weight=plan.mimic_weight,
        seed=recipe.seed,
    )


def _state(towers: Towers) -> dict[str, Any]:
    return {name: module.state_dict() for name, module in towers.modules().items()}


def _restore(towers: Towers, state: dict[str, Any]) -> None:
    for name, module in towers.modules().items():
        module.load_state_dict(state[name])


def _photos(run_dir: Path, split: Split) -> tuple[Photo, ...]:
    return load_photos(data_dir(run_dir), split)


def _device(encoder: FrameEncoder) -> torch.device:
    return encoder.head.class_share.device
