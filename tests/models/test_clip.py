"""The demo's footage and its truth."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.sources import open_video

pytest.importorskip("numba")

from mien_models.demo import correlations, report
from mien_models.synthetic.clip import LENGTH, SIDE, film, performance


def test_the_performance_is_possible_and_moves():
    weights, pose = performance(np.arange(0, LENGTH, 1 / 120))
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert (np.ptp(weights, axis=0) > 0.2).sum() >= 20
    assert np.abs(pose).max() < 15


def test_film_and_truth_belong_together(tmp_path):
    truth = film(tmp_path / "clip.mp4", seconds=0.4)
    with open_video(tmp_path / "clip.mp4") as video:
        frames = list(video)
    assert len(frames) == len(truth) == 12
    np.testing.assert_allclose([frame.time for frame in frames], truth.times, atol=1e-3)
    assert frames[0].grey.shape == (SIDE, SIDE)
    blink = truth.weights[:, arkit.INDEX["eyeBlinkLeft"]]
    assert blink.max() > 0.8
    shut, open_ = frames[int(blink.argmax())].grey, frames[0].grey
    assert np.abs(shut.astype(int) - open_).mean() > 0.2
    assert list(tmp_path.iterdir()) == [tmp_path / "clip.mp4"]


def test_the_report_tells_a_perfect_solve_from_a_lazy_one(tmp_path):
    truth = film(tmp_path / "clip.mp4", seconds=1.5)
    lazy = truth.replaced(weights=np.zeros_like(truth.weights))
    moved, perfect = correlations(truth.weights, truth.weights)
    assert len(moved) > 3
    np.testing.assert_allclose(perfect, 1, atol=1e-5)
    _, none = correlations(truth.weights, lazy.weights)
    assert (none == 0).all()
    assert "Median correlation" in report(truth, lazy)
