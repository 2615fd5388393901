"""The labeller's arithmetic: one head, one run of frames, and the most likely pose and weights of each.

What the student says of frame t is a vector of its 70 landmarks (pixels of the crop) and its 52 weights,

    said = [points(identity, pose, weights); weights] + F · weights + d + e,

with `d` the same for one actor and `e` new in each frame, both normal with measured covariances (`priors`).
The fit goes round three blocks, each convex: pose by Gauss–Newton, identity by ridge regression, and the
weights of the whole run together with `d` by a bounded quasi-Newton method (L-BFGS-B), where they lean
towards 0 (an exponential prior) and towards changing slowly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from mien import arkit
from mien.types import CROP_SIZE, LANDMARK_COUNT
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from .priors import LID_SHAPES, Priors

DISTANCES: Final = (3.5, 6.0, 12.0)
"""Decimetres from the camera to the eyes that are tried."""
ROUNDS: Final = 8
HEAD_FRAMES: Final = 240
"""Frames from which the head and the actor's bias are found, evenly spread."""
CHUNK: Final = 256
ALIKE: Final = 0.5
"""Seconds over which the student's errors are about the same: so much less do more frames tell."""
POSE_DEGREES: Final = 6.0
"""How far the student's pose is trusted, one standard deviation."""
LEANING: Final = 0.6
"""The lean towards 0, in units of 1 / the mean of a shape over many faces."""
TAILS: Final = 8.0
"""Degrees of freedom with which a frame's whole error may be larger than measured (Student's t)."""
POINTS: Final = 2 * LANDMARK_COUNT

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the student said of T frames.

    Attributes
    ----------
    said : ndarray, float64, (T, 192)
        Landmarks (x, y of each, pixels of the crop), then weights.
    turns : ndarray, float64, (T, 3)
        Pitch, yaw, roll relative to the crop, degrees.
    times : ndarray, float64, (T,)
        Seconds.
    """

    said: Array
    turns: Array
    times: Array

    def at(self, rows: Array) -> Seen:
        """Some of the frames."""
        return Seen(self.said[rows], self.turns[rows], self.times[rows])


@dataclass(frozen=True, eq=False)
class Fit:
    """What is believed.

    Attributes
    ----------
    identity : ndarray, (K,)
        Standard deviations of each component of `priors.heads`.
    distance : float
        From the camera, decimetres.
    turns : ndarray, (T, 3, 3)
        Head to camera.
    place : ndarray, (T, 3)
        Pixels of the crop for a decimetre, and where the middle of the eyes is.
    weights : ndarray, (T, 52), 0–1
    bias : ndarray, (192,)
        `d`.
    trust : ndarray, (T,)
        1 for a frame that fits as well as most, less for one that does not.
    cost : float
        Half the squared, weighed misses and priors, for each frame.
    """

    identity: Array
    distance: float
    turns: Array
    place: Array
    weights: Array
    bias: Array
    trust: Array
    cost: float = np.inf


class Fitter:
    """Holds what does not change during a fit."""

    def __init__(self, priors: Priors) -> None:
        self.priors = priors
        self.inverse = np.linalg.inv(priors.noise.astype(np.float64))
        self.bias_inverse = np.linalg.inv(priors.bias.astype(np.float64))
        self.lean = LEANING / np.maximum(priors.usual.astype(np.float64), 0.03)

    def fit(self, seen: Seen) -> Fit:
        """The most likely head and run of weights: the head from a few frames, then all frames."""
        few = seen.at(_spread(len(seen.times), HEAD_FRAMES))
        least = few.at(_spread(len(few.times), HEAD_FRAMES // 4))
        tried = [self._headed(least, self._start(least, distance), 2) for distance in DISTANCES]
        distance = min(tried, key=lambda fit: fit.cost).distance
        head = self._headed(few, self._start(few, distance), ROUNDS)
        fit = replace(self._start(seen, distance), identity=head.identity, bias=head.bias)
        fit = self._posed(seen, fit, 4)
        for _ in range(2):
            fit = self._weighed(seen, self._trusted(seen, fit), learn_bias=False)
            fit = self._posed(seen, fit, 2)
        return self._trusted(seen, fit)

    def points(self, fit: Fit) -> Array:
        """The model's landmarks (T, 70, 2), pixels of the crop."""
        return self._project(self._turned(fit), fit)[0]

    def _start(self, seen: Seen, distance: float) -> Fit:
        turns = Rotation.from_euler("xyz", seen.turns * (1, 1, -1), degrees=True).as_matrix()
        weights = np.clip(seen.said[:, POINTS:] - self.priors.offset[POINTS:], 0, 1)
        place = np.tile([CROP_SIZE / 2.5, CROP_SIZE / 2, 0.4 * CROP_SIZE], (len(turns), 1))
        return Fit(np.zeros(len(self.priors.heads)), distance, turns, place, weights,
                   self.priors.offset.astype(np.float64), np.ones(len(turns)))  # fmt: skip

    def _headed(self, seen: Seen, fit: Fit, rounds: int) -> Fit:
        """Identity, pose, weights and bias of a few frames, in turns."""
        fit = self._posed(seen, fit, 6)
        for _ in range(rounds):
            fit = self._posed(seen, self._identified(seen, fit), 2)
            fit = self._weighed(seen, self._trusted(seen, fit), learn_bias=True)
        return self._trusted(seen, fit)

    def _units(self, identity: Array) -> Array:
        """The shapes (52, 70, 3) on this head."""
        units = self.priors.units.astype(np.float64)
        units[list(LID_SHAPES)] += np.tensordot(identity, self.priors.lids.astype(np.float64), 1)
        return units

    def _turned(self, fit: Fit) -> Array:
        """Landmarks (T, 70, 3) in camera space, decimetres."""
        rest = self.priors.mean + np.tensordot(fit.identity, self.priors.heads.astype(np.float64), 1)
        shape = rest + np.tensordot(fit.weights, self._units(fit.identity), 1)
        return np.einsum("tij,tpj->tpi", fit.turns, shape)

    def _project(self, turned: Array, fit: Fit) -> tuple[Array, Array]:
        """Pixels (T, 70, 2), and how they change with camera space (T, 70, 2, 3)."""
        scale = fit.place[:, None, 0] * fit.distance / (fit.distance - turned[..., 2])
        flat = turned[..., :2] * (1, -1)
        deep = flat * (scale / (fit.distance - turned[..., 2]))[..., None]
        slopes = np.zeros((*turned.shape[:2], 2, 3))
        slopes[..., 0, 0], slopes[..., 1, 1], slopes[..., :, 2] = scale, -scale, deep
        return flat * scale[..., None] + fit.place[:, None, 1:], slopes

    def _missed(self, seen: Seen, fit: Fit, points: Array) -> Array:
        """What the student said less what the model makes of it (T, 192)."""
        expected = np.concatenate([points.reshape(len(points), -1), fit.weights], axis=1)
        return np.asarray(
            seen.said - expected - fit.weights @ self.priors.leak.T.astype(np.float64) - fit.bias
        )

    def _posed(self, seen: Seen, fit: Fit, steps: int) -> Fit:
        """Gauss–Newton over each frame's turn, size and place."""
        told = Rotation.from_euler("xyz", seen.turns * (1, 1, -1), degrees=True)
        for _ in range(steps):
            turned = self._turned(fit)
            points, slopes = self._project(turned, fit)
            jacobian = np.zeros((len(points), POINTS, 6))
            jacobian[..., :3] = (slopes @ _crossed(turned)).reshape(len(points), POINTS, 3)
            jacobian[..., 3] = (points - fit.place[:, None, 1:]).reshape(len(points), POINTS)
            jacobian[:, 0::2, 4] = jacobian[:, 1::2, 5] = 1.0
            missed = self._missed(seen, fit, points)
            weighed = jacobian.transpose(0, 2, 1) @ self.inverse[:POINTS, :POINTS]
            system, goal = weighed @ jacobian, np.einsum("tij,tj->ti", weighed, missed[:, :POINTS])
            away = (told * Rotation.from_matrix(fit.turns).inv()).as_rotvec()
            system[:, range(3), range(3)] += 1 / np.radians(POSE_DEGREES) ** 2
            goal[:, :3] += away / np.radians(POSE_DEGREES) ** 2
            system[:, range(6), range(6)] += 1e-9
            fit = _moved(fit, np.linalg.solve(system, goal[..., None])[..., 0])
        return fit

    def _identified(self, seen: Seen, fit: Fit) -> Fit:
        """Ridge regression of the head's components."""
        points, slopes = self._project(self._turned(fit), fit)
        moves = self.priors.heads[:, None] + np.einsum(
            "ts,kspi->ktpi", fit.weights[:, list(LID_SHAPES)], self.priors.lids.astype(np.float64)
        )
        jacobian = np.einsum("tpab,tbc,ktpc->tpak", slopes, fit.turns, moves, optimize=True)
        jacobian = jacobian.reshape(len(points), POINTS, -1)
        inverse = self.inverse[:POINTS, :POINTS] / _alike(seen.times)
        weighed = fit.trust[:, None, None] * (jacobian.transpose(0, 2, 1) @ inverse)
        system = (weighed @ jacobian).sum(axis=0) + np.eye(jacobian.shape[2])
        missed = self._missed(seen, fit, points)[:, :POINTS]
        goal = np.einsum("tij,tj->i", weighed, missed) - fit.identity
        return replace(fit, identity=fit.identity + np.linalg.solve(system, goal))

    def _weighed(self, seen: Seen, fit: Fit, learn_bias: bool) -> Fit:
        """The weights of all frames at once, and `d` with them: the model is linear in both here."""
        system, toward, across, total, goal = self._normal(seen, fit, learn_bias)
        root = np.linalg.cholesky(self.priors.bias.astype(np.float64))
        told, offset = _alike(seen.times), self.priors.offset.astype(np.float64)
        stiff = 1 / (self.priors.speed.astype(np.float64) * np.diff(seen.times)[:, None]) ** 2
        shape, free = fit.weights.shape, POINTS + arkit.COUNT if learn_bias else 0

        def cost(flat: Array) -> tuple[float, Array]:
            weights, unit = flat[: flat.size - free].reshape(shape), flat[flat.size - free :]
            bias = offset + root @ unit if learn_bias else fit.bias
            pulled = np.einsum("tij,tj->ti", system, weights, optimize=True)
            steps = np.diff(weights, axis=0)
            rest = self.lean - toward + (across @ bias if learn_bias else 0.0)
            slope = pulled + rest
            slope[1:] += stiff * steps
            slope[:-1] -= stiff * steps
            value = float((weights * (0.5 * pulled + rest)).sum() + 0.5 * (stiff * steps**2).sum())
            if not learn_bias:
                return value, slope.ravel()
            own = total * (self.inverse @ bias) - self.inverse @ goal
            value += float(0.5 * bias @ (own - self.inverse @ goal) + 0.5 * told * unit @ unit)
            own = root.T @ (own + np.einsum("tij,ti->j", across, weights)) + told * unit
            return value, np.concatenate([slope.ravel(), own])

        first = np.linalg.solve(root, fit.bias - offset) if learn_bias else np.zeros(0)
        bounds = [(0.0, 1.0)] * fit.weights.size + [(None, None)] * free
        found = minimize(cost, np.concatenate([fit.weights.ravel(), first]), jac=True, method="L-BFGS-B",
                         bounds=bounds, options={"maxiter": 150, "maxfun": 200})  # fmt: skip
        weights = found.x[: fit.weights.size].reshape(shape)
        bias = offset + root @ found.x[fit.weights.size :] if learn_bias else fit.bias
        return replace(fit, weights=weights, bias=bias)

    def _normal(self, seen: Seen, fit: Fit, learn_bias: bool) -> tuple[Array, Array, Array, float, Array]:
        """The parts of the weights' normal equations, made of a few hundred frames at a time.

        J′PJ (T, 52, 52); J′Pg (T, 52), where g is what weights and (if it is learnt) `d` have to explain;
        J′P (T, 52, 192) if `d` is learnt; the sum of the frames' trust; the sum of g.
        """
        parts = []
        for start in range(0, len(seen.times), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(seen.times)))
            part, few = seen.at(rows), _rows(fit, rows)
            jacobian, missed = self._linear(part, few)
            goal = missed + np.einsum("tij,tj->ti", jacobian, few.weights) + (few.bias if learn_bias else 0.0)
            across = few.trust[:, None, None] * (jacobian.transpose(0, 2, 1) @ self.inverse)
            parts.append((
                (across @ jacobian).astype(np.float32), np.einsum("tij,tj->ti", across, goal),
                across if learn_bias else across[:0], few.trust @ goal,
            ))  # fmt: skip
        systems, towards, crosses, goals = zip(*parts)
        return (np.concatenate(systems), np.concatenate(towards), np.concatenate(crosses),
                float(fit.trust.sum()), np.sum(goals, axis=0))  # fmt: skip

    def _linear(self, seen: Seen, fit: Fit) -> tuple[Array, Array]:
        """How what is said changes with the weights (T, 192, 52), and what is missed (T, 192)."""
        points, slopes = self._project(self._turned(fit), fit)
        jacobian = np.tile(self.priors.leak.astype(np.float64), (len(points), 1, 1))
        units = np.einsum("tpab,tbc,spc->tpas", slopes, fit.turns, self._units(fit.identity), optimize=True)
        jacobian[:, :POINTS] += units.reshape(len(points), POINTS, -1)
        jacobian[:, np.arange(arkit.COUNT) + POINTS, np.arange(arkit.COUNT)] += 1.0
        return jacobian, self._missed(seen, fit, points)

    def _trusted(self, seen: Seen, fit: Fit) -> Fit:
        """Frames that fit badly count less, as Student's t has it; and the cost of it all."""
        missed = self._missed(seen, fit, self._project(self._turned(fit), fit)[0])
        spread = np.einsum("ti,ti->t", missed @ self.inverse, missed) / missed.shape[1]
        trust = (TAILS + 1) / (TAILS + spread)
        lean = float((fit.weights @ self.lean).mean())
        cost = 0.5 * float(np.log1p(spread / TAILS).mean()) * (TAILS + 1) * missed.shape[1] + lean
        return replace(fit, trust=trust, cost=cost + 0.5 * float(fit.identity @ fit.identity) / len(trust))


