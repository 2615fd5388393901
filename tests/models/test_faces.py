"""The synthetic faces: labels belong to their pictures, and nothing but the seed decides."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from mien import arkit
from mien.crop import box_from_landmarks, to_crop
from mien.types import CROP_SIZE, FaceBox

pytest.importorskip("numba")

from mien_models.synthetic import render
from mien_models.synthetic.expressions import ExpressionSampler
from mien_models.synthetic.faces import MARGIN, FaceSampler, camera_seen, dense_vertices, head_rotation
from mien_models.synthetic.folds import Folds
from mien_models.synthetic.head import HeadSource
from mien_models.synthetic.landmarks import MIRRORED_DENSE
from mien_models.synthetic.paint import spot
from mien_models.synthetic.render import EYE, Light, project
from mien_models.synthetic.units import GAZE, GAZE_IN, GAZE_OUT, LOWER_LIDS, UPPER_LIDS, gaze_angles


@pytest.fixture(scope="module")
def views():
    sampler, rng = FaceSampler(), np.random.default_rng(5)
    return [sampler.sample(rng) for _ in range(48)]


def test_the_seed_decides_everything(views):
    sampler, rng = FaceSampler(), np.random.default_rng(5)
    again = [sampler.sample(rng) for _ in range(3)]
    for one, other in zip(views, again):
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.weights, other.weights)


def test_faces_stand_where_their_landmarks_say(views):
    """The box that the landmarks ask for is the view's middle, with room round it."""
    boxes = [box_from_landmarks(view.landmarks) for view in views if view.presence]
    middle = np.median([(box.x, box.y, box.size) for box in boxes], axis=0)
    np.testing.assert_allclose(middle, (127.5, 127.5, 256 / MARGIN), atol=12)


def test_a_pupil_is_drawn_where_its_landmark_is():
    """On head after head, wherever it looks: the black of a bright eye has its middle under the label."""
    sampler, rng = FaceSampler(), np.random.default_rng(5)
    even = Light(np.array([[0, 0, 1]], np.float32), np.zeros(1, np.float32), 0.0, np.ones(2, np.float32))
    apart = []
    for _ in range(10):
        head = sampler.identities.sample(rng)
        looks = sampler.looks.sample(rng, head)
        looks = replace(looks, iris=1.0, sclera=1.0, pupil=0.35, liner=0.0, lashes=0.0)
        weights = np.zeros(52, np.float32)
        for side in ("Left", "Right"):
            weights[arkit.INDEX[f"eyeWide{side}"]] = 1
        weights[rng.choice([arkit.INDEX[name] for name in GAZE])] = 0.3
        vertices, points = sampler.placed(head, weights, looks)
        flat = project(points[68:70], 6.0)
        x, y = flat.mean(0)
        box = FaceBox(float(x), float(y), 2 * float(np.linalg.norm(flat[1] - flat[0])), 0.0)
        picture, surface = sampler.renderer.render(vertices, np.eye(3), 6.0, box, 512, looks, even)
        spots = (to_crop(flat, box) + 0.5) * (512 / CROP_SIZE) - 0.5
        for x, y in spots:
            rows, columns = np.nonzero((surface == EYE) & (picture < 0.1))
            near = np.hypot(columns - x, rows - y) < 40
            apart.append(np.hypot(columns[near].mean() - x, rows[near].mean() - y) / 256)
    assert np.max(apart) < 0.002, np.round(apart, 3)


def test_some_views_hold_no_face(views):
    absent = [view for view in views if not view.presence]
    assert 0 < len(absent) < len(views) / 2


def test_the_dense_points_mirror_each_other():
    source = HeadSource()
    points = source.vertices[source.head.indices][dense_vertices(source)]
    assert len(np.unique(points, axis=0)) == len(points)
    np.testing.assert_allclose(points[list(MIRRORED_DENSE)] * (-1, 1, 1), points, atol=0.01)


def test_folds_darken_the_skin_that_an_expression_folds_and_no_other():
    folds = Folds(np.random.default_rng(0), 0.8)
    assert not folds(np.zeros(52, np.float32)).any()
    frown = np.zeros(52, np.float32)
    frown[arkit.INDEX["browDownLeft"]] = 1
    rows, columns = np.nonzero(folds(frown) > 0.1)
    assert abs(rows.mean() - spot(0.06, 7.5)[1]) < 10
    assert (columns > spot(0.0, 7.5)[0] - 4).all()


def test_eyes_turn_round_their_middles():
    sampler, rng = FaceSampler(), np.random.default_rng(3)
    head = sampler.identities.sample(rng)
    weights = np.zeros(52, np.float32)
    weights[[arkit.INDEX["eyeLookOutLeft"], arkit.INDEX["eyeLookInRight"]]] = 1
    _, straight = sampler.identities.posed(head, 0 * weights)
    vertices, aside = sampler.identities.posed(head, weights)
    assert (aside[:, 0] > straight[:, 0] + 0.04).all()
    for eye in sampler.identities.eyes:
        before, after = (points[eye] - points[eye].mean(0) for points in (head.neutral, vertices))
        np.testing.assert_allclose(np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1), atol=2e-3)


