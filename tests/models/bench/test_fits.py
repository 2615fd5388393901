"""The fits behind the filters' constants find what was put in."""

from __future__ import annotations

import numpy as np
import pytest
from mien.take import Take
from mien_models.bench.fit_filter import cutoffs, fit_mixture
from mien_models.bench.recordings import noise_like_a_trackers
from mien_models.bench.tracker_noise import measure


def test_three_kinds_of_movement_are_found():
    random = np.random.default_rng(0)
    given = random.choice([0.2, 3.0, 50.0], 60_000, p=[0.5, 0.35, 0.15])
    spread, share = fit_mixture(random.normal(0, 1, 60_000) * given)
    np.testing.assert_allclose(spread, [0.2, 3.0, 50.0], rtol=0.05)
    np.testing.assert_allclose(share, [0.5, 0.35, 0.15], atol=0.02)


def test_more_noise_lowers_cutoffs_by_its_square_root():
    first, second = (cutoffs(np.array([1.0, 10.0, 100.0]), noise) for noise in (0.01, 0.04))
    np.testing.assert_allclose(first, 2 * second)


@pytest.mark.parametrize("colour", [0.0, 0.6])
def test_noise_is_measured_apart_from_slow_movement(colour):
    random = np.random.default_rng(1)
    sizes = np.full(52, 0.02)
    weights = 0.5 + np.linspace(0, 0.1, 40)[:, None] + noise_like_a_trackers(random, 40, sizes, colour)
    take = Take.from_weights(np.arange(40) / 30, weights)
    found = measure([take.replaced(landmarks=random.normal(300, 1, (40, 70, 2)),
                                   boxes=np.full((40, 4), 400.0))])  # fmt: skip
    assert found["sizes"]["mouth"] == pytest.approx(0.02, rel=0.15)
    assert found["sizes"]["landmarks"] == pytest.approx(1 / 400, rel=0.1)
    assert found["colour"] == pytest.approx(colour, abs=0.12)
