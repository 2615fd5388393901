"""Tune settings and their file."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.calibration import Calibration
from mien.constraints import Constraints
from mien.errors import MienError, TakeError, UsageError
from mien.tune_settings import KIND, TuneSettings, load_settings, save_settings

ALL = TuneSettings(
    smoothing=0.4,
    gain=1.2,
    gains={"brow": 1.5, "jawOpen": 0.0},
    muted=("tongue", "cheekPuff"),
    smoothings={"pose": 0.9},
    cutoffs={"lids": (1.0, 4.0, 20.0)},
    calibrate=True,
    calibration=Calibration.from_json({"neutral": {"jawOpen": 0.25}}),
    rest=(0.5, 1.0),
    motion=(2.0, 9.0),
    constraints=Constraints(part_winks=False),
)


@pytest.mark.parametrize("settings", [TuneSettings(), ALL])
def test_written_and_read_they_are_the_same(tmp_path, settings):
    path = tmp_path / "settings.json"
    save_settings(settings, path)
    assert load_settings(path).to_json() == settings.to_json()


def test_what_is_missing_keeps_its_default():
    assert TuneSettings.from_json({"gain": 2}).to_json() == TuneSettings(gain=2.0).to_json()


BAD = [
    ({"gian": 2}, "gian"), ({"gain": "2"}, "gain"), ({"gain": True}, "gain"), ({"gains": [1]}, "gains"),
    ({"gains": {"eyebrow": 1}}, "eyebrow"), ({"muted": ["x"]}, "x"), ({"muted": "jaw"}, "muted"),
    ({"cutoffs": {"lids": [1, 2]}}, "rising"), ({"cutoffs": {"lids": [3, 2, 1]}}, "rising"),
    ({"cutoffs": {"head": [1, 2, 3]}}, "head"), ({"smoothings": {"pose": 2}}, "smoothing"),
    ({"rest": [2, 1]}, "span"), ({"rest": [1]}, "span"), ({"calibrate": 1}, "calibrate"),
    ({"constraints": {"clamp": 1}}, "clamp"), ({"constraints": {"clamps": True}}, "clamps"),
    ({"constraints": None}, "constraints"), ({"smoothing": float("nan")}, "smoothing"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "told"), BAD, ids=str)
def test_what_is_not_understood_is_named(content, told):
    with pytest.raises(UsageError, match=told):
        TuneSettings.from_json(content)


def test_files_that_are_no_settings(tmp_path):
    path = tmp_path / "s.json"
    for text, told in [("{}", "is not a"), (json.dumps({"kind": KIND, "format": 9}), "newer")]:
        path.write_text(text)
        with pytest.raises(TakeError, match=told):
            load_settings(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["lids", "jawOpen", "clamp", "neutral", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*ALL.to_json(), "other"]), JSON))
def test_no_content_breaks_the_reader(content):
    with contextlib.suppress(MienError):
        TuneSettings.from_json(content).to_json()
