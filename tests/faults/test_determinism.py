"""The same video and version give the same take, bit for bit, on one machine, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest
from mien.student import Student, default_folder
from mien.take import ARRAYS, load_take


def test_whatever_the_threads_and_the_process(run_mien, toy_clip, toy_folder, tmp_path):
    """Promise: equal arrays for 1, 2 and 4 threads, in processes of their own."""
    takes = []
    for threads in (1, 2, 4):
        place = tmp_path / f"{threads}.mien"
        run_mien("solve", toy_clip, "-o", place, "--model", toy_folder, "--threads", threads, check=True)
        takes.append(load_take(place))
    for other in takes[1:]:
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(takes[0], name), getattr(other, name))


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(3).integers(0, 256, (6, 160, 160)).astype(np.uint8)


def test_the_default_network_whatever_the_threads(crops):
    """Promise: equal to the last bit for 1 and 3 threads, and from one call to the next."""
    first = Student(default_folder(), threads=1).solve(crops)
    second = Student(default_folder(), threads=3)
    for output in (second.solve(crops), second.solve(crops)):
        for name in ("weights", "landmarks", "presence", "pose", "confidence"):
            np.testing.assert_array_equal(getattr(first, name), getattr(output, name))


def test_the_default_network_whatever_the_batch(crops):
    """Promise: weights within 1e-5, landmarks within 1e-3 pixels, of those of another batch."""
    student = Student(default_folder(), threads=1)
    together = student.solve(crops)
    for i, crop in enumerate(crops):
        alone = student.solve(crop[None])
        np.testing.assert_allclose(together.weights[i], alone.weights[0], atol=1e-5)
        np.testing.assert_allclose(together.landmarks[i], alone.landmarks[0], atol=1e-3)
