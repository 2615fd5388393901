"""The made actor: what is filmed and what is said to be true belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mien import arkit
from mien.errors import TakeError
from mien.sources import open_video

pytest.importorskip("numba")

from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion, recorded_motion

RECORDINGS = Path(__file__).parents[4] / "shared" / "arkit"


@pytest.fixture(scope="module")
def clip():
    return film(Actor(1), *authored_motion(6, 4.0, seed=3), size=128, rate=4.0)


def test_the_same_seed_films_the_same_pixels(clip):
    again = film(Actor(1), clip.weights[:1], clip.pose[:1], size=128)
    np.testing.assert_array_equal(again.frames[0], clip.frames[0])
    other = film(Actor(2), clip.weights[:1], clip.pose[:1], size=128)
    assert np.abs(other.frames[0].astype(int) - clip.frames[0]).mean() > 5


def test_vertices_project_onto_the_landmarks(clip):
    skin = clip.actor.sampler.landmarks[:68]
    lids_nose_mouth = np.r_[0:17, 27:68]  # brows lie on their hair, not on a vertex
    for at in range(len(clip)):
        points = clip.project(clip.vertices[at, skin], at)
        np.testing.assert_allclose(points[lids_nose_mouth], clip.landmarks[at, lids_nose_mouth], atol=0.01)


def test_vertices_are_millimetres_without_the_pose(clip):
    still = film(clip.actor, np.zeros((2, 52)), [[0, 0, 0], [10, 20, 5]], size=64)
    np.testing.assert_array_equal(still.vertices[0], still.vertices[1])
    assert np.abs(still.landmarks[0] - still.landmarks[1]).max() > 3
    right, left = (still.vertices[0, clip.actor.sampler.landmarks[i]] for i in (36, 45))
    assert 70 < np.linalg.norm(left - right) < 130


def test_the_film_on_disk_is_the_clip(clip, tmp_path):
    clip.write(tmp_path / "actor.mp4")
    with open_video(tmp_path / "actor.mp4") as video:
        frames = list(video)
    np.testing.assert_allclose([frame.time for frame in frames], clip.times, atol=1e-3)
    assert np.abs(frames[3].grey.astype(int) - clip.frames[3]).mean() < 6
    truth = clip.take()
    np.testing.assert_array_equal(truth.weights, clip.weights)
    assert truth.found.all()
    assert truth.boxes[:, 2].min() > 60


def test_authored_motion_is_possible_smooth_and_blinks():
    weights, pose = authored_motion(600, 30.0, seed=1)
    assert weights.min() >= 0
    assert weights.max() <= 1
    assert np.abs(np.diff(pose, axis=0)).max() < 3
    assert weights[:, arkit.INDEX["eyeBlinkLeft"]].max() > 0.95
    quick = np.abs(np.diff(weights[:, arkit.INDEX["jawOpen"]]))
    assert 0.02 < quick.max() < 0.4
    assert (weights.max(axis=0) > 0.1).sum() > 40
    assert not np.array_equal(weights, authored_motion(600, 30.0, seed=2)[0])


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings beside the repository")
def test_recorded_motion_is_a_stretch_of_the_recording():
    recording = RECORDINGS / "alexdjulin_alex_rom_3.csv"
    weights, pose = recorded_motion(recording, 90, 30.0, start=20)
    later, _ = recorded_motion(recording, 60, 30.0, start=21)
    np.testing.assert_allclose(weights[30:], later)
    assert np.ptp(weights, axis=0).max() > 0.3
    assert np.abs(pose).max() <= 22
    with pytest.raises(TakeError, match="ends before"):
        recorded_motion(recording, 90, 30.0, start=1000)
