"""Several Kalman filters for each channel that share what they know: interacting multiple models, live.

Blom and Bar-Shalom, "The interacting multiple model algorithm for systems with Markovian switching
coefficients", IEEE Transactions on Automatic Control 33 (1988). With one model it is the plain Kalman filter.
Covariances are counted in units of the noise's density (variance × usual step), so how much noise there is
matters only between the models.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

STAY: Final[dict[int, tuple[float, ...]]] = {1: (np.inf,), 3: (20.0, 0.5, 0.1)}
"""Seconds for which a face is expected to stay at rest, in slow and in fast movement. Rest is given far
longer than it lasts: what is not clear is noise."""


class Models:
    """The state of M models in C channels.

    Parameters
    ----------
    omega : ndarray, float64, (M, C)
        2π · cutoff of each model.
    """

    def __init__(self, omega: NDArray[np.float64]) -> None:
        self._omega = omega
        shape = omega.shape
        self._x, self._v = np.zeros(shape), np.zeros(shape)
        self._p00, self._p01, self._p11 = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._share = np.full(shape, 1.0 / len(omega))
        self._stay = np.array(STAY[len(omega)])

    @property
    def value(self) -> NDArray[np.float64]:
        """What the models say together, (C,)."""
        mean: NDArray[np.float64] = (self._share * self._x).sum(axis=0)
        return mean

    def begin(self, sample: NDArray[np.float64], new: NDArray[np.bool_]) -> None:
        """Channels (C,) measured for the first time: at rest there, its velocity as uncertain as ever."""
        if new.any():
            self._x = np.where(new, sample, self._x)
            self._v = np.where(new, 0.0, self._v)
            self._p00 = np.where(new, 1.0 / self._span, self._p00)
            self._p01 = np.where(new, 0.0, self._p01)
            self._p11 = np.where(new, np.sqrt(2.0) * self._omega**3, self._p11)
            self._share = np.where(new, 1.0 / len(self._omega), self._share)

    def predict(self, step: float, span: float, noise: NDArray[np.float64]) -> None:
        """Mix the models, and step to x = G x and its covariance G P Gᵀ + W (eq. 3).

        Parameters
        ----------
        step, span : float
            Seconds since the last sample, and the usual step.
        noise : ndarray, float64, (C,)
            Standard deviation of the measurements.
        """
        self._span, self._unit = span, noise * np.sqrt(span)
        if len(self._omega) > 1:
            self._mix(step)
        push = self._omega**4
        self._x = self._x + step * self._v
        self._p00 = self._p00 + 2.0 * step * self._p01 + step**2 * self._p11 + push * step**3 / 3.0
        self._p01 = self._p01 + step * self._p11 + push * step**2 / 2.0
        self._p11 = self._p11 + push * step

    def correct(
        self,
        sample: NDArray[np.float64],
        measured: NDArray[np.bool_],
        trust: float,
    ) -> None:
        """Take in a measurement (C,) of the channels where there is one (eq. 4)."""
        spread = self._p00 + 1.0 / (self._span * trust)
        gain = np.where(measured, self._p00 / spread, 0.0)
        speed_gain = np.where(measured, self._p01 / spread, 0.0)
        error = np.where(measured, sample - self._x, 0.0)
        self._x = self._x + gain * error
        self._v = self._v + speed_gain * error
        self._p11 = self._p11 - speed_gain * self._p01
        self._p01 = (1.0 - gain) * self._p01
        self._p00 = (1.0 - gain) * self._p00
        if len(self._omega) > 1:
            self._weigh(error / self._unit, spread, measured)

    def _weigh(
        self, error: NDArray[np.float64], spread: NDArray[np.float64], measured: NDArray[np.bool_]
    ) -> None:
        """Multiply the models' shares by how likely each held the measurement."""
        likelihood = -0.5 * (error**2 / spread + np.log(spread))
        share = self._share * np.exp(likelihood - likelihood.max(axis=0)) + 1e-12
        self._share = np.where(measured, share / share.sum(axis=0), self._share)

    def _mix(self, step: float) -> None:
        """Let each model begin with what the others know, as far as the face may just have changed over."""
        count = len(self._omega)
        leave = -np.expm1(-step / self._stay)
        change = np.full((count, count), 1.0 / (count - 1)) * leave[:, None]
        np.fill_diagonal(change, 1.0 - leave)
        joint = change[:, :, None] * self._share[:, None]  # from, to, channel
        self._share = joint.sum(axis=0)
        part = joint / self._share
        x, v = (part * self._x[:, None]).sum(axis=0), (part * self._v[:, None]).sum(axis=0)
        dx, dv = (self._x[:, None] - x) / self._unit, (self._v[:, None] - v) / self._unit
        self._p00 = (part * (self._p00[:, None] + dx * dx)).sum(axis=0)
        self._p01 = (part * (self._p01[:, None] + dx * dv)).sum(axis=0)
        self._p11 = (part * (self._p11[:, None] + dv * dv)).sum(axis=0)
        self._x, self._v = x, v
