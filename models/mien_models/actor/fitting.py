"""The labeller's arithmetic: one head, one run of frames, and the most likely pose and weights of each.

What the student says of a frame is taken for the truth and an error,

    its landmarks = points(identity, pose, weights) + d + e,    its weights = weights + c + f,

with d and c the same for one actor, e and f new in each frame, all normal with measured spreads (`priors`;
the landmarks' with their whole covariances). The fit goes round three blocks, each convex: pose by
Gauss–Newton, identity by ridge regression, and the weights of the whole run together with d and c by a
bounded quasi-Newton method (L-BFGS-B), where weights lean towards 0 (an exponential prior) and towards
changing no faster than faces do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from mien import arkit
from mien.types import CROP_SIZE, LANDMARK_COUNT
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from .fit_state import Array, Fit, Seen, alike, crossed, moved, rows_of, some
from .priors import LID_SHAPES, Priors

DISTANCES: Final = (4.0, 9.0)
"""Decimetres from the camera to the eyes that are tried."""
ROUNDS: Final = 4
HEAD_FRAMES: Final = 120
"""Frames from which the head and the actor's bias are found, evenly spread."""
CHUNK: Final = 256
STEPS: Final = 100
"""Of the quasi-Newton method at most."""
POSE_DEGREES: Final = 2.0
"""How far the student's pose is trusted, one standard deviation."""
POINT_TRUST: Final = 10.0
WEIGHT_TRUST: Final = 30.0
"""How much less the student errs (in variance) from frame to frame of one film than from view to view of
one drawn head, whose light, lens and turn change each time. Chosen on made actors, with `LEANING`."""
LEAST_BIAS: Final = 0.01
"""One standard deviation of c at least."""
MOST_LID_BIAS: Final = 0.03
"""And at most of a blink's: it must go on to close the eye."""
BLINKS: Final = [arkit.INDEX[name] for name in arkit.sided("eyeBlink")]
LEANING: Final = 0.5
"""The lean towards 0, in units of 1 / the mean of a shape over many faces."""
AT_REST: Final = 1e4
"""How strongly weights are held at 0 where the face is known to be at rest (1 / square of a weight)."""
LOOKS: Final = np.array(arkit.REGION) == "gaze"
TAILS: Final = 8.0
"""Degrees of freedom with which a frame's whole error may be larger than measured (Student's t)."""
POINTS: Final = 2 * LANDMARK_COUNT