def test_a_raised_brow_takes_its_arch_and_its_own_inner_half_along():
    sampler, rng = FaceSampler(), np.random.default_rng(3)
    heads = [sampler.identities.sample(rng) for _ in range(8)]
    rises = np.array([head.units[arkit.INDEX["browOuterUpLeft"]][sampler.landmarks, 1] for head in heads])
    eyes = [np.linalg.norm(np.subtract(*head.neutral[sampler.landmarks[68:]])) for head in heads]
    rises *= 100 / np.array(eyes)[:, None]
    right, inner, arch, tail = (rises[:, at] for at in (slice(17, 22), 22, 24, 26))
    assert np.abs(right).max() < 0.5
    assert 9 < arch.mean() < 16  # people's, by MediaPipe's mesh: 9 to 18 % of the distance between the eyes
    assert 9 < tail.mean() < 15
    assert inner.max() > inner.min() + 2  # as much as is that head's own


def test_the_mouths_bag_is_seen_between_the_lips_alone(monkeypatch):
    seen, shade = [], render.shade
    monkeypatch.setattr(render, "shade", lambda index, *rest: seen.append(index) or shade(index, *rest))
    sampler, rng = FaceSampler(), np.random.default_rng(0)
    bag = (sampler.renderer.regions[sampler.renderer.triangles, 1] > 0.3).all(1)
    for _ in range(40):
        seen.clear()
        view = sampler.sample(rng)
        if view.presence:
            lips = np.zeros(view.image.shape, np.uint8)
            cv2.fillConvexPoly(lips, cv2.convexHull(view.landmarks[48:60].round().astype(np.int32)), 1)
            shown = (seen[-1] >= 0) & bag[seen[-1]] & (cv2.dilate(lips, np.ones((9, 9))) == 0)
            assert shown.sum() < 4


def test_a_positive_yaw_moves_the_nose_to_the_right_and_a_positive_pitch_down():
    nose = np.array([0.0, 0.0, 1.0])
    assert (head_rotation(0, 30, 0) @ nose)[0] > 0.4
    assert (head_rotation(30, 0, 0) @ nose)[1] < -0.4
    ear = np.array([1.0, 0.0, 0.0])
    assert (head_rotation(0, 0, 30) @ ear)[1] < -0.4


def test_lids_meet_at_a_full_blink():
    sampler, rng = FaceSampler(), np.random.default_rng(3)
    for _ in range(5):
        head = sampler.identities.sample(rng)
        for side in ("Left", "Right"):
            upper, lower = (sampler.landmarks[list(lids[side])] for lids in (UPPER_LIDS, LOWER_LIDS))
            shut = head.neutral + head.units[arkit.INDEX[f"eyeBlink{side}"]]
            gap = (head.neutral[upper, 1] - head.neutral[lower, 1]).mean()
            assert abs((shut[upper, 1] - shut[lower, 1]).mean()) < 0.15 * gap


def test_expressions_cover_all_shapes_and_stay_possible():
    sampler, rng = ExpressionSampler(), np.random.default_rng(0)
    weights = np.array([sampler.sample(rng) for _ in range(4000)])
    assert weights.min() >= 0
    assert weights.max() <= 1
    strong = (weights > 0.5).mean(axis=0)
    assert strong.min() > 0.001, arkit.NAMES[int(strong.argmin())]
    index = arkit.INDEX
    assert (weights[:, index["mouthClose"]] <= weights[:, index["jawOpen"]] + 1e-6).all()
    assert (np.minimum(weights[:, index["jawLeft"]], weights[:, index["jawRight"]]) < 0.2).all()
    gap = np.abs(weights[:, index["eyeBlinkLeft"]] - weights[:, index["eyeBlinkRight"]])
    assert 0.02 < (gap > 0.4).mean() < 0.4


def test_lids_follow_the_gaze_as_in_recordings():
    """A look up comes with wider eyes, one down with lids half closed; eyes that look ahead are open."""
    sampler, rng, index = ExpressionSampler(), np.random.default_rng(0), arkit.INDEX
    weights = np.array([sampler.sample(rng) for _ in range(4000)])
    up, down, wide, blink = (
        weights[:, index[f"{name}Left"]] for name in ("eyeLookUp", "eyeLookDown", "eyeWide", "eyeBlink")
    )
    awake = blink < 0.8
    ahead = awake & (up < 0.1) & (down < 0.1)
    assert 0.1 < wide[awake & (up > 0.4)].mean() - wide[ahead].mean() < 0.4
    assert 0.1 < blink[awake & (down > 0.3) & (down < 0.5)].mean() - blink[ahead].mean() < 0.4
    assert np.median(blink[ahead]) < 0.12


