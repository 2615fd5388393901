"""Training crops: their labels belong to what is in them, whichever way they were cut."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.crop import box_from_landmarks

pytest.importorskip("numba")

from mien_models.synthetic.crops import cut_view
from mien_models.synthetic.wear import wear


@pytest.fixture(scope="module")
def view():
    """A view with white squares on the right eye and the left mouth corner of its landmarks."""
    rng = np.random.default_rng(0)
    shape = np.zeros((70, 2), np.float32)
    shape[36:42], shape[42:48] = (90, 100), (160, 100)
    shape[36, 0], shape[45, 0] = 80, 170
    shape[48], shape[54] = (105, 170), (145, 170)
    image = np.full((256, 256), 60, np.uint8)
    image[95:106, 85:96] = 255
    weights = np.zeros(52, np.float32)
    weights[arkit.INDEX["eyeBlinkRight"]] = 1
    dense = rng.uniform(80, 170, (256, 2)).astype(np.float32)
    return {"image": image, "weights": weights, "landmarks": shape, "dense": dense,
            "pose": np.array([5, 10, 0], np.float32), "presence": np.float32(1)}  # fmt: skip


def test_labels_follow_the_picture(view):
    rng, mirrored = np.random.default_rng(1), set()
    for _ in range(60):
        crop = cut_view(view, rng)
        if not crop.presence:
            continue
        is_mirrored = crop.weights[arkit.INDEX["eyeBlinkLeft"]] == 1
        mirrored.add(bool(is_mirrored))
        assert crop.pose[1] == (-10 if is_mirrored else 10)
        eye = crop.points[42:48] if is_mirrored else crop.points[36:42]
        x, y = eye.mean(0)
        if 5 < x < 154 and 5 < y < 154:
            rows, columns = np.nonzero(crop.image > crop.image.max() - 40)
            assert np.hypot(np.median(columns) - x, np.median(rows) - y) < 6
    assert mirrored == {True, False}


def test_a_smaller_crop_has_the_same_labels(view):
    large, small = (cut_view(view, np.random.default_rng(4), side) for side in (160, 96))
    assert small.image.shape == (96, 96)
    np.testing.assert_array_equal(large.points, small.points)


def test_what_is_missed_is_no_face(view):
    rng = np.random.default_rng(2)
    crops = [cut_view(view, rng) for _ in range(300)]
    far = []
    for crop in crops:
        box = box_from_landmarks(crop.points[:70])
        away = np.hypot(box.x - 79.5, box.y - 79.5) / 160
        off = away > 0.33 or abs(np.log(box.size / 160)) > 0.6 or abs(box.roll) > 55
        far.append(off)
    absent = np.array([not crop.presence for crop in crops])
    assert 0.01 < absent.mean() < 0.15
    assert np.array(far)[absent].all()
    assert np.array(far)[~absent].mean() < 0.05


def test_wear_changes_the_picture_but_keeps_the_face_readable(view):
    rng = np.random.default_rng(3)
    plain = cut_view(view, np.random.default_rng(7)).image
    worn = [wear(rng, plain) for _ in range(20)]
    assert all(one.shape == (160, 160) and one.dtype == np.uint8 for one in worn)
    assert len({one.tobytes() for one in worn}) == 20
    alike = [np.corrcoef(one.ravel(), plain.ravel())[0, 1] for one in worn]
    assert np.median(alike) > 0.6
