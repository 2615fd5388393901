"""Names of channels as rigs spell them, and what the map makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.arkit import COUNT, INDEX, NAMES
from mien.rig.automap import AutoMap, auto_map
from mien.rig.conventions import presets
from mien.rig.name_matches import SURE
from mien.rig.targets import Target

LISTS = json.loads(Path(__file__).with_name("name_lists.json").read_text(encoding="utf-8"))
"""The channels of real rigs, as their makers document them."""


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
    "small run together": lambda name: short(name).replace("_", "").lower(),
    "title": lambda name: snake(short(name)).replace("__", "_").title(),
    "words": lambda name: snake(name).replace("_", " "),
    "hyphens": lambda name: snake(name).replace("_", "-"),
    "dotted sides": lambda name: short(name).replace("_", "."),
    "mesh": lambda name: "head_" + name,
    "part of the mouth": lambda name: "lower_teeth_" + name,
    "node": lambda name: "blendShape1." + name,
    "sided node": lambda name: "L_brow_geo." + name,
    "namespace": lambda name: "hero:face|head_geo.BS_" + name,
    "Maya's shapes": lambda name: name + "Shape",
    "suffix": lambda name: short(name) + "_geo",
    "DAZ": lambda name: f"facs_bs_{name[0].upper()}{name[1:]}_div2",
    "ExPlus": lambda name: f"A{INDEX[name]:02}_" + snake(name).title(),
    "side in front": lambda name: re.sub(r"^(.*)(Left|Right)$", lambda m: f"{m[2][0]}_{m[1]}", name),
    "joined copies": lambda name: name + ".001",
}  # fmt: skip


def shapes_of(found: AutoMap) -> dict[str, dict[tuple[str, ...], float]]:
    return {m.channel: {t.shapes: t.gain for t in m.terms} for m in found.driven}


def only(found: AutoMap, channel: str) -> str:
    """The one shape that a channel follows at full strength."""
    (((shape,), gain),) = shapes_of(found)[channel].items()
    assert gain == 1.0
    return shape


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_52_in_every_spelling(spelling):
    spelt = {SPELLINGS[spelling](name): name for name in NAMES}
    found = auto_map(spelt)
    assert {channel: only(found, channel) for channel in spelt} == spelt
    assert found.missing == () == found.doubtful


@pytest.mark.parametrize("spelling", [key for key in SPELLINGS if key != "joined copies"])
def test_a_name_needs_no_company_but_where_it_may_be_a_part_of_the_face(spelling):
    for name in NAMES:
        channel = SPELLINGS[spelling](name)
        found = auto_map([channel])
        if re.match("(jaw|mouth)(Left|Right)$", name) and not re.search("left|right", channel, re.IGNORECASE):
            assert [m.terms[0].shapes for m in found.doubtful] == [(name,)]
        else:
            assert only(found, channel) == name


@pytest.mark.parametrize(
    "channel",
    [
        "_", "wrinkle_07", "Basis", "smile", "blink", "eyeBlink", "mouthSmile", "jaw", "mouth", "L",
        "Left", "myJawOpen", "jawOpenWide", "jawOpen_fix", "jawOpen2", "jawOpen_02",
        "eyeBlinkLeft_jawOpen", "jawOpen_mouthClose", "mouthPucker_jawOpen", "mouthSmile_jawOpen",
        "Left_jawOpen", "eyeBlinkLeftRight", "jawOpen_L", "tongueOut_R", "Fcl_MTH_A", "A", "O", "Joy",
        "aa", "eyeBlink_M", "brow", "cheek_puff_upper", "upper_mouthLeft", "Turn_Jaw_L", "ctrl_mouth_L",
        "jnt_jaw_R", "Mouth_L", "inverse_jawOpen", "not_jawOpen", "target_07", "eyeLookLeft",
        "mouthSmlieLeft", "mouthFunnel_L", "eyeClose_L", "Mouth_Open", "CTRL_L_eye_blink.ty", "ctrl.tx",
        "jawOpn", "look",
    ],
)  # fmt: skip
def test_nothing_is_guessed_in_silence(channel):
    found = auto_map([channel])
    assert found.driven == ()
    assert found.map.driven == ()
    (match,) = found.matches
    assert match.reason
    assert match.confidence < SURE
    assert all(c.mute and match.reason in c.extra["comment"] for c in found.map.channels)


@pytest.mark.parametrize(
    ("channel", "shapes", "gain"),
    [
        ("mouthShrugLowe", ("mouthShrugLower",), 1.0),
        ("mouthSmlieLeft", ("mouthSmileLeft",), 1.0),
        ("eyeClosed_L", ("eyeBlinkLeft",), 1.0),
        ("jaw_drop", ("jawOpen",), 1.0),
        ("head_mouthSmile", ("mouthSmileLeft",), 0.5),
        ("mouthFunnel_R", ("mouthFunnel",), 1.0),
        ("jawOpen_mouthPucker", ("jawOpen", "mouthPucker"), 1.0),
    ],
)
def test_doubtful_names_are_proposed_muted(channel, shapes, gain):
    (match,) = auto_map([channel]).doubtful
    assert match.terms[0].shapes == shapes
    assert match.terms[0].gain == gain


OTHERS = (
    "Basis", "Key 1", "Muscular", "JawWide", "jaw_master", "lip.T.L", "brow.B.L.001", "eye.L",
    "lid.T.L.003", "chin.L", "c_jawbone.x", "c_eyelid_top.l", "c_lips_smile.l", "c_eye_target.x",
    "c_brow_inner.r", "Mouth Smile", "Eyes Closed L", "Brow Up-Down L", "PHMMouthOpen",
    "eCTRLMouthOpen", "eCTRLEyesClosedL", "あ", "い",
    "まばたき", "笑い", "ウィンク右", "jaw_jnt", "jaw_R_jnt",
    "L_jaw_jnt", "mouth_L_ctrl", "mouth_corner_L", "lips_L", "eye_L_ctl", "brow_inner_L", "cheek_L",
    "nose_L", "tongue_01", "teeth_upper", "head_M", "Jaw_M.rotateZ", "jaw.rotateX",
    "Jaw_Left_Right", "mouthOpen", "mouth_wide_L", "smile_L", "blink_L", "brows_up_L", "brow_up_R",
    "eyeWide", "squint_L", "pucker", "kiss", "viseme_aa", "AU12", "AU01_L",
    "corrective_smile_blink", "shoulder_L_up", "breath", "target_01", "Eye_Pupil_Dilate",
    "Mouth_Up", "Tongue_L", "lookLeft", "eyeLookLeft_L", "jawBack", "cheekSuck_L", "mouthUpperLeft",
    "mouthLowerRight", "lipSuckUpper", "noseWrinkle_L", "browLowererL", "earUp_L", "Head_Turn_L",
    "Mouth_Smile_Sharp_L", "Eye_Close_L", "jawOpenExtreme", "eyeBlinkBoth", "eyeBlinkLeftUpper",
    "mouthSmileLeft_ib50", "mouthCloseJaw", "Move_Jaw_Down", "A", "E", "Joy", "Neutral",
)  # fmt: skip
"""Channels of all kinds of rigs that are none of ARKit's, or may not be."""


