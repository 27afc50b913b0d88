"""Data sets: the splits, the captions, and the proof that no evaluation photo is trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import TrainingError
from engine.training.data import (
    EVALUATION_SPLITS,
    SPLITS,
    load_photos,
    load_sentences,
    photo_number,
    read_photos,
    training_photos,
)
from tests.engine.training.small_data import write_data, write_tar


def test_every_split_has_its_photos_and_captions(small_data: Path) -> None:
    sizes = {split: len(load_photos(small_data, split)) for split in SPLITS}
    assert sizes == {"train": 12, "dev": 4, "test": 4, "coco_train": 4, "coco_dev": 4, "unlabelled": 4}
    assert load_photos(small_data, "train")[0].captions[0] == "A red wall."
    assert load_photos(small_data, "unlabelled")[0].captions == ()


def test_a_photo_in_no_list_is_trained_on(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    listed = (data / "flickr8k-train.txt").read_text().split()
    (data / "flickr8k-train.txt").write_text("\n".join(listed[1:]))
    assert listed[0] in {photo.name for photo in training_photos(data)}


def test_no_evaluation_photo_is_among_the_training_photos(small_data: Path) -> None:
    trained = {photo_number(photo.name) for photo in training_photos(small_data)}
    for split in EVALUATION_SPLITS:
        assert trained.isdisjoint(photo_number(photo.name) for photo in load_photos(small_data, split))


def test_an_evaluation_photo_under_another_name_stops_the_training(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    (data / "coco-train-336.json").write_text(json.dumps({"000000000201.jpg": ["a wall"]}))
    with pytest.raises(TrainingError, match="both in a training split and in an evaluation split"):
        training_photos(data)


def test_an_unlabelled_evaluation_photo_stops_the_training_too(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    write_tar(data / "coco-unlabelled-5000.tar", ["COCO_train2014_000000000202.jpg"])
    with pytest.raises(TrainingError, match="COCO_train2014_000000000202"):
        training_photos(data)


def test_the_real_sets_are_complete_and_apart(shared_data: Path) -> None:
    sizes = {split: len(load_photos(shared_data, split)) for split in SPLITS}
    assert sizes == {
        "train": 6091, "dev": 1000, "test": 1000, "coco_train": 336, "coco_dev": 614, "unlabelled": 5000
    }  # fmt: skip
    assert len(training_photos(shared_data)) == 6091 + 336 + 5000


def test_photos_of_several_tars_are_decoded(small_data: Path) -> None:
    photos = [load_photos(small_data, split)[1] for split in ("dev", "coco_dev", "unlabelled")]
    found = {photo.name: image for photo, image in read_photos(small_data, photos)}
    assert set(found) == {photo.name for photo in photos}
    assert all(image[40, 40].argmax() == 1 for image in found.values())


def test_sentences_of_one_scene_lie_together(small_data: Path) -> None:
    assert [sentence.split()[1] for sentence in load_sentences(small_data)][:5] == ["red"] * 4 + ["green"]


def test_missing_data_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"coco-train-336\.json.*--data"):
        load_photos(tmp_path, "coco_train")
