from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.search.moments import Bounds, Frame, Line, cut, find_moments, make_line, moments_around
from engine.search.sequence import best_chain, contrasted
from engine.search.timeline import instants, lay_out
from engine.types import VideoId

Shots = list[tuple[float, float]]


def lines(curves: list[tuple[list[float], float]], shots: Shots, duration_s: float = 0.0) -> Line:
    """Videos with values at a fixed step from the start, all cut alike."""
    videos = [VideoId(each + 1) for each in range(len(curves))]
    times = [np.arange(len(values)) * step_s for values, step_s in curves]
    ends = [duration_s or len(values) * step_s for values, step_s in curves]
    timeline = lay_out(videos, max(ends))
    at = instants(timeline, np.repeat(np.arange(len(curves)), [len(each) for each in times]), np.concatenate(times))
    frame = Frame(cut(timeline, dict.fromkeys(videos, shots)), dict(zip(videos, ends, strict=True)))
    values = np.concatenate([np.asarray(values, np.float64) for values, _ in curves])
    return make_line(at, values, frame, Bounds(2.0, np.full(len(curves), -np.inf)))


def line(values: list[float], shots: Shots | None = None, step_s: float = 1.0) -> Line:
    return lines([(values, step_s)], shots or [])


def test_start_and_end_lie_half_way_where_nothing_else_is_known() -> None:
    found = find_moments(line([0, 0, 0, 8, 8, 8, 0, 0, 0, 0]))
    assert [(one.start_s, one.end_s) for one in found] == [(2.5, 5.5)]


def test_a_cut_between_two_frames_is_the_better_edge() -> None:
    shots = [(0.0, 2.9), (2.9, 5.2), (5.2, 10.0)]
    found = find_moments(line([0, 0, 0, 8, 8, 8, 0, 0, 0, 0], shots))
    assert [(one.start_s, one.end_s) for one in found] == [(2.9, 5.2)]


def test_two_peaks_are_two_moments_the_higher_first() -> None:
    found = find_moments(line([0, 0, 6, 6, 0, 0, 0, 0, 8, 8, 0, 0]))
    assert [(one.start_s, one.end_s) for one in found] == [(7.5, 9.5), (1.5, 3.5)]


def test_small_ripples_are_no_moments_of_their_own() -> None:
    assert len(find_moments(line([0, 9, 9, 0, 1, 0, 2, 0, 1]))) == 1


def test_best_is_the_best_raw_time_and_lies_inside() -> None:
    (found,) = find_moments(line([0, 0, 5, 9, 5, 0, 0]))
    assert found.at == 3
    assert found.start_s <= 3.0 <= found.end_s


def test_a_single_frame_still_lasts_long_enough_to_be_watched() -> None:
    (found,) = find_moments(lines([([5.0], 1.0)], [], 0.4))
    assert (found.start_s, found.end_s) == (0.0, 0.4)
    (found,) = find_moments(line([0, 0, 9, 0, 0], step_s=0.2))
    assert found.end_s - found.start_s == pytest.approx(1.0)


def test_hidden_times_are_in_no_moment() -> None:
    hidden = -np.inf
    found = find_moments(line([8, 8, hidden, hidden, 8, 8, 0, 0, 0, 0]))
    assert all(not (one.start_s < 2.4 and one.end_s > 2.6) for one in found)
    assert find_moments(line([hidden] * 4)) == []


@given(st.lists(st.floats(-20, 20) | st.just(-np.inf), min_size=1, max_size=40), st.floats(0.05, 9))
def test_moments_are_ordered_and_inside_the_video(values: list[float], step_s: float) -> None:
    curve = line(values, [(0.0, 3.1), (3.1, 400.0)], step_s)
    found = find_moments(curve)
    for one in found:
        best = float(curve.at.times[one.at])
        assert 0.0 <= one.start_s <= best <= one.end_s <= curve.durations[0] + 1e-9
    assert [one.value for one in found] == sorted((one.value for one in found), reverse=True)
    assert len({one.at for one in found}) == len(found)


CURVE = st.tuples(st.lists(st.floats(-20, 20) | st.just(-np.inf), max_size=30), st.floats(0.05, 9))


@given(st.lists(CURVE, min_size=1, max_size=5))
def test_videos_looked_at_together_hold_the_moments_that_each_holds_alone(
    curves: list[tuple[list[float], float]],
) -> None:
    shots = [(0.0, 3.1), (3.1, 20.0), (20.0, 400.0)]
    together = lines(curves, shots)
    found = find_moments(together)
    for number, curve in enumerate(curves):
        own = [one for one in found if together.at.numbers[one.at] == number]
        alone = lines([curve], shots)
        begin = int(together.at.edges[number])
        assert [(one.start_s, one.end_s, one.at - begin, one.value) for one in own] == [
            (one.start_s, one.end_s, one.at, one.value) for one in find_moments(alone)
        ]
        around = np.flatnonzero(np.isfinite(alone.smooth))[:1]
        for here, there in zip(moments_around(together, around + begin), moments_around(alone, around), strict=True):
            assert (here.start_s, here.end_s, here.at - begin) == (there.start_s, there.end_s, there.at)


def test_the_best_chain_is_as_good_as_its_weakest_part() -> None:
    a, b = np.array([0.0, 9, 0, 0, 3]), np.array([9.0, 0, 0, 7, 0])
    found = best_chain([a, b])
    assert found is not None
    assert (found[0], found[1]) == (7.0, [1, 3])


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=12))
def test_no_other_chain_of_two_has_a_stronger_weakest_part(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array([x for x, _ in pairs]), np.array([y for _, y in pairs])
    found = best_chain([a, b])
    best = max(min(a[i], b[j]) for i in range(len(a)) for j in range(i + 1, len(b)))
    assert found is not None
    assert found[1][0] < found[1][1]
    # The mean has a small say in ties, so allow for it.
    assert found[0] >= best - 0.05 * 18


def test_there_is_no_chain_without_room_for_it() -> None:
    assert best_chain([np.array([1.0]), np.array([1.0])]) is None
    assert best_chain([np.array([-np.inf, -np.inf]), np.array([1.0, 1.0])]) is None


def test_what_fits_another_part_better_counts_less() -> None:
    first, second = contrasted([np.array([8.0, 4.0]), np.array([4.0, 8.0])])
    assert first.tolist() == [8.0, 0.0]
    assert second.tolist() == [0.0, 8.0]
