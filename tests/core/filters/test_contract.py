"""What all filters promise: time, gaps, repeated stamps, trust, blinks, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien import arkit
from mien.filters import HybridFilter, KalmanFilter, SavitzkyGolayFilter, weight_numbers
from mien.filters.families import CUTOFFS, NOISE


def models(cutoff):
    """A cutoff as the fastest of three."""
    return np.array([[0.1], [0.3], [1.0]]) * np.atleast_1d(cutoff)


FILTERS = {
    "plain": lambda cutoff=8.0: HybridFilter(cutoff),
    "one model": lambda cutoff=8.0: KalmanFilter(cutoff),
    "kalman": lambda cutoff=8.0: KalmanFilter(models(cutoff)),
    "savgol": lambda cutoff=8.0: SavitzkyGolayFilter(0.6 / np.asarray(cutoff)),
    "hybrid": lambda cutoff=8.0: HybridFilter(models(cutoff)),
}


@pytest.fixture(params=list(FILTERS))
def make(request):
    return FILTERS[request.param]


def live(one, times, values, confidence=None):
    trust = np.ones(len(times)) if confidence is None else confidence
    return np.array([one.update(v, t, c) for v, t, c in zip(values, times, trust)])


def uneven(count, seed=0):
    return np.cumsum(np.random.default_rng(seed).uniform(0.008, 0.03, count))


@pytest.mark.parametrize("start", [0.0, -3.0, 5000.0])
def test_the_first_sample_is_taken_as_it_is_at_any_time(make, start):
    np.testing.assert_allclose(make().update([0.25, 0.75], start), [0.25, 0.75])


def test_a_constant_stays_a_constant(make):
    times = uneven(200)
    values = np.full((200, 2), 0.4)
    np.testing.assert_allclose(live(make(), times, values), values, atol=1e-9)
    np.testing.assert_allclose(make().smooth(times, values), values, atol=1e-9)


def test_a_steady_movement_has_no_lag_in_the_end(make):
    times = uneven(200)
    values = 0.3 * times[:, None]
    np.testing.assert_allclose(live(make(), times, values)[100:], values[100:], atol=1e-4)
    np.testing.assert_allclose(make().smooth(times, values), values, atol=1e-6)


def test_noise_shrinks(make):
    times = np.arange(2000) / 60
    noise = np.random.default_rng(1).normal(size=(2000, 1))
    assert make(5.0).smooth(times, noise).std() < 0.6
    assert live(make(5.0), times, noise).std() < 0.9


def test_smoothing_does_not_touch_the_live_state(make):
    used, fresh = make(), make()
    for one in (used, fresh):
        one.update([0.1], 0.0)
        one.update([0.3], 0.02)
    used.smooth(np.arange(9) / 30, np.ones((9, 1)))
    assert used.update([0.2], 0.04) == fresh.update([0.2], 0.04)


def test_after_reset_it_is_as_new(make):
    times, values = uneven(40), np.random.default_rng(2).random((40, 3))
    one = make()
    first = live(one, times, values)
    one.reset()
    np.testing.assert_array_equal(live(one, times, values), first)


def test_what_was_not_measured_is_held_live_and_stays_open_offline(make):
    times, values = np.arange(30) / 30, np.random.default_rng(3).random((30, 2))
    values[10:15, 0] = np.nan
    shown = live(make(), times, values)
    np.testing.assert_array_equal(shown[10:15, 0], np.full(5, shown[9, 0]))
    assert np.isfinite(shown).all()
    smooth = make().smooth(times, values)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(values))
    np.testing.assert_allclose(smooth[:, 1], make().smooth(times, values[:, 1:])[:, 0])


def test_nothing_measured_at_all(make):
    values = np.full((5, 2), np.nan)
    assert np.isnan(make().smooth(np.arange(5) / 30, values)).all()
    assert np.isnan(live(make(), np.arange(5) / 30, values)).all()
    assert make().smooth(np.zeros(0), np.zeros((0, 52))).shape == (0, 52)


def test_after_a_long_gap_the_past_is_forgotten(make):
    one = make()
    for i in range(20):
        one.update([i * 0.05], i / 30)
    for i in range(20, 60):
        one.update([np.nan], i / 30)
    assert one.update([0.2], 2.0) == pytest.approx(0.2)
    assert one.update([0.7], 20.0) == pytest.approx(0.7)


def test_time_that_jumps_back_starts_afresh(make):
    one = make()
    for i in range(20):
        one.update([i * 0.05], 10 + i / 30)
    assert one.update([0.3], 0.0) == pytest.approx(0.3)


def test_repeated_stamps_count_as_one_moment(make):
    times = np.array([0.0, 0.0, 0.0, 1 / 30, 2 / 30, 2 / 30, 3 / 30, 4 / 30])
    values = np.array([0.0, 0.3, 0.6, 0.4, 0.5, 0.7, 0.6, 0.7])[:, None]
    once = np.array([0, 3, 4, 6, 7])
    means = np.array([0.3, 0.4, 0.6, 0.6, 0.7])[:, None]
    assert np.isfinite(live(make(), times, values)).all()
    smooth = make(1.0).smooth(times, values)
    assert smooth[0] == smooth[1] == smooth[2]
    np.testing.assert_allclose(smooth[once], make(1.0).smooth(times[once], means, [1, 1, 1, 1, 1]), atol=0.08)


def test_stamps_a_hair_apart_do_no_harm(make):
    times = np.sort(np.concatenate([np.arange(30) / 30, np.arange(30) / 30 + 1e-9]))
    values = np.random.default_rng(4).random((60, 1))
    for result in (make().smooth(times, values), live(make(), times, values)):
        assert np.isfinite(result).all()
        assert result.min() > -1
        assert result.max() < 2


def test_a_sample_without_trust_hardly_counts(make):
    times, values, trust = np.arange(31) / 60, np.zeros((31, 1)), np.ones(31)
    values[15], trust[15] = 1.0, 0.0
    trusted = make(3.0).smooth(times, values)[15]
    assert make(3.0).smooth(times, values, trust)[15] < 0.2 * trusted
    assert live(make(3.0), times, values, trust)[15] < 0.3 * live(make(3.0), times, values)[15]


def test_channels_do_not_mix(make):
    times, values = uneven(80), np.random.default_rng(5).random((80, 4))
    cutoffs = np.array([3.0, 8.0, 3.0, 12.0])
    together = make(cutoffs).smooth(times, values)
    shown = live(make(cutoffs), times, values)
    for i, cutoff in enumerate(cutoffs):
        one = make(float(cutoff))
        np.testing.assert_allclose(together[:, [i]], one.smooth(times, values[:, [i]]), atol=1e-9)
        np.testing.assert_allclose(shown[:, [i]], live(one, times, values[:, [i]]), atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.sampled_from([0.0, 1e-12, 1e-5, 1e-3, 1 / 60, 1 / 30, 0.4, 700.0]), max_size=25),
    seed=st.integers(0, 99),
    kind=st.sampled_from(sorted(FILTERS)),
)
def test_no_rhythm_of_stamps_breaks_it(steps, seed, kind):
    make, random = FILTERS[kind], np.random.default_rng(seed)
    times = np.cumsum([0.0, *steps])
    values = random.random((len(times), 3))
    values[random.random(values.shape) < 0.3] = np.nan
    smooth = make().smooth(times, values, random.random(len(times)))
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(values))
    for result in (smooth, live(make(), times, values)):
        assert np.nanmax(np.abs(result), initial=0.0) < 8.0


@pytest.mark.parametrize("times", [[0.0, -1.0], [0.0, np.nan], [0.0]])
def test_bad_times_are_refused(make, times):
    with pytest.raises(ValueError, match="times"):
        make().smooth(times, np.zeros((2, 1)))


@pytest.mark.parametrize("cutoff", [0.0, -1.0, np.nan, [5.0, 0.0]])
def test_bad_settings_are_refused(cutoff):
    with pytest.raises(ValueError, match="greater than 0"):
        KalmanFilter(cutoff)
    with pytest.raises(ValueError, match="greater than 0"):
        SavitzkyGolayFilter(cutoff)


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75])
def test_a_blink_keeps_its_depth(fps, phase):
    """150 ms from open to open, at the default smoothing, wherever the frames fall."""
    times = np.arange(0, 2, 1 / fps) + phase / fps
    away = np.abs(times - 1.0)
    blink = np.where(away < 0.075, np.cos(np.pi * away / 0.15) ** 2, 0.0)[:, None]
    lids = HybridFilter(np.array(CUTOFFS["lids"])[:, None], NOISE["lids"])
    assert lids.smooth(times, blink).max() >= 0.95 * blink.max()
    assert live(lids, times, blink).max() >= 0.95 * blink.max()


def test_a_step_shows_by_half_after_the_lag(make):
    times = np.arange(0, 2, 1 / 240)
    shown = live(make(3.0), times, (times >= 1.0).astype(float)[:, None])[:, 0]
    half = times[np.argmax(shown >= 0.5)] - 1.0
    assert half == pytest.approx(make(3.0).lag, abs=2 / 240)


def test_an_hour_of_the_whole_face_takes_a_second_or_so():
    times = np.arange(216_000) / 60
    values = np.random.default_rng(6).random((216_000, 52), dtype=np.float32)
    started = time.perf_counter()
    HybridFilter(*weight_numbers()).smooth(times, values)
    assert time.perf_counter() - started < 8


def test_a_live_sample_costs_less_than_a_tick():
    one, values = HybridFilter(*weight_numbers()), np.random.default_rng(7).random((300, 52))
    started = time.perf_counter()
    live(one, np.arange(300) / 60, values)
    assert (time.perf_counter() - started) / 300 < 2e-3


def test_smoothing_makes_cutoffs_lower_but_leaves_lids_fast():
    light, usual, strong = (weight_numbers(s)[0] for s in (0.1, 0.5, 1.0))
    assert (light > usual).all()
    assert (usual >= strong).all()
    lids = [i for i, region in enumerate(arkit.REGION) if region == "lids"]
    np.testing.assert_array_equal(usual[:, lids], strong[:, lids])
    assert (np.diff(usual, axis=0) > 0).all()
