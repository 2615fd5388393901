"""What is kept with the scene, whatever a scene brings; and where takes go. No Maya."""

from __future__ import annotations

import json
from pathlib import Path

import fake_maya
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mien.errors import OutputError, TakeError
from mien.tune import TuneSettings

with fake_maya.pretending():  # the package reaches for Maya, these two modules don't use it
    from mien_maya.road import places
    from mien_maya.road.kept import Baked, Joint, Kept, KeptCharacter, KeptLive, KeptTake
    from mien_maya.road.places import folder_for, take_for, unused

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["takes", "characters", "live", "baked", "joints", "nodes", "rest", "start", "tune", "take_index",
         "span", "map", "head", "source", "calibrate", "head_rest"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_no_scene_has_a_note_that_can_not_be_read(found):
    kept = Kept.of(json.dumps(found))
    assert Kept.of(kept.text) == kept
    assert kept.chosen is None or isinstance(kept.chosen.start, float)


OTHER = KeptTake("b.mien", "b.mp4", 7.0, "TOLD", (0.0, 1.0), None, "p", (1.0, 2.0, 3.0))


def test_everything_comes_back():
    baked = Baked(("a.b",), "t.mien", "Mien", False, 0.01, (1.0, 9.0), (1.0, 8.0), "x")
    kept = Kept(
        video="v.mp4", rate=30.0, layer="Mien", auto_update=False, character_index=0, take_index=1,
        takes=(KeptTake("a.mien"), OTHER),
        characters=(KeptCharacter(("hero:face",), "{}", {"head": Joint("hero:head", "-x")}, True, baked),),
        live=KeptLive("VMC", 2, 39540, True, "", 5.0, False, True, 0.2), tune={"gain": 2.0},
    )  # fmt: skip
    assert Kept.of(kept.text) == kept
    assert kept.chosen.name == "b"
    assert kept.who.name == "hero:face"


@pytest.mark.parametrize(
    ("how", "wanted"),
    [("KEPT", (None, None)), ("OFF", (False, None)), ("GUESS", (True, None)), ("TOLD", (True, (0.5, 0.5)))],
)
def test_the_takes_calibration_is_that_of_its_choice(how, wanted):
    take = KeptTake("a.mien", calibrate=how, rest=(0.5, 0.5))
    settings = take.calibrated(TuneSettings(gain=2.0))
    assert (settings.calibrate, settings.rest) == wanted
    assert settings.gain == 2.0


def test_a_profile_that_is_gone_is_said(tmp_path: Path):
    with pytest.raises(TakeError, match="no file"):
        KeptTake("a.mien", calibrate="PROFILE", profile=str(tmp_path / "x.json")).calibrated(TuneSettings())


def test_takes_go_beside_the_scene_and_the_same_video_gives_the_same_file(tmp_path: Path):
    scene, user, video = tmp_path / "shot.ma", tmp_path / "user", tmp_path / "card" / "père.mp4"
    first = take_for(video, [], scene, user)
    assert first == tmp_path / "takes" / "père.mien"
    first.touch()
    known = [KeptTake(str(first), str(video))]
    assert take_for(video, known, scene, user) == first
    assert take_for(tmp_path / "other" / "père.mp4", known, scene, user).name == "père-2.mien"
    assert take_for(video, known, None, user) == user / "takes" / "père.mien"


def test_a_sequence_gives_its_take_its_name(tmp_path: Path):
    assert take_for(tmp_path / "shot.####.png", [], None, tmp_path).name == "shot.mien"
    assert unused(tmp_path / "a.mien") == tmp_path / "a.mien"


def test_where_nothing_may_be_written_it_is_said(tmp_path: Path, monkeypatch):
    user = tmp_path / "user"
    user.write_text("in the way")
    with pytest.raises(OutputError, match="can't be written"):
        folder_for(None, user)
    user.unlink()
    monkeypatch.setattr(places.os, "access", lambda *_: False)  # the tests may run as root, who may do all
    with pytest.raises(OutputError, match="can't be written"):
        folder_for(tmp_path / "shot.ma", user)
