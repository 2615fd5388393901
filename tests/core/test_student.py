"""Loading a network (and refusing a wrong one), and what it says about crops: run by onnxruntime for real."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import onnx
import pytest
from mien.arkit import INDEX
from mien.crop import box_from_landmarks
from mien.errors import ModelError
from mien.student import BATCH, Student, default_folder
from toy_network import draw_face, toy_graph, write_toy_network


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return Student(write_toy_network(tmp_path_factory.mktemp("toy")), threads=1)


def crops_of_faces(*faces) -> np.ndarray:
    crops = np.zeros((len(faces), 160, 160), np.uint8)
    for crop, face in zip(crops, faces):
        draw_face(crop, **face)
    return crops


def test_shapes_and_types(toy):
    output = toy.solve(crops_of_faces({"x": 80, "y": 80, "size": 150}, {"x": 70, "y": 90, "size": 160}))
    assert [a.shape for a in (output.weights, output.landmarks, output.presence, output.pose)] == [
        (2, 52), (2, 70, 2), (2,), (2, 3),
    ]  # fmt: skip
    assert output.weights.dtype == output.landmarks.dtype == np.float32
    assert len(output) == 2


def test_it_measures_the_face_in_the_crop(toy):
    output = toy.solve(crops_of_faces({"x": 75, "y": 84, "size": 150, "roll": 10}))
    box = box_from_landmarks(output.landmarks[0])
    assert (box.x, box.y, box.size, box.roll) == pytest.approx((75, 84, 150, 10), abs=1.5)
    assert output.presence[0] > 0.9
    assert output.pose[0] == pytest.approx([0, 0, 10], abs=0.5)


def test_an_empty_picture_has_no_face(toy):
    assert toy.solve(np.zeros((1, 160, 160), np.uint8)).presence[0] == 0


def test_batches_of_any_size_agree_with_single_runs(toy):
    faces = [{"x": 70 + i / 4, "y": 80, "size": 130 + i, "mouth": 0.1 + i / 1000} for i in range(BATCH + 5)]
    crops = crops_of_faces(*faces)
    together = toy.solve(crops)
    alone = [toy.solve(crop[None]) for crop in crops]
    np.testing.assert_allclose(together.landmarks, np.concatenate([a.landmarks for a in alone]), atol=1e-4)
    jaw = together.weights[:, INDEX["jawOpen"]]
    assert jaw[-1] > jaw[0]
    assert len(toy.solve(crops[:0])) == 0


@pytest.mark.parametrize("crops", [np.zeros((1, 160, 160), np.float32), np.zeros((160, 160), np.uint8)])
def test_wrong_crops_are_refused(toy, crops):
    with pytest.raises(ValueError, match="crops must be uint8"):
        toy.solve(crops)


def test_a_missing_folder(tmp_path):
    with pytest.raises(ModelError, match="no network"):
        Student(tmp_path / "none")


def test_a_graph_that_is_not_the_card_s(tmp_path):
    folder = write_toy_network(tmp_path)
    with (folder / "student.onnx").open("ab") as graph:
        graph.write(b"\0")
    with pytest.raises(ModelError, match="sha256"):
        Student(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": "x", "sha256": "y"}'])
def test_a_damaged_card(tmp_path, text):
    folder = write_toy_network(tmp_path)
    (folder / "card.json").write_text(text)
    with pytest.raises(ModelError, match=r"card\.json"):
        Student(folder)


def test_a_newer_card(tmp_path):
    with pytest.raises(ModelError, match="newer"):
        Student(write_toy_network(tmp_path, format=2))


def sealed(folder, graph: bytes):
    (folder / "student.onnx").write_bytes(graph)
    card = {"format": 1, "sha256": hashlib.sha256(graph).hexdigest()}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_a_file_that_is_no_graph(tmp_path):
    with pytest.raises(ModelError, match="can't be loaded"):
        Student(sealed(tmp_path, b"not a graph"))


def test_a_graph_of_another_kind(tmp_path):
    model = toy_graph()
    model.graph.output.remove(next(o for o in model.graph.output if o.name == "presence"))
    with pytest.raises(ModelError, match="no 'presence'"):
        Student(sealed(tmp_path, model.SerializeToString()))
    model = toy_graph()
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 128
    onnx.checker.check_model(model)
    with pytest.raises(ModelError):
        Student(sealed(tmp_path, model.SerializeToString()))


def test_the_default_network_is_located_without_importing_its_package():
    assert default_folder().parts[-3:] == ("mien_models", "weights", "default")