def _alike(times: Array) -> float:
    """How many frames are as good as one, since the student errs alike in all of them."""
    step = float(np.median(np.diff(times))) if len(times) > 1 else ALIKE
    return max(ALIKE / step, 1.0)


def _spread(count: int, most: int) -> Array:
    """Up to `most` of so many rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _rows(fit: Fit, rows: Array) -> Fit:
    return replace(fit, turns=fit.turns[rows], place=fit.place[rows], weights=fit.weights[rows],
                   trust=fit.trust[rows])  # fmt: skip


def _crossed(points: Array) -> Array:
    """How points (…, 3) move when they are turned about each axis: columns e × p, (…, 3, 3)."""
    x, y, z = np.moveaxis(points, -1, 0)
    zero = np.zeros_like(x)
    return np.stack([
        np.stack([zero, z, -y], -1), np.stack([-z, zero, x], -1), np.stack([y, -x, zero], -1)
    ], axis=-2)  # fmt: skip


def _moved(fit: Fit, step: Array) -> Fit:
    """After a step (T, 6): turned, larger by a factor, shifted; no frame goes wild."""
    turn = Rotation.from_rotvec(np.clip(step[:, :3], -0.3, 0.3)).as_matrix()
    place = fit.place.copy()
    place[:, 0] *= np.exp(np.clip(step[:, 3], -0.3, 0.3))
    place[:, 1:] += step[:, 4:]
    return replace(fit, turns=turn @ fit.turns, place=place)
