"""Bad frames are found one after the other; a punched-in span replaces just itself, its seams faded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.arkit import COUNT
from mien.editing import bad_spans, next_bad, punch_in, punch_in_later
from mien.errors import TakeError
from mien.take import ARRAYS, Take


def flat(times, value: float, **more) -> Take:
    count = len(times)
    take = Take.from_weights(times, np.full((count, COUNT), value), {"name": "t"}, **more)
    return take.replaced(
        landmarks=np.full((count, 70, 2), 100 * value), boxes=np.full((count, 4), value), eyes=None
    )


@pytest.fixture
def take() -> Take:
    """Ten samples at 10 a second; 2, 3 and 7 are bad, 7 has no face at all."""
    confidence = np.ones(10)
    confidence[[2, 3]] = 0.3
    weights = np.zeros((10, COUNT))
    weights[7] = np.nan
    confidence[7] = 0.0
    return Take.from_weights(np.arange(10) / 10, weights, confidence=confidence)


def test_from_bad_frame_to_bad_frame(take):
    seen, time = [], -1.0
    while (found := next_bad(take, time)) is not None:
        seen.append(round(found, 3))
        time = found
    assert seen == [0.2, 0.3, 0.7]
    assert next_bad(take, 0.7, backward=True) == pytest.approx(0.3)
    assert next_bad(take, 0.2, backward=True) is None
    assert next_bad(take, 0.0, threshold=0.2) == pytest.approx(0.7)
    assert next_bad(take, 9.0, backward=True) == pytest.approx(0.7)


def test_runs_of_bad_frames(take):
    np.testing.assert_allclose(bad_spans(take), [[0.2, 0.3], [0.7, 0.7]])
    assert bad_spans(take, 0.0).shape == (1, 2)
    assert bad_spans(take.cut(0, 0.1)).shape == (0, 2)
    np.testing.assert_allclose(bad_spans(take, 1.1), [[0, 0.9]])


def test_a_hard_punch_in_leaves_the_rest_to_the_bit():
    old, part = flat(np.arange(100) / 30, 0.2), flat(np.arange(30, 61) / 30, 0.8)
    new = punch_in(old, part)
    np.testing.assert_array_equal(new.times, old.times)
    inside = (new.times >= part.times[0]) & (new.times <= part.times[-1])
    for name in ARRAYS[1:]:
        np.testing.assert_array_equal(getattr(new, name)[~inside], getattr(old, name)[~inside])
        np.testing.assert_array_equal(getattr(new, name)[inside], getattr(part, name))
    assert new.about == old.about


def test_a_faded_one_goes_over_without_a_step():
    old, part = flat(np.arange(100) / 30, 0.2), flat(np.arange(30, 61) / 30, 0.8)
    new = punch_in(old, part, fade=0.2)
    curve = new.weights[:, 0]
    assert curve[30] == curve[60] == pytest.approx(0.2)
    assert curve[45] == pytest.approx(0.8)
    assert np.abs(np.diff(curve)).max() < 0.6 * 1.6 / (0.2 * 30)
    np.testing.assert_allclose(new.landmarks[:, 0, 0], 100 * curve, rtol=1e-5)


def test_angles_fade_the_short_way():
    times = np.arange(11) / 10
    old = flat(times, 0.0, pose=np.full((11, 3), 175.0))
    part = flat(times, 0.0, pose=np.full((11, 3), -175.0))
    pose = punch_in(old, part, fade=0.5).pose
    assert (np.abs(pose) % 360 >= 175 - 1e-9).all()


def test_no_face_is_never_mixed_with_one():
    times = np.arange(11) / 10
    weights = np.full((11, COUNT), 0.2)
    weights[:3] = np.nan
    old = Take.from_weights(times, weights)
    part = flat(times[:8], 0.8)
    new = punch_in(old, part, fade=0.3)
    assert new.found.all()
    np.testing.assert_allclose(new.weights[:3, 0], 0.8)
    assert new.weights[7, 0] == pytest.approx(0.2)
    lost = punch_in(part, old.cut(0, 0.7), fade=0.3)
    assert lost.found.tolist() == [False] * 3 + [True] * 5


def test_a_part_beyond_the_end_goes_on():
    new = punch_in(flat([0.0, 0.1, 0.2], 0.2), flat([0.2, 0.3, 0.4], 0.8))
    np.testing.assert_allclose(new.times, [0, 0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(new.weights[:, 0], [0.2, 0.2, 0.8, 0.8, 0.8])


def test_what_can_not_be_punched_in():
    old = flat(np.arange(10) / 10, 0.2)
    with pytest.raises(TakeError, match="no frames"):
        punch_in(old, old.cut(5, 6))
    with pytest.raises(TakeError, match="does not fit"):
        punch_in(old, old.cut(0.2, 0.4), fade=0.2)
    other = old.replaced(about={"frame_size": [320, 240]})
    with pytest.raises(TakeError, match="another size"):
        punch_in(old.replaced(about={"frame_size": [640, 480]}), other)


@settings(max_examples=50, deadline=None)
@given(
    old=st.lists(st.floats(0.001, 0.3), min_size=1, max_size=30),
    new=st.lists(st.floats(0.001, 0.3), min_size=1, max_size=30),
    offset=st.floats(-5, 5),
    fade=st.floats(0, 0.5),
)
def test_any_two_takes_make_one(old, new, offset, fade):
    take, part = flat(np.cumsum(old), 0.2), flat(np.cumsum(new) + offset, 0.8)
    whole = punch_in(take, part, min(fade, part.duration / 2))
    assert set(part.times) <= set(whole.times)
    assert len(whole) <= len(take) + len(part)
    assert ((whole.weights >= 0.2 - 1e-6) & (whole.weights <= 0.8 + 1e-6)).all()


def test_a_recording_has_a_clock_of_its_own_and_a_short_one_a_short_fade():
    old, part = flat(np.arange(30) / 10, 0.0), flat(np.arange(10) / 10, 1.0)
    made = punch_in_later(old, part, 1.0)
    np.testing.assert_allclose(made.times, old.times)
    np.testing.assert_array_equal(made.weights[:, 0] == 1, (old.times > 0.95) & (old.times < 1.95))
    faded = punch_in_later(old, part, 1.0, fade=5.0)
    assert faded.weights[10, 0] == 0
    assert faded.weights[14:16, 0].min() > 0.9
