"""Whether confidence tells how good a sample is: samples in bins of confidence against their actual error."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

BINS: Final = 10
RIGHT: Final = 10.0
"""Landmarks that are off by less than this (% of the distance between the pupils) are right."""


def reliability(
    confidence: NDArray[np.float64], eyes: NDArray[np.float64], weights: NDArray[np.float64],
    face: NDArray[np.bool_],
) -> dict[str, Any]:  # fmt: skip
    """The curve and its figures.

    Parameters
    ----------
    confidence : ndarray, (N,), 0–1
    eyes : ndarray, (N,)
        Landmark error, % of the distance between the pupils; means nothing without a face.
    weights : ndarray, (N,)
        Mean error of the weights; means nothing without a face.
    face : ndarray, bool, (N,)
        Whether there was a face to read.

    Returns
    -------
    dict
        spearman: rank correlation of confidence with the landmarks' and the weights' error over the samples
        with a face (−1 would be perfect), and with being right over all samples (1). A sample is right when
        there is a face and its landmarks are off by less than `RIGHT`.
        bins: tenths of the samples in order of confidence: mean confidence, share that is right, and the mean
        errors of those with a face.
        calibration_error: mean |confidence − share that is right| over the bins, weighted by their samples.
    """
    right = face & (eyes < RIGHT)
    parts = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    bins = [_bin(confidence[part], right[part], eyes[part], weights[part], face[part])
            for part in parts if len(part)]  # fmt: skip
    off = sum(one["samples"] * abs(one["confidence"] - one["right"]) for one in bins)
    return {
        "spearman": {
            "landmarks": _rank(confidence[face], eyes[face]),
            "weights": _rank(confidence[face], weights[face]),
            "right": _rank(confidence, right),
        },
        "calibration_error": off / max(len(confidence), 1),
        "bins": bins,
    }


def _bin(
    confidence: NDArray[Any],
    right: NDArray[Any],
    eyes: NDArray[Any],
    weights: NDArray[Any],
    face: NDArray[Any],
) -> dict[str, float]:
    with_face = face.any()
    return {
        "samples": len(confidence),
        "confidence": float(confidence.mean()),
        "right": float(right.mean()),
        "landmarks_eyes": float(eyes[face].mean()) if with_face else float("nan"),
        "weights_mae": float(weights[face].mean()) if with_face else float("nan"),
    }


def _rank(one: NDArray[Any], other: NDArray[Any]) -> float:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other.astype(float)) == 0:
        return float("nan")
    return float(spearmanr(one, other).statistic)
