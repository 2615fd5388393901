"""From a rig's values back to weights: what `RetargetMap.apply` would have had to be given.

Most maps can't be turned round by themselves (fewer controls than shapes, products, curves), so the weights
looked for are those nearest to known ones.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .. import arkit
from .baking import FULL
from .retarget_map import RetargetMap

_STEPS: Final = 3
"""Of Gauss and Newton: one is enough for a linear map, corrective products and curves want more."""
_NEAR: Final = 1e-3
"""What a weight's distance from the known one costs, beside the square of a control's error."""
_STEP: Final = 0.02
_AT_ONCE: Final = 256


def read_back(retarget_map: RetargetMap, weights: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float32]:
    """The weights near known ones for which a map gives certain values.

    Parameters
    ----------
    retarget_map : RetargetMap
        That turns no head: a head's pose is none of the weights.
    weights : ndarray, (T, 52), 0–1
        What the weights are about.
    values : ndarray, (T, C)
        A column for each of the map's `targets`, as `apply` gives them; NaN where nothing is known.

    Returns
    -------
    ndarray, float32, (T, 52), 0–1
    """
    parts = [
        _part(retarget_map, weights[at : at + _AT_ONCE], values[at : at + _AT_ONCE])
        for at in range(0, len(weights), _AT_ONCE)
    ]
    return np.concatenate([np.empty((0, arkit.COUNT), np.float32), *parts])


def full_of(retarget_map: RetargetMap) -> NDArray[np.float64]:
    """What counts as a full movement of each target (C,): 1 of a shape, 45 degrees."""
    return np.array([FULL[target.axis[0]] if target.axis else 1.0 for target in retarget_map.targets])


def _part(mapping: RetargetMap, weights: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float32]:
    full, known = full_of(mapping), np.isfinite(values)
    found = np.array(weights, np.float64)
    for _ in range(_STEPS):
        said = mapping.apply(found)
        gap = np.where(known, values - said, 0.0) / full
        slope = _slopes(mapping, found, said) * (known / full)[:, None]
        away = _NEAR * (weights - found)
        gram = slope @ slope.transpose(0, 2, 1) + _NEAR * np.eye(arkit.COUNT)
        step = np.linalg.solve(gram, (slope @ gap[..., None]) + away[..., None])
        found = np.clip(found + step[..., 0], 0.0, 1.0)
    return found.astype(np.float32)


def _slopes(mapping: RetargetMap, weights: NDArray[Any], said: NDArray[Any]) -> NDArray[np.float64]:
    """What each control does when a shape moves inwards by one: (T, 52, C)."""
    slopes = np.empty((len(weights), arkit.COUNT, said.shape[1]))
    for shape in range(arkit.COUNT):
        moved = weights.copy()
        step = np.where(weights[:, shape] > 0.5, -_STEP, _STEP)
        moved[:, shape] += step
        slopes[:, shape] = (mapping.apply(moved) - said) / step[:, None]
    return slopes
