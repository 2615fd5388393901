"""Actors' profiles on disk."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.calibration import Calibration
from mien.errors import TakeError
from mien.profile import KIND, Profile, load_profile, save_profile

USUAL = Calibration(np.zeros(52, np.float32), np.ones(52, np.float32))


def test_written_and_read_it_is_the_same(tmp_path):
    path = tmp_path / "zoë.json"
    profile = Profile("Zoë", USUAL.edited({"browDownLeft": 0.123}, {"eyeBlinkLeft": 0.7}))
    save_profile(profile, path)
    again = load_profile(path)
    assert again.actor == "Zoë"
    np.testing.assert_array_equal(again.calibration.neutral, profile.calibration.neutral)
    np.testing.assert_array_equal(again.calibration.full, profile.calibration.full)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "can't be read"), ("{", "can't be read"), ("[]", "is not a"), ('{"kind": "x"}', "is not a"),
        (json.dumps({"kind": KIND}), "no format"), (json.dumps({"kind": KIND, "format": 2}), "newer"),
        (json.dumps({"kind": KIND, "format": 1, "height": 3}), "height"),
        (json.dumps({"kind": KIND, "format": 1, "actor": 3}), "name"),
        (json.dumps({"kind": KIND, "format": 1, "neutral": {"jaw": 0.1}}), "no shape jaw"),
        ("[" * 100_000, "can't be read"),
    ],
)  # fmt: skip
def test_damaged_foreign_and_newer_ones_are_refused(tmp_path, text, told):
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(TakeError, match=told):
        load_profile(path)


def test_a_missing_one(tmp_path):
    with pytest.raises(TakeError, match="no file"):
        load_profile(tmp_path / "p.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["actor", "neutral", "full", "other"]), JSON))
def test_no_content_breaks_the_reader(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    path.write_text(json.dumps({"kind": KIND, "format": 1, **content}))
    with contextlib.suppress(TakeError):
        assert isinstance(load_profile(path), Profile)
