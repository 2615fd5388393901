"""The driven head as a picture: what moves in the weights moves in it, on the right side."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.rig import preview, reference_head
from mien.types import HeadPose

AHEAD = HeadPose(0, 0, 0)
SIZE = 320


@pytest.fixture(scope="module")
def head():
    return reference_head.load()


def weights(**amounts: float) -> np.ndarray:
    vector = np.zeros(arkit.COUNT, np.float32)
    for name, amount in amounts.items():
        vector[arkit.INDEX[name]] = amount
    return vector


def draw(head, pose: HeadPose = AHEAD, **amounts: float) -> np.ndarray:
    return preview.render(head, weights(**amounts), pose, SIZE).astype(int)


def changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rows and columns (N, 2) of the pixels that differ clearly."""
    return np.argwhere(np.abs(one - other).max(axis=2) > 25)


def test_a_head_stands_in_the_middle_of_a_plain_studio(head):
    picture = draw(head)
    assert picture.shape == (SIZE, SIZE, 3)
    skin = np.argwhere(picture[..., 2] > picture[..., 0] + 25)
    assert 0.15 < len(skin) / SIZE**2 < 0.5
    assert abs(skin[:, 1].mean() - SIZE / 2) < SIZE * 0.03


@pytest.mark.parametrize("name", arkit.NAMES)
def test_every_shape_shows(head, name):
    assert len(changed(draw(head), draw(head, **{name: 1.0}))) > 15


@pytest.mark.parametrize("name", ["eyeBlinkLeft", "mouthSmileLeft", "browDownLeft", "noseSneerLeft"])
def test_the_left_side_is_at_the_right_of_the_picture(head, name):
    columns = changed(draw(head), draw(head, **{name: 1.0}))[:, 1]
    assert np.median(columns) > SIZE / 2


def test_an_open_jaw_shows_a_dark_mouth_below_the_middle(head):
    rest, open_ = draw(head), draw(head, jawOpen=1.0)
    darker = np.argwhere(open_.sum(axis=2) < rest.sum(axis=2) - 150)
    assert len(darker) > 100
    assert darker[:, 0].mean() > SIZE / 2


def lips(picture: np.ndarray) -> np.ndarray:
    """The middle (row, column) of what is redder than skin."""
    return np.argwhere(picture[..., 2] > 1.42 * picture[..., 1] + 12).mean(axis=0)


def test_the_pose_has_the_signs_of_head_pose(head):
    row, column = lips(draw(head))
    assert lips(draw(head, HeadPose(0, 20, 0)))[1] > column + 10
    assert lips(draw(head, HeadPose(0, -20, 0)))[1] < column - 10
    assert lips(draw(head, HeadPose(20, 0, 0)))[0] > row + 5
    assert lips(draw(head, HeadPose(-20, 0, 0)))[0] < row - 5
    assert lips(draw(head, HeadPose(0, 0, 20)))[1] < column - 5


@pytest.mark.parametrize(("shapes", "axis", "sign"), [
    (("eyeLookOutLeft", "eyeLookInRight"), 1, 1), (("eyeLookInLeft", "eyeLookOutRight"), 1, -1),
    (("eyeLookUpLeft", "eyeLookUpRight"), 0, -1), (("eyeLookDownLeft", "eyeLookDownRight"), 0, 1),
])  # fmt: skip
def test_the_irises_go_where_the_eyes_look(head, shapes, axis, sign):
    def irises(picture: np.ndarray) -> np.ndarray:
        return np.argwhere(picture[..., 0] > picture[..., 2] + 20).mean(axis=0)

    moved = irises(draw(head, **dict.fromkeys(shapes, 1.0))) - irises(draw(head))
    assert moved[axis] * sign > 0.7


def test_the_same_weights_give_the_same_picture(head):
    np.testing.assert_array_equal(draw(head, mouthFunnel=0.5), draw(head, mouthFunnel=0.5))
