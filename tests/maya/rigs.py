"""Rigs for the fake Maya's scenes."""

from __future__ import annotations

import numpy as np
from fake_maya import FakeMaya, FakeScene
from mien.arkit import NAMES

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=float)


def add_face(
    maya: FakeMaya, name: str = "face", targets: tuple[str, ...] = NAMES, reference: str = ""
) -> str:
    """A mesh with a blendShape `NAME_shapes`; the mesh's name."""
    mesh = maya.s.add_mesh(name, SQUARE, [(0, 1, 2, 3)], reference)
    maya.s.add_blendshape(f"{name}_shapes", mesh, [*targets], reference)
    return mesh


def add_control(scene: FakeScene, name: str = "ctrl", attributes: tuple[str, ...] = ("jawOpen",)) -> str:
    """A control with attributes of its own."""
    control = scene.add("transform", name)
    scene.add("nurbsCurve", f"{name}Shape", control)
    for attribute in attributes:
        scene.add_attribute(control, attribute)
    return control
