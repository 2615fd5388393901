"""Least squares within bounds, from the normal equations: few unknowns, however many vertices they move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear, nnls


def least_squares(gram: NDArray, product: NDArray, most: float = np.inf) -> NDArray[np.float64]:
    """The x, 0 ≤ x ≤ most, for which |A x − b| is least.

    Parameters
    ----------
    gram : ndarray, float64, (S, S)
        AᵀA, whose Cholesky factor is a small A with the same answer.
    product : ndarray, float64, (S,)
        Aᵀb.
    most : float
        The greatest value of any unknown.
    """
    root = np.linalg.cholesky(gram + 1e-9 * gram.max() * np.eye(len(gram)))
    goal = np.linalg.solve(root, product)
    found = np.asarray(nnls(root.T, goal)[0])
    if found.max(initial=0.0) <= most:
        return found
    return np.asarray(lsq_linear(root.T, goal, (0.0, most), method="bvls").x)
