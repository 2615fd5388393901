"""Head and eyes: the right way round on any bone, within limits, without jumps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.arkit import COUNT, INDEX, MIRROR
from mien.errors import MapError
from mien.rig.head_eyes import ORDERS, Axes, EyeDrive, HeadDrive
from mien.rig.preview import rotation
from mien.rig.targets import Target
from mien.types import HeadPose
from scipy.spatial.transform import Rotation

BONE = Target("head", "transform", "rig")
LEFT, UP, FORWARD = np.eye(3)
FRAMES = [Axes(up, forward) for up, forward in itertools.permutations([s + a for a in "xyz" for s in "+-"], 2)
          if up[1] != forward[1]]  # fmt: skip


def turned(drive: HeadDrive, pose: tuple[float, float, float]) -> np.ndarray:
    """The rotation (3, 3) in the head's axes that the bone's angles make."""
    (values,) = drive.apply(np.array([pose]))
    if drive.quaternion:
        in_bone = Rotation.from_quat(np.roll(values.astype(float), -1))
    else:
        angles = [values["xyz".index(axis)] for axis in drive.order]
        in_bone = Rotation.from_euler(drive.order, angles, degrees=True)
    lie = drive.axes.matrix
    return lie.T @ in_bone.as_matrix() @ lie


@pytest.mark.parametrize("axes", FRAMES)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("quaternion", [False, True])
def test_any_bone_turns_as_the_preview_does(axes, order, quaternion):
    assert np.linalg.det(axes.matrix) == pytest.approx(1.0)
    drive = HeadDrive(BONE, axes, order, quaternion)
    pose = (12.0, -34.0, 21.0)
    np.testing.assert_allclose(turned(drive, pose), rotation(HeadPose(*pose)), atol=1e-5)


def test_the_signs_are_those_of_the_pose():
    drive = HeadDrive(BONE)
    assert (turned(drive, (10, 0, 0)) @ FORWARD)[1] < -0.1, "looks down"
    assert (turned(drive, (0, 10, 0)) @ FORWARD)[0] > 0.1, "turns to its left"
    assert (turned(drive, (0, 0, 10)) @ UP)[0] > 0.1, "tilts to its left shoulder"


def test_a_bone_lying_as_the_head_has_the_angles_themselves():
    np.testing.assert_allclose(HeadDrive(BONE).apply(np.array([[10, 0, 0], [0, 20, 0], [0, 0, 30]])),
                               [[10, 0, 0], [0, 20, 0], [0, 0, -30]], atol=1e-5)  # fmt: skip


def test_limits_share_and_rest():
    drive = HeadDrive(BONE, share=0.5, rest=(4, 0, 0), pitch=(-10, 10), yaw=(-20, 20), roll=(0, 0))
    found = drive.apply(np.array([[14.0, 0, 0], [100, 0, 0], [4, 0, 50], [4, -90, 0]]))
    np.testing.assert_allclose(found, [[5, 0, 0], [10, 0, 0], [0, 0, 0], [0, -20, 0]], atol=1e-5)


def test_neck_and_head_together_are_the_pose():
    neck, head = HeadDrive(BONE, share=0.4), HeadDrive(BONE, share=0.6)
    pose = np.array([[0.0, 30.0, 0.0]])
    np.testing.assert_allclose(neck.apply(pose) + head.apply(pose), pose, atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(FRAMES), st.sampled_from(ORDERS), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_smooth_pose_makes_smooth_curves(axes, order, quaternion, seed):
    steps = np.random.default_rng(seed).normal(size=(120, 3))
    pose = 50 * np.tanh(np.cumsum(np.cumsum(steps, axis=0) / 60, axis=0) / 4)
    found = HeadDrive(BONE, axes, order, quaternion, pitch=(-45, 45), yaw=(-45, 45), roll=(-45, 45)).apply(
        pose
    )
    largest = np.abs(np.diff(pose, axis=0)).max()
    assert np.isfinite(found).all()
    assert np.abs(np.diff(found, axis=0)).max() < (0.2 if quaternion else 12 * largest + 1e-3)


def test_the_targets_are_the_bones_axes():
    assert [t.path for t in HeadDrive(BONE).targets] == ["rig.head.rx", "rig.head.ry", "rig.head.rz"]
    assert [t.axis for t in HeadDrive(BONE, quaternion=True).targets] == ["qw", "qx", "qy", "qz"]
    assert [t.axis for t in EyeDrive(BONE).targets] == ["rx", "ry", "rz"]
    assert [t.axis for t in EyeDrive(BONE, look_at=10.0).targets] == ["tx", "ty", "tz"]


def gaze(**named: float) -> np.ndarray:
    weights = np.zeros((1, COUNT), np.float32)
    for name, value in named.items():
        weights[0, INDEX[f"eyeLook{name}"]] = value
    return weights


def test_each_eye_follows_its_own_weights():
    left, right = EyeDrive(BONE, "left"), EyeDrive(BONE, "right")
    to_the_left = gaze(OutLeft=1.0, InRight=1.0)
    np.testing.assert_allclose(left.apply(to_the_left), [[0, 34, 0]], atol=1e-4)
    np.testing.assert_allclose(right.apply(to_the_left), [[0, 34, 0]], atol=1e-4)
    np.testing.assert_allclose(left.apply(gaze(DownLeft=1.0, DownRight=0.5)), [[35, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(right.apply(gaze(UpRight=0.4)), [[-10, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(left.apply(gaze(OutRight=1.0)), [[0, 0, 0]], atol=1e-4)


def test_both_eyes_is_the_mean_and_limits_hold():
    both = EyeDrive(BONE, "both", yaw=(-10, 10), pitch=(0, 0))
    squint = gaze(InLeft=1.0, InRight=1.0, UpLeft=1.0)
    np.testing.assert_allclose(both.apply(squint), [[0, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(both.apply(gaze(OutLeft=1.0, InRight=1.0)), [[0, 10, 0]], atol=1e-4)


def test_the_mirror_of_a_gaze_is_the_gaze_of_the_other_eye():
    weights = np.random.default_rng(0).random((20, COUNT), dtype=np.float32)
    left, right = EyeDrive(BONE, "left"), EyeDrive(BONE, "right")
    seen = right.apply(weights[:, MIRROR])
    angles = left.apply(weights)
    np.testing.assert_allclose(seen[:, 0], angles[:, 0], atol=1e-3)
    np.testing.assert_allclose(seen[:, 1], -angles[:, 1], atol=1e-3)


@pytest.mark.parametrize("axes", FRAMES)
def test_a_control_is_where_the_eye_looks(axes):
    weights = gaze(OutLeft=0.7, InRight=0.7, DownLeft=0.5, DownRight=0.5)
    (moved,) = EyeDrive(BONE, "left", axes, look_at=20.0).apply(weights)
    (angles,) = EyeDrive(BONE, "left").apply(weights)
    sight = Rotation.from_euler("xyz", angles, degrees=True).apply(FORWARD)
    point = axes.matrix.T @ moved + 20.0 * FORWARD
    np.testing.assert_allclose(point / np.linalg.norm(point), sight, atol=1e-5)
    assert (axes.matrix.T @ moved)[2] == pytest.approx(0.0, abs=1e-5)


def test_an_empty_take_has_no_rotations():
    assert HeadDrive(BONE).apply(np.zeros((0, 3))).shape == (0, 3)
    assert HeadDrive(BONE, quaternion=True).apply(np.zeros((0, 3))).shape == (0, 4)
    assert EyeDrive(BONE).apply(np.zeros((0, COUNT))).shape == (0, 3)
    assert EyeDrive(BONE, look_at=1.0).apply(np.zeros((0, COUNT))).shape == (0, 3)


def test_what_is_no_transform_is_refused():
    with pytest.raises(MapError, match="transform"):
        HeadDrive(Target("jawOpen"))
    with pytest.raises(MapError, match="transform"):
        EyeDrive(Target("eye", "transform", axis="rx"))


def test_eyes_by_quaternion_turn_as_by_angles():
    weights = np.zeros((3, 52), np.float32)
    weights[1, INDEX["eyeLookOutLeft"]] = weights[2, INDEX["eyeLookUpLeft"]] = 0.7
    target = Target("eye", "transform")
    by_angle = EyeDrive(target, "left").apply(weights)
    drive = EyeDrive(target, "left", quaternion=True)
    w, *xyz = drive.apply(weights).T
    assert [t.axis for t in drive.targets] == ["qw", "qx", "qy", "qz"]
    turned = Rotation.from_quat(np.stack([*xyz, w], axis=1)).as_euler("xyz", degrees=True)
    np.testing.assert_allclose(turned, by_angle, atol=1e-3)


@pytest.mark.parametrize("axes", [Axes(), Axes("+z", "-y"), Axes("-x", "+z"), Axes("+y", "-z")])
def test_axes_of_a_bone_that_lies_nearly_so(axes):
    tilted = Rotation.from_euler("xyz", [8, -12, 5], degrees=True).as_matrix()
    found = Axes.of(tilted @ axes.matrix.T, up=(0, 1, 0), forward=(0, 0, 1))
    assert found == axes
