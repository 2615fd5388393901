"""Loading the reference head: what is in it, and what is said when it is not there."""

from __future__ import annotations

import numpy as np
import pytest
from mien import arkit
from mien.errors import ModelError
from mien.rig import reference_head


def test_it_is_small_whole_and_in_order():
    head = reference_head.load()
    assert head.deltas.shape == (arkit.COUNT, len(head.neutral), 3)
    assert head.faces.max() < len(head.neutral)
    assert head.faces.min() >= 0
    assert np.isfinite(head.neutral).all()
    assert (np.abs(head.deltas).max(axis=(1, 2)) > 0.02).all()
    assert {"skin", "lips", "teeth", "tongue"} <= set(head.material_names)


def test_a_missing_head_says_what_to_do(tmp_path):
    with pytest.raises(ModelError, match="mien setup"):
        reference_head.load(tmp_path / "none.npz")


def test_a_damaged_head_says_what_to_do(tmp_path):
    path = tmp_path / "bad.npz"
    path.write_bytes(b"PK nonsense")
    with pytest.raises(ModelError, match="mien setup"):
        reference_head.load(path)
