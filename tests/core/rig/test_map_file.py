"""Maps as files: what is written comes back, and every mistake has its own clear error."""

from __future__ import annotations

import contextlib
import copy
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from mien import arkit
from mien.errors import (
    CycleError,
    DuplicateTargetError,
    MapError,
    MapVersionError,
    NotANumberError,
    OutputError,
    UnknownShapeError,
)
from mien.rig.automap import auto_map
from mien.rig.head_eyes import Axes, EyeDrive, HeadDrive
from mien.rig.map_file import SCHEMA, format_map, map_fields, parse_map, read_map, write_map
from mien.rig.retarget_map import REGIONS, Channel, RetargetMap, Term
from mien.rig.targets import AXES, KINDS, Target

FULL = {
    "format": "mien-retarget-map",
    "version": 1,
    "name": "Ellie",
    "gain": 1.1,
    "region_gains": {"mouth": 1.2},
    "mirror": True,
    "comment": "for the close-ups",
    "studio": {"shot": 12, "values": [1.0, None]},
    "channels": [
        {
            "target": {"kind": "blendshape", "node": "bs1", "name": "lips_sealed", "note": "added on Friday"},
            "terms": [
                {"shapes": ["jawOpen", "mouthClose"], "gain": 0.5, "comment": "corrective"},
                {"shape": "mouthClose", "gain": 1, "over": "jawOpen"},
            ],
            "offset": -0.1,
            "curve": [[0, 0], [0.4, 0.7], [1, 1]],
            "clamp": [0, 1],
            "region": "mouth",
            "mute": True,
            "comment": "ask Anna",
        },
        {
            "target": {"kind": "transform", "node": "rig", "name": "jaw", "axis": "rx"},
            "terms": [{"shape": "jawOpen"}],
        },
    ],
    "head": [
        {
            "target": {"kind": "transform", "node": "rig", "name": "head"},
            "axes": {"up": "+y", "forward": "-z"},
            "order": "zyx",
            "share": 0.6,
            "pitch": [-30, 40],
            "comment": "the neck has the rest",
        }
    ],
    "eyes": [
        {"target": {"kind": "transform", "name": "eye.L"}, "eye": "left", "look_at": 20, "yaw": [-40, 40]},
    ],
}  # fmt: skip


def text(**changes: object) -> str:
    return json.dumps({**copy.deepcopy(FULL), **changes})


def schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_all_of_it_is_read():
    found = parse_map(text())
    assert (found.name, found.gain, found.region_gains, found.mirror) == ("Ellie", 1.1, {"mouth": 1.2}, True)
    lips, jaw = found.channels
    assert lips.target == Target("lips_sealed", "blendshape", "bs1")
    assert lips.terms == (Term(("jawOpen", "mouthClose"), 0.5), Term(("mouthClose",), 1.0, "jawOpen"))
    assert (lips.offset, lips.clamp, lips.region, lips.mute) == (-0.1, (0.0, 1.0), "mouth", True)
    assert lips.curve == ((0.0, 0.0), (0.4, 0.7), (1.0, 1.0))
    assert jaw.target.path == "rig.jaw.rx"
    (head,), (eye,) = found.head, found.eyes
    assert (head.axes, head.order, head.share, head.pitch) == (Axes("+y", "-z"), "zyx", 0.6, (-30.0, 40.0))
    assert (eye.eye, eye.look_at, eye.yaw, eye.pitch) == ("left", 20.0, (-40.0, 40.0), (-35.0, 35.0))


def test_comments_and_unknown_fields_survive_a_round_trip():
    written = json.loads(format_map(parse_map(text())))
    assert written["comment"] == "for the close-ups"
    assert written["studio"] == FULL["studio"]
    lips, head = written["channels"][0], written["head"][0]
    assert lips["comment"] == "ask Anna"
    assert lips["target"]["note"] == "added on Friday"
    assert lips["terms"][0]["comment"] == "corrective"
    assert head["comment"] == "the neck has the rest"


def test_a_round_trip_changes_nothing():
    found = parse_map(text())
    assert parse_map(format_map(found)) == found
    assert format_map(parse_map(format_map(found))) == format_map(found)


def test_a_channel_is_a_line():
    lines = format_map(parse_map(text())).splitlines()
    assert sum('"target"' in line for line in lines) == 4
    assert all(line.count('"target"') <= 1 for line in lines)


def test_the_schema_says_the_same():
    schema().check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))
    schema().validate(FULL)
    schema().validate(map_fields(parse_map(text())))
    schema().validate(
        json.loads(format_map(auto_map(["head.jawOpen", "mouthSmile", "A", "eye_Blink_L"]).map))
    )
    defs = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    assert tuple(defs["shape"]["enum"]) == arkit.NAMES
    assert set(defs["region"]["enum"]) == set(REGIONS)
    assert set(defs["target"]["properties"]["axis"]["enum"]) == {"", *AXES}
    assert tuple(defs["target"]["properties"]["kind"]["enum"]) == KINDS


def channel(**fields: object) -> dict[str, object]:
    return {"target": {"name": "a"}, "terms": [{"shape": "jawOpen"}], **fields}


