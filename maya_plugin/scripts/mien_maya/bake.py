"""From a take on disk to columns of keys for a rig's channels. No Maya here: scene.py writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mien.errors import RigError
from mien.interchange import read
from mien.rig.automap import auto_map
from mien.rig.keys import keys_for
from mien.tune import TuneSettings, tune
from numpy.typing import NDArray


def key_columns(
    path: Path, targets: Sequence[str], fps: float, start_frame: float
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Tune the take and lay it out as keys.

    Parameters
    ----------
    path : Path
        A take: `.mien`, `.csv` or `.json`.
    targets : sequence of str
        The rig's channels by name; those that don't sound like ARKit's shapes stay out.
    fps : float
        Frames a second of the scene.
    start_frame : float
        Where the take's first moment goes.

    Returns
    -------
    frames : ndarray, float64, (M,)
        Whole frames.
    columns : dict of target to ndarray, float64, (M,)
        Weights, 0–1.
    """
    mapping = auto_map(targets, "blendshape").map
    if not mapping.driven:
        hint = "Rename the targets: jawOpen, mouthSmileLeft…"
        raise RigError("No target of this mesh has the name of an ARKit shape.", hint)
    tuned = tune(read(path), TuneSettings(), landmarks=False)
    frames, weights = keys_for(tuned, fps, 1.0, start_frame, True)
    values = np.asarray(mapping.apply(weights), dtype=np.float64)
    return frames, {path: values[:, i] for i, path in enumerate(mapping.paths)}
