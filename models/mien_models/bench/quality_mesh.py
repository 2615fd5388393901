"""Landmarks beside MediaPipe's mesh of 478 points: which point is which, and how far they lie apart.

The mesh is no truth, but another's reading of the same face. Of the 70 points `SAME` are the same spots of a
face in both (corners of eyes and mouth, middles of lips, pupils, base of the nose); `ALIKE` lie on the same
line, but where along it is each scheme's own affair (lids, lips between corner and middle, bridge and wings
of the nose, brows, chin). The outline of the jaw, 0–7 and 9–16, has no counterpart: in the mesh it is bound
to the head, in iBUG's scheme it follows the silhouette.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SAME: Final[dict[int, tuple[int, ...]]] = {
    36: (33,), 39: (133,), 42: (362,), 45: (263,),
    48: (61,), 54: (291,), 60: (78,), 64: (308,), 51: (0,), 57: (17,), 62: (13,), 66: (14,),
    33: (2,), 68: (468,), 69: (473,),
}  # fmt: skip
"""Landmark: point of the mesh."""

ALIKE: Final[dict[int, tuple[int, ...]]] = {
    8: (152,),
    17: (70, 46), 18: (63, 53), 19: (105, 52), 20: (66, 65), 21: (107, 55),
    22: (336, 285), 23: (296, 295), 24: (334, 282), 25: (293, 283), 26: (300, 276),
    27: (6,), 28: (195,), 29: (4,), 30: (1,), 31: (98,), 32: (97,), 34: (326,), 35: (327,),
    37: (160,), 38: (158,), 40: (153,), 41: (144,), 43: (385,), 44: (387,), 46: (373,), 47: (380,),
    49: (39,), 50: (37,), 52: (267,), 53: (269,), 55: (321,), 56: (314,), 58: (84,), 59: (91,),
    61: (81,), 63: (311,), 65: (402,), 67: (178,),
}  # fmt: skip
"""Landmark: points of the mesh whose middle it is. Brows lie between the mesh's two edges of them."""

PARTS: Final[dict[str, range]] = {
    "brows": range(17, 27), "nose": range(27, 36), "eyes": range(36, 48),
    "lips": range(48, 68), "pupils": range(68, 70),
}  # fmt: skip

PUPILS: Final = (468, 473)
"""The middles of the subject's right and left iris in the mesh."""


def compare(pairs: list[tuple[NDArray[Any], NDArray[Any]]]) -> dict[str, Any]:
    """Distances in % of the distance between the eyes (the mesh's pupils, in the picture).

    Parameters
    ----------
    pairs : list of (landmarks (N, 70, 2), mesh (N, 478, 2))
        One for each clip, pixels of the frame, NaN where no face was found.

    Returns
    -------
    dict
        `same`, `alike` and the parts of the face: median and 95th percentile over all points of all frames
        that both have; `steady`: the same with each point's own constant distance taken off (the median over
        all frames, along and across the line of the eyes), since the schemes place points differently.
        `frames`: how many.
    """
    points = sorted({**SAME, **ALIKE})
    apart = np.concatenate([_apart(landmarks, mesh, points) for landmarks, mesh in pairs])
    apart = apart[np.isfinite(apart).all(axis=(1, 2))]
    if not len(apart):
        return {"frames": 0}
    plain = np.linalg.norm(apart, axis=2)
    steady = np.linalg.norm(apart - np.median(apart, axis=0), axis=2)
    groups = {"same": [*SAME], "alike": [*ALIKE], **PARTS}
    columns = {name: [points.index(i) for i in group if i in points] for name, group in groups.items()}
    return {
        "frames": len(apart),
        **{name: _spread(plain[:, chosen]) for name, chosen in columns.items()},
        "steady": {name: _spread(steady[:, chosen]) for name, chosen in columns.items()},
    }


def _apart(landmarks: NDArray[Any], mesh: NDArray[Any], points: list[int]) -> NDArray[np.float64]:
    """Landmark minus its counterpart (N, P, 2), along and across the line of the eyes, % of its length."""
    counterparts = {**SAME, **ALIKE}
    right, left = (mesh[:, i].astype(np.float64) for i in PUPILS)
    along = (left - right) / np.maximum((left - right) ** 2 @ [1.0, 1.0], 1e-6)[:, None]
    across = along[:, ::-1] * (-1.0, 1.0)
    theirs = np.stack([mesh[:, counterparts[i]].mean(axis=1, dtype=float) for i in points], axis=1)
    gap = landmarks[:, points].astype(np.float64) - theirs
    return 100.0 * np.stack([(gap * axis[:, None]).sum(axis=2) for axis in (along, across)], axis=2)


def _spread(distances: NDArray[np.float64]) -> dict[str, float]:
    return {"median": float(np.median(distances)), "p95": float(np.quantile(distances, 0.95))}


def landmark_jitter(
    points: NDArray[Any], pupils: tuple[int, int], spans: list[tuple[int, int]]
) -> list[float]:
    """Mean |second difference| of points (N, P, 2) in each still span, % of the distance between the eyes."""
    found = []
    for first, last in spans:
        part = points[first : last + 1].astype(np.float64)
        between = np.linalg.norm(part[:, pupils[0]] - part[:, pupils[1]], axis=1)
        if len(part) > 2 and np.isfinite(part).all():
            bend = np.linalg.norm(np.diff(part, 2, axis=0), axis=2)
            found.append(100.0 * float(bend.mean() / between.mean()))
    return found
