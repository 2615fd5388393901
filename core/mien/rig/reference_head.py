"""The reference head: Mien's own rig, built by `mien setup` and loaded here."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..errors import ModelError
from ..untrusted import UNREADABLE, load_arrays
from .blendshape_model import BlendshapeModel

FORMAT = 1
PATH = Path(__file__).with_name("reference_head.npz")
_HINT = "Run `mien setup`, which builds it from MakeHuman's CC0 head."


def load(path: str | os.PathLike[str] = PATH) -> BlendshapeModel:
    """Load the reference head: an average person, in decimetres, the origin midway between the eyes.

    Raises
    ------
    ModelError
        When it has not been built yet, or is damaged.
    """
    try:
        stored = load_arrays(path)
        if int(stored["format"]) != FORMAT:
            raise ModelError(f"The reference head {path} is of another version of Mien", _HINT)
        return BlendshapeModel(
            neutral=stored["neutral"],
            deltas=stored["deltas"].astype(np.float32),
            faces=stored["faces"],
            uvs=stored["uvs"].astype(np.float32),
            materials=stored["materials"],
            material_names=tuple(str(name) for name in stored["material_names"]),
            landmarks=stored["landmarks"],
            names=tuple(str(name) for name in stored["names"]),
        )
    except FileNotFoundError as error:
        raise ModelError(f"The reference head is not there yet ({path})", _HINT) from error
    except UNREADABLE as error:
        raise ModelError(f"The reference head {path} is damaged ({error})", _HINT) from error
