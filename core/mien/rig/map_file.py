"""Retarget maps as JSON files, in the form of `retarget_map.schema.json`.

One channel on a line, so that maps can be compared and edited by hand. What Mien doesn't know (a "comment" on
any part, fields of other tools) is kept. A file is read whole or refused, and written whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

from .. import arkit
from ..atomic import open_atomic
from ..errors import CycleError, MapError, MapVersionError, NotANumberError
from ..untrusted import parse_json, read_text
from .head_eyes import Axes, EyeDrive, HeadDrive
from .json_fields import Fields, number
from .retarget_map import Channel, RetargetMap, Term
from .targets import Target

FORMAT: Final = "mien-retarget-map"
VERSION: Final = 1
SCHEMA: Final = Path(__file__).with_name("retarget_map.schema.json")
MAX_BYTES: Final = 32 << 20

_AGAIN: Final = "Restore it, or make it again with `mien map auto`."


def read_map(path: str | os.PathLike[str]) -> RetargetMap:
    """Read a map.

    Raises
    ------
    MapError
        When the file is missing, no map, or not as the schema says; its kinds name the commoner mistakes.
    """
    try:
        text = read_text(path, MAX_BYTES)
    except FileNotFoundError as error:
        raise MapError(f"There is no map {path}", "Make one with `mien map auto`.") from error
    except (OSError, ValueError) as error:
        raise MapError(f"{path} can't be read ({error})", _AGAIN) from error
    try:
        return parse_map(text)
    except MapError as error:
        raise type(error)(f"{path}: {error.message}", error.hint) from error


def parse_map(text: str) -> RetargetMap:
    """Make a map of the text of a file."""
    try:
        content = parse_json(text, parse_constant=_no_number, object_pairs_hook=_each_field_once)
    except ValueError as error:
        raise MapError(f"It is not JSON ({error})", _AGAIN) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise MapError("It is not a retarget map", f'A map begins with "format": "{FORMAT}".')
    version = content.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise MapError("It has no version", f'Write "version": {VERSION} after the format.')
    if version > VERSION:
        raise MapVersionError(f"It is of a newer Mien (version {version})", "Update Mien to use it.")
    return _map(Fields(content, ""))


def write_map(retarget_map: RetargetMap, path: str | os.PathLike[str]) -> None:
    """Write a map. An existing file is replaced only when the new one is complete."""
    text = format_map(retarget_map)
    with open_atomic(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def format_map(retarget_map: RetargetMap) -> str:
    """The text of a map's file."""
    content = map_fields(retarget_map)
    lines = [f"  {_json(key)}: {_value(value)}" for key, value in content.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def map_fields(m: RetargetMap) -> dict[str, Any]:
    """A map as the dicts and lists of its JSON."""
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "name": m.name,
        "gain": m.gain,
        "region_gains": dict(m.region_gains),
        "mirror": m.mirror,
        "channels": [_channel_fields(channel) for channel in m.channels],
    }
    turned = {"head": [_drive_fields(d) for d in m.head], "eyes": [_drive_fields(d) for d in m.eyes]}
    return {**_tidy(fields), **{key: value for key, value in turned.items() if value}, **m.extra}


def _channel_fields(channel: Channel) -> dict[str, Any]:
    fields = {
        "target": _target_fields(channel.target),
        "terms": [_term_fields(term) for term in channel.terms],
        "offset": channel.offset,
        "curve": channel.curve,
        "clamp": channel.clamp,
        "region": channel.region,
        "mute": channel.mute,
    }
    kept = {key: value for key, value in fields.items() if value or key == "terms"}
    return {**_tidy(kept), **channel.extra}


def _target_fields(target: Target) -> dict[str, Any]:
    fields = {"kind": target.kind, "node": target.node, "name": target.name, "axis": target.axis}
    return {**{key: value for key, value in fields.items() if value}, **target.extra}


def _term_fields(term: Term) -> dict[str, Any]:
    single = len(term.shapes) == 1
    named: dict[str, Any] = {"shape": term.shapes[0]} if single else {"shapes": list(term.shapes)}
    over = {"over": term.over} if term.over else {}
    return {**named, "gain": _tidy(term.gain), **over, **term.extra}


def _drive_fields(drive: HeadDrive | EyeDrive) -> dict[str, Any]:
    fields: dict[str, Any] = {"target": _target_fields(drive.target)}
    for name in _EYE if isinstance(drive, EyeDrive) else _HEAD:
        fields[name] = getattr(drive, name)
    fields["axes"] = {"up": drive.axes.up, "forward": drive.axes.forward}
    return {**_tidy(fields), **drive.extra}


