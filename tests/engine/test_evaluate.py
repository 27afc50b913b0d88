from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import ExpectedError
from engine.evaluate import (
    DEPTH,
    Outcome,
    RightAnswer,
    Task,
    compare,
    figures,
    judge,
    latencies,
    overlap,
    read_manifest,
    read_run,
    run,
    run_values,
    sign_flip_p,
    with_interval,
)
from engine.evaluate_report import markdown, plot
from engine.types import Hit, SearchAnswer, Searched, VideoId, Why


def hit(video: str, start_s: float, end_s: float, best_s: float | None = None, copies: tuple[str, ...] = ()) -> Hit:
    return Hit(
        VideoId(1), "f", Path("/v") / video, start_s, end_s, (start_s + end_s) / 2 if best_s is None else best_s, 0.9,
        True, None, True, "disk", 100.0, "2024", (Why("frame", start_s, 1.0),), tuple(Path("/v") / c for c in copies),
    )  # fmt: skip


def answer(*hits: Hit, is_confident: bool = True) -> SearchAnswer:
    return SearchAnswer("q", 1.0, Searched(1, 1), is_confident, hits, len(hits))


def task(*answers: tuple[str, float | None, float | None], text: str = "q", kind: str = "all") -> Task:
    return Task(text, kind, tuple(RightAnswer(Path("/v") / name, start, end) for name, start, end in answers))


def outcome(rank: int | None, iou: float = 0.0, *, text: str = "q", confident: bool = True) -> Outcome:
    return Outcome(text, "all", rank, iou, confident, True, 10.0)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (5, 15), 5 / 15),
        ((0, 10), (10, 20), 0.0),
        ((0, 1), (50, 60), 0.0),
        ((2, 4), (0, 10), 0.2),
        ((3, 3), (3, 3), 1.0),
    ],
)
def test_overlap_by_hand(a: tuple[float, float], b: tuple[float, float], expected: float) -> None:
    assert overlap(a, b) == pytest.approx(expected)
    assert overlap(b, a) == pytest.approx(expected)


def test_the_rank_is_that_of_the_first_hit_that_plays_inside_an_answer() -> None:
    wanted = task(("a", 10, 20), ("b", 0, 5))
    hits = (hit("c", 0, 5), hit("a", 0, 9, 5), hit("a", 15, 30, 21), hit("b", 2, 8, 4.9), hit("a", 10, 20))
    found = judge(wanted, answer(*hits), 3.0)
    assert found.rank == 4
    assert found.iou == 0.0
    assert judge(wanted, answer(), 3.0).rank is None


def test_an_answer_without_times_is_the_whole_video_and_a_copy_is_as_good() -> None:
    found = judge(task(("a", None, None)), answer(hit("x", 70, 80, copies=("a",))), 1.0)
    assert (found.rank, found.iou) == (1, 1.0)


def test_the_overlap_is_the_best_over_several_answers() -> None:
    assert judge(task(("a", 0, 4), ("a", 0, 8)), answer(hit("a", 0, 10)), 1.0).iou == pytest.approx(0.8)


def test_the_figures_of_a_table_made_by_hand() -> None:
    """Ranks 1, 2, 6, 20 and none; first-hit overlaps 1.0, 0.6, 0.5, 0, 0."""
    outcomes = [outcome(1, 1.0), outcome(2, 0.6), outcome(6, 0.5), outcome(20), outcome(None)]
    values = {key: one.value for key, one in figures(outcomes).items()}
    assert values["R@1"] == pytest.approx(1 / 5)
    assert values["R@5"] == pytest.approx(2 / 5)
    assert values["R@10"] == pytest.approx(3 / 5)
    assert values["MRR"] == pytest.approx((1 + 1 / 2 + 1 / 6 + 1 / 20 + 0) / 5)
    assert values["median rank"] == 6
    assert values["R@1 IoU 0.5"] == pytest.approx(3 / 5)
    assert values["R@1 IoU 0.7"] == pytest.approx(1 / 5)
    assert values["mIoU"] == pytest.approx(2.1 / 5)
    assert values["right when confident"] == pytest.approx(1 / 5)


