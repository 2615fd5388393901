"""Finding, following and losing a drawn face, with a real network that sees only what the crop shows."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
from mien.boxes import is_apart, wrapped
from mien.crop import CROP_CENTRE, box_from_landmarks
from mien.student import Student, StudentOutput
from mien.tracker import (
    CENTRE_SLACK,
    REMEMBER,
    SEARCH_EVERY,
    TOGETHER,
    FixedCrop,
    Tracker,
    dragged,
)
from mien.types import FaceBox, Frame
from toy_network import EYES_TO_MOUTH, draw_face, toy_layout, write_toy_network

FPS = 30


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return Student(write_toy_network(tmp_path_factory.mktemp("toy")), threads=1)


def frame(index: int, *faces: dict, size=(640, 360), time: float | None = None) -> Frame:
    grey = np.zeros((size[1], size[0]), np.uint8)
    for face in faces:
        draw_face(grey, **face)
    return Frame(index, index / FPS if time is None else time, grey)


def assert_on_face(sighting, face: dict, tolerance=0.03):
    assert sighting is not None
    box, size = box_from_landmarks(sighting.landmarks), face["size"]
    assert math.hypot(box.x - face["x"], box.y - face["y"]) < tolerance * size
    assert box.size == pytest.approx(size, rel=2 * tolerance)
    assert abs(wrapped(box.roll - face.get("roll", 0.0))) < 3


@pytest.mark.parametrize(
    "face",
    [
        {"x": 320, "y": 180, "size": 300},
        {"x": 90, "y": 90, "size": 130},
        {"x": 540, "y": 270, "size": 150},
        {"x": 333, "y": 101, "size": 95},
        {"x": 250, "y": 200, "size": 180, "roll": -50},
        {"x": 250, "y": 200, "size": 200, "roll": 90},
        {"x": 250, "y": 200, "size": 200, "roll": 180},
    ],
)
def test_it_finds_a_face_in_the_first_frame(toy, face):
    assert_on_face(Tracker(toy).update(frame(0, face)), face)


@pytest.mark.parametrize("size", [(64, 48), (640, 360), (360, 640), (1920, 80)])
def test_no_face_is_a_result(toy, size):
    assert Tracker(toy).update(frame(0, size=size)) is None


def test_it_follows_movement_turning_and_growth(toy):
    tracker = Tracker(toy)
    for i in range(60):
        sway, roll = 40 * math.sin(i / 8), 40 * math.sin(i / 15)
        face = {"x": 150 + 5 * i, "y": 180 + sway, "size": 150 + i, "roll": roll}
        assert_on_face(tracker.update(frame(i, face)), face)


def test_fast_movement_is_cut_again_where_the_face_is(toy):
    tracker = Tracker(toy)
    for i in range(8):
        face = {"x": 120 + 45 * i, "y": 180, "size": 200}
        sighting = tracker.update(frame(i, face))
        assert_on_face(sighting, face)
        assert abs(sighting.box.x - face["x"]) < 0.1 * face["size"]


def test_the_crop_stands_still_when_the_face_does(toy):
    tracker, random = Tracker(toy), np.random.default_rng(3)
    boxes = set()
    for i in range(40):
        dx, dy, dsize = random.normal(0, 0.4, 3)
        face = {"x": 300 + dx, "y": 180 + dy, "size": 200 + dsize, "roll": random.normal(0, 0.3)}
        boxes.add(tracker.update(frame(i, face)).box)
    assert len(boxes) <= 3


def test_it_keeps_to_its_face_when_a_larger_one_comes(toy):
    tracker, face = Tracker(toy), {"x": 150, "y": 180, "size": 130}
    tracker.update(frame(0, face))
    for i in range(1, 6):
        assert_on_face(tracker.update(frame(i, face, {"x": 480, "y": 180, "size": 300})), face)


def test_it_begins_with_the_largest_face(toy):
    large = {"x": 450, "y": 180, "size": 260}
    assert_on_face(Tracker(toy).update(frame(0, {"x": 120, "y": 180, "size": 130}, large)), large)


def test_a_face_that_goes_is_lost_at_once_and_found_where_it_was(toy):
    tracker, face = Tracker(toy), {"x": 320, "y": 180, "size": 200}
    assert tracker.update(frame(0, face)) is not None
    assert [tracker.update(frame(i)) for i in range(1, 10)] == [None] * 9
    assert_on_face(tracker.update(frame(10, face)), face)


def test_a_cut_in_the_edit_is_followed_in_the_same_frame(toy):
    tracker = Tracker(toy)
    tracker.update(frame(0, {"x": 120, "y": 180, "size": 200}))
    face = {"x": 500, "y": 160, "size": 220}
    assert_on_face(tracker.update(frame(1, face)), face)


def test_a_face_that_comes_back_elsewhere_is_found_soon(toy):
    tracker = Tracker(toy)
    tracker.update(frame(0, {"x": 120, "y": 180, "size": 200}))
    for i in range(1, 100):
        assert tracker.update(frame(i)) is None
    face = {"x": 500, "y": 160, "size": 220}
    found = next(i for i in range(100, 200) if tracker.update(frame(i, face)) is not None)
    assert (found - 100) / FPS <= 4 * SEARCH_EVERY + 0.05


def test_searching_is_throttled(toy):
    class Counting:
        crops = 0

        def solve(self, crops):
            self.crops += len(crops)
            return toy.solve(crops)

    counting = Counting()
    tracker = Tracker(counting)
    tracker.update(frame(0))
    first, seconds = counting.crops, 3
    for i in range(1, seconds * FPS):
        tracker.update(frame(i))
    assert counting.crops - first < first / 4 * (seconds / SEARCH_EVERY) * 1.5


def test_a_face_that_leaves_the_frame_is_lost(toy):
    tracker = Tracker(toy)
    seen = [tracker.update(frame(i, {"x": 320 + 30 * i, "y": 180, "size": 160})) for i in range(20)]
    assert seen[5] is not None
    assert seen[-1] is None
    assert all(0 <= box_from_landmarks(s.landmarks).x < 640 for s in seen if s is not None)


def test_a_long_gap_in_time_is_no_loss(toy):
    tracker, face = Tracker(toy), {"x": 320, "y": 180, "size": 200}
    tracker.update(frame(0, face))
    assert_on_face(tracker.update(frame(1, face, time=20 + REMEMBER)), face)


def test_two_trackers_agree_to_the_last_bit(toy):
    faces = [{"x": 200 + 9 * i, "y": 170, "size": 150 + i, "roll": i} for i in range(10)]
    first, second = Tracker(toy), Tracker(toy)
    for i, face in enumerate(faces):
        one, other = first.update(frame(i, face)), second.update(frame(i, face))
        assert one.box == other.box
        np.testing.assert_array_equal(one.landmarks, other.landmarks)


def performance() -> list[Frame]:
    """A face at rest, moving ever faster, hidden for a while, back, and elsewhere after a cut."""
    faces = [{"x": 200 + 0.2 * i, "y": 170, "size": 150} for i in range(20)]
    faces += [{"x": 204 + 0.3 * i**2, "y": 170, "size": 150 + i, "roll": i} for i in range(20)]
    frames = [frame(i, face) for i, face in enumerate(faces)]
    frames += [frame(i) for i in range(40, 45)]
    frames += [frame(i, {"x": 320, "y": 190, "size": 170}) for i in range(45, 52)]
    return frames + [frame(i, {"x": 120, "y": 200, "size": 200}) for i in range(52, 60)]


@pytest.mark.parametrize("given", [1, 2, 3, TOGETHER, 9])
def test_frames_given_together_are_seen_as_one_by_one(toy, given):
    frames, together, single = performance(), Tracker(toy), Tracker(toy)
    seen: list = []
    while len(seen) < len(frames):
        seen += together.update_some(frames[len(seen) :][:given])
    for one, other in zip([single.update(each) for each in frames], seen):
        assert (one is None) is (other is None)
        if one is not None:
            assert one.box == other.box
            np.testing.assert_allclose(one.weights, other.weights, atol=1e-5)
            np.testing.assert_allclose(one.landmarks, other.landmarks, atol=1e-3)


def test_a_face_at_rest_is_solved_several_frames_at_once(toy):
    class Counting:
        runs: ClassVar = []

        def solve(self, crops):
            self.runs.append(len(crops))
            return toy.solve(crops)

    tracker, face = Tracker(Counting()), {"x": 320, "y": 180, "size": 200}
    frames = [frame(i, face) for i in range(41)]
    done = 0
    while done < len(frames):
        before = len(Counting.runs)
        done += len(tracker.update_some(frames[done:]))
    assert before >= 10
    assert Counting.runs[-8:] == [TOGETHER] * 8


def test_a_fixed_crop_stays(toy):
    crop = FixedCrop(toy, (200, 60, 240, 200))
    assert (crop.box.x, crop.box.y, crop.box.size) == (319.5, 159.5, 240)
    face = {"x": 330, "y": 150, "size": 220}
    sighting = crop.update(frame(0, face))
    assert sighting.box == crop.box
    assert_on_face(sighting, face)
    assert crop.update(frame(1)) is None
    assert crop.update(frame(2, {"x": 60, "y": 150, "size": 120})) is None


def test_the_rope_hangs_loose_then_pulls_by_the_excess():
    box = FaceBox(100, 100, 200, 0)
    assert dragged(box, FaceBox(102, 101, 203, 1)) == box
    pulled = dragged(box, FaceBox(110, 100, 200, 0))
    assert pulled.x == pytest.approx(110 - CENTRE_SLACK * 200)
    assert (pulled.y, pulled.size, pulled.roll) == (100, 200, 0)
    assert dragged(FaceBox(0, 0, 100, 179), FaceBox(0, 0, 100, -170)).roll == pytest.approx(-171.5)


def test_boxes_with_nan_are_apart_from_every_box():
    nan = float("nan")
    assert is_apart(FaceBox(1, 1, 10), FaceBox(nan, nan, nan, nan), 1, 1, 90)
    assert not is_apart(FaceBox(1, 1, 10, 170), FaceBox(1, 1, 10, -170), 0.1, 0.1, 30)


class SeesFacesEverywhere:
    """Says of every crop that a face sits in its middle: what a network's mistakes look like."""

    def solve(self, crops):
        count = len(crops)
        middle = (79.5, 79.5 - EYES_TO_MOUTH * CROP_CENTRE) + toy_layout() * EYES_TO_MOUTH
        shapes = {"weights": (52,), "pose": (3,), "code": (0,)}
        zeros = {name: np.zeros((count, *shape), np.float32) for name, shape in shapes.items()}
        landmarks = np.tile(middle, (count, 1, 1)).astype(np.float32)
        return StudentOutput(
            landmarks=landmarks,
            presence=np.ones(count, np.float32),
            confidence=np.ones(count, np.float32),
            **zeros,
        )


def test_a_face_that_moves_with_the_crop_is_none():
    tracker = Tracker(SeesFacesEverywhere())
    assert [tracker.update(frame(i, {"x": 320, "y": 180, "size": 200})) for i in range(20)] == [None] * 20