MISTAKES: dict[str, tuple[type[MapError], str, str]] = {
    "NaN": (NotANumberError, text(gain=math.nan), "NaN"),
    "Infinity": (NotANumberError, text(channels=[channel(offset=math.inf)]), "Infinity"),
    "too large": (NotANumberError, '{"format": "mien-retarget-map", "version": 1, "gain": 1e999}', "gain"),
    "a huge whole number": (MapError, text(gain=10**400), "a number of 401 digits"),
    "a gain beyond all rigs": (NotANumberError, text(gain=1e30), "gain of the map"),
    "duplicate targets": (DuplicateTargetError, text(channels=[channel(), channel()]), "a is driven twice"),
    "a bone's axis twice": (
        DuplicateTargetError,
        text(channels=[channel(target={"kind": "transform", "node": "rig", "name": "head", "axis": "rx"})]),
        "rig.head.rx",
    ),
    "an unknown shape": (
        UnknownShapeError, text(channels=[channel(terms=[{"shape": "jawOpn"}])]), "jawOpen",
    ),
    "another rig's shape": (UnknownShapeError, text(channels=[channel(terms=[{"shape": "AU12"}])]), "AU12"),
    "a cycle": (
        CycleError,
        text(channels=[
            channel(terms=[{"shape": "b"}]),
            channel(target={"name": "b"}, terms=[{"shape": "a"}]),
        ]),
        "a target of the map itself",
    ),
    "itself": (CycleError, text(channels=[channel(terms=[{"shapes": ["jawOpen", "a"]}])]), "refers to a"),
    "a divisor that is a target": (
        CycleError, text(channels=[channel(terms=[{"shape": "jawOpen", "over": "a"}])]), "refers to a",
    ),
    "a newer version": (MapVersionError, text(version=2), "version 2"),
    "no version": (MapError, text(version=None), "version"),
    "version true": (MapError, text(version=True), "version"),
    "another format": (MapError, text(format="glTF"), "not a retarget map"),
    "no JSON": (MapError, "{", "not JSON"),
    "nothing": (MapError, "", "not JSON"),
    "a list": (MapError, "[]", "not a retarget map"),
    "a field twice": (MapError, '{"format": "mien-retarget-map", "comment": "", "comment": ""}', "'comment'"),
    "depth": (MapError, "[" * 100_000, "not JSON"),
    "no target": (MapError, text(channels=[{"terms": []}]), "channels[0].target.name is missing"),
    "an empty name": (MapError, text(channels=[channel(target={"name": ""})]), "needs a name"),
    "a name that is a number": (MapError, text(channels=[channel(target={"name": 7})]), "must be a text"),
    "an unknown kind": (MapError, text(channels=[channel(target={"name": "a", "kind": "muscle"})]), "muscle"),
    "an axis of a shape key": (
        MapError, text(channels=[channel(target={"name": "a", "axis": "rx"})]), "rx",
    ),
    "channels that are none": (MapError, text(channels={}), "channels must be a list"),
    "a channel that is none": (MapError, text(channels=[3]), "channels[0] must be an object"),
    "terms that are none": (MapError, text(channels=[channel(terms="jawOpen")]), "channels[0].terms"),
    "a term without a shape": (MapError, text(channels=[channel(terms=[{"gain": 1}])]), "at least one shape"),
    "shapes that are no names": (MapError, text(channels=[channel(terms=[{"shapes": [1]}])]), "names"),
    "a gain in quotes": (
        MapError, text(channels=[channel(terms=[{"shape": "jawOpen", "gain": "1"}])]), "gain must be a",
    ),
    "a gain that is true": (MapError, text(gain=True), "gain must be a number"),
    "mute as a number": (MapError, text(channels=[channel(mute=1)]), "mute must be true or false"),
    "a curve that bends back": (MapError, text(channels=[channel(curve=[[0, 0], [0, 1]])]), "left to right"),
    "a curve up and down": (MapError, text(channels=[channel(curve=[[0, 0], [1, 1], [2, 0]])]), "down"),
    "a curve of one point": (MapError, text(channels=[channel(curve=[[0, 0]])]), "two points"),
    "a curve of numbers": (MapError, text(channels=[channel(curve=[0, 1])]), "two numbers"),
    "a clamp upside down": (MapError, text(channels=[channel(clamp=[1, 0])]), "down to"),
    "a clamp of one": (MapError, text(channels=[channel(clamp=[1])]), "two numbers"),
    "an unknown region": (MapError, text(channels=[channel(region="ears")]), "ears"),
    "a gain of no region": (MapError, text(region_gains={"ears": 1}), "ears"),
    "axes that are no frame": (
        MapError, text(head=[{**FULL["head"][0], "axes": {"up": "+y", "forward": "-y"}}]), "frame",
    ),
    "an unknown order": (MapError, text(head=[{**FULL["head"][0], "order": "xyx"}]), "xyx"),
    "a head that is a shape": (MapError, text(head=[{"target": {"name": "a"}}]), "transform"),
    "limits without rest": (
        MapError, text(head=[{**FULL["head"][0], "yaw": [10, 20]}]), "leave out the rest",
    ),
    "an unknown eye": (MapError, text(eyes=[{**FULL["eyes"][0], "eye": "third"}]), "third"),
    "a look at 90 degrees": (MapError, text(eyes=[{**FULL["eyes"][0], "yaw": [-90, 90]}]), "90"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_named(mistake, tmp_path):
    kind, content, words = MISTAKES[mistake]
    if mistake == "a bone's axis twice":
        content = json.dumps({**json.loads(content), "head": FULL["head"]})
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MapError) as caught:
        read_map(path)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_schema_refuses_what_it_can(mistake):
    """All but what only a reader can see: values of other places, and JSON itself."""
    beyond = {
        "duplicate targets", "a bone's axis twice", "a clamp upside down", "a curve that bends back",
        "a curve up and down", "a curve of one point", "axes that are no frame", "a look at 90 degrees",
        "NaN", "Infinity", "too large",
        "a gain beyond all rigs", "a huge whole number", "no JSON", "nothing", "a field twice", "depth",
        "version true",
    }  # fmt: skip
    if mistake not in beyond:
        assert not schema().is_valid(json.loads(MISTAKES[mistake][1])), mistake


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(MapError, match="There is no map"):
        read_map(tmp_path / "none.json")
    (tmp_path / "picture.json").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(MapError, match="can't be read"):
        read_map(tmp_path / "picture.json")
    with pytest.raises(MapError, match="can't be read"):
        read_map(tmp_path)


def test_a_byte_order_mark_does_not_disturb(tmp_path):
    (tmp_path / "map.json").write_text(text(), encoding="utf-8-sig")
    assert read_map(tmp_path / "map.json").name == "Ellie"


def test_a_comment_that_is_no_unicode_survives(tmp_path):
    found = parse_map(text(comment="half a \ud83d smile"))
    write_map(found, tmp_path / "map.json")
    assert read_map(tmp_path / "map.json").extra["comment"] == "half a \ud83d smile"


def test_saving_is_all_or_nothing(tmp_path):
    path = tmp_path / "Müller.json"
    found = parse_map(text())
    write_map(found, path)
    assert read_map(path) == found
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON compliant"):
        write_map(replace(found, extra={"weight": math.nan}), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    with pytest.raises(OutputError):
        write_map(found, tmp_path / "nowhere" / "map.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places(content: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inside = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    return [path, *(place for key, value in inside for place in places(value, (*path, key)))]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(places(FULL)[1:]), JSON)
@example(("channels", 0, "target"), None)
@example(("head", 0, "axes"), {"up": "+y"})
def test_a_map_with_anything_anywhere_is_read_or_refused(place, value):
    changed = copy.deepcopy(FULL)
    spot: object = changed
    for step in place[:-1]:
        spot = spot[step]  # type: ignore[index]
    spot[place[-1]] = value  # type: ignore[index]
    try:
        found = parse_map(json.dumps(changed))
    except MapError:
        return
    values = found.apply(np.full((2, 52), 0.5), np.zeros((2, 3)))
    assert values.shape == (2, len(found.paths))
    assert parse_map(format_map(found)) == found


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
@example('{"format": "mien-retarget-map", "version": 1}')
@example('"\\ud800"')
def test_any_text_is_read_or_refused(content):
    with contextlib.suppress(MapError):
        assert isinstance(parse_map(content), RetargetMap)


NUMBERS = st.floats(-1e6, 1e6)
NAMED = st.text(min_size=1, max_size=8)
TERMS = st.builds(
    Term,
    st.lists(st.sampled_from(arkit.NAMES), min_size=1, max_size=3).map(tuple),
    NUMBERS,
    st.sampled_from(["", "jawOpen"]),
)
CHANNELS = st.builds(
    Channel,
    st.builds(Target, NAMED, st.sampled_from(KINDS), st.text(max_size=4)),
    st.lists(TERMS, max_size=3).map(tuple),
    NUMBERS,
    clamp=st.none() | st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair))),
    region=st.sampled_from(["", *REGIONS]),
    mute=st.booleans(),
    extra=st.dictionaries(st.just("comment"), st.text(max_size=9)),
)
MAPS = st.builds(
    RetargetMap,
    st.lists(CHANNELS, max_size=4, unique_by=lambda c: c.target.path).map(tuple),
    st.text(max_size=9),
    NUMBERS,
    st.dictionaries(st.sampled_from(REGIONS), NUMBERS),
    st.booleans(),
    eyes=st.lists(st.builds(EyeDrive, st.just(Target("an eye", "transform")), out=NUMBERS), max_size=1).map(
        tuple
    ),
    head=st.lists(
        st.builds(HeadDrive, st.just(Target("a head", "transform")), share=NUMBERS), max_size=1
    ).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(MAPS)
def test_every_map_survives_a_round_trip(made):
    written = format_map(made)
    assert parse_map(written) == made
    assert [c.extra for c in parse_map(written).channels] == [c.extra for c in made.channels]
    schema().validate(json.loads(written))


def test_the_presets_are_package_data():
    root = Path(__file__).parents[3]
    assert "rig/presets/*.json" in (root / "pyproject.toml").read_text(encoding="utf-8")
