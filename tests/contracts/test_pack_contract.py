"""What every pack must keep, whoever made it: the shipped ones are held to it, and so are the suite's tiny ones.

A new pack under assets/models/ is tested by lying there.
"""

from __future__ import annotations

import numpy as np
import pytest

from engine.models.captioner import Captioner, open_likelihood
from engine.models.clip import ClipContent, ClipEncoder
from engine.models.encoder import FrameEncoder, TextEncoder
from engine.models.pack import Pack, load_pack, verify
from engine.models.question import Question
from engine.models.sampling import Writing
from engine.models.scorer import Scorer
from engine.models.session import open_session
from engine.paths import assets_dir
from tests.packs import TinyPack, build_tiny_pack

TINY = {
    "tiny": TinyPack(),
    "tiny-plain": TinyPack(roles=False, tokens=False),
    "tiny-clip-style": TinyPack(clip_style=True, fit="crop"),
    "tiny-full": TinyPack(extras=("captioner", "likelihood", "scorer", "clip")),
}
SHIPPED = {folder.name: folder for folder in sorted((assets_dir() / "models").glob("*/")) if folder.is_dir()}
SIZE_LIMIT_BYTES = 40 * 1024**2
SENTENCES = ["a dog jumps into the water", "two people walk along a beach at night", "red"]


def names_with(part: str) -> list[str]:
    """The packs that have this part, told from their manifests' words without opening them."""
    shipped = [
        name for name, folder in SHIPPED.items() if f"[parts.{part}]" in (folder / "pack.toml").read_text("utf-8")
    ]
    return [name for name, plan in TINY.items() if part in ("frame", "text", *plan.extras)] + shipped


def for_packs_with(part: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pack", names_with(part), indirect=True, scope="module")


@pytest.fixture(scope="module", params=names_with("frame"))
def pack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    name = request.param
    if name in SHIPPED:
        return load_pack(SHIPPED[name])
    return load_pack(build_tiny_pack(tmp_path_factory.mktemp("p") / name, TINY[name]))


@pytest.fixture(scope="module")
def frames(pack: Pack) -> FrameEncoder:
    return FrameEncoder(pack, threads=2)


@pytest.fixture(scope="module")
def texts(pack: Pack) -> TextEncoder:
    return TextEncoder(pack, threads=2)


def pictures(encoder: FrameEncoder, count: int) -> np.ndarray:
    """Blocks of random colours: nothing real, but no two alike."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 255, (count, 4, 4, 3), np.uint8).repeat(40, axis=1).repeat(60, axis=2)
    return np.stack([encoder.prepare(block) for block in blocks])


def shown(encoder: FrameEncoder, count: int) -> np.ndarray:
    tokens = encoder.encode(pictures(encoder, count)).tokens
    assert tokens is not None
    return tokens


def test_its_files_are_what_it_says(pack: Pack) -> None:
    verify(pack)
    assert "MODEL_CARD.md" in pack.files
    assert pack.licence
    assert pack.languages


def test_it_is_small_enough_to_ship(pack: Pack) -> None:
    total = sum(path.stat().st_size for path in pack.folder.rglob("*") if path.is_file())
    assert total <= SIZE_LIMIT_BYTES


def test_its_graphs_have_the_tensors_it_names(pack: Pack) -> None:
    for part in pack.parts.values():
        session = open_session(part.path, threads=1)
        past = part.options.get("past", "past_key_values.")
        fed = {name for name in session.inputs if not name.startswith(past)}
        assert fed == set(part.inputs.values()), part.name
        assert set(part.outputs.values()) <= set(session.outputs), part.name


def test_frame_vectors_are_unit_and_the_same_in_any_batch(frames: FrameEncoder, pack: Pack) -> None:
    images = pictures(frames, 19)
    together = frames.encode(images)
    assert together.vectors.shape == (19, pack.vector_dim)
    assert (together.tokens is None) == (pack.token_count == 0)
    np.testing.assert_allclose(np.linalg.norm(together.vectors, axis=1), 1, atol=1e-4)
    alone = np.concatenate([frames.encode(image[None]).vectors for image in images[:4]])
    assert ((together.vectors[:4] * alone).sum(axis=1) > 0.999).all()


def test_different_pictures_get_different_vectors(frames: FrameEncoder) -> None:
    vectors = frames.encode(pictures(frames, 8)).vectors
    alike = vectors @ vectors.T - np.eye(8)
    assert alike.max() < 0.9999


def test_text_vectors_are_unit_and_the_same_in_any_batch(texts: TextEncoder, pack: Pack) -> None:
    together = texts.encode(SENTENCES, "query")
    assert together.shape == (3, pack.vector_dim)
    alone = np.concatenate([texts.encode([sentence], "query") for sentence in SENTENCES])
    assert ((together * alone).sum(axis=1) > 0.999).all()


@pytest.mark.parametrize("text", ["", " \t\n", "\x00", "\ud83d", "漢字 🎬 ñ", "x" * 100_000])
def test_any_text_is_taken(texts: TextEncoder, text: str) -> None:
    assert np.linalg.norm(texts.encode([text], "caption")) == pytest.approx(1, abs=1e-4)


@for_packs_with("captioner")
def test_captions_are_words_and_agree_with_their_likelihood(frames: FrameEncoder, pack: Pack) -> None:
    tokens = shown(frames, 4)
    captioner = Captioner(pack, threads=2)
    [captions] = captioner.write([tokens], Writing(count=3, temperature=0.9, prompts=captioner.prompts))
    assert all(caption.text and "[" not in caption.text for caption in captions)
    assert all(np.isfinite(caption.log_probs).all() for caption in captions)
    [again] = captioner.likelihood([tokens], [captions[0].text])
    assert np.isfinite(again.mean_log_prob)


@for_packs_with("likelihood")
def test_the_judge_of_queries_reads_what_the_captioner_writes(frames: FrameEncoder, pack: Pack) -> None:
    tokens = shown(frames, 2)
    judged = open_likelihood(pack, threads=2).likelihood([tokens] * 2, SENTENCES[:2])
    assert all(one.log_probs and np.isfinite(one.log_probs).all() for one in judged)


@for_packs_with("scorer")
def test_scores_are_chances_and_the_same_in_any_batch(frames: FrameEncoder, pack: Pack) -> None:
    tokens = shown(frames, 4)
    scorer = Scorer(pack, threads=2)
    questions = [
        Question(each, caption, tokens[:at], 0.2) for at, each in enumerate(SENTENCES) for caption in ("", each)
    ]
    chances = scorer.score(questions)
    assert ((chances >= 0) & (chances <= 1)).all()
    alone = np.concatenate([scorer.score([question]) for question in questions])
    np.testing.assert_allclose(chances, alone, atol=0.02)


@for_packs_with("clip")
def test_clip_vectors_need_no_caption(frames: FrameEncoder, texts: TextEncoder, pack: Pack) -> None:
    seen, said = frames.encode(pictures(frames, 5)).vectors, texts.encode(SENTENCES, "caption")
    vectors = ClipEncoder(pack, threads=2).encode([ClipContent(seen, said), ClipContent(seen, said[:0])])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
