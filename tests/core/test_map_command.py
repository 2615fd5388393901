"""`mien map` as people and farms meet it: files in, files out, reports, exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mien.arkit import INDEX, NAMES
from mien.cli import main
from mien.errors import MapError
from mien.rig.channel_table import read_examples, write_channels
from mien.rig.head_eyes import HeadDrive
from mien.rig.learn import METHODS
from mien.rig.map_file import read_map, write_map
from mien.rig.retarget_map import RetargetMap
from mien.rig.targets import Target
from mien.take import Take, save_take
from mien.tune import TuneSettings, tune


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Two seconds at 30 fps: the jaw opens to 0.8, then the smile comes; the head turns to 20 degrees."""
    times = np.arange(61) / 30
    weights = np.zeros((61, 52))
    weights[:, INDEX["jawOpen"]] = 0.8 * np.clip(times, 0, 1)
    weights[:, INDEX["mouthSmileLeft"]] = 0.6 * np.clip(times - 1, 0, 1)
    pose = np.zeros((61, 3))
    pose[:, 1] = 10 * times
    save_take(Take.from_weights(times, weights, pose=pose), tmp_path / "take.mien")
    return tmp_path / "take.mien"


def lines(path: Path, *names: str) -> Path:
    path.write_text("\n".join(names), encoding="utf-8")
    return path