def test_queries_without_an_answer_count_for_honesty_alone() -> None:
    absent = [Outcome("u", "all", None, 0.0, is_confident, False, 1.0) for is_confident in (False, False, True)]
    values = figures([outcome(1, 1.0), *absent])
    assert values["nothing found, rightly"].value == pytest.approx(2 / 3)
    assert values["R@1"].value == 1.0
    assert values["right when confident"].value == pytest.approx(1 / 2)


def test_a_rank_that_is_none_is_worse_than_every_rank() -> None:
    assert figures([outcome(None)])["median rank"].value == DEPTH + 1


def test_percentiles_of_times() -> None:
    outcomes = [Outcome("q", "all", 1, 0, True, True, float(ms)) for ms in range(1, 102)]
    assert latencies(outcomes) == {"p50": 51.0, "p95": 96.0, "p99": 100.0}


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        one = with_interval((random.uniform(size=60) < 0.3).astype(float), np.mean)
        covered += one.low <= 0.3 <= one.high
    assert 0.88 <= covered / 200 <= 0.99


def test_a_certain_value_has_no_width() -> None:
    one = with_interval(np.ones(20), np.mean)
    assert (one.value, one.low, one.high) == (1.0, 1.0, 1.0)


def test_the_exact_sign_flip_test_by_hand() -> None:
    """Of the 8 sign patterns of 1, 1, 1 only two reach a sum of 3 either way; zeros say nothing."""
    assert sign_flip_p(np.array([1.0, 1.0, 1.0, 0.0])) == pytest.approx(2 / 8)
    assert sign_flip_p(np.array([1.0, -1.0])) == 1.0
    assert sign_flip_p(np.zeros(5)) == 1.0
    assert sign_flip_p(np.ones(40)) < 0.001


def test_runs_are_compared_query_by_query() -> None:
    old = [outcome(2, text=f"q{n}") for n in range(10)] + [outcome(1, text="only old")]
    new = [outcome(1, text=f"q{n}") for n in range(10)] + [outcome(None, text="only new")]
    compared = compare(new, old)
    assert compared["R@1"].difference.value == 1.0
    assert compared["MRR"].difference.value == pytest.approx(0.5)
    assert compared["R@5"].p_value == 1.0
    assert compared["R@1"].p_value == pytest.approx(2 / 1024)
    assert compare(new, []) == {}


def test_the_same_words_asked_twice_are_paired_in_order() -> None:
    """Two videos answer to the same words: the first was found at 1 and then at 2, the second at 4 and then at 1."""
    compared = compare([outcome(2), outcome(1)], [outcome(1), outcome(4)])
    assert compared["MRR"].difference.value == pytest.approx(((1 / 2 - 1) + (1 - 1 / 4)) / 2)
    assert compare([outcome(1), outcome(1)], [outcome(2)])["R@1"].difference.value == 1.0


def test_a_query_that_lost_its_answers_is_not_compared() -> None:
    unanswerable = Outcome("q", "all", None, 0.0, False, False, 1.0)
    assert compare([outcome(1)], [unanswerable]) == {}
    assert compare([unanswerable], [outcome(1)]) == {}


def test_the_interval_of_two_values_by_hand() -> None:
    """Drawing two of 0 and 1 gives a mean of 0 or 1 a quarter of the time each: both lie inside 95 %."""
    one = with_interval(np.array([0.0, 1.0]), np.mean)
    assert (one.value, one.low, one.high) == (0.5, 0.0, 1.0)


def test_the_interval_of_many_equal_chances_is_that_of_the_normal_distribution() -> None:
    one = with_interval(np.array([0.0, 1.0] * 200), np.mean)
    assert one.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.005)
    assert one.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.005)


def test_signs_flip_with_their_sizes() -> None:
    """Of the 8 sign patterns of 3, 1, 1: |sum| reaches 3 in six, not with 3-1-1 and its opposite, and 5 in two."""
    assert sign_flip_p(np.array([3.0, 1.0, -1.0])) == pytest.approx(6 / 8)
    assert sign_flip_p(np.array([3.0, 1.0, 1.0])) == pytest.approx(2 / 8)
    assert sign_flip_p(np.array([3.0, -1.0, -1.0])) == 1.0


