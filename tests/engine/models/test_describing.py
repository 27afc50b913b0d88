"""Captioner, scorer and clip part on the tiny pack, which knows the colour of what it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import PackError
from engine.models.captioner import Captioner, open_likelihood
from engine.models.clip import ClipContent, ClipEncoder
from engine.models.encoder import FrameEncoder, TextEncoder
from engine.models.pack import Pack, load_pack, verify
from engine.models.question import Question
from engine.models.sampling import Writing, choose, log_softmax
from engine.models.scorer import Scorer
from engine.models.videotokens import stack_frames
from tests.packs import COLOURS, TinyPack, build_tiny_pack, solid


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder = tmp_path_factory.mktemp("packs") / "full"
    pack = load_pack(build_tiny_pack(folder, TinyPack(extras=("captioner", "scorer", "clip"))))
    verify(pack)
    return pack


@pytest.fixture(scope="module")
def captioner(full: Pack) -> Captioner:
    return Captioner(full, threads=1)


def shown(pack: Pack, *colours: str) -> np.ndarray:
    """Frame tokens of a shot that shows these colours one after the other."""
    tokens = FrameEncoder(pack, threads=1).encode(np.stack([solid(colour) for colour in colours])).tokens
    assert tokens is not None
    return tokens


def test_a_greedy_caption_names_the_colour(full: Pack, captioner: Captioner) -> None:
    captions = captioner.write([shown(full, colour) for colour in COLOURS])
    assert [caption.text for [caption] in captions] == [f"a {colour} scene" for colour in COLOURS]


def test_a_caption_tells_how_sure_it_was(full: Pack, captioner: Captioner) -> None:
    [[caption]] = captioner.write([shown(full, "red")])
    assert caption.tokens == ("a", "red", "scene", "[EOS]")
    assert len(caption.log_probs) == 4
    assert -0.1 < caption.mean_log_prob < 0


def test_writing_step_by_step_agrees_with_reading_it_whole(full: Pack, captioner: Captioner) -> None:
    video = shown(full, "yellow", "orange")
    how = Writing(count=6, temperature=1.5, seed=3)
    [captions] = captioner.write([video], how)
    read = captioner.likelihood([video] * 6, [caption.text for caption in captions])
    for caption, again in zip(captions, read, strict=True):
        assert caption.tokens == again.tokens
        assert caption.log_probs == pytest.approx(again.log_probs, abs=1e-4)


def test_sampling_varies_and_the_same_seed_repeats(full: Pack, captioner: Captioner) -> None:
    video = shown(full, "yellow", "orange")
    how = Writing(count=16, temperature=2.0, seed=1)
    [first] = captioner.write([video], how)
    assert first == captioner.write([video], how)[0]
    assert len({caption.text for caption in first}) > 1
    assert first[0] == captioner.write([video])[0][0]


def test_prompts_begin_the_captions_in_turn(full: Pack, captioner: Captioner) -> None:
    [captions] = captioner.write([shown(full, "blue")], Writing(count=3, prompts=captioner.prompts))
    assert [caption.text for caption in captions] == ["a blue scene", "the blue scene", "a blue scene"]


def test_many_videos_of_unequal_length_keep_their_own_captions(full: Pack, captioner: Captioner) -> None:
    videos = [shown(full, *["red", "blue"][at % 2 : at % 2 + 1] * (1 + at % 3)) for at in range(40)]
    captions = captioner.write(videos, Writing(count=2))
    assert [row[0].text for row in captions] == ["a red scene", "a blue scene"] * 20


def test_a_true_text_is_likelier_than_a_false_one(full: Pack, captioner: Captioner) -> None:
    true, false = captioner.likelihood([shown(full, "red")] * 2, ["a red scene", "a blue scene"])
    assert true.mean_log_prob > false.mean_log_prob + 1


def test_a_pack_without_a_judge_of_queries_lets_its_captioner_judge(full: Pack, tmp_path: Path) -> None:
    other = load_pack(build_tiny_pack(tmp_path / "other", TinyPack(extras=("likelihood",))))
    video = shown(full, "red")
    [mine] = open_likelihood(full).likelihood([video], ["a red scene"])
    [theirs] = open_likelihood(other).likelihood([video], ["a red scene"])
    assert mine == theirs


def test_the_prior_does_not_see_the_video(captioner: Captioner) -> None:
    grey, red = captioner.prior(["a grey scene", "a red scene"])
    assert grey.mean_log_prob > red.mean_log_prob


@pytest.mark.parametrize("text", ["", "\ud800", "word " * 1000])
def test_the_likelihood_of_odd_texts_is_finite(full: Pack, captioner: Captioner, text: str) -> None:
    [judged] = captioner.likelihood([shown(full, "red")], [text])
    assert np.isfinite(judged.mean_log_prob)


def test_captions_end_at_the_length_asked_for(full: Pack, captioner: Captioner) -> None:
    [[caption]] = captioner.write([shown(full, "red")], Writing(max_length=4))
    assert caption.tokens == ("a", "red", "[EOS]")


def test_no_videos_no_captions(captioner: Captioner) -> None:
    assert captioner.write([]) == []
    assert captioner.likelihood([], []) == []


def test_the_scorer_believes_what_it_sees(full: Pack) -> None:
    red = shown(full, "red")
    questions = [
        Question("a red car", "a red scene", red, 0.3),
        Question("a red car", "", red, 0.3),
        Question("a blue car", "a red scene", red, 0.3),
    ]
    with_caption, without, wrong = Scorer(full, threads=1).score(questions)
    assert with_caption > without > 0.5 > wrong


def test_scores_do_not_depend_on_who_else_is_asked(full: Pack) -> None:
    scorer = Scorer(full, threads=1)
    questions = [
        Question(
            f"a {colour} car" * (1 + at % 3), "" if at % 2 else "a red scene", shown(full, *["red"] * (1 + at % 4)), 0.1
        )
        for at, colour in enumerate([*COLOURS, *COLOURS, *COLOURS, *COLOURS])
    ]
    alone = np.concatenate([scorer.score([question]) for question in questions])
    np.testing.assert_allclose(scorer.score(questions), alone, atol=1e-6)
    assert scorer.score([]).shape == (0,)


def test_a_clip_vector_lies_among_its_frames_and_captions(full: Pack) -> None:
    red = FrameEncoder(full).encode(solid("red")[None]).vectors
    words = TextEncoder(full).encode(["red", "blue"], "caption")
    clips = [ClipContent(red, words[:0]), ClipContent(red, words[:1]), ClipContent(red.repeat(80, axis=0), words)]
    vectors = ClipEncoder(full, threads=1).encode(clips)
    assert vectors.shape == (3, 32)
    np.testing.assert_allclose(vectors[0], red[0], atol=1e-5)
    assert vectors[1] @ red[0] > vectors[2] @ red[0]


def test_absent_parts_are_refused_with_a_sentence(tmp_path: Path) -> None:
    plain = load_pack(build_tiny_pack(tmp_path / "plain"))
    for kind in (Captioner, Scorer, ClipEncoder):
        with pytest.raises(PackError, match="it has no"):
            kind(plain)


def test_more_frames_than_a_graph_takes_are_spread_evenly() -> None:
    video = np.arange(20, dtype=np.float32).reshape(20, 1, 1)
    stack = stack_frames([video, video[:2]], 4)
    assert stack.tokens[0, :, 0, 0].tolist() == [2, 7, 12, 17]
    assert stack.mask.tolist() == [[True] * 4, [True, True, False, False]]


def test_top_p_and_top_k_leave_out_the_unlikely() -> None:
    log_probs = np.log(np.asarray([[0.5, 0.3, 0.15, 0.05]], np.float32)).repeat(300, axis=0)
    heat = np.ones(300, np.float32)
    drawn = choose(log_probs, heat, Writing(top_p=0.7), np.random.default_rng(0))
    assert set(drawn.tolist()) == {0, 1}
    drawn = choose(log_probs, heat, Writing(top_k=3, top_p=1.0), np.random.default_rng(0))
    assert set(drawn.tolist()) == {0, 1, 2}


def test_drawing_follows_the_chances() -> None:
    log_probs = log_softmax(np.asarray([[2.0, 1.0, 0.0]], np.float32)).repeat(4000, axis=0)
    drawn = choose(log_probs, np.ones(4000, np.float32), Writing(top_p=1.0), np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(drawn) / 4000, np.exp(log_probs[0]), atol=0.03)
