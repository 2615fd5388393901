"""Corrected curves read back into weights: linear maps, products, curves, gains; what counts as corrected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mien import arkit
from mien.errors import TakeError
from mien.rig.baking import Timeline, channel_keys
from mien.rig.corrected import corrected
from mien.rig.read_back import read_back
from mien.rig.retarget_map import Channel, RetargetMap, Term
from mien.rig.targets import Target
from mien.take import Take
from mien.tune import tune
from mien.tune_settings import TuneSettings

RATE = 24.0


def shape(name: str, *terms: Term, **more) -> Channel:
    return Channel(Target(name, "shape_key"), terms, **more)


ONE_TO_ONE = RetargetMap(tuple(shape(name, Term((name,))) for name in arkit.NAMES))
ODD = RetargetMap((
    shape("jaw", Term(("jawOpen",), 2.0)),
    shape("grin", Term(("mouthSmileLeft",), 0.6), Term(("mouthSmileRight",), 0.6)),
    shape("blink", Term(("eyeBlinkLeft",)), curve=((0.0, 0.0), (0.5, 0.2), (1.0, 1.0))),
    shape("corner", Term(("jawOpen", "mouthSmileLeft")), clamp=(0.0, 1.0)),
), gain=1.1, mirror=True)  # fmt: skip


def performance(frames: int = 60) -> Take:
    times = np.arange(frames) / 30.0
    weights = np.full((frames, arkit.COUNT), 0.1, np.float32)
    weights[:, arkit.INDEX["jawOpen"]] = 0.3 + 0.2 * np.sin(times * 3)
    return Take.from_weights(times, weights, {"name": "talk"})


def keyed(take: Take, settings: TuneSettings, mapping: RetargetMap, change=lambda values: None):
    """A rig with the take's keys on it, changed by hand (F, C)."""
    keys = channel_keys(tune(take, settings, landmarks=False), mapping, Timeline(RATE))
    values = np.stack([key.values for key in keys], axis=1).astype(np.float64)
    change(values)

    def read(targets, frames):
        assert [key.target for key in keys] == list(targets)
        return values[np.searchsorted(keys[0].frames, frames)]

    return read


@pytest.mark.parametrize("mapping", [ONE_TO_ONE, ODD], ids=["plain", "odd"])
def test_values_are_read_back_to_weights_that_give_them(mapping):
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.05, 0.95, (300, arkit.COUNT)).astype(np.float32)
    values = mapping.apply(truth).astype(np.float64)
    near = np.clip(truth + rng.normal(0, 0.15, truth.shape), 0, 1).astype(np.float32)
    found = read_back(mapping, near, values)
    before, after = (np.abs(mapping.apply(each) - values).mean() for each in (near, found))
    assert after < 0.1 * before
    named = {name for channel in mapping.channels for term in channel.terms for name in term.shapes}
    asked = {arkit.MIRROR[arkit.INDEX[n]] if mapping.mirror else arkit.INDEX[n] for n in named}
    rest = [i for i in range(arkit.COUNT) if i not in asked]
    np.testing.assert_array_equal(found[:, rest], near[:, rest])


def test_a_control_without_a_curve_asks_nothing():
    truth = np.full((4, arkit.COUNT), 0.5, np.float32)
    values = np.full((4, arkit.COUNT), np.nan)
    values[:, 0] = 0.9
    found = read_back(ONE_TO_ONE, truth, values)
    assert found[:, 0] == pytest.approx(0.9, abs=2e-3)
    np.testing.assert_array_equal(found[:, 1:], truth[:, 1:])


def test_an_untouched_bake_is_no_correction_and_gains_are_taken_off():
    settings = TuneSettings(gain=1.4, gains={"jawOpen": 1.2}, muted=("tongueOut",))
    take = performance()
    found = corrected(take, settings, ONE_TO_ONE, Timeline(RATE), keyed(take, settings, ONE_TO_ONE))
    assert (found.by_hand, found.frames) == (False, 0)
    plain = tune(take, TuneSettings(), landmarks=False)
    times = found.take.times
    np.testing.assert_allclose(found.take.weights, plain.resample(times).weights, atol=1e-5)


def test_what_was_keyed_by_hand_becomes_the_label():
    take, settings, jaw = performance(), TuneSettings(gain=1.5), arkit.INDEX["jawOpen"]

    def change(values):
        values[10:20, jaw] += 0.2

    played = keyed(take, settings, ONE_TO_ONE, change)
    found = corrected(take, settings, ONE_TO_ONE, Timeline(RATE), played)
    assert (found.by_hand, found.frames) == (True, 10)
    assert found.largest == pytest.approx(0.2, abs=1e-4)
    plain = tune(take, TuneSettings(), landmarks=False).resample(found.take.times).weights
    away = found.take.weights - plain
    np.testing.assert_allclose(away[10:20, jaw], 0.2 / 1.5, atol=2e-3)
    away[10:20, jaw] = 0
    np.testing.assert_allclose(away, 0, atol=1e-5)


def test_the_range_limits_what_is_read_and_must_meet_the_take():
    take, settings = performance(), TuneSettings()
    played = keyed(take, settings, ONE_TO_ONE)
    line = Timeline(RATE, first=10, last=19)
    found = corrected(take, settings, ONE_TO_ONE, line, played)
    assert len(found.take) == 10
    assert found.take.times[0] == pytest.approx(9 / RATE)
    with pytest.raises(TakeError, match="beside the take"):
        corrected(take, settings, ONE_TO_ONE, replace(line, first=900, last=950), played)
    with pytest.raises(TakeError, match="no keys"):
        corrected(
            take, settings, ONE_TO_ONE, line, lambda targets, frames: np.full((len(frames), 52), np.nan)
        )