@pytest.mark.parametrize(("pitch", "yaw"), [(20, 0), (-20, 15), (0, -25)])
def test_half_of_the_looks_go_to_the_camera_whichever_way_the_head_is_turned(pitch, yaw):
    rotation = head_rotation(pitch, yaw, 0)
    camera = np.array(camera_seen(rotation))
    sampler, rng = ExpressionSampler(), np.random.default_rng(0)
    weights = [sampler.sample(rng, tuple(camera)) for _ in range(1500)]
    looks = np.array([gaze_angles(one).mean(axis=0) for one in weights])
    there = np.linalg.norm(looks - camera, axis=1) < 12
    elsewhere = np.linalg.norm(looks + camera, axis=1) < 12
    assert 0.35 < there.mean() < 0.6
    assert elsewhere.mean() < 0.25
    left, up = np.radians(camera)  # as the globe is turned: straight into the lens
    look = np.array([np.sin(left) * np.cos(up), np.sin(up), np.cos(left) * np.cos(up)])
    np.testing.assert_allclose(rotation @ look, (0, 0, 1), atol=1e-6)


def test_sides_differ_in_a_good_share_of_the_faces():
    sampler, rng = ExpressionSampler(), np.random.default_rng(0)
    weights = np.array([sampler.sample(rng) for _ in range(4000)])
    for name in ("browOuterUp", "browDown", "mouthSmile", "noseSneer"):
        left, right = (weights[:, arkit.INDEX[one]] for one in arkit.sided(name))
        strong = np.maximum(left, right) > 0.4
        assert 0.15 < (np.abs(left - right)[strong] > 0.3).mean() < 0.5
        assert abs((left - right).mean()) < 0.02


def test_a_lowered_brow_holds_the_lid_that_follows_a_look_up():
    sampler, rng, index = ExpressionSampler(), np.random.default_rng(0), arkit.INDEX
    weights = np.array([sampler.sample(rng) for _ in range(8000)])
    up, brow, wide = (weights[:, index[f"{name}Left"]] for name in ("eyeLookUp", "browDown", "eyeWide"))
    looks_up = up > 0.3
    assert wide[looks_up & (brow > 0.5)].mean() < 0.6 * wide[looks_up & (brow < 0.1)].mean()


def test_eyes_at_rest_are_as_open_as_peoples():
    """The lids are 4–4.5 mm above the pupil and some 5 below it (63 mm between pupils)."""
    sampler, rng = FaceSampler(), np.random.default_rng(7)
    found = []
    for _ in range(240):
        head = sampler.identities.sample(rng)
        vertices, pupils = sampler.identities.posed(head, np.zeros(52, np.float32))
        height = 63 / np.linalg.norm(pupils[1] - pupils[0])
        for pupil, side in zip(pupils, ("Right", "Left")):
            upper, lower = (sampler.landmarks[list(lids[side])] for lids in (UPPER_LIDS, LOWER_LIDS))
            above, below = vertices[upper, 1].mean() - pupil[1], pupil[1] - vertices[lower, 1].mean()
            found.append((above * height, below * height))
    np.testing.assert_allclose(np.mean(found, axis=0), (4.4, 4.7), atol=0.5)


def test_people_differ_in_where_they_look_at_rest():
    """Pupils lie 3 % of the eyes' distance above a line through the corners, 1.5–3 from head to head."""
    sampler, rng = FaceSampler(), np.random.default_rng(8)
    heights = []
    for _ in range(60):
        vertices, pupils = sampler.identities.posed(sampler.identities.sample(rng), np.zeros(52, np.float32))
        corners = vertices[sampler.landmarks[[36, 39, 42, 45]], 1].reshape(2, 2).mean(axis=1)
        distance = np.linalg.norm(pupils[1] - pupils[0])
        heights.append(100 * (pupils[:, 1] - corners).mean() / distance)
    assert abs(np.mean(heights) - 3) < 1
    assert 1.5 < np.std(heights) < 3


def test_irises_are_as_large_as_peoples():
    """11.7 mm across, 63 mm from pupil to pupil; a look of 27° moves the pupil by some 5 mm."""
    sampler, rng = FaceSampler(), np.random.default_rng(9)
    wide, moved = [], []
    for _ in range(40):
        head = sampler.identities.sample(rng)
        looks = sampler.looks.sample(rng, head)
        weights = np.zeros(52, np.float32)
        _, ahead = sampler.identities.posed(head, weights)
        weights[[arkit.INDEX["eyeLookOutLeft"], arkit.INDEX["eyeLookInRight"]]] = 27 / GAZE_OUT, 27 / GAZE_IN
        _, aside = sampler.identities.posed(head, weights)
        scale = 63 / np.linalg.norm(ahead[1] - ahead[0])
        globes = [np.ptp(head.neutral[eye], axis=0).mean() for eye in sampler.identities.eyes]
        wide.append(looks.iris_size * np.mean(globes) * scale)
        moved.append(np.linalg.norm(aside - ahead, axis=1).mean() * scale)
    assert np.mean(wide) == pytest.approx(11.7, abs=0.6)
    assert np.mean(moved) == pytest.approx(10.5 * np.sin(np.radians(27)), rel=0.12)
