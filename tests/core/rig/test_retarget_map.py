"""Names of channels as rigs spell them, and the matrix they make."""

from __future__ import annotations

import re

import numpy as np
import pytest
from mien.arkit import COUNT, INDEX, NAMES
from mien.rig.retarget_map import RetargetMap, match_names, shape_of


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def short(name: str) -> str:
    return re.sub(r"Left$", "_L", re.sub(r"Right$", "_R", name))


SPELLINGS = {
    "ARKit": str,
    "Pascal": lambda name: name[0].upper() + name[1:],
    "snake": snake,
    "upper snake": lambda name: snake(name).upper(),
    "small": str.lower,
    "short sides": short,
    "small short sides": lambda name: short(name).lower(),
    "Character Creator": lambda name: snake(short(name)).replace("__", "_").title(),
    "MetaHuman": lambda name: "CTRL_expressions_" + short(name).replace("_", ""),
    "words": lambda name: snake(name).replace("_", " "),
    "hyphens": lambda name: snake(name).replace("_", "-"),
    "mesh": lambda name: "head_" + name,
    "node": lambda name: "blendShape1." + name,
    "namespace": lambda name: "hero:face|head_geo.BS_" + name,
    "side in front": lambda name: re.sub(r"^(.*)(Left|Right)$", lambda m: f"{m[2][0]}_{m[1]}", name),
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_52_in_every_spelling(spelling):
    assert [shape_of(SPELLINGS[spelling](name)) for name in NAMES] == list(NAMES)


@pytest.mark.parametrize(
    "channel",
    [
        "", "_", "wrinkle_07", "Basis", "smile", "blink", "eyeBlink", "mouthSmile", "jaw", "mouth", "L",
        "Left", "myJawOpen", "jawOpenWide", "jawOpen_fix", "jawOpen.001", "jawOpen2", "eyeBlinkLeft_jawOpen",
        "jawOpen_mouthClose", "Left_jawOpen", "eyeBlinkLeftRight", "jawOpen_L", "tongueOut_R", "Fcl_MTH_A",
        "eyeBlink_M", "brow", "cheek_puff_upper",
    ],
)  # fmt: skip
def test_nothing_is_guessed(channel):
    assert shape_of(channel) is None


def test_halves_of_one_shape_follow_the_whole():
    found = match_names(["browInnerUp_L", "browInnerUp_R", "Cheek_Puff_L", "cheekPuffRight"])
    assert found.shapes == ("browInnerUp", "browInnerUp", "cheekPuff", "cheekPuff")


def test_the_matrix_carries_weights_to_channels_in_the_rigs_order():
    names = ["Basis", "Wrinkles", "head_jawOpen", "eyeBlink_R", "teeth_jawOpen"]
    found = match_names(names)
    assert found.channels == ("head_jawOpen", "eyeBlink_R", "teeth_jawOpen")
    assert found.shapes == ("jawOpen", "eyeBlinkRight", "jawOpen")
    weights = np.random.default_rng(0).random((7, COUNT))
    values = found.apply(weights)
    assert (values.dtype, values.shape) == (np.float32, (7, 3))
    jaw, blink = weights[:, INDEX["jawOpen"]], weights[:, INDEX["eyeBlinkRight"]]
    np.testing.assert_allclose(values, np.stack([jaw, blink, jaw], axis=1), rtol=1e-6)


def test_the_whole_face_passes_unchanged():
    weights = np.random.default_rng(1).random((3, COUNT), dtype=np.float32)
    np.testing.assert_array_equal(match_names(NAMES).apply(weights), weights)
    np.testing.assert_array_equal(match_names(NAMES[::-1]).apply(weights), weights[:, ::-1])


def test_no_match_is_an_empty_map():
    found = match_names(["Fat", "Thin"])
    assert found.channels == ()
    assert found.apply(np.zeros((4, COUNT))).shape == (4, 0)


def test_a_map_can_not_be_changed_by_accident():
    found = RetargetMap.from_pairs([("a", "jawOpen")])
    with pytest.raises(ValueError, match="read-only"):
        found.matrix[0, 0] = 1
