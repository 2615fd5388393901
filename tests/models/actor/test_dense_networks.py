"""Laine's networks: the layers of the paper, and what they begin with."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien_models.networks.dense import (
    MILLIMETRES,
    ConvDense,
    DenseOptions,
    PcaDense,
    make_dense,
    principal,
    whitening,
)
from torch import nn


def rank_three(rng, count=40, vertices=30):
    """Meshes (N, V, 3) that move in three ways, mm."""
    rest, ways = rng.normal(0, 50, (vertices, 3)), rng.normal(0, 1, (3, vertices, 3))
    return (rest + np.tensordot(rng.normal(0, [5, 2, 1], (count, 3)), ways, 1)).astype(np.float32)


def test_the_convolutional_network_is_the_papers_table():
    network = ConvDense(DenseOptions(vertices=5))
    layers = [(c.in_channels, c.out_channels, c.stride[0], c.kernel_size[0])
              for c in network.features if isinstance(c, nn.Conv2d)]  # fmt: skip
    wanted, before = [], 1
    for channels in (64, 96, 144, 216, 324, 486):
        wanted += [(before, channels, 2, 3), (channels, channels, 1, 3)]
        before = channels
    assert layers == wanted
    assert (network.fc.in_features, network.fc.out_features) == (9720, 160)
    assert network.drop.p == 0.2
    assert sum(isinstance(layer, nn.ReLU) for layer in network.features) == 12
    assert network(torch.zeros(1, 320, 240, dtype=torch.uint8)).shape == (1, 5, 3)


def test_the_fully_connected_network_is_the_papers_table():
    network = PcaDense(DenseOptions(kind="fc", vertices=5, rows=8, columns=6))
    shapes = [
        (layer.in_features, layer.out_features) for layer in network.layers if isinstance(layer, nn.Linear)
    ]
    assert shapes == [(3000, 2000), (2000, 1000), (1000, 160)]
    assert [type(layer) for layer in network.layers][1:6:3] == [nn.ReLU, nn.Tanh]
    assert [layer.p for layer in network.layers if isinstance(layer, nn.Dropout)] == [0.2, 0.2]
    assert (network.output.in_features, network.output.out_features) == (160, 15)


def test_the_last_layer_begins_as_the_meshes_principal_components():
    rng = np.random.default_rng(0)
    meshes = rank_three(rng)
    network = ConvDense(DenseOptions(vertices=30, rows=64, columns=64, width=0.1, basis=10))
    assert network.output.begin(meshes) == pytest.approx(1.0, abs=1e-6)
    weight = network.output.weight.detach().numpy()
    assert not weight[:, 3:].any()  # rank three: the other columns have nothing to begin with
    target = meshes.reshape(40, -1) / MILLIMETRES - network.output.bias.detach().numpy()
    solved = np.linalg.lstsq(weight[:, :3], target.T, rcond=None)[0]
    np.testing.assert_allclose(weight[:, :3] @ solved, target.T, atol=1e-4, rtol=0)
    np.testing.assert_allclose(solved.std(axis=1), 1.0, atol=0.01)


def test_principal_components_are_those_of_a_singular_value_decomposition():
    rows = np.random.default_rng(1).normal(0, [3, 2, 1, 0.5, 0.1], (50, 5)).astype(np.float32)
    mean, components, spread, explained = principal(rows, 2)
    _, values, right = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    np.testing.assert_allclose(mean, rows.mean(0), atol=1e-5)
    np.testing.assert_allclose(np.abs((components * right[:2]).sum(1)), 1, atol=1e-5)
    np.testing.assert_allclose(spread, values[:2] / np.sqrt(50), rtol=1e-5)
    assert explained == pytest.approx(float((values[:2] ** 2).sum() / (values**2).sum()), abs=1e-6)


def test_whitening_is_fixed_at_training_and_of_all_pixels():
    images = np.random.default_rng(2).integers(0, 256, (6, 64, 64), dtype=np.uint8)
    assert whitening(images) == pytest.approx((images.mean(), images.std()))
    network = ConvDense(DenseOptions(vertices=30, rows=64, columns=64, width=0.1, basis=5)).eval()
    network.begin(images, rank_three(np.random.default_rng(3)))
    brighter = torch.from_numpy((images // 2 + 100).astype(np.uint8))
    alone, together = network(brighter[:1]), network(brighter)[:1]
    torch.testing.assert_close(alone, together, atol=1e-4, rtol=1e-4)  # no statistics of the batch
    assert float(network.mean) == pytest.approx(float(images.mean()), abs=1e-3)


def test_picture_coefficients_rebuild_the_pictures():
    rng = np.random.default_rng(4)
    ways = rng.normal(0, 20, (4, 8 * 6))
    images = (
        np.clip(rng.normal(0, 1, (30, 4)) @ ways + 128, 0, 255).round().astype(np.uint8).reshape(30, 8, 6)
    )
    network = PcaDense(DenseOptions(kind="fc", vertices=30, rows=8, columns=6, coefficients=20, basis=5))
    said = network.begin(images, rank_three(rng, 30))
    assert said["picture_explained"] > 0.99
    seen = network.coefficients(torch.from_numpy(images))
    rebuilt = seen / network.scale @ network.components + network.mean
    assert float((rebuilt - torch.from_numpy(images).flatten(1)).abs().max()) < 6
    assert float(seen.square().mean()) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("kind", ["conv", "fc"])
def test_the_papers_full_size_takes_a_real_step(kind):
    """240×320, all channels, 5,000 vertices: forward, backward, Adam; all that is trained moves."""
    torch.manual_seed(0)
    network, rng = make_dense(DenseOptions(kind=kind)).eval(), np.random.default_rng(5)
    network.output.begin(rng.normal(0, 50, (4, 5000, 3)).astype(np.float32))
    if kind == "fc":
        answer = network.decode(torch.from_numpy(rng.normal(size=(2, 3000)).astype(np.float32)))
    else:
        network.mean.fill_(128)
        network.spread.fill_(70)
        answer = network(torch.from_numpy(rng.integers(0, 256, (2, 320, 240), dtype=np.uint8)))
    before = [value.detach().clone() for value in network.parameters()]
    optimiser = torch.optim.Adam(network.parameters())
    answer.square().mean().backward()
    optimiser.step()
    still = [at for at, value in enumerate(network.parameters()) if torch.equal(value, before[at])]
    assert not still
