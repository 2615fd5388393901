"""One-Euro as its authors have it."""

from __future__ import annotations

import numpy as np
from mien_models.bench.rivals import OneEuro, plain_savgol


def test_it_is_the_authors_filter():
    """Golden values: OneEuroFilter(30, 0.7, 4.0, 1.0) of the package OneEuroFilter 0.2.1 on PyPI."""
    values = np.array([0.2, 0.25, 0.9, 0.85, 0.3, 0.31, 0.29])
    times = np.array([1.0, 1.033, 1.066, 1.1, 1.133, 1.2, 1.25])
    golden = [0.2, 0.213261009, 0.739846201, 0.824412397, 0.669740214, 0.410405098, 0.327130854]
    np.testing.assert_allclose(OneEuro(0.7, 4.0, 1.0).run(times, values[:, None])[:, 0], golden, atol=1e-8)


def test_plain_savgol_keeps_a_parabola_and_takes_noise():
    clock = np.arange(200) / 60
    noise = np.random.default_rng(0).normal(0, 0.1, 200)
    np.testing.assert_allclose(plain_savgol(clock[:, None] ** 2, 60, 0.3)[:, 0], clock**2, atol=1e-9)
    assert plain_savgol(noise[:, None], 60, 0.3).std() < 0.5 * noise.std()
