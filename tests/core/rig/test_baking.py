"""rig/baking.py: a take as keys of controls, in a range, thinned out within an error."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.errors import TakeError
from mien.rig.automap import auto_map
from mien.rig.baking import FULL, Timeline, channel_keys, with_head_rest
from mien.rig.head_eyes import HeadDrive
from mien.rig.retarget_map import RetargetMap
from mien.rig.targets import Target
from mien.take import Take

HEAD = RetargetMap(auto_map(["jawOpen"]).map.channels, head=(HeadDrive(Target("head", "transform")),))


@pytest.fixture
def ramp() -> Take:
    """Two seconds at 25 fps: weights from 0 to 1, the head nodding up to 20 degrees."""
    times = np.arange(51) / 25.0
    rising = times / times[-1]
    pose = np.outer(rising, [20.0, 0.0, 0.0])
    return Take.from_weights(times, np.repeat(rising[:, None], arkit.COUNT, axis=1), pose=pose)


def test_keys_lie_at_the_takes_times(ramp: Take) -> None:
    keys = channel_keys(ramp, HEAD, Timeline(30, 1.001, 10.0, whole_frames=False))
    assert [k.target.path for k in keys] == ["jawOpen", "head.rx", "head.ry", "head.rz"]
    np.testing.assert_allclose(keys[0].frames, 10.0 + ramp.times * 30 / 1.001)
    np.testing.assert_allclose(keys[1].values, ramp.pose[:, 0], atol=1e-4)


def test_only_keys_of_the_range(ramp: Take) -> None:
    (jaw, *_) = channel_keys(ramp, HEAD, Timeline(25, start=1.0, first=11, last=21))
    assert jaw.frames.tolist() == list(range(11, 22))
    assert jaw.values[0] == pytest.approx(0.2)
    with pytest.raises(TakeError, match=r"frames 1 to 51, outside"):
        channel_keys(ramp, HEAD, Timeline(25, first=60))


@pytest.mark.parametrize("error", [0.01, 0.1])
def test_thinned_keys_stay_within_the_error(error: float) -> None:
    times = np.arange(200) / 25.0
    wave = (0.5 + 0.5 * np.sin(times * 5))[:, None]
    take = Take.from_weights(times, np.repeat(wave, 52, axis=1), pose=np.repeat(30.0 * wave, 3, axis=1))
    whole = channel_keys(take, HEAD, Timeline(25))
    thin = channel_keys(take, HEAD, Timeline(25), error)
    for full, less in zip(whole, thin):
        unit = FULL[full.target.axis[0]] if full.target.axis else 1.0
        assert len(less.frames) < len(full.frames)
        again = np.interp(full.frames, less.frames, less.values)
        assert np.abs(again - full.values).max() <= error * unit + 1e-5


def test_seconds_and_frames_are_inverse() -> None:
    line = Timeline(24, 1.001, -7.0)
    assert line.frame_of(line.time_of(123.25)) == pytest.approx(123.25)
    assert line.time_of(-7.0) == 0.0


def test_a_line_is_limited_by_every_span() -> None:
    line = Timeline(25, first=3, last=90)
    assert line.within() == line
    assert line.within((1, 80), (10, 100)) == Timeline(25, first=10, last=80)


def test_the_heads_rest_is_taken_off(ramp: Take) -> None:
    rested = with_head_rest(HEAD, (20.0, 0.0, 0.0))
    assert channel_keys(ramp, rested, Timeline(25))[1].values[-1] == pytest.approx(0.0, abs=1e-4)