def run(capsys, *words: object) -> tuple[int, str, str]:
    code = main(["map", *map(str, words)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_auto_check_apply(tmp_path, take, capsys):
    names = lines(tmp_path / "names.txt", "Basis", "", *(f"head.{name}" for name in NAMES))
    made = tmp_path / "map.json"
    code, out, _ = run(capsys, "auto", names, "-o", made)
    assert code == 0
    assert "52 of 53 channels are driven" in out
    assert "Basis" in out
    assert run(capsys, "check", made, names)[0] == 0
    code, _, err = run(capsys, "apply", take, made, "-o", tmp_path / "out.csv", "--smoothing", 0)
    assert (code, err) == (0, "")
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["time", *(f"head.{name}" for name in NAMES)]
    table = np.array(rows[1:], dtype=float)
    assert table.shape == (61, 53)
    np.testing.assert_allclose(table[:, 0], np.arange(61) / 30, atol=1e-9)
    np.testing.assert_allclose(table[30, 1 + INDEX["jawOpen"]], 0.8, atol=1e-6)


def test_apply_is_tuned_and_turns_the_head(tmp_path, take, capsys):
    path = tmp_path / "head.json"
    write_map(RetargetMap(head=(HeadDrive(Target("head", "transform")),)), path)
    assert run(capsys, "apply", take, path, "-o", tmp_path / "out.csv")[0] == 0
    table = np.genfromtxt(tmp_path / "out.csv", delimiter=",", names=True)
    from mien.take import load_take

    tuned = tune(load_take(take), TuneSettings())
    np.testing.assert_allclose(table["headry"], tuned.pose[:, 1], atol=1e-4)


def test_auto_without_an_output_only_reports_and_json_is_for_machines(tmp_path, capsys):
    names = lines(tmp_path / "names.txt", "jawOpen", "mouthSmile", "Basis")
    code, out, _ = run(capsys, "auto", names, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["driven"], found["doubtful"], found["unmatched"]) == (1, 1, 1)
    assert found["channels"][1]["reason"]
    assert [path.name for path in tmp_path.iterdir()] == ["names.txt"]


def test_the_kind_of_the_channels(tmp_path, capsys):
    names = lines(tmp_path / "names.txt", "jawOpen")
    run(capsys, "auto", names, "-o", tmp_path / "m.json", "--kind", "blendshape")
    assert read_map(tmp_path / "m.json").targets == (Target("jawOpen", "blendshape"),)


def test_check_fails_where_the_rig_changed(tmp_path, capsys):
    names = lines(tmp_path / "names.txt", "jawOpen", "eyeBlinkLeft")
    run(capsys, "auto", names, "-o", tmp_path / "m.json")
    lines(names, "jawOpen", "eyeBlink_Left")
    code, out, _ = run(capsys, "check", tmp_path / "m.json", names)
    assert code == MapError.exit_code
    assert "eyeBlinkLeft: perhaps eyeBlink_Left" in out
    code, out, _ = run(capsys, "check", tmp_path / "m.json", names, "--json")
    assert json.loads(out)["fits"] is False


def test_learn(tmp_path, take, capsys):
    examples = tmp_path / "examples.csv"
    examples.write_text("time,jaw_ctrl,grin\n0,0,0\n0.5,10,0\n1,20,0\n1.5,20,1.5\n2,20,3\n", encoding="utf-8")
    made = tmp_path / "learnt.json"
    code, out, _ = run(capsys, "learn", take, examples, "-o", made, "--smoothing", 0)
    assert code == 0
    assert "jaw_ctrl" in out
    assert "grin" in out
    assert read_map(made).name == "learnt"
    run(capsys, "apply", take, made, "-o", tmp_path / "out.csv", "--smoothing", 0)
    table = np.genfromtxt(tmp_path / "out.csv", delimiter=",", names=True)
    assert table["jaw_ctrl"][30] == pytest.approx(20, abs=1)
    assert table["grin"][60] == pytest.approx(3, abs=0.2)
    for method in METHODS:
        words = ("learn", take, examples, "-o", made, "--method", method, "--json")
        assert {c["channel"] for c in json.loads(run(capsys, *words)[1])["channels"]} == {"jaw_ctrl", "grin"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no such columns"),
        ("frame\n1\n", "no such columns"),
        ("frame,a,a\n1,2,3\n", "no such columns"),
        ("shot,a\n1,2\n", "no such columns"),
        ("frame,a\n0,1\n1,x\n", "row 3: x is not a number"),
        ("frame,a\n0,nan\n1,1\n", "is not a number"),
        ("frame,a\n0,\n1,1\n", "an empty cell"),
        ("frame,a\n0,1,2\n", "has 3 cells"),
        ("frame,a\n0,1\n99,1\n", "no frame 99"),
        ("frame,a\n0,1\n1.5,1\n", "no frame 1.5"),
        ("time,a\n0,1\n7,1\n", "no time 7"),
        ("frame,a\n0,1\n", "One example"),
    ],
)
def test_examples_that_can_not_be_used(tmp_path, take, capsys, content, words):
    (tmp_path / "examples.csv").write_text(content, encoding="utf-8")
    code, _, err = run(capsys, "learn", take, tmp_path / "examples.csv", "-o", tmp_path / "m.json")
    assert code == MapError.exit_code
    assert words in err
    assert not (tmp_path / "m.json").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("auto", "none.txt"), 2),
        (("auto", "empty.txt"), 2),
        (("auto", "binary.txt"), 2),
        (("check", "none.json"), 9),
        (("check", "empty.txt"), 9),
        (("apply", "none.mien", "none.json", "-o", "o.csv"), 9),
        (("apply", "none.mien", "good.json", "-o", "o.csv"), 7),
        (("apply", "take.mien", "good.json", "-o", "nowhere/o.csv"), 5),
        (("apply", "take.mien", "good.json"), 2),
        (("nothing",), 2),
        ((), 2),
    ],
)
def test_what_is_missing_has_its_exit_code(tmp_path, take, capsys, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    lines(tmp_path / "empty.txt", "", " ")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    write_map(RetargetMap(), tmp_path / "good.json")
    before = {path.name for path in tmp_path.iterdir()}
    found, _, err = run(capsys, *words)
    assert found == code
    assert err
    assert {path.name for path in tmp_path.iterdir()} == before


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | st.text(max_size=80).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_table_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("table") / "examples.csv"
    path.write_bytes(b"frame,a\n" + content)
    try:
        found = read_examples(path)
    except MapError:
        return
    assert np.isfinite(found.values).all()


def test_a_table_carries_numbers_exactly(tmp_path):
    values = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    times = np.cumsum(np.random.default_rng(1).random(20))
    write_channels(tmp_path / "t.csv", times, ["a,b", 'c"d'], values)
    found = read_examples(tmp_path / "t.csv")
    assert found.channels == ("a,b", 'c"d')
    np.testing.assert_array_equal(found.values.astype(np.float32), values)
    np.testing.assert_array_equal(found.places, times)
