"""The shipped network read back into torch answers as onnxruntime does, and training can go on from it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("numba")

from mien.crop import box_from_landmarks, sample
from mien.errors import ModelError
from mien.student import Student as ShippedStudent
from mien.student import default_folder
from mien_models.actor.made_actor import Actor, film
from mien_models.actor.made_motion import authored_motion
from mien_models.networks.mobilenet_v2 import POSE_UNIT, to_pixels
from mien_models.training.reread import freeze_norms, read_student, thaw_norms


@pytest.fixture(scope="module")
def crops():
    clip = film(Actor(11), *authored_motion(6, rate=2.0, seed=4), rate=2.0)
    return np.stack([sample(f, box_from_landmarks(p)) for f, p in zip(clip.frames, clip.landmarks)])


def _response(name):
    graph = onnx.load(str(default_folder() / "student.onnx")).graph
    return next(onnx.numpy_helper.to_array(each) for each in graph.initializer if each.name == name)


def test_read_back_it_answers_as_the_file_does(crops):
    wanted = ShippedStudent(threads=1).solve(crops)
    with torch.no_grad():
        given = read_student(default_folder())(torch.from_numpy(crops))
    weights = (given["weights"].numpy() - _response("rest")) * _response("gain")
    np.testing.assert_allclose(weights.clip(0, 1), wanted.weights, atol=1e-5)
    np.testing.assert_allclose(to_pixels(given["points"][:, :70]).numpy(), wanted.landmarks, atol=2e-3)
    np.testing.assert_allclose(given["presence"].sigmoid().numpy(), wanted.presence, atol=1e-4)
    np.testing.assert_allclose(given["pose"].numpy() * POSE_UNIT, wanted.pose, atol=1e-3)


def test_with_frozen_norms_training_moves_every_array_but_their_statistics(crops):
    student = read_student(default_folder())
    before = {name: value.clone() for name, value in student.state_dict().items()}
    student.train()
    freeze_norms(student)
    out = student(torch.from_numpy(crops))
    sum(value.float().square().mean() for value in out.values()).backward()
    torch.optim.SGD(student.parameters(), lr=0.01).step()
    after = student.state_dict()
    statistics = {name for name in before if "running" in name or "num_batches" in name}
    assert all(torch.equal(before[name], after[name]) for name in statistics)
    moved = {name for name, _ in student.named_parameters() if not torch.equal(before[name], after[name])}
    assert len(moved) > 0.9 * len(list(student.parameters()))


def test_thawed_norms_answer_in_training_as_in_use(crops):
    """An identity that trains gives each channel a variance of 1: its points lie anywhere."""
    melted, thawed = read_student(default_folder()), read_student(default_folder())
    many = torch.from_numpy(np.concatenate([crops, crops[:, :, ::-1]]))
    thaw_norms(thawed, [many[::2], many[1::2]])
    with torch.no_grad():
        wanted, given = melted(many), thawed(many)
        for name in ("weights", "points", "presence", "pose"):
            np.testing.assert_allclose(given[name], wanted[name], atol=1e-3)
        trained = [each.train()(many)["points"] for each in (melted, thawed)]
    of_melted, of_thawed = (float((points - wanted["points"]).abs().mean()) for points in trained)
    assert of_thawed < 0.002 < 0.05 < of_melted


def test_a_graph_that_is_not_its_cards_is_named(tmp_path):
    for file in ("student.onnx", "card.json"):
        shutil.copy(default_folder() / file, tmp_path)
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    card["network"]["width"] = 1.0
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelError, match="read back"):
        read_student(tmp_path)
    with pytest.raises(ModelError, match="no network"):
        read_student(tmp_path / "nowhere")
