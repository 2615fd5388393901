"""The network that is shipped: its ends, its ranges, and that it sees no face where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from mien.search import FOUND
from mien.student import Student, default_folder
from mien.tracker import Tracker
from mien.types import Frame

pytestmark = pytest.mark.skipif(
    not (default_folder() / "student.onnx").exists(), reason="no default network has been trained yet"
)


@pytest.fixture(scope="module")
def student() -> Student:
    return Student(threads=2)


@pytest.fixture(scope="module")
def faceless() -> np.ndarray:
    """Crops without a face: black, white, noise of several grains, ramps."""
    random = np.random.default_rng(7)
    crops = [np.zeros((160, 160), np.uint8), np.full((160, 160), 255, np.uint8)]
    crops += [np.tile(np.linspace(0, 255, 160).astype(np.uint8), (160, 1))]
    for grain in (1, 4, 16, 40):
        coarse = random.integers(0, 256, (160 // grain, 160 // grain), dtype=np.uint8)
        crops.append(np.kron(coarse, np.ones((grain, grain), np.uint8))[:160, :160])
    return np.stack(crops)


def test_ranges(student, faceless):
    output = student.solve(faceless)
    assert ((output.weights >= 0) & (output.weights <= 1)).all()
    assert ((output.presence >= 0) & (output.presence <= 1)).all()
    assert np.isfinite(output.landmarks).all()
    assert (np.abs(output.pose) <= 180).all()


def test_a_batch_is_the_same_as_one_by_one(student, faceless):
    together = student.solve(faceless)
    for i, crop in enumerate(faceless):
        alone = student.solve(crop[None])
        np.testing.assert_allclose(alone.landmarks[0], together.landmarks[i], atol=1e-3)
        np.testing.assert_allclose(alone.weights[0], together.weights[i], atol=1e-5)


def test_no_face_in_nothing(student, faceless):
    assert (student.solve(faceless).presence < FOUND).all()
    grey = np.random.default_rng(1).integers(0, 256, (240, 320), dtype=np.uint8)
    tracker = Tracker(student)
    assert [tracker.update(Frame(i, i / 30, grey)) for i in range(15)] == [None] * 15


def test_the_card_says_what_it_is(student):
    assert {"name", "created", "network", "training", "scores", "crop"} <= student.card.keys()
    assert student.card["crop"]["size"] == 160


def test_more_threads_change_no_answer(student, faceless):
    one, two = Student(threads=1).solve(faceless), student.solve(faceless)
    for name in ("weights", "landmarks", "presence", "pose", "confidence"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_a_reader_answers_alike_whatever_stands_beside(student):
    if not student.reads_beside:
        pytest.skip("the shipped network has no reader")
    codes = np.random.default_rng(2).normal(0, 0.3, (40, student.code_size)).astype(np.float32)
    person = codes.mean(axis=0)
    together = student.read(codes, person, 20.0)
    assert together.shape == (40, 52)
    assert ((together >= 0) & (together <= 1)).all()
    alone = np.concatenate([student.read(code[None], person, 20.0) for code in codes])
    np.testing.assert_allclose(alone, together, atol=1e-4)
    assert np.abs(student.read(codes, person + 0.5, 20.0) - together).max() > 0.05
