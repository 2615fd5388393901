# SPDX-License-Identifier: GPL-3.0-or-later
"""A character's map: made from the names of its controls, loaded and saved, and put together for a bake.

What is written are the properties of the character only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mien.errors import MapError, RigError
from mien.rig.automap import auto_map as match_names
from mien.rig.head_eyes import Axes, EyeDrive, HeadDrive
from mien.rig.map_file import format_map, read_map, write_map
from mien.rig.retarget_map import Channel, RetargetMap
from mien.rig.targets import Target

from . import targets

if TYPE_CHECKING:
    from mien.rig.learn import Learned
    from mien.rig.name_matches import NameMatch

    from .properties.character import MienChannel, MienCharacter

NECK: Final = 0.4
"""The part of the head's turn that the neck takes, where there is one."""

_BONES: Final = {
    "head_bone": r"head",
    "neck_bone": r"neck(0?1)?",
    "eye_left_bone": r"(eye|eyeball)l(eft)?|l(eft)?(eye|eyeball)",
    "eye_right_bone": r"(eye|eyeball)r(ight)?|r(ight)?(eye|eyeball)",
}
"""What a bone's name is, in small letters and without prefixes such as `DEF-` or `mixamorig:`."""

_PREFIX: Final = re.compile(r"^(def|org|mch|ctrl|ctl|bip\d*|mixamorig\d*|cc_base|j_bip_[clr]|c)[-_: .]+")


def auto_map(character: MienCharacter) -> tuple[int, int]:
    """Map the character's controls by their names; how many are driven, and how many there are."""
    channels: list[Channel] = []
    notes: list[tuple[float, str]] = []
    for controls in targets.controls_of(character):
        known = {control.label: control for control in controls}
        found = match_names(known)
        made = {channel.target.name: channel for channel in found.map.channels}
        for match in found.matches:
            control = known[match.channel]
            if control.target.kind == "property" and not match.terms:
                continue  # rigs have many properties that are no part of the face
            channel = made.get(match.channel, Channel(control.target, mute=True))
            channels.append(_on_control(channel, control))
            notes.append((match.confidence, _reason(match, control)))
    channels, once = _summed(channels), _each_once(channels)
    kept = RetargetMap(tuple(channels[i] for i in once), character.name, mirror=character.mirror)
    fill(character, kept, [notes[i] for i in once])
    return sum(not item.mute for item in character.channels), len(character.channels)


def fill(character: MienCharacter, made: RetargetMap, notes: Iterable[tuple[float, str]]) -> None:
    """Give a character a map, and list its channels with the confidence and the reason of each."""
    character.map_text = format_map(made)
    character.channels.clear()
    for channel, (confidence, reason) in zip(made.channels, notes):
        _list(character.channels.add(), channel, confidence, reason)
    character.channel_index = min(character.channel_index, len(made.channels) - 1)


def load(character: MienCharacter, path: Path) -> tuple[str, ...]:
    """Give a character the map of a file; those of its controls that aren't here are muted and returned."""
    made = read_map(path)
    gone = {c.target.path: _why_gone(character, c.target) for c in made.channels}
    notes = [(0.0 if gone[c.target.path] else 1.0, gone[c.target.path] or _comment(c)) for c in made.channels]
    channels = [replace(c, mute=c.mute or bool(gone[c.target.path])) for c in made.channels]
    fill(character, replace(made, channels=tuple(channels)), notes)
    character.mirror = made.mirror
    _take_bones(character, made)
    return tuple(c.target.path for c in made.driven if gone[c.target.path])


def take_movement(character: MienCharacter, found: RetargetMap) -> tuple[int, int]:
    """As `auto_map`, but the face's shape keys as a map of their movement says."""
    auto_map(character)
    by_name = {channel.target.name: channel for channel in found.channels}
    kept, channels, notes = character.kept_map(), [], []
    for channel, item in zip(kept.channels, character.channels):
        note = (item.confidence, item.reason)
        if channel.target.kind == "shape_key" and not channel.target.node:
            moved = by_name.get(channel.target.name, Channel(channel.target, mute=True))
            channel, note = replace(moved, target=channel.target), (float(not moved.mute), _movement(moved))
        channels.append(channel)
        notes.append(note)
    fill(character, replace(kept, channels=tuple(channels)), notes)
    return sum(not item.mute for item in character.channels), len(channels)


def _movement(channel: Channel) -> str:
    return str(channel.extra.get("comment", "moves the face as none of the 52 does"))


def take_learned(character: MienCharacter, learned: Learned, poses: int) -> int:
    """Drive the controls that were learnt as learnt, and the others as before; how many were learnt."""
    kept = character.kept_map()
    new = {channel.target.path: channel for channel in learned.map.channels}
    others = [
        (channel, (item.confidence, item.reason))
        for channel, item in zip(kept.channels, character.channels)
        if channel.target.path not in new
    ]
    notes = [
        (float(max(0.0, 1.0 - error / spread)) if spread else 0.0,
         f"learnt from {poses} poses; off by {error:.2g} of {spread:.2g} on a pose left out")
        for error, spread in zip(learned.error.tolist(), learned.spread.tolist())
    ]  # fmt: skip
    channels = [*new.values(), *(channel for channel, _ in others)]
    fill(character, replace(kept, channels=tuple(channels)), [*notes, *(note for _, note in others)])
    return len(new)


def save(character: MienCharacter, path: Path) -> None:
    """Write the character's map, as it is edited, to a file."""
    write_map(whole_map(character), path)