def _tidy(value: Any) -> Any:
    """Whole numbers without a decimal point, as people write them."""
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tidy(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e9 else value


def _value(value: Any) -> str:
    """A list of objects with one of them on a line, all else on one line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {_json(item)}" for item in value) + "\n  ]"
    return _json(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # Half a surrogate pair has no UTF-8; JSON can escape it.
    return text if text.isascii() or _is_unicode(text) else json.dumps(value, allow_nan=False)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _no_number(text: str) -> NoReturn:
    raise NotANumberError(f"It has {text} where a number should be", "Set every gain and value to a number.")


def _each_field_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise MapError(f"The field {twice!r} occurs twice in one place", "Keep one of them.")
    return fields


def _map(fields: Fields) -> RetargetMap:
    fields.text("format")
    fields.number("version", VERSION)
    channels = fields.parts("channels")
    heads, eyes = fields.parts("head"), fields.parts("eyes")
    targets = [_made(part, _target, part.part("target")) for part in [*channels, *heads, *eyes]]
    own = {target.path for target in targets} | {target.name for target in targets}
    made = [_made(part, _channel, part, target, own) for part, target in zip(channels, targets)]
    turned = targets[len(channels) :]
    gains = fields.part("region_gains")
    return RetargetMap(
        channels=tuple(made),
        name=fields.text("name"),
        gain=fields.number("gain", 1.0),
        region_gains={region: gains.number(region, 1.0) for region in list(gains.rest())},
        mirror=fields.flag("mirror"),
        head=tuple(_made(p, _drive, HeadDrive, _HEAD, p, t) for p, t in zip(heads, turned)),
        eyes=tuple(_made(p, _drive, EyeDrive, _EYE, p, t) for p, t in zip(eyes, turned[len(heads) :])),
        extra=fields.rest(),
    )


def _made(place: Fields, make: Callable[..., Any], *arguments: Any) -> Any:
    """Make a part of the map; an error that doesn't say where it is gets the place."""
    try:
        return make(*arguments)
    except MapError as error:
        if "[" in error.message.split(" ", 1)[0]:
            raise
        raise place.named(error) from error


def _target(fields: Fields) -> Target:
    kind, node = fields.text("kind", "shape_key"), fields.text("node")
    return Target(fields.text("name", None), kind, node, fields.text("axis"), extra=fields.rest())


def _channel(fields: Fields, target: Target, own: set[str]) -> Channel:
    return Channel(
        target=target,
        terms=tuple(_made(part, _term, part, own) for part in fields.parts("terms")),
        offset=fields.number("offset", 0.0),
        curve=tuple(_pair(point, fields.place("curve")) for point in fields.items("curve")),
        clamp=_pair(fields.items("clamp"), fields.place("clamp")) if fields.has("clamp") else None,
        region=fields.text("region"),
        mute=fields.flag("mute"),
        extra=fields.rest(),
    )


def _term(fields: Fields, own: set[str]) -> Term:
    shapes = [fields.text("shape")] if fields.has("shape") else fields.items("shapes")
    over = fields.text("over")
    if not all(isinstance(name, str) for name in shapes):
        raise MapError(f"{fields.place('shapes')} must be a list of names")
    _check_references([*shapes, over], own)
    return Term(tuple(shapes), fields.number("gain", 1.0), over, extra=fields.rest())


def _check_references(shapes: Iterable[str], own: set[str]) -> None:
    for name in shapes:
        if name in own and name not in arkit.INDEX:
            raise CycleError(
                f"A term refers to {name}, a target of the map itself",
                "Terms are made of ARKit's shapes only: write the shapes that drive it.",
            )


_HEAD: Final = ("order", "quaternion", "share", "rest", "pitch", "yaw", "roll")
_EYE: Final = ("eye", "order", "quaternion", "look_at", "out", "inward", "up", "down", "pitch", "yaw")


def _drive(kind: Callable[..., Any], names: tuple[str, ...], fields: Fields, target: Target) -> Any:
    """A HeadDrive or an EyeDrive; what the file leaves out is as the class has it."""
    usual = kind(Target("unnamed", "transform"))
    axes = fields.part("axes")
    given: dict[str, Any] = {"axes": Axes(axes.text("up", "+y"), axes.text("forward", "+z"))}
    for name in names:
        default = getattr(usual, name)
        given[name] = _taken(fields, name, default)
    return kind(target, **given, extra=fields.rest())


def _taken(fields: Fields, name: str, default: Any) -> Any:
    """A field of the same type as its default."""
    if isinstance(default, str):
        return fields.text(name, default)
    if isinstance(default, bool):
        return fields.flag(name, default)
    return fields.numbers(name, default) if isinstance(default, tuple) else fields.number(name, default)


def _pair(value: Any, place: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise MapError(f"{place} must be two numbers, [a, b]")
    return number(value[0], place), number(value[1], place)
