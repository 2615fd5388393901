"""Frames to Samples: one for each, pose in the frame, a missing face as a result."""

from __future__ import annotations

import time

import numpy as np
import pytest
from mien.ahead import AHEAD
from mien.arkit import INDEX
from mien.solver import solve
from mien.student import Student
from mien.take import Take
from mien.tracker import TOGETHER
from mien.types import Frame
from toy_network import draw_face, write_toy_network


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return Student(write_toy_network(tmp_path_factory.mktemp("toy")), threads=1)


def frames(*faces):
    for i, face in enumerate(faces):
        grey = np.zeros((240, 320), np.uint8)
        if face:
            draw_face(grey, **face)
        yield Frame(i, i * 0.05, grey)


def test_one_sample_for_each_frame_with_and_without_a_face(toy):
    face = {"x": 150, "y": 120, "size": 140}
    samples = list(solve(frames(face, face, None, face), toy))
    assert [sample.time for sample in samples] == [0.0, 0.05, 0.1, pytest.approx(0.15)]
    assert [sample.confidence > 0.9 for sample in samples] == [True, True, False, True]
    assert samples[2].confidence == 0
    assert np.isnan(samples[2].weights).all()
    assert np.isnan(samples[2].landmarks).all()
    take = Take.from_samples(samples)
    np.testing.assert_array_equal(take.found, [True, True, False, True])
    np.testing.assert_array_equal(np.isnan(take.boxes[:, 0]), ~take.found)


@pytest.mark.parametrize("roll", [-60, -10, 0, 25, 90, 179])
def test_the_pose_is_the_head_s_in_the_frame(toy, roll):
    (sample,) = solve(frames({"x": 160, "y": 120, "size": 150, "roll": roll}), toy)
    assert (sample.pose.pitch, sample.pose.yaw) == (0, 0)
    assert abs((sample.pose.roll - roll + 180) % 360 - 180) < 1.5


def test_the_pose_does_not_depend_on_how_the_crop_is_turned(toy):
    face = {"x": 160, "y": 120, "size": 150, "roll": 15}
    (followed,) = solve(frames(face), toy)
    (fixed,) = solve(frames(face), toy, crop=(85, 45, 150, 150))
    assert fixed.box.roll == 0
    assert followed.box.roll == pytest.approx(15, abs=2)
    assert fixed.pose.roll == pytest.approx(followed.pose.roll, abs=1)


def test_weights_follow_the_performance(toy):
    mouths = np.linspace(0.08, 0.125, 12)
    samples = list(solve(frames(*({"x": 160, "y": 120, "size": 150, "mouth": m} for m in mouths)), toy))
    jaw = np.array([sample.weights[INDEX["jawOpen"]] for sample in samples])
    assert (np.diff(jaw) > 0).all()
    assert all(np.count_nonzero(sample.weights) == 1 for sample in samples)


@pytest.mark.parametrize("pause", [0.0, 0.003])
def test_the_result_depends_neither_on_timing_nor_on_threads(toy, tmp_path, pause):
    faces = [{"x": 150 + i**2 / 20, "y": 120, "size": 130 + i, "roll": i} for i in range(20)]
    faces += [None, None, *faces[:5]]

    def slowly():
        for frame in frames(*faces):
            time.sleep(pause * (frame.index % 3))
            yield frame

    one = Take.from_samples(solve(frames(*faces), toy))
    other = Take.from_samples(solve(slowly(), Student(write_toy_network(tmp_path), threads=2)))
    for name in ("weights", "landmarks", "pose", "confidence", "boxes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_samples_come_while_the_frames_do(toy):
    taken = []

    def counted():
        for frame in frames(*[None] * 30):
            taken.append(frame.index)
            yield frame

    samples = solve(counted(), toy)
    next(samples)
    assert len(taken) <= AHEAD + TOGETHER + 2
    samples.close()
    assert len(taken) <= AHEAD + TOGETHER + 4