def whole_map(character: MienCharacter) -> RetargetMap:
    """Everything that drives the character: the channels as edited, and the bones that turn."""
    if not character.channels and character.mesh is not None:
        auto_map(character)
    edited, bones = character.edited_map(), character.bones
    kept_heads = {drive.target.name: drive for drive in edited.head}
    kept_eyes = {drive.target.name: drive for drive in edited.eyes}
    share = {"neck": NECK, "head": 1.0 - NECK if "neck" in bones else 1.0}
    heads = [kept_heads.get(bones[p]) or _head(character, bones[p], share[p]) for p in share if p in bones]
    eyes = [kept_eyes.get(bones[p]) or _eye(character, bones[p], p) for p in ("left", "right") if p in bones]
    return replace(edited, head=tuple(heads), eyes=tuple(eyes)) if character.armature else edited


def guess_bones(character: MienCharacter) -> None:
    """Choose the bones of head, neck and eyes by their names; "" where none is called so."""
    bones = character.armature.data.bones if character.armature else ()
    for field, pattern in _BONES.items():
        named = (bone.name for bone in bones if re.fullmatch(pattern, _plain(bone.name)))
        setattr(character, field, min(named, key=len, default=""))


def _plain(name: str) -> str:
    return re.sub(r"[-_. :]", "", _PREFIX.sub("", name.lower()))


def _list(item: MienChannel, channel: Channel, confidence: float, reason: str) -> None:
    """Show a channel; where one shape drives it, its gain is the item's to edit."""
    item.name = channel.target.path
    item.told = item.source = _told(channel)
    item.confidence, item.reason = confidence, reason
    item.gain, item.mute = 1.0, channel.mute


def _told(channel: Channel) -> str:
    parts = []
    for term in channel.terms:
        shapes = " × ".join(term.shapes) + (f" / {term.over}" if term.over else "")
        parts.append(shapes if term.gain == 1.0 else f"{term.gain:g} {shapes}")
    return " + ".join(parts)


def _reason(match: NameMatch, control: targets.Control) -> str:
    if control.refusal:
        return control.refusal
    if control.target.kind == "driver":
        return f"{match.reason}; drives {control.target.path}, which a driver reads"
    return match.reason


def _on_control(channel: Channel, control: targets.Control) -> Channel:
    """The channel as its control wants it: what a driver makes of it is undone."""
    gain, offset = control.gain, control.offset
    ends = sorted(gain * end + offset for end in channel.clamp or ())
    return replace(
        channel,
        target=control.target,
        terms=tuple(replace(term, gain=term.gain * gain) for term in channel.terms),
        offset=gain * channel.offset + offset,
        clamp=(ends[0], ends[1]) if ends else None,
        mute=channel.mute or bool(control.refusal),
    )


def _summed(channels: list[Channel]) -> list[Channel]:
    """Where drivers make several shapes of one input (up: smile, down: frown), it is driven by their sum."""
    made = list(channels)
    first: dict[str, int] = {}
    for i, channel in enumerate(channels):
        if channel.target.kind != "driver" or channel.mute or channel.offset:
            continue
        known = first.setdefault(channel.target.path, i)
        if known != i:
            terms = (*made[known].terms, *channel.terms)
            made[known] = replace(made[known], terms=terms, clamp=None)
    return made


def _each_once(channels: list[Channel]) -> list[int]:
    """The places of the channels, of several for one target the first that is driven."""
    best: dict[str, int] = {}
    for i, channel in enumerate(channels):
        known = best.setdefault(channel.target.path, i)
        if channels[known].mute and not channel.mute:
            best[channel.target.path] = i
    return sorted(best.values())


def _why_gone(character: MienCharacter, target: Target) -> str:
    try:
        targets.address_of(character, target)
    except RigError as error:
        return error.message
    return ""


def _comment(channel: Channel) -> str:
    return str(channel.extra.get("comment", "from the file"))


def _take_bones(character: MienCharacter, made: RetargetMap) -> None:
    """Choose the bones that a loaded map turns."""
    if character.armature is None or not (made.head or made.eyes):
        return
    heads = sorted(made.head, key=lambda drive: -drive.share)
    fields = dict(zip(("head_bone", "neck_bone"), (drive.target.name for drive in heads)))
    fields |= {f"eye_{d.eye}_bone": d.target.name for d in made.eyes if d.eye != "both"}
    for field in _BONES:
        setattr(character, field, fields.get(field, ""))


def _head(character: MienCharacter, bone: str, share: float) -> HeadDrive:
    target, axes, mode = _turning(character, bone)
    return HeadDrive(target, axes, _order(mode), mode == "QUATERNION", share)


def _eye(character: MienCharacter, bone: str, side: str) -> EyeDrive:
    target, axes, mode = _turning(character, bone)
    return EyeDrive(target, side, axes, _order(mode), mode == "QUATERNION")


def _turning(character: MienCharacter, bone: str) -> tuple[Target, Axes, str]:
    """A bone as a target, how it lies in a face that looks along -y, and how it turns."""
    pose = character.armature.pose.bones.get(bone)
    if pose is None:
        raise MapError(
            f"{character.armature.name} has no bone {bone}", "Choose another in the Character panel."
        )
    if pose.rotation_mode == "AXIS_ANGLE":
        raise MapError(f"The bone {bone} turns by axis and angle", "Change its rotation mode to Quaternion.")
    axes = Axes.of(pose.bone.matrix_local.to_3x3(), up=(0, 0, 1), forward=(0, -1, 0))
    return Target(bone, "transform", character.armature.name), axes, pose.rotation_mode


def _order(mode: str) -> str:
    return "xyz" if mode == "QUATERNION" else mode.lower()