def test_nothing_of_other_rigs_is_driven_alone_together_or_beside_a_face():
    assert [name for name in OTHERS if auto_map([name]).driven] == []
    assert auto_map(OTHERS).driven == ()
    assert {m.channel for m in auto_map([*NAMES, *OTHERS]).driven} == set(NAMES)


def test_what_is_there_already_is_not_guessed_again():
    found = auto_map([*NAMES, "mouthSmlieLeft", "jawOpen.001", "mouthSmile", "eyeClosed_L"])
    assert found.doubtful == ()
    assert [m.channel for m in found.unmatched] == [
        "mouthSmlieLeft",
        "jawOpen.001",
        "mouthSmile",
        "eyeClosed_L",
    ]


@pytest.mark.parametrize("name", LISTS)
def test_a_real_rig_is_matched_in_full_and_nothing_is_wrong(name):
    rig = LISTS[name]
    found = auto_map(rig["channels"])
    seen = {
        channel: {"*".join(shapes): gain for shapes, gain in terms.items()}
        for channel, terms in shapes_of(found).items()
    }
    print(f"{name}: {len(seen)} of {len(rig['channels'])} channels, {52 - len(found.missing)} of 52 shapes")
    assert seen == rig["expected"]
    assert list(found.missing) == rig["missing"]


@pytest.mark.parametrize("name", LISTS)
def test_a_real_rig_with_prefixes_or_in_small_letters_is_the_same(name):
    rig = LISTS[name]
    expected_by_channel = {channel: rig["expected"].get(channel) for channel in rig["channels"]}
    for spell in (lambda c: f"hero:head_geo.{c}", str.lower, lambda c: f"Body|{c}"):
        if spell is str.lower and any(len(c) < 3 for c in rig["channels"]):
            continue
        found = shapes_of(auto_map([spell(channel) for channel in rig["channels"]]))
        for channel, terms in expected_by_channel.items():
            driven = found.get(spell(channel))
            assert (driven is None) == (terms is None), channel
            assert terms is None or {"*".join(s): g for s, g in driven.items()} == terms


def test_one_shape_drives_the_parts_of_it():
    found = auto_map(LISTS["Character Creator 4 extended"]["channels"])
    lips = {c for c, terms in shapes_of(found).items() if ("mouthFunnel",) in terms}
    assert lips == {f"Mouth_Funnel_{where}_{side}" for where in ("Up", "Down") for side in "LR"}


