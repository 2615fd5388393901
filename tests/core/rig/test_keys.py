"""Keys lie at the times of the take, whatever the scene's rate and whatever the footage's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.arkit import COUNT
from mien.errors import TakeError
from mien.interchange.livelink_csv import read_csv
from mien.rig.keys import keys_for, place_keys, reduce_keys
from mien.take import Take
from mien.tune import tune

RECORDINGS = sorted((Path(__file__).parents[4] / "shared" / "arkit").glob("*.csv"))


def ramp(times) -> Take:
    """Every weight is the time in seconds, tenfold smaller."""
    times = np.asarray(times, dtype=np.float64)
    return Take.from_weights(times, np.repeat(times[:, None] / 10, COUNT, axis=1))


@pytest.mark.parametrize(("fps", "base", "start"), [(24, 1.0, 1.0), (30, 1.001, 101.0), (60, 1.0, -7.5)])
def test_one_key_for_each_sample(fps, base, start):
    take = ramp([0.0, 0.04, 0.09, 2.0])
    frames, weights = keys_for(take, fps, base, start, whole_frames=False)
    np.testing.assert_allclose(frames, start + take.times * fps / base)
    np.testing.assert_array_equal(weights, take.weights)


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(st.floats(0.005, 0.2), min_size=3, max_size=60),
    fps=st.sampled_from([12, 23.976, 24, 25, 30, 60, 120]),
    base=st.sampled_from([1.0, 1.001, 0.5]),
    start=st.sampled_from([0.0, 1.0, -13.25, 1001.0]),
)
def test_whole_frames_lie_on_the_straight_lines_between_samples(steps, fps, base, start):
    take = ramp(np.cumsum([0.0, *steps]))
    frames, weights = keys_for(take, fps, base, start, whole_frames=True)
    assert (frames == np.round(frames)).all()
    assert (np.diff(frames) == 1).all()
    seconds = np.clip((frames - start) * base / fps, 0, take.times[-1])
    near = 0.0 if len(frames) > 1 else 0.5 * base / fps / 10
    np.testing.assert_allclose(weights[:, 0], seconds / 10, atol=1e-6 + near)
    if len(frames) > 1:
        assert frames[0] - (start + 0.0) < 1
        assert start + take.times[-1] * fps / base - frames[-1] < 1


def test_an_hour_at_29_97_does_not_drift():
    times = np.arange(0, 3600, 1001 / 30000)
    frames, weights = keys_for(ramp(times), 30, 1.001, 1.0, True)
    assert (frames[0], frames[-1]) == (1.0, 1.0 + len(times) - 1)
    np.testing.assert_allclose(weights[:, 0], times / 10, rtol=1e-5)


def test_stamps_rounded_to_milliseconds_still_reach_the_last_frame():
    frames, _ = keys_for(ramp((np.arange(31) / 30 - 3e-6).clip(0)), 30, 1.0, 1.0, True)
    assert frames.tolist() == list(range(1, 32))


def test_a_take_that_begins_later_is_keyed_later():
    frames, weights = keys_for(ramp([2.0, 3.0]), 10, 1.0, 1.0, True)
    assert (frames[0], frames[-1]) == (21.0, 31.0)
    assert weights[5, 0] == pytest.approx(0.25)


@pytest.mark.parametrize("start", [1.0, 1.4])
def test_one_sample_is_one_key(start):
    frames, weights = keys_for(ramp([0.0]), 24, 1.0, start, True)
    assert frames.tolist() == [1.0]
    assert weights.shape == (1, COUNT)


def test_other_values_than_weights():
    frames, values = place_keys(np.array([0.0, 1.0]), np.array([[0.0, 100.0], [10.0, 0.0]]), 2)
    assert frames.tolist() == [0, 1, 2]
    assert values.tolist() == [[0, 100], [5, 50], [10, 0]]


def test_no_samples_and_no_timeline():
    with pytest.raises(TakeError, match="no frames"):
        keys_for(ramp([]), 24)
    for fps, base, start in ((0, 1, 0), (24, 0, 0), (-24, 1, 0), (24, 1, np.nan), (np.inf, 1, 0)):
        with pytest.raises(ValueError, match="timeline"):
            keys_for(ramp([0.0]), fps, base, start)


def off(frames, values, kept) -> float:
    """The largest error of the reduced curves at every frame and between them."""
    fine = np.union1d(frames, np.linspace(frames[0], frames[-1], 2001))
    return max(
        np.abs(np.interp(fine, frames[k], values[k, c]) - np.interp(fine, frames, values[:, c])).max()
        for c, k in enumerate(kept)
    )


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 700),
    tolerance=st.sampled_from([0.0, 1e-6, 0.003, 0.1, 5.0]),
    kind=st.sampled_from(["noise", "walk", "steps", "waves"]),
)
def test_reduced_keys_stay_within_the_tolerance(seed, count, tolerance, kind):
    rng = np.random.default_rng(seed)
    frames = np.cumsum(rng.uniform(0.1, 3.0, count)) + rng.normal() * 100
    values = {
        "noise": lambda: rng.normal(size=(count, 3)),
        "walk": lambda: np.cumsum(rng.normal(size=(count, 3)), axis=0),
        "steps": lambda: np.round(rng.random((count, 3))),
        "waves": lambda: np.sin(frames[:, None] * rng.random(3)),
    }[kind]()
    kept = reduce_keys(frames, values, tolerance)
    for places in kept:
        assert (np.diff(places) > 0).all()
        assert (places[0], places[-1]) == (0, count - 1)
    assert off(frames, values, kept) <= tolerance + 1e-9


def test_only_the_corners_of_a_polyline_are_kept():
    frames = np.arange(1000.0)
    corners = [0, 100, 130, 500, 501, 999]
    values = np.interp(frames, corners, [0, 1, 0.2, 0.9, 0.1, 0.3])[:, None]
    (kept,) = reduce_keys(frames, values, 1e-9)
    assert kept.tolist() == corners
    (level,) = reduce_keys(frames, np.full((1000, 1), 0.3), 0.0)
    assert level.tolist() == [0, 999]


@pytest.mark.skipif(not RECORDINGS, reason="no recordings beside the repository")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_real_performance_needs_few_of_its_keys(path):
    frames, weights = keys_for(tune(read_csv(path)), 30)
    kept = reduce_keys(frames, weights, 0.01)
    assert sum(map(len, kept)) < 0.15 * weights.size
    assert off(frames, weights.astype(float), kept) <= 0.01 + 1e-9


def test_what_can_not_be_reduced():
    for tolerance in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="tolerance"):
            reduce_keys(np.arange(3.0), np.zeros((3, 1)), tolerance)
    with pytest.raises(ValueError, match="finite"):
        reduce_keys(np.arange(3.0), np.array([[0], [np.nan], [1]]), 0.1)
