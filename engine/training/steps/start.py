"""A run that goes on from a pack: its encoder, text tower and captioner take the place of the first steps.

A recipe's later steps can so be run again, or by other means, where the encoder would take hours.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from engine.errors import TrainingError
from engine.models.pack import Pack, load_pack, verify
from engine.training.backbone import MobileNetV2
from engine.training.checkpoint import save_atomically
from engine.training.parts.captioner import Captioner
from engine.training.parts.frame import FRAME_WEIGHTS, FrameEncoder, frame_state
from engine.training.parts.text import TOKENIZER, TextTower, text_state
from engine.training.readback import read_back
from engine.training.recipe import Recipe
from engine.training.run import started_from, write_start
from engine.training.steps.frame import DECODER, FRAME_TEXT, frame_shape
from engine.training.steps.text import text_shape
from engine.training.steps.words import caption_shape, keep_captioner
from engine.training.tokens import load_tokenizer

BROUGHT = ("text", "words", "frame")
"""The steps whose work a pack brings."""


def start_from(recipe: Recipe, run_dir: Path, folder: Path) -> None:
    """Take what the pack in `folder` has learned; does nothing where that was done before."""
    pack = load_pack(folder)
    has_begun = (run_dir / TOKENIZER).is_file()
    if has_begun and started_from(run_dir) == pack.revision:
        return
    if has_begun:
        remedy = "Name another folder with --runs, or leave the pack out"
        raise TrainingError(str(run_dir), "this run has begun without the pack", remedy)
    verify(pack)
    _need_captioner(pack)
    write_start(run_dir, pack.revision)
    encoder = FrameEncoder(MobileNetV2(), frame_shape(recipe))
    read_back(folder / "frame.onnx", encoder)
    save_atomically(frame_state(encoder), run_dir / FRAME_WEIGHTS)
    words = load_tokenizer(pack.tokenizer.path).get_vocab_size()
    tower = TextTower(text_shape(recipe, words))
    read_back(folder / "text.onnx", tower)
    save_atomically(text_state(tower), run_dir / FRAME_TEXT)
    decoder = Captioner(caption_shape(recipe, words))
    read_back(folder / "captioner.onnx", decoder)
    keep_captioner(decoder, run_dir / DECODER)
    # Last: where it is, the rest is there as well.
    (run_dir / TOKENIZER).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(pack.tokenizer.path, run_dir / TOKENIZER)


def _need_captioner(pack: Pack) -> None:
    if not pack.has("captioner"):
        raise TrainingError(
            str(pack.folder), "it has no captioner to go on from", "Start from a pack that writes captions"
        )
