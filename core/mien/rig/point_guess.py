"""Where the points to pick lie on an average head: a first guess, for a person to correct."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .correspondence import reference_skin
from .picked_points import POINTS

WHOLE_BODY = 2.0
"""A mesh that is higher than this many times its width is a body; heads a body has about seven and a half."""
HEADS = 7.5


def guess_points(box: tuple[ArrayLike, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """The points of `picked_points.POINTS` on a head that fills a box.

    Parameters
    ----------
    box : (array_like, array_like), (3,) each
        The mesh's lowest and highest corner, x to the character's left, y up, z out of the face. Of a whole
        body the head is taken to be the top of it.

    Returns
    -------
    dict of str to ndarray, float64, (3,)
        Near the surface; to be put onto it.
    """
    skin = reference_skin()
    rest = skin.surface.vertices
    bottom, top = rest.min(axis=0), rest.max(axis=0)
    low, high = np.array(box[0], np.float64), np.array(box[1], np.float64)
    size = high - low
    if size[1] > WHOLE_BODY * size[0] or size[0] > WHOLE_BODY * size[1]:
        head = size[1] / HEADS
        middle = (low + high) / 2
        ratio = (top - bottom) * head / (top[1] - bottom[1])
        low, high = middle - ratio / 2, middle + ratio / 2
        low[1], high[1] = middle[1] + size[1] / 2 - head, middle[1] + size[1] / 2
    share = (rest - bottom) / (top - bottom)
    return {name: low + share[skin.landmarks[number]] * (high - low) for name, number in POINTS.items()}
