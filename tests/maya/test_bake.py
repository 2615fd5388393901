"""What Maya's bake computes before the scene is touched: columns of keys for a rig's targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mien.arkit import INDEX
from mien.errors import RigError, TakeError
from mien.take import Take, save_take
from mien_maya import bake


@pytest.fixture
def jaw_take(tmp_path: Path) -> Path:
    """Two seconds at 30 fps: the jaw opens evenly from 0 to 0.8, all else rests."""
    times = np.arange(61) / 30
    weights = np.zeros((61, 52), np.float32)
    weights[:, INDEX["jawOpen"]] = 0.8 * times / times[-1]
    save_take(Take.from_weights(times, weights), tmp_path / "jaw.mien")
    return tmp_path / "jaw.mien"


@pytest.mark.parametrize(("fps", "count"), [(24.0, 49), (30.0, 61), (25.0, 51), (24000 / 1001, 48)])
def test_a_key_on_each_whole_frame_of_the_scenes_rate(jaw_take: Path, fps: float, count: int):
    frames, columns = bake.key_columns(jaw_take, ["jawOpen"], fps, 101.0)
    assert list(frames) == list(range(101, 101 + count))
    jaw = columns["jawOpen"]
    middle = np.interp((frames[10:-10] - 101) / fps, [0, 2], [0, 0.8])
    assert np.abs(jaw[10:-10] - middle).max() < 0.02


def test_only_targets_with_a_shapes_name_get_keys_whatever_their_spelling(jaw_take: Path):
    _frames, columns = bake.key_columns(jaw_take, ["head_jawOpen", "EyeBlinkLeft", "wrinkle_07"], 30.0, 1.0)
    assert set(columns) == {"head_jawOpen", "EyeBlinkLeft"}
    assert columns["head_jawOpen"].max() > 0.7
    assert columns["EyeBlinkLeft"].max() < 0.01


def test_a_mesh_without_any_such_target_is_refused(jaw_take: Path):
    with pytest.raises(RigError, match="ARKit"):
        bake.key_columns(jaw_take, ["wrinkle_07"], 30.0, 1.0)


def test_a_damaged_take_is_refused(jaw_take: Path):
    jaw_take.write_bytes(jaw_take.read_bytes()[:200])
    with pytest.raises(TakeError):
        bake.key_columns(jaw_take, ["jawOpen"], 30.0, 1.0)
