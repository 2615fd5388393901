"""A map learnt from examples: an artist poses the rig for a few frames of a take, and a fit does the rest.

Few examples can't tell 52 shapes apart, so the fit leans towards small gains (ridge regression, Hoerl and
Kennard 1970), and may be held to gains of 0 or more (non-negative least squares, Lawson and Hanson 1974). How
far to trust it is measured by leaving each example out in turn and predicting it from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from .. import arkit
from ..errors import MapError, NotANumberError
from .retarget_map import Channel, RetargetMap, Term
from .targets import Target

METHODS: Final = ("ridge", "nnls")
STRENGTHS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Of the lean towards small gains, in units of the weights' mean square; leaving one out chooses."""

LEAST_GAIN: Final = 0.01
"""Gains below this part of a channel's range are left out."""

ROOM: Final = 0.25
"""How far beyond the examples a channel may go, as a part of its range."""

Fit = Callable[[NDArray[np.float64], NDArray[np.float64], float], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Learned:
    """A map, and how well it can be trusted.

    Attributes
    ----------
    map : RetargetMap
    targets : tuple of Target, C
    error : ndarray, float64, (C,)
        Root mean square error of a channel, in its unit, when each example is predicted from the others.
    spread : ndarray, float64, (C,)
        What the error would be if the channel always stood at the mean of the others' examples.
    strength : float
        The lean towards small gains that was best.
    """

    map: RetargetMap
    targets: tuple[Target, ...]
    error: NDArray[np.float64]
    spread: NDArray[np.float64]
    strength: float

    def report(self) -> list[str]:
        """Lines for people, the worst channel first."""
        lines = ["Error when each example is predicted from the others (and if nothing were learnt):"]
        share = self.error / np.maximum(self.spread, 1e-12)
        order = np.argsort(-np.where(self.spread > 0, share, 0.0), kind="stable")
        return lines + [
            f"  {self.targets[i].path}: {self.error[i]:.4g} ({self.spread[i]:.4g})" for i in order
        ]

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        rows = zip(self.targets, self.error.tolist(), self.spread.tolist())
        channels = [{"channel": t.path, "error": error, "spread": spread} for t, error, spread in rows]
        return {"strength": self.strength, "channels": channels}


def learn(
    weights: ArrayLike, values: ArrayLike, targets: Sequence[Target], method: str = "ridge", name: str = ""
) -> Learned:
    """Fit a map to examples.

    Parameters
    ----------
    weights : array_like, (K, 52), 0–1
        The tuned weights of the frames that were posed; K ≥ 2.
    values : array_like, (K, C)
        What the artist gave each control in them.
    targets : sequence of Target, C
    method : str
        "ridge", or "nnls" for gains of 0 or more.
    name : str
        The map's name.
    """
    x, y = np.asarray(weights, dtype=np.float64), np.asarray(values, dtype=np.float64)
    _check_examples(x, y, targets, method)
    fit = _ridge if method == "ridge" else _nnls
    tried = STRENGTHS if method == "ridge" else STRENGTHS[::3]
    errors = {strength: _left_out(fit, x, y, strength) for strength in tried}
    spread = _left_out(_nothing, x, y, 0.0)
    scale = np.where(spread > 1e-12, spread, 1.0)
    strength = min(errors, key=lambda each: float(((errors[each] / scale) ** 2).sum()))
    gains = fit(x, y, strength)
    channels = [_channel(target, gains[:, i], y[:, i]) for i, target in enumerate(targets)]
    made = RetargetMap(tuple(channels), name=name)
    return Learned(made, tuple(targets), errors[strength], spread, strength)


def _check_examples(
    x: NDArray[np.float64], y: NDArray[np.float64], targets: Sequence[Target], method: str
) -> None:
    if method not in METHODS:
        raise MapError(f"There is no method {method!r}", f"Use {' or '.join(METHODS)}.")
    if x.ndim != 2 or x.shape[1] != arkit.COUNT or y.shape != (len(x), len(targets)):
        raise MapError(f"Examples of shapes {x.shape} and {y.shape} don't fit {len(targets)} controls")
    if len(x) < 2:
        raise MapError("One example says nothing of movement", "Pose the rig for two frames or more.")
    if not np.isfinite(x).all() or not np.isfinite(y).all():
        raise NotANumberError("An example has a value that is not a number", "Give every control a value.")
    if np.ptp(x, axis=0).max() < 1e-3:
        raise MapError("The face is the same in all examples", "Choose frames with different expressions.")


def _channel(target: Target, gains: NDArray[np.float64], values: NDArray[np.float64]) -> Channel:
    """Gains (52 + 1,), the last the offset; a clamp a little beyond what the artist used."""
    least = LEAST_GAIN * float(np.ptp(values))
    kept = [i for i in np.argsort(-np.abs(gains[:-1]), kind="stable") if abs(gains[i]) > least]
    terms = tuple(Term((arkit.NAMES[i],), round(float(gains[i]), 6)) for i in kept)
    room = ROOM * float(np.ptp(values))
    clamp = (round(float(values.min()) - room, 6), round(float(values.max()) + room, 6))
    return Channel(target, terms, offset=round(float(gains[-1]), 6), clamp=clamp)


def _left_out(
    fit: Fit, x: NDArray[np.float64], y: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """Root mean square error (C,) of predicting each example from a fit to the others."""
    misses = []
    for i in range(len(x)):
        others = np.arange(len(x)) != i
        gains = fit(x[others], y[others], strength)
        misses.append(x[i] @ gains[:-1] + gains[-1] - y[i])
    return np.asarray(np.sqrt(np.mean(np.square(misses), axis=0)), np.float64)


def _nothing(x: NDArray[np.float64], y: NDArray[np.float64], _strength: float) -> NDArray[np.float64]:
    return np.vstack([np.zeros((x.shape[1], y.shape[1])), y.mean(axis=0)])


def _ridge(x: NDArray[np.float64], y: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """Gains and offsets (53, C), in the dual form: as many unknowns as examples. The offset is free."""
    centre, mean = x.mean(axis=0), y.mean(axis=0)
    near = x - centre
    kernel = near @ near.T
    lean = strength * max(float(np.trace(kernel)) / len(x), 1e-12)
    gains = near.T @ np.linalg.solve(kernel + lean * np.eye(len(x)), y - mean)
    return np.vstack([gains, mean - centre @ gains])


def _nnls(x: NDArray[np.float64], y: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """Gains of 0 or more and free offsets (53, C); the same lean as `_ridge`."""
    lean = strength * max(float(np.trace((x - x.mean(axis=0)) @ (x - x.mean(axis=0)).T)) / len(x), 1e-12)
    one = np.ones((len(x), 1))
    rows = np.vstack(
        [
            np.hstack([x, one, -one]),
            np.hstack([np.sqrt(lean) * np.eye(x.shape[1]), np.zeros((x.shape[1], 2))]),
        ]
    )
    found = np.stack(
        [nnls(rows, np.concatenate([column, np.zeros(x.shape[1])]))[0] for column in y.T], axis=1
    )
    return np.vstack([found[:-2], found[-2:-1] - found[-1:]])
