"""Maps from examples: what a rig does is found again, and the error says how far to trust it."""

from __future__ import annotations

import numpy as np
import pytest
from mien.arkit import COUNT, INDEX, NAMES
from mien.errors import MapError, NotANumberError
from mien.rig.learn import METHODS, learn
from mien.rig.map_file import format_map, parse_map
from mien.rig.targets import Target

TARGETS = [Target("jaw_ctrl", "property"), Target("smile", "property"), Target("jaw_side", "property")]


def performance(count: int) -> np.ndarray:
    """Frames in which a few shapes move at a time, as faces do; the first six are the strongest."""
    rng = np.random.default_rng(0)
    parts = rng.random((6, COUNT)) * (rng.random((6, COUNT)) < 0.15)
    for part, name in zip(
        parts, ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "jawLeft", "jawRight", "cheekPuff")
    ):
        part[INDEX[name]] = 1.0
    mixed = rng.dirichlet(np.ones(6) * 0.4, count) @ parts
    return np.clip(np.concatenate([parts, mixed])[:count], 0, 1)


def artist(weights: np.ndarray) -> np.ndarray:
    """What the artist's rig wants: degrees of the jaw, half of each smile, and a signed slider."""
    w = {name: weights[:, INDEX[name]] for name in NAMES}
    smile = 0.5 * w["mouthSmileLeft"] + 0.5 * w["mouthSmileRight"]
    return np.stack([5.0 + 20.0 * w["jawOpen"], smile, w["jawLeft"] - w["jawRight"]], axis=1)


def rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(values**2, axis=0))


@pytest.mark.parametrize("method", METHODS)
def test_a_dozen_poses_teach_the_rig(method):
    seen, unseen = performance(12), performance(200)[12:]
    columns = 3 if method == "ridge" else 2
    learned = learn(seen, artist(seen)[:, :columns], TARGETS[:columns], method)
    found = learned.map.apply(unseen)
    wanted = artist(unseen)[:, :columns]
    share = rms(found - wanted) / rms(wanted - wanted.mean(axis=0))
    print(f"{method}: error {np.round(share, 3)} of the spread, from 12 poses")
    assert (share < 0.15).all()
    assert (learned.error < 0.5 * learned.spread).all()


def test_the_error_shown_is_that_of_leaving_one_out():
    seen = performance(8)
    values = artist(seen)
    learned = learn(seen, values, TARGETS)
    misses = []
    for i in range(8):
        others = np.arange(8) != i
        x, y = seen[others], values[others]
        centre = x.mean(axis=0)
        lean = learned.strength * np.trace((x - centre) @ (x - centre).T) / 7
        gains = np.linalg.solve(
            (x - centre).T @ (x - centre) + lean * np.eye(COUNT), (x - centre).T @ (y - y.mean(axis=0))
        )
        misses.append((seen[i] - centre) @ gains + y.mean(axis=0) - values[i])
    np.testing.assert_allclose(learned.error, rms(np.array(misses)), rtol=1e-6)
    spread = np.array([values[np.arange(8) != i].mean(axis=0) - values[i] for i in range(8)])
    np.testing.assert_allclose(learned.spread, rms(spread), rtol=1e-9)


def test_noise_is_shown_as_not_learnt():
    seen = performance(10)
    values = np.random.default_rng(5).normal(size=(10, 1))
    learned = learn(seen, values, [Target("noise", "property")])
    assert learned.error[0] > 0.7 * learned.spread[0]


def test_non_negative_gains_are():
    seen = performance(12)
    learned = learn(seen, artist(seen), TARGETS, "nnls")
    assert all(term.gain > 0 for channel in learned.map.channels for term in channel.terms)


def test_a_control_that_never_moves_stays():
    seen = performance(6)
    learned = learn(seen, np.full((6, 1), 0.3), [Target("still", "property")])
    (channel,) = learned.map.channels
    assert channel.terms == ()
    np.testing.assert_allclose(learned.map.apply(seen), 0.3, atol=1e-6)


def test_it_goes_no_further_than_a_little_beyond_the_examples():
    seen = performance(12)
    learned = learn(seen, artist(seen), TARGETS)
    found = learned.map.apply(np.ones((1, COUNT)))
    values = artist(seen)
    assert (found <= values.max(axis=0) + 0.26 * np.ptp(values, axis=0)).all()


def test_the_map_can_be_kept():
    seen = performance(12)
    learned = learn(seen, artist(seen), TARGETS, name="Ellie")
    assert parse_map(format_map(learned.map)) == learned.map
    assert [t.path for t in learned.map.targets] == [t.path for t in TARGETS]
    lines = learned.report()
    assert len(lines) == 4
    assert {"error", "spread", "channel"} == set(learned.as_dict()["channels"][0])


def test_examples_that_teach_nothing_are_refused():
    seen = performance(4)
    with pytest.raises(MapError, match="One example"):
        learn(seen[:1], artist(seen[:1]), TARGETS)
    with pytest.raises(MapError, match="the same in all"):
        learn(np.repeat(seen[:1], 4, axis=0), artist(seen), TARGETS)
    with pytest.raises(NotANumberError):
        learn(seen, np.full((4, 3), np.nan), TARGETS)
    with pytest.raises(MapError, match="don't fit"):
        learn(seen, artist(seen)[:, :2], TARGETS)
    with pytest.raises(MapError, match="no method"):
        learn(seen, artist(seen), TARGETS, "magic")
