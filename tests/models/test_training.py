"""Training for real, in small: it learns, it goes on where it stopped, and exports what it is."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from mien import arkit
from mien.errors import ModelError
from mien.student import Student as ShippedStudent
from mien.types import LEFT_PUPIL
from mien_models.networks.exported import Exported
from mien_models.networks.mobilenet_v2 import Student, StudentOptions
from mien_models.synthetic import shards
from mien_models.training import export
from mien_models.training.batches import held_out, training_batches
from mien_models.training.checkpoint import (
    average_runs,
    load_average,
    load_checkpoint,
    read_about,
    save_checkpoint,
)
from mien_models.training.losses import SIDES, loss_terms, square_error
from mien_models.training.response import REAL, RESPONSE_BATCHES, response
from mien_models.training.schedule import Schedule
from mien_models.training.train import Recipe, Start, train

SMALL = StudentOptions(width=0.25, hidden=64, decoder=24, local=4, close=8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two shards of 96 crops."""
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD", 96)
        for number in range(2):
            shards.write_shard(folder, number)
    return folder


def _recipe(total: int) -> Recipe:
    schedule = Schedule(peak=3e-3, ramp_up=64, flat=10_000, total=total, ramp_down=32)
    return Recipe(SMALL, schedule, batch=16, side=96)


def test_the_schedule_climbs_falls_and_ends_at_zero():
    schedule = Schedule(peak=1e-3, ramp_up=1000, flat=5000, total=20_000, ramp_down=4000)
    assert schedule.rate(0) == pytest.approx(1e-6)
    assert schedule.rate(1000) == pytest.approx(1e-3)
    assert schedule.rate(15_000) == pytest.approx(1e-3 * (5000 / 15_000) ** 0.5)
    assert schedule.rate(20_000) == 0
    assert schedule.beta1(10_000) == 0.9
    assert schedule.beta1(20_000) == 0.5


def test_the_held_out_heads_are_never_trained_on(data):
    held = {crop.tobytes() for batch in held_out(data) for crop in batch["crops"].numpy()}
    batches = training_batches(data, 16, seed=0)
    weights = {tuple(sorted(row)) for _ in range(12) for row in next(batches)["weights"].numpy()}
    apart = {tuple(sorted(row)) for batch in held_out(data) for row in batch["weights"].numpy() if row.any()}
    assert held
    assert not weights & apart


def test_a_run_learns_and_goes_on_from_its_checkpoint(data, tmp_path):
    told = []
    train(data, tmp_path, _recipe(640), told.append, every=160)
    assert told[-1]["loss"] < 0.9 * told[0]["loss"]
    assert read_about(tmp_path / "checkpoint.npz")["samples"] == 640
    more = []
    train(data, tmp_path, _recipe(800), more.append, every=160)
    assert [entry["samples"] for entry in more] == [800]
    assert more[0]["loss"] < told[0]["loss"]


def test_the_mean_of_two_runs_is_a_run(data, tmp_path):
    first, second, mean = (tmp_path / name / "checkpoint.npz" for name in ("first", "second", "mean"))
    train(data, first.parent, _recipe(96), lambda _: None)
    train(data, second.parent, _recipe(160), lambda _: None, start=Start(network=first))
    average_runs([first, second], mean)
    one, other, both = (load_average(place).state_dict() for place in (first, second, mean))
    for name, value in both.items():
        if value.is_floating_point():
            torch.testing.assert_close(value, (one[name] + other[name]) / 2)
    assert not torch.equal(both["features.stem.0.weight"], other["features.stem.0.weight"])
    assert read_about(mean)["averaged"] == 2
    train(data, mean.parent, _recipe(192), lambda _: None)
    assert read_about(mean)["samples"] == 192
    with pytest.raises(ModelError, match="exists already"):
        average_runs([first, second], mean)


def test_runs_of_different_networks_have_no_mean(data, tmp_path):
    places = [tmp_path / name / "checkpoint.npz" for name in ("small", "wide")]
    for place, student in zip(places, (SMALL, replace(SMALL, hidden=32))):
        network = Student(student)
        place.parent.mkdir()
        optimiser = torch.optim.Adam(network.parameters())
        save_checkpoint(place, network, network, optimiser, {"recipe": {"student": asdict(student)}})
    with pytest.raises(ModelError, match="different networks"):
        average_runs(places, tmp_path / "mean" / "checkpoint.npz")


