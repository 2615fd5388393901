"""What the window does, without a window: kept settings, maps, calibration, punch-in, shapes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import rigs
from mien.arkit import INDEX, NAMES
from mien.rig.map_file import read_map
from mien.take import Take, load_take, save_take
from mien.tune import load_settings
from sessions import finish


def talking(seconds: float = 4.0, jaw: float = 0.5) -> Take:
    times = np.arange(round(seconds * 30)) / 30
    weights = np.full((len(times), 52), 0.05, np.float32)
    weights[:, INDEX["jawOpen"]] = jaw
    return Take.from_weights(times, weights, {"frame_size": [640, 480]})


@pytest.fixture
def session(maya, tmp_path: Path):
    from mien_maya import scene
    from mien_maya.road import Session

    rigs.add_face(maya)
    maya.s.playback = (25.0, 49.0)
    made = Session(scene)
    save_take(talking(), tmp_path / "shot.mien")
    (tmp_path / "shot.mp4").write_bytes(b"a video")
    made.choose_video(str(tmp_path / "shot.mp4"))
    made.open_takes([str(tmp_path / "shot.mien")])
    made.change_take(video=str(tmp_path / "shot.mp4"))
    maya.cmds.select("face")
    made.add_character()
    yield made
    made.close()


@pytest.mark.parametrize(
    "note",
    [
        "",
        "no JSON",
        "[1, 2]",
        '{"max_error": 0.1, "layer": 7, "tune": {"smoothing": 7}}',
        '{"takes": [3, {"path": 5, "start": "x"}], "take_index": 0, "live": {"source": "TAPE"}}',
        '{"characters": [{"nodes": "face", "map": "x", "joints": [1]}], "character_index": 4}',
    ],
)
def test_what_a_scene_kept_is_read_as_far_as_it_is_understood(maya, note):
    from mien_maya import scene
    from mien_maya.road import Session

    scene.write_note("mien", note)
    session = Session(scene)
    assert session.kept.max_error == (0.1 if "max_error" in note else 0.005)
    assert session.kept.layer == ""
    assert session.kept.live.source == "CAMERA"
    assert session.settings.smoothing == 0.5
    assert session.why_not("bake")


def test_a_take_that_has_moved_is_said_and_the_rest_comes_back(session, maya):
    from mien_maya import scene
    from mien_maya.road import Session

    Path(session.chosen.path).unlink()
    again = Session(scene)
    assert again.take is None
    assert again.trouble
    assert "shot.mien" in again.message
    assert again.rig.driven == 52
    assert again.why_not("bake") == "Solve a video first, or choose a take"
    again.open_takes([session.chosen.path])
    assert again.trouble


def test_a_mesh_that_was_deleted_is_said_at_the_bake(session, maya):
    maya.cmds.delete("face_shapes")
    session.bake()
    assert session.trouble
    assert "no such node" in session.message


def test_maps_are_edited_saved_and_loaded(session, maya, tmp_path: Path):
    session.edit_channel("face_shapes.jawOpen", source="mouthClose", gain=0.5)
    session.edit_channel("face_shapes.cheekPuff", driven=False)
    session.save_map(str(tmp_path / "map.json"))
    channels = {c.target.path: c for c in read_map(tmp_path / "map.json").channels}
    assert channels["face_shapes.jawOpen"].terms[0].shapes == ("mouthClose",)
    assert channels["face_shapes.jawOpen"].terms[0].gain == 0.5
    assert channels["face_shapes.cheekPuff"].mute
    session.auto_map()
    assert session.rig.driven == 52
    session.load_map(str(tmp_path / "map.json"))
    assert session.rig.driven == 51
    rigs.add_face(maya, "other", NAMES[:5])
    maya.cmds.select("other")
    session.add_character()
    session.load_map(str(tmp_path / "map.json"))
    assert "lacks" in session.message


def test_the_head_joint_shares_with_the_neck_and_is_baked(session, maya):
    for name in ("neck", "head", "eyeL"):
        maya.s.add("joint", name)
    for part, name in (("neck", "neck"), ("head", "head"), ("eye_left", "eyeL")):
        maya.cmds.select(name)
        session.choose_joint(part)
    whole = session.whole_map()
    assert [drive.share for drive in whole.head] == [0.4, 0.6]
    session.bake()
    assert "61 channels" in session.message, session.message
    maya.cmds.select(clear=True)
    session.choose_joint("neck")
    assert [drive.share for drive in session.whole_map().head] == [1.0]


def test_calibration_settings_and_their_files(session, maya, tmp_path: Path):
    maya.cmds.currentTime(25)
    session.neutral("FRAME")
    assert session.chosen.rest == (1.0, 1.0)
    assert np.abs(session.tuned.weights[:, INDEX["jawOpen"]]).max() < 0.02, "the jaw's 0.5 is at rest now"
    session.motion_in_range()
    assert session.chosen.motion == (1.0, 2.0)
    session.change_settings(gain=1.5)
    session.save_settings(str(tmp_path / "tune.json"))
    assert load_settings(tmp_path / "tune.json").rest == (1.0, 1.0)
    session.clear_calibration()
    assert session.chosen.rest is None
    assert session.tuned.weights[:, INDEX["jawOpen"]].max() > 0.5
    session.change_settings(gain=1.0)
    session.load_settings(str(tmp_path / "tune.json"))
    assert session.settings.gain == 1.5
    assert session.chosen.rest is None, "the take's calibration stays as it is"
    maya.cmds.currentTime(9999)
    session.neutral("FRAME")
    assert session.trouble
    assert session.chosen.rest is None


def test_only_the_playback_range_is_baked(session, maya):
    maya.s.add_keys("face_shapes.jawOpen", {2: 0.9, 30: 0.9})
    session.change(in_range=True)
    session.bake()
    frames = [frame for frame, _ in maya.s.curve_keys("face_shapes.jawOpen")]
    assert frames == [2, *range(25, 50)]


def test_punch_in_replaces_the_playback_range_of_the_take(session, tmp_path: Path, monkeypatch):
    part = talking(5.0, jaw=0.9).cut(1.0, 2.0)
    save_take(part, tmp_path / "part.mien")
    program = tmp_path / "maya" / "bin" / "mayapy"
    program.parent.mkdir(parents=True)
    program.write_text(f"""#!{sys.executable}
