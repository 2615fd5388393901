"""What a character's channels do over time, whatever moves them: curves, layers, controls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from maya import cmds
from mien.errors import RigError
from mien.rig.targets import Target
from numpy.typing import NDArray

from .channels import plug_of
from .names import listed


def values_of(targets: Sequence[Target], namespace: str, frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values (F, C) of targets on frames, in Maya's units; NaN where nothing moves a target."""
    return np.stack([_values(target, namespace, frames) for target in targets], axis=1)


def _values(target: Target, namespace: str, frames: NDArray[np.float64]) -> NDArray[np.float64]:
    still = np.full(len(frames), np.nan)
    try:
        plug = plug_of(target, namespace)
    except RigError:
        return still
    if not cmds.objExists(plug) or not listed(cmds.listConnections(plug, source=True, destination=False)):
        return still
    found = [cmds.getAttr(plug, time=float(frame)) for frame in frames]  # type: ignore[arg-type,unused-ignore]
    return np.array(found, np.float64)