def test_a_crop_without_a_face_teaches_presence_only(data):
    network = Student(SMALL)
    batch = next(held_out(data))
    batch["presence"] = torch.zeros_like(batch["presence"])
    terms = loss_terms(network(batch["crops"]), batch, torch.ones(52))
    assert float(terms["presence"].detach()) > 0
    assert all(
        float(terms[name].detach()) == 0
        for name in ("weights", "from_points", "landmarks", "dense", "heat", "pose")
    )


def test_an_error_of_one_side_against_the_other_counts_more():
    left, right = arkit.sided("browDown")
    same, apart, aside = torch.zeros(3, 52).unbind(0)
    same[[arkit.INDEX[left], arkit.INDEX[right]]] = 0.5
    apart[arkit.INDEX[left]], apart[arkit.INDEX[right]] = 0.5, -0.5
    aside[[arkit.INDEX["jawOpen"], arkit.INDEX["eyeLookInLeft"], arkit.INDEX["jawLeft"]]] = 0.5
    of_same, of_apart, of_aside = square_error(torch.stack([same, apart, aside]), torch.ones(52)) * 52
    assert float(of_same) == pytest.approx(2 * 0.25)
    assert float(of_aside) == pytest.approx(3 * 0.25)  # a middle and two directions, no sides
    assert float(of_apart) == pytest.approx(2 * 0.25 + SIDES * 2 * 1.0)


def test_twins_answered_alike_cost_nothing(data):
    batch = next(training_batches(data, 8, seed=3))
    there = batch["presence"] = torch.ones_like(batch["presence"])
    out = Student(SMALL)(batch["crops"])
    first, second = batch["twins"].unbind(1)
    assert torch.equal(batch["weights"][first], batch["weights"][second])
    assert not torch.equal(batch["crops"][first], batch["crops"][second])
    assert float(loss_terms(out, batch, torch.ones(52))["steady"].detach()) > 0
    out = {**out, "weights": batch["weights"] + 0.3, "points": batch["points"] + 0.1}
    terms = loss_terms(out, batch, torch.ones(52))
    assert len(first) == 2
    assert there.sum() == 8
    assert float(terms["steady"].detach()) < 1e-6
    assert float(terms["steady_points"].detach()) < 1e-6


def test_pupils_and_lids_count_more_than_the_jaw(data):
    batch = next(held_out(data))
    out = Student(SMALL)(batch["crops"])

    def cost(landmark: int) -> float:
        points = batch["points"].clone()
        points[:, landmark] += 0.1
        return float(loss_terms({**out, "points": points}, batch, torch.ones(52))["landmarks"])

    batch["points"] = torch.zeros_like(batch["points"])
    assert cost(LEFT_PUPIL) == pytest.approx(5 * cost(8), rel=1e-4)
    assert cost(37) == pytest.approx(2 * cost(8), rel=1e-4)


def test_what_is_hidden_is_doubted(data):
    batch = next(held_out(data))
    batch["presence"] = torch.ones_like(batch["presence"])
    out = {name: value.detach() for name, value in Student(SMALL)(batch["crops"]).items()}

    def slope(covered: float) -> torch.Tensor:
        doubt = torch.full_like(out["doubt"], -1.0).requires_grad_()
        batch["covered"] = torch.full_like(batch["covered"], covered)
        loss_terms({**out, "doubt": doubt}, batch, torch.ones(52))["doubt"].backward()
        return doubt.grad

    assert (slope(1.0) < slope(0.0)).all(), "a step down the slope is more doubt"


def test_the_export_is_what_core_loads(data, tmp_path, monkeypatch):
    run, out, stretches = tmp_path / "run", tmp_path / "out", []
    monkeypatch.setattr(export, "response", lambda *given: stretches.append(given[2]) or response(*given))
    train(data, run, _recipe(64), lambda _: None)
    card = export.export(run / "checkpoint.npz", data, out)
    assert stretches == [REAL]
    assert json.loads((out / "card.json").read_text())["sha256"] == card["sha256"]
    crops = next(held_out(data))["crops"]
    solved = ShippedStudent(out).solve(crops.numpy())
    network, average = Student(SMALL), Student(SMALL)
    load_checkpoint(run / "checkpoint.npz", network, average)
    with torch.no_grad():
        stretched = response(average.eval(), training_batches(data, 64, seed=0), REAL)
        wanted = Exported(average, stretched).eval()(crops)
    np.testing.assert_allclose(solved.weights, wanted[0].numpy(), atol=export.TOLERANCE["weights"])
    np.testing.assert_allclose(solved.landmarks, wanted[1].numpy(), atol=export.TOLERANCE["landmarks"])