import json, shutil, sys
assert sys.argv[sys.argv.index("--from") + 1 :][:3] == ["1.000000", "--to", "2.000000"], sys.argv
output = sys.argv[sys.argv.index("-o") + 1]
shutil.copy({str(tmp_path / "part.mien")!r}, output)
print(json.dumps({{"event": "done", "source": "s", "output": output, "frames": 31, "faces": 31}}))
""")
    program.chmod(0o755)
    monkeypatch.setenv("MAYA_LOCATION", str(tmp_path / "maya"))
    session.punch_in()
    assert session.why_not("solve") == "Solving is not finished yet"
    finish(session)
    assert not session.trouble, session.message
    assert session.chosen.name == "shot"
    assert Path(session.chosen.path).parent == session.scene.user_folder() / "takes"
    assert [take.name for take in session.kept.takes] == ["shot", "shot"]
    assert (load_take(tmp_path / "shot.mien").weights[:, INDEX["jawOpen"]] == 0.5).all()
    jaw = load_take(session.chosen.path).weights[:, INDEX["jawOpen"]]
    assert (jaw[:30] == 0.5).all()
    assert np.allclose(jaw[30:61], 0.9)
    assert (jaw[61:] == 0.5).all()
    session.punch_in()
    finish(session)
    assert session.chosen.name == "shot-2"
    session.choose_take(0)
    assert (session.take.weights[:, INDEX["jawOpen"]] == 0.5).all()


def test_a_worker_that_is_killed_is_said_and_the_take_stays(session, tmp_path: Path, monkeypatch):
    program = tmp_path / "maya" / "bin" / "mayapy"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!{sys.executable}\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    program.chmod(0o755)
    monkeypatch.setenv("MAYA_LOCATION", str(tmp_path / "maya"))
    session.solve()
    finish(session)
    assert session.trouble
    assert "ended by itself" in session.message
    assert len(session.take) == 120


def test_a_worker_that_can_not_be_started_is_said_and_another_can_be(session, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("MAYA_LOCATION", str(tmp_path / "gone"))
    for _ in range(2):
        session.solve()
        finish(session)
        assert session.trouble
        assert f"{tmp_path / 'gone' / 'bin' / 'mayapy'} can't be started" in session.message
    assert len(session.take) == 120


def test_the_52_shapes_are_made_by_the_real_worker(maya, monkeypatch, mien_environment):
    """`mien map landmarks` finds the face on the reference head, `mien shapes` makes its shapes."""
    from mien.rig import reference_head
    from mien_maya import scene
    from mien_maya.road import Session

    monkeypatch.delenv("MAYA_LOCATION", raising=False)
    head = reference_head.load()
    faces = [tuple(dict.fromkeys(face)) for face in head.faces.tolist()]
    maya.s.add_mesh("head", 10.0 * head.neutral.astype(float), faces)
    session = Session(scene)
    maya.s.add_attribute("head", "anything")
    maya.cmds.select("head")
    session.add_character()
    session.make_shapes()
    finish(session)
    assert not session.trouble, session.message
    assert session.rig.driven == 52
    i = maya.s.one("head_mien")
    made = maya.s.t["delta", i, INDEX["jawOpen"]]
    own = 10.0 * head.deltas[INDEX["jawOpen"]]
    chin = np.argmax(np.linalg.norm(own, axis=1))
    assert np.linalg.norm(made[chin] - own[chin]) < 0.5 * np.linalg.norm(own[chin])
    session.close()