def test_what_is_drawn_comes_near_what_is_counted() -> None:
    """Eleven wins and three losses are too many to count out; by the binomial: 2 * (1 + 14 + 91 + 364) / 2^14."""
    assert sign_flip_p(np.array([1.0] * 11 + [-1.0] * 3)) == pytest.approx(940 / 2**14, abs=0.01)
    assert sign_flip_p(np.array([1.0] * 10 + [-1.0] * 3)) == pytest.approx(2 * (1 + 13 + 78 + 286) / 2**13)


def test_of_several_answers_the_first_that_is_met_counts_and_copies_of_a_hit_are_no_second_chance() -> None:
    """Hits: wrong, the right video at a wrong time, the second answer, the first answer."""
    wanted = task(("a", 0, 5), ("b", 10, 20))
    hits = (hit("x", 0, 5), hit("a", 50, 60), hit("b", 11, 19), hit("a", 0, 5))
    assert judge(wanted, answer(*hits), 1.0).rank == 3
    assert judge(wanted, answer(*hits[:2]), 1.0).rank is None
    assert judge(wanted, answer(hit("b", 10, 20), *hits), 1.0).iou == 1.0


def test_hits_of_one_score_keep_the_place_they_were_shown_at() -> None:
    """What a user sees is what counts: three hits of equal score, the right one last, is rank three."""
    wanted = task(("a", None, None))
    assert judge(wanted, answer(hit("x", 0, 1), hit("y", 0, 1), hit("a", 0, 1)), 1.0).rank == 3


def test_a_manifest_is_read_in_both_spellings(tmp_path: Path) -> None:
    queries = [
        {"text": "dog", "video": "a.mp4", "start_s": 1, "end_s": 2},
        {"text": "cat", "type": "animal", "answers": [{"video": "sub/b.mp4"}, {"video": "a.mp4", "end_s": 9}]},
        {"text": "unicorn", "answers": []},
    ]  # fmt: skip
    (tmp_path / "m.json").write_text(json.dumps({"videos": ["a.mp4", {"path": "c.mp4"}], "queries": queries}))
    manifest = read_manifest(tmp_path / "m.json")
    assert [path.name for path in manifest.videos] == ["a.mp4", "c.mp4", "b.mp4"]
    assert manifest.tasks[0].answers == (RightAnswer(tmp_path / "a.mp4", 1.0, 2.0),)
    assert manifest.tasks[1].answers[0] == RightAnswer(tmp_path / "sub" / "b.mp4")
    assert manifest.tasks[2].answers == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"queries": [{}]}',
        '{"queries": [{"text": "a", "video": "x", "start_s": 5, "end_s": 1}]}',
        "\x00",
    ],
)
def test_a_broken_manifest_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ExpectedError, match="not a manifest"):
        read_manifest(tmp_path / "m.json")
    with pytest.raises(ExpectedError, match="cannot be read"):
        read_manifest(tmp_path / "none.json")


def test_a_run_is_kept_and_read_again(tmp_path: Path) -> None:
    outcomes = [outcome(1, 0.7), outcome(None)]
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"runs": [run_values("x", outcomes)]}))
    assert read_run(path) == outcomes
    path.write_text('{"runs": []}')
    with pytest.raises(ExpectedError, match="not a stored run"):
        read_run(path)


def test_every_query_is_asked_once(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(
        json.dumps({"queries": [{"text": "a", "video": "x"}, {"text": "b", "video": "y"}]})
    )
    asked: list[str] = []

    def search(text: str) -> SearchAnswer:
        asked.append(text)
        return answer(hit("x", 0, 1))

    outcomes = run(read_manifest(tmp_path / "m.json"), search)
    assert asked == ["a", "b"]
    assert all(one.took_ms >= 0 for one in outcomes)


def test_the_report_has_a_row_for_each_run_and_type(tmp_path: Path) -> None:
    first = [Outcome("a", "object", 1, 0.9, True, True, 5.0), Outcome("b", "action", 3, 0.2, True, True, 9.0)]
    text = markdown({"frames": first, "full chain": first}, compare(first, first))
    assert "| frames | 2 | 50.0 [0.0, 100.0] |" in text
    assert "| object | 1 | 100.0" in text
    assert "| R@1 | +0.0 [+0.0, +0.0] | 1.000 |" in text
    pytest.importorskip("matplotlib")
    plot({"frames": first, "full chain": first}, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ExpectedError):
        plot({"frames": first}, tmp_path / "none" / "p.png")
