"""The closer look at eyes and mouth: where it looks, and what it moves."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.types import MIRRORED_LANDMARKS
from mien_models.networks.close_look import LEFT, MOUTH, RIGHT, CloseLook, frames
from mien_models.networks.geometry import upright
from mien_models.networks.mobilenet_v2 import Student, StudentOptions
from mien_models.training.checkpoint import fill_alike

PLAIN = StudentOptions(width=0.25, hidden=32, decoder=16, local=4)
CLOSE = StudentOptions(width=0.25, hidden=32, decoder=16, local=4, close=8)


@pytest.fixture
def face():
    """A smooth picture (1, 1, 160, 160), and points (1, 80, 2) spread as those of a face are."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[-1:1:160j, -1:1:160j]
    waves = sum(np.sin(a * rows + b * columns + c) for a, b, c in rng.uniform(-6, 6, (8, 3)))
    points = rng.uniform(-0.5, 0.5, (1, 80, 2))
    points[0, 17:27] = np.column_stack([np.linspace(-0.6, 0.6, 10), np.full(10, -0.5)])
    for first, x in ((36, -0.35), (42, 0.35)):
        points[0, first : first + 6] = rng.normal((x, -0.25), 0.05, (6, 2))
    points[0, 33] = (0.0, 0.2)
    points[0, 48:68] = rng.normal((0, 0.5), 0.1, (20, 2))
    points[0, 68], points[0, 69] = (-0.35, -0.25), (0.35, -0.25)
    return torch.tensor(waves[None, None], dtype=torch.float32), torch.tensor(points, dtype=torch.float32)


def _turned(picture, points, degrees):
    angle = torch.deg2rad(torch.tensor(degrees))
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    line = (torch.arange(160) + 0.5) / 80 - 1
    grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1) @ turn
    return torch.nn.functional.grid_sample(picture, grid[None], align_corners=False), points @ turn.T


@pytest.mark.parametrize("which", range(3))
def test_a_region_is_cut_out_upright_however_the_head_rolls(face, which):
    picture, points = face
    other, turned = _turned(picture, points, 12.0)
    frame, again = frames(points)[which], frames(turned)[which]
    straight, rolled = frame.cut(picture), again.cut(other)
    assert straight.shape == (1, 1, frame.region.side, frame.region.side)
    assert float((straight - rolled).abs().max()) < 0.02 * float(straight.std()) + 0.02
    np.testing.assert_allclose(frame.places(points), again.places(turned), atol=1e-4)


def test_the_left_eye_is_seen_as_a_right_one_in_the_mirror(face):
    picture, points = face
    around = points.clone()
    around[:, :70] = points[:, list(MIRRORED_LANDMARKS)]
    mirrored = around * torch.tensor([-1.0, 1.0])
    left, right = frames(points)[1], frames(mirrored)[0]
    np.testing.assert_allclose(left.cut(picture), right.cut(picture.flip(-1)), atol=1e-4)
    np.testing.assert_allclose(left.places(points), right.places(mirrored), atol=1e-5)


def test_it_moves_the_points_of_its_regions_and_no_others(face):
    picture, points = face
    look = CloseLook(80, 8).eval()
    same, features = look(picture, points)
    assert torch.equal(same, points)
    assert features.shape == (1, look.count)
    with torch.no_grad():
        look.mouth.offset.bias.view(-1, 2)[:, 1] = 0.1
    moved = (look(picture, points)[0] - points).detach()
    own = list(MOUTH.points)
    unit = upright(points)[2]
    np.testing.assert_allclose(moved[0, own].norm(dim=-1), 0.1 * MOUTH.reach * unit.expand(20), rtol=1e-4)
    moved[:, own] = 0
    assert not moved.any()


def test_what_the_left_eye_learns_the_right_one_knows_the_other_way_round(face):
    picture, points = face
    look = CloseLook(80, 8).eval()
    with torch.no_grad():
        look.eye.offset.bias.view(-1, 2)[:, 0] = 0.1
    moved = (look(picture, points)[0] - points).detach()[0]
    level = upright(points)[1][0, :, 0]
    right, left = moved[list(RIGHT.points)] @ level, moved[list(LEFT.points)] @ level
    np.testing.assert_allclose(right, -left, atol=1e-5)
    assert (right > 0).all()


def test_a_student_that_gets_a_closer_look_answers_at_first_as_before():
    torch.manual_seed(0)
    before = Student(PLAIN).eval()
    with torch.no_grad():
        before.more.weight.normal_()
    after = Student(CLOSE)
    fill_alike(before, after)
    crops = torch.randint(0, 255, (2, 160, 160), dtype=torch.uint8)
    with torch.no_grad():
        one, other = before(crops), after.eval()(crops)
    for name in ("weights", "points", "pose", "presence", "doubt"):
        np.testing.assert_allclose(one[name], other[name], atol=1e-5)
    assert len(other["weights"]) == 2
