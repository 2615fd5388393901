"""Shapes made for topologies that Blender makes, against the head's own."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")

from mien.rig.transfer import make_arkit_shapes
from mien_models.bench import remesh
from mien_models.bench.transfer import _carried, errors, known_head, skin_of
from mien_models.synthetic.head import WHEEL_NAME, HeadSource, cache_folder


@pytest.fixture(scope="module")
def skin():
    if not (cache_folder() / WHEEL_NAME).is_file():
        pytest.skip("the wheel is not in the cache: run `mien setup`")
    source = HeadSource()
    return skin_of(source, known_head(source, 1))


@pytest.mark.parametrize(("kind", "fewer"), [("half", True), ("unsubdivided", True), ("smooth", False)])
def test_other_topologies_get_their_shapes(skin, kind: str, fewer: bool):
    vertices, triangles = remesh.remeshed(skin.vertices, skin.faces, kind)
    assert (len(vertices) < len(skin.vertices)) == fewer
    head = _carried(skin, vertices, triangles)
    shares = errors(make_arkit_shapes(vertices, triangles, head.points), head.units)
    assert np.mean(list(shares.values())) < 0.1