class Fitter:
    """Holds what does not change during a fit."""

    def __init__(self, priors: Priors) -> None:
        self.priors = priors
        self.inverse = np.linalg.inv(priors.noise.astype(np.float64) / POINT_TRUST)
        self.sure = WEIGHT_TRUST / priors.weight_noise.astype(np.float64) ** 2
        self.offset = np.concatenate([priors.offset, np.zeros(arkit.COUNT)]).astype(np.float64)
        self.root = np.zeros((POINTS + arkit.COUNT, POINTS + arkit.COUNT))
        self.root[:POINTS, :POINTS] = np.linalg.cholesky(priors.bias.astype(np.float64))
        habit = np.maximum(priors.weight_bias, LEAST_BIAS)
        habit[BLINKS] = np.minimum(habit[BLINKS], MOST_LID_BIAS)
        self.root[POINTS:, POINTS:] = np.diag(habit)
        self.lean = LEANING / np.maximum(priors.usual.astype(np.float64), 0.03)

    def fit(self, seen: Seen) -> Fit:
        """The most likely head and run of weights: the head from a few frames, then all frames."""
        few = seen.at(some(seen, HEAD_FRAMES))
        least = few.at(some(few, HEAD_FRAMES // 4))
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
        weights = np.clip(seen.said[:, POINTS:], 0, 1)
        place = np.tile([CROP_SIZE / 2.5, CROP_SIZE / 2, 0.4 * CROP_SIZE], (len(turns), 1))
        return Fit(np.zeros(len(self.priors.heads)), distance, turns, place, weights,
                   self.offset, np.ones(len(turns)))  # fmt: skip

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
        """The student's landmarks less what the model makes of them (T, 140)."""
        return np.asarray(seen.said[:, :POINTS] - points.reshape(len(points), -1) - fit.bias[:POINTS])

    def _posed(self, seen: Seen, fit: Fit, steps: int) -> Fit:
        """Gauss–Newton over each frame's turn, size and place."""
        told = Rotation.from_euler("xyz", seen.turns * (1, 1, -1), degrees=True)
        for _ in range(steps):
            turned = self._turned(fit)
            points, slopes = self._project(turned, fit)
            jacobian = np.zeros((len(points), POINTS, 6))
            jacobian[..., :3] = (slopes @ crossed(turned)).reshape(len(points), POINTS, 3)
            jacobian[..., 3] = (points - fit.place[:, None, 1:]).reshape(len(points), POINTS)
            jacobian[:, 0::2, 4] = jacobian[:, 1::2, 5] = 1.0
            missed = self._missed(seen, fit, points)
            weighed = jacobian.transpose(0, 2, 1) @ self.inverse
            system, goal = weighed @ jacobian, np.einsum("tij,tj->ti", weighed, missed)
            away = (told * Rotation.from_matrix(fit.turns).inv()).as_rotvec()
            system[:, range(3), range(3)] += 1 / np.radians(POSE_DEGREES) ** 2
            goal[:, :3] += away / np.radians(POSE_DEGREES) ** 2
            system[:, range(6), range(6)] += 1e-9
            fit = moved(fit, np.linalg.solve(system, goal[..., None])[..., 0])
        return fit

    def _identified(self, seen: Seen, fit: Fit) -> Fit:
        """Ridge regression of the head's components."""
        points, slopes = self._project(self._turned(fit), fit)
        moves = self.priors.heads[:, None] + np.einsum(
            "ts,kspi->ktpi", fit.weights[:, list(LID_SHAPES)], self.priors.lids.astype(np.float64)
        )
        jacobian = np.einsum("tpab,tbc,ktpc->tpak", slopes, fit.turns, moves, optimize=True)
        jacobian = jacobian.reshape(len(points), POINTS, -1)
        inverse = self.inverse / alike(seen.times)
        weighed = fit.trust[:, None, None] * (jacobian.transpose(0, 2, 1) @ inverse)
        system = (weighed @ jacobian).sum(axis=0) + np.eye(jacobian.shape[2])
        missed = self._missed(seen, fit, points)
        goal = np.einsum("tij,tj->i", weighed, missed) - fit.identity
        return replace(fit, identity=fit.identity + np.linalg.solve(system, goal))

    def _weighed(self, seen: Seen, fit: Fit, learn_bias: bool) -> Fit:
        """The weights of all frames at once, and d and c with them: the model is linear in all here."""
        system, toward, across, goal = self._normal(seen, fit, learn_bias)
        told, total = alike(seen.times), float(fit.trust.sum())
        sure = fit.trust[:, None] * self.sure
        still = AT_REST * seen.rests[:, None] * ~LOOKS
        stiff = 1 / (self.priors.speed.astype(np.float64) ** 2 * np.diff(seen.times)[:, None])
        size, shape = fit.weights.size, fit.weights.shape
        said = seen.said[:, POINTS:]

        def cost(flat: Array) -> tuple[float, Array]:
            weights, unit = flat[:size].reshape(shape), flat[size:]
            bias = self.offset + self.root @ unit if learn_bias else fit.bias
            pulled = np.einsum("tij,tj->ti", system, weights) + still * weights
            steps, off = np.diff(weights, axis=0), weights + bias[POINTS:] - said
            rest = self.lean - toward + (across @ bias[:POINTS] if learn_bias else 0.0)
            slope = pulled + rest + sure * off
            slope[1:] += stiff * steps
            slope[:-1] -= stiff * steps
            value = float((weights * (0.5 * pulled + rest)).sum() + 0.5 * (stiff * steps**2).sum())
            value += 0.5 * float((sure * off**2).sum())
            if not learn_bias:
                return value, slope.ravel()
            own = self.inverse @ (total * bias[:POINTS] - 2 * goal)
            value += float(0.5 * bias[:POINTS] @ own + 0.5 * told * unit @ unit)
            own += self.inverse @ goal + np.einsum("tij,ti->j", across, weights)
            of_bias = np.concatenate([own, (sure * off).sum(axis=0)])
            return value, np.concatenate([slope.ravel(), self.root.T @ of_bias + told * unit])

        first = np.linalg.solve(self.root, fit.bias - self.offset) if learn_bias else np.zeros(0)
        bounds = [(0.0, 1.0)] * size + [(None, None)] * len(first)
        found = minimize(cost, np.concatenate([fit.weights.ravel(), first]), jac=True, method="L-BFGS-B",
                         bounds=bounds, options={"maxiter": STEPS})  # fmt: skip
        bias = self.offset + self.root @ found.x[size:] if learn_bias else fit.bias
        return replace(fit, weights=found.x[:size].reshape(shape), bias=bias)

    def _normal(self, seen: Seen, fit: Fit, learn_bias: bool) -> tuple[Array, Array, Array, Array]:
        """The landmarks' part of the weights' normal equations, made of a few hundred frames at a time.

        J′PJ (T, 52, 52); J′Pg (T, 52), where g is what weights and (if it is learnt) d have to explain;
        J′P (T, 52, 140) if d is learnt; the sum of g over the frames, by their trust.
        """
        parts = []
        for start in range(0, len(seen.times), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(seen.times)))
            part, few = seen.at(rows), rows_of(fit, rows)
            points, slopes = self._project(self._turned(few), few)
            turned = (slopes @ few.turns[:, None]).reshape(len(rows), LANDMARK_COUNT, 2, 3)
            units = self._units(few.identity).transpose(1, 2, 0)
            jacobian = (turned @ units).reshape(len(rows), POINTS, -1)
            goal = self._missed(part, few, points) + (few.bias[:POINTS] if learn_bias else 0.0)
            goal += (jacobian @ few.weights[..., None])[..., 0]
            across = few.trust[:, None, None] * (jacobian.transpose(0, 2, 1) @ self.inverse)
            parts.append((
                (across @ jacobian).astype(np.float32), (across @ goal[..., None])[..., 0],
                across if learn_bias else across[:0], few.trust @ goal,
            ))  # fmt: skip
        systems, towards, crosses, goals = zip(*parts)
        return (np.concatenate(systems), np.concatenate(towards), np.concatenate(crosses),
                np.sum(goals, axis=0))  # fmt: skip

    def _trusted(self, seen: Seen, fit: Fit) -> Fit:
        """Frames that fit badly count less, as Student's t has it; and the cost of it all."""
        missed = self._missed(seen, fit, self._project(self._turned(fit), fit)[0])
        spread = np.einsum("ti,ti->t", missed @ self.inverse, missed) / missed.shape[1]
        trust = (TAILS + 1) / (TAILS + spread)
        lean = float((fit.weights @ self.lean).mean())
        cost = 0.5 * float(np.log1p(spread / TAILS).mean()) * (TAILS + 1) * missed.shape[1] + lean
        return replace(fit, trust=trust, cost=cost + 0.5 * float(fit.identity @ fit.identity) / len(trust))
