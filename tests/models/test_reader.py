"""The reader: it learns to tell a person from an expression, and what is exported is what core reads with."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from mien import arkit
from mien.errors import ModelError
from mien.student import Student as ShippedStudent
from mien_models.networks.mobilenet_v2 import StudentOptions
from mien_models.networks.reader import ENOUGH, ExportedReader
from mien_models.synthetic import shards
from mien_models.training.answers import Seen
from mien_models.training.batches import held_out
from mien_models.training.export import export
from mien_models.training.reader import load_reader, teach, train_reader
from mien_models.training.schedule import Schedule
from mien_models.training.train import Recipe, train

SMALL = StudentOptions(width=0.25, hidden=64, decoder=24, local=4, close=8)


def _heads(count: int, seed: int) -> Seen:
    """Heads with a rest of their own added to what they do: one view can't tell. Sides do much alike."""
    draw = torch.Generator().manual_seed(seed)
    truth = torch.rand(count, 8, 52, generator=draw) * (torch.rand(count, 8, 52, generator=draw) < 0.3)
    own = 0.3 * torch.randn(count, 1, 52, generator=draw)
    truth, own = (0.6 * part + 0.4 * part[..., list(arkit.OTHER_SIDE)] for part in (truth, own))
    twins = torch.stack([truth + own + 0.02 * torch.randn(truth.shape, generator=draw) for _ in range(2)])
    return Seen(twins, twins.half(), truth, torch.ones(count, 8))


def test_beside_its_own_mean_a_face_tells_rest_from_expression():
    told = []
    teach(_heads(512, 0), _heads(64, 1), told.append, epochs=20, seed=1)
    assert told[-1]["alone_mae"] == told[0]["alone_mae"] > 0.1
    assert told[-1]["beside_mae"] < 0.75 * told[-1]["alone_mae"]
    assert told[-1]["beside_correlation"] > told[-1]["alone_correlation"] + 0.1


def test_more_than_enough_frames_are_enough():
    reader = teach(_heads(32, 0), _heads(8, 1), lambda _: None, epochs=1, seed=1)
    codes = reader.code(*(torch.rand(5, 52) for _ in range(2)))
    few, enough, many = (reader(codes, codes[:1], torch.tensor([[n]])) for n in (1.0, ENOUGH, 500.0))
    assert torch.equal(enough, many)
    assert not torch.equal(few, enough)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A small student with a reader: its run, its exported folder, its shards."""
    folder = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD", 48)
        (folder / "data").mkdir()
        for number in range(2):
            shards.write_shard(folder / "data", number)
    schedule = Schedule(peak=3e-3, ramp_up=64, flat=10_000, total=32, ramp_down=16)
    train(folder / "data", folder / "run", Recipe(SMALL, schedule, batch=16, side=96), lambda _: None)
    train_reader(folder / "run" / "checkpoint.npz", folder / "data", lambda _: None, epochs=1)
    export(folder / "run" / "checkpoint.npz", folder / "data", folder / "net")
    return folder


def test_core_reads_as_the_trained_reader_does(shipped):
    student = ShippedStudent(shipped / "net", threads=1)
    crops = next(held_out(shipped / "data"))["crops"].numpy()
    code = student.solve(crops).code
    assert student.reads_beside
    assert code.shape == (len(crops), student.code_size)
    given = student.read(code, code.mean(0), 5.0)
    reader, _ = load_reader(shipped / "run" / "reader.npz")
    with torch.no_grad():
        codes = torch.from_numpy(code)
        wanted = ExportedReader(reader)(codes, codes.mean(0, keepdim=True), torch.tensor([[5.0]]))
    np.testing.assert_allclose(given, wanted.numpy(), atol=1e-4)


def test_a_reader_that_its_card_does_not_describe_is_refused(shipped, tmp_path):
    net = shutil.copytree(shipped / "net", tmp_path / "net")
    graph = net / "reader.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(ModelError, match="sha256"):
        ShippedStudent(net)
    graph.unlink()
    with pytest.raises(ModelError, match="can't be read"):
        ShippedStudent(net)
    card = json.loads((net / "card.json").read_text())
    (net / "card.json").write_text(json.dumps({**card, "reader": {"code": -1}}))
    with pytest.raises(ModelError, match="reader"):
        ShippedStudent(net)


def test_a_run_without_a_reader_ships_none_and_leaves_none(shipped, tmp_path):
    (tmp_path / "run").mkdir()
    shutil.copy(shipped / "run" / "checkpoint.npz", tmp_path / "run")
    net = shutil.copytree(shipped / "net", tmp_path / "net")
    card = export(tmp_path / "run" / "checkpoint.npz", shipped / "data", net)
    assert "reader" not in card
    assert not (net / "reader.onnx").exists()
    student = ShippedStudent(net, threads=1)
    assert not student.reads_beside
    assert student.solve(np.zeros((3, 160, 160), np.uint8)).code.shape == (3, 0)
