"""Frame rates are exact: no drift over hours, whatever way the rate is written."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.errors import UsageError
from mien.rates import exact_rate, frame_times


@pytest.mark.parametrize(("written", "meant"), [
    (23.976, (24000, 1001)), ("23.98", (24000, 1001)), ("24000/1001", (24000, 1001)), (24, (24, 1)),
    ("25", (25, 1)), (29.97, (30000, 1001)), (30.0, (30, 1)), (59.94, (60000, 1001)), (60, (60, 1)),
    ("119.88", (120000, 1001)), (120, (120, 1)), (12.5, (25, 2)), (Fraction(30000, 1001), (30000, 1001)),
])  # fmt: skip
def test_what_is_meant(written, meant):
    assert exact_rate(written) == Fraction(*meant)


@pytest.mark.parametrize("nonsense", ["", "fast", "0", "-24", "1/0", "1e9", "nan", "inf", float("nan"), 1001])
def test_no_rate(nonsense):
    with pytest.raises(UsageError, match="no frame rate"):
        exact_rate(nonsense)


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97", "30", "60", "120"])
def test_ten_hours_do_not_drift(rate):
    exact = exact_rate(rate)
    times = frame_times(0.0, 36_000.0, exact)
    count = int(36_000 * exact)
    assert len(times) == count + 1
    for frame in (1, 12_345, count):
        assert times[frame] == pytest.approx(float(Fraction(frame) / exact), rel=2e-16)


@given(first=st.floats(0, 1e4), length=st.floats(0, 100), rate=st.sampled_from([23.976, 25, 29.97, 60, 120]))
def test_times_lie_in_the_span_and_go_on(first, length, rate):
    exact = exact_rate(rate)
    times = frame_times(first, first + length, exact)
    assert (np.diff(times) > 0).all()
    assert first <= times[0]
    assert times[-1] <= first + length
    assert len(times) >= int(length * float(exact))