def test_a_run_may_begin_with_what_shipped(data, tmp_path):
    train(data, tmp_path / "run", _recipe(64), lambda _: None)
    export.export(tmp_path / "run" / "checkpoint.npz", data, tmp_path / "out")
    shipped = load_average(tmp_path / "run" / "checkpoint.npz")
    network, average = Student(SMALL), Student(SMALL)
    Start(network=tmp_path / "out").fill(network, average, data)
    crops = next(held_out(data))["crops"]
    with torch.no_grad():
        wanted = shipped(crops)["points"]
        for given in (network.eval(), average.eval()):
            np.testing.assert_allclose(given(crops)["points"], wanted, atol=0.01)  # kept in 16 bits
        learning = network.train()(crops)["points"]
    assert (learning - wanted).abs().mean() < 0.03


def test_an_unsure_shape_rests_and_a_shy_one_is_stretched(data):
    """A network that answers 0.1 + truth / 1.25 for shape 0 and a constant for the rest."""

    class Shy(torch.nn.Module):
        def forward(self, crops):
            weights = torch.full((len(crops), 52), 0.3)
            weights[:, 0] = 0.1 + self.truth[crops.float().mean((1, 2))] / 1.25
            return {
                "weights": weights,
                "doubt": torch.linspace(-4, -2, len(crops)),
                "spread": torch.full((len(crops), 80), 0.1),
            }

    class Lookup(dict):
        def __getitem__(self, keys):
            return torch.tensor([self.get(round(float(key), 4), 0.0) for key in keys])

    network = Shy()
    network.truth = Lookup()
    batches = training_batches(data, 64, seed=0)
    for _ in range(RESPONSE_BATCHES):
        batch = next(batches)
        means = batch["crops"].float().mean((1, 2))
        network.truth.update({round(float(m), 4): float(w) for m, w in zip(means, batch["weights"][:, 0])})
    found = response(network, training_batches(data, 64, seed=0))
    rest, gain = found.rest, found.gain
    assert found.calm < found.worst
    assert rest[0] == pytest.approx(0.1, abs=0.02)
    assert gain[0] == pytest.approx(1.25, abs=0.05)
    assert rest[1] == pytest.approx(0.3)
    assert gain[1] == 1
    more = response(network, training_batches(data, 64, seed=0), stretch=1.1).gain
    assert more == pytest.approx(1.1 * gain)
    as_it_is = response(network, training_batches(data, 64, seed=0), stretch=None)
    assert not as_it_is.rest.any()
    assert (as_it_is.gain == 1).all()
    assert (as_it_is.calm, as_it_is.worst) == (found.calm, found.worst)


def test_an_export_that_differs_from_torch_is_refused(data, tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    train(data, run, _recipe(64), lambda _: None)
    export.export(run / "checkpoint.npz", data, out)
    other = Exported(Student(SMALL)).eval()
    with pytest.raises(ModelError, match="differ"):
        export.lightest(other, (out / "student.onnx").read_bytes(), next(held_out(data))["crops"])


def test_a_network_that_16_bits_would_move_too_far_keeps_32(data, tmp_path):
    crops, path = next(held_out(data))["crops"], tmp_path / "student.onnx"
    shipped = Exported(Student(SMALL)).eval()
    export.write_graph(shipped, (crops,), path, ["crops"], export.OUTPUTS[:-1])
    whole = path.read_bytes()
    half, _ = export.lightest(shipped, whole, crops)
    assert len(half) < 0.7 * len(whole)
    with torch.no_grad():  # 16 bits end at 65,504; what follows takes the scale back
        shipped.student.geometry.layers[0].weight[0] *= 1e9
        shipped.student.geometry.layers[2].weight[:, 0] = 0.0
    export.write_graph(shipped, (crops,), path, ["crops"], export.OUTPUTS[:-1])
    kept, differences = export.lightest(shipped, path.read_bytes(), crops)
    assert kept == path.read_bytes()
    assert not export.beyond(differences)


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(b"not a zip")
    with pytest.raises(ModelError, match="checkpoint"):
        read_about(path)