def test_an_explus_character_is_not_moved_twice():
    found = auto_map(LISTS["Character Creator 3 ExPlus"]["channels"])
    followers = [t.shapes for m in found.driven for t in m.terms]
    assert len(followers) == len(set(followers)) == COUNT
    assert "A38_Mouth_Smile_Left" in {m.channel for m in found.driven}
    (double,) = [m for m in found.matches if m.channel == "Mouth_Smile_L"]
    assert "A38_Mouth_Smile_Left is driven instead" in double.reason


def test_a_vroid_avatar_with_perfect_sync_is_driven_by_arkits_shapes_alone():
    found = auto_map([*LISTS["VRoid Studio"]["channels"], *NAMES])
    assert {m.channel for m in found.driven} == set(NAMES)


def test_metahumans_lips_are_together_whatever_the_jaw_does():
    found = auto_map(LISTS["MetaHuman"]["channels"]).map
    lips = found.paths.index("CTRL_expressions_mouthLipsTogetherUL")
    weights = np.zeros((3, COUNT), np.float32)
    weights[:, INDEX["jawOpen"]] = 0.2, 0.4, 1.0
    weights[:, INDEX["mouthClose"]] = 0.2, 0.2, 1.0
    np.testing.assert_allclose(found.apply(weights)[:, lips], [1.0, 0.5, 1.0], rtol=1e-5)


def test_several_meshes_of_one_character_are_mapped_at_once():
    channels = [f"{mesh}.{name}" for mesh in ("head", "teeth", "brows") for name in NAMES]
    channels += ["CC_Base_Tongue.Tongue_Out", "head_lashes_eyeBlink_L"]
    found = auto_map(channels)
    assert len(found.driven) == len(channels)


def test_halves_give_way_to_the_whole():
    found = auto_map(["browInnerUp_L", "browInnerUp_R", "Cheek_Puff_L", "cheekPuffRight"])
    assert {only(found, m.channel) for m in found.matches} == {"browInnerUp", "cheekPuff"}
    found = auto_map(["browInnerUp_L", "browInnerUp", "browInnerUp_R"])
    assert [m.channel for m in found.driven] == ["browInnerUp"]


def test_two_spellings_on_one_mesh_the_commoner_wins():
    found = auto_map(["JawOpen", "EyeBlinkLeft", "jawOpen", "eyeBlink_L", "MouthClose", "TongueOut"])
    assert {m.channel for m in found.driven} == {"JawOpen", "EyeBlinkLeft", "MouthClose", "TongueOut"}
    assert {m.channel: m.reason.split(" ")[0] for m in found.unmatched} == {
        "jawOpen": "JawOpen",
        "eyeBlink_L": "EyeBlinkLeft",
    }


def test_a_numbered_copy_gives_way_to_the_original():
    rig = LISTS["Character Creator 4 standard"]["channels"]
    found = auto_map([f"{channel}.001" for channel in rig] + rig)
    assert {m.channel for m in found.driven} == set(LISTS["Character Creator 4 standard"]["expected"])


def test_targets_keep_what_they_are():
    found = auto_map([Target("jawOpen", "blendshape", "blendShape1"), Target("jawOpen", "property", "root")])
    assert found.map.paths == ("blendShape1.jawOpen", "root.jawOpen")
    assert auto_map(["jawOpen"], "driver").map.targets[0].kind == "driver"


def test_the_report_names_every_channel_with_its_reason():
    found = auto_map([*NAMES[:40], "mouthSmile", "wrinkle_07"])
    text = "\n".join(found.report())
    assert "40 of 42 channels" in text
    assert "wrinkle_07: no shape" in text
    assert "noseSneerLeft" in text
    machine = json.loads(json.dumps(found.as_dict()))
    assert [c["channel"] for c in machine["channels"]] == [m.channel for m in found.matches]
    assert machine["driven"] == 40


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_names_are_read(names):
    found = auto_map(names)
    assert {m.channel for m in found.matches} == {name for name in names if name}
    assert len(found.driven) + len(found.doubtful) + len(found.unmatched) == len(found.matches)


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_a_preset_moves_no_shape_of_the_wrong_side(preset):
    for entry in preset.entries.values():
        sides = {
            side for side in ("Left", "Right") for t in entry.terms for s in t.shapes if s.endswith(side)
        }
        words = re.split(r"[^A-Za-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", entry.name))
        named = {"Left" if w in ("L", "Left") else "Right" for w in words if w in ("L", "R", "Left", "Right")}
        if len(sides) == 1 and named and "ook" not in entry.name:
            assert sides == named, entry.name
