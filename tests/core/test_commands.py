"""`mien tune`, `convert`, `takes` and `plot` as people call them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from mien import cli, interchange
from mien.arkit import COUNT, INDEX
from mien.take import Take, load_take, save_take
from mien.tune import TuneSettings, save_settings, tune


@pytest.fixture
def run(capsys):
    """`run("tune", …)` gives the exit code, what was said, and the errors."""

    def call(*words) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return code, said.out, said.err

    return call


@pytest.fixture
def take() -> Take:
    """Four seconds at 30 a second: waves with noise; no face for 0.2 s, unsure for 0.1 s."""
    rng = np.random.default_rng(0)
    times = np.arange(120) / 30
    waves = 0.4 + 0.3 * np.sin(2 * np.pi * times[:, None] * rng.uniform(0.2, 1.5, COUNT))
    weights = waves + rng.normal(0, 0.01, (120, COUNT))
    weights[60:66] = np.nan
    confidence = np.where(np.isnan(weights[:, 0]), 0.0, 0.95)
    confidence[90:93] = 0.3
    return Take.from_weights(times, weights, {"name": "waves", "rate": 30.0}, confidence=confidence)


@pytest.fixture
def raw(take, tmp_path) -> Path:
    save_take(take, tmp_path / "raw.mien")
    return tmp_path / "raw.mien"


def test_tune_is_tune(run, raw, take, tmp_path):
    assert run("tune", raw, "-o", tmp_path / "out.mien", "--smoothing", "0.7", "--gain-of", "jaw=0.5",
               "--mute", "tongueOut", "--rest", "0,1")[0] == 0  # fmt: skip
    settings = TuneSettings(smoothing=0.7, gains={"jaw": 0.5}, muted=("tongueOut",), rest=(0.0, 1.0))
    np.testing.assert_array_equal(load_take(tmp_path / "out.mien").weights, tune(take, settings).weights)


def test_words_go_over_the_settings_of_a_file(run, raw, take, tmp_path):
    save_settings(TuneSettings(smoothing=1.0, gains={"brow": 0.5}), tmp_path / "settings.json")
    words = ("--settings", tmp_path / "settings.json", "--gain-of", "jaw=0.5", "--smoothing", "0")
    assert run("tune", raw, "-o", tmp_path / "out.mien", *words)[0] == 0
    settings = TuneSettings(smoothing=0.0, gains={"brow": 0.5, "jaw": 0.5})
    np.testing.assert_array_equal(load_take(tmp_path / "out.mien").weights, tune(take, settings).weights)


@pytest.mark.parametrize("suffix", [".mien", ".csv", ".json"])
@pytest.mark.parametrize("how", [(), ("--live",)])
def test_tuned_takes_of_every_kind_go_on_through_gaps(run, raw, tmp_path, suffix, how):
    out = tmp_path / f"tuned{suffix}"
    assert run("tune", raw, "-o", out, *how)[0] == 0
    tuned = interchange.read(out)
    assert len(tuned) == 120
    assert np.isfinite(tuned.weights).all()
    assert tuned.weights[:, INDEX["jawOpen"]].std() > 0.05


def test_convert_cuts_and_resamples(run, raw, tmp_path):
    code, _, _ = run("convert", raw, tmp_path / "out.csv", "--from", "1", "--to", "1.8", "--fps", "23.976")
    assert code == 0
    part = interchange.read(tmp_path / "out.csv")
    steps = np.diff(part.times)
    np.testing.assert_allclose(steps, 1001 / 24000, atol=2 / 60_000)
    assert part.about["timecode"] == "00:00:01:00.000" or part.times[-1] <= 0.8
    assert run("convert", raw, tmp_path / "x.csv", "--fps", "fast")[0] == 2
    assert run("convert", raw, tmp_path / "x.csv", "--from", "9", "--fps", "24")[0] == 7


def test_what_was_left_out_is_said(run, raw, tmp_path):
    run("convert", raw, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    (tmp_path / "a.csv").write_text("\n".join([*lines[:9], lines[4], *lines[9:]]) + "\n")
    code, out, err = run("convert", tmp_path / "a.csv", tmp_path / "b.mien")
    assert (code, out) == (0, "")
    assert "rows left out because their timecode repeats or goes back: 1" in err


def test_punch_in_and_bad_frames(run, raw, take, tmp_path):
    code, out, _ = run("takes", "bad", raw)
    assert (code, out.splitlines()) == (0, ["  0:02.000 to   0:02.167", "  0:03.000 to   0:03.067"])
    assert json.loads(run("takes", "bad", raw, "--threshold", "0.2", "--json")[1]) == [[2.0, take.times[65]]]
    part = Take.from_weights(take.times[57:70], np.full((13, COUNT), 0.5), {"frame_size": [9, 9]})
    save_take(part, tmp_path / "part.mien")
    assert run("takes", "punch-in", raw, tmp_path / "part.mien", "-o", tmp_path / "new.mien")[0] == 0
    new = load_take(tmp_path / "new.mien")
    assert new.found.all()
    assert new.about == take.about
    assert (
        run("takes", "punch-in", raw, tmp_path / "part.mien", "-o", tmp_path / "x.mien", "--fade", 1)[0] == 7
    )


def test_a_folder_of_takes(run, raw, tmp_path):
    (tmp_path / "damaged.mien").write_bytes(b"x")
    assert run("takes", "rename", raw, "Szene 1, zweite")[0] == 0
    code, out, _ = run("takes", "list", tmp_path)
    first, second = out.splitlines()
    assert code == 0
    assert "damaged" in first
    assert second == "Szene 1, zweite    0:03.967   30.000 fps  face  95.0 %  raw.mien"
    listed = json.loads(run("takes", "list", tmp_path, "--json")[1])
    assert [entry["name"] for entry in listed] == ["damaged", "Szene 1, zweite"]
    assert run("takes", "list", tmp_path / "none")[0] == 7


WRONG = {
    "no output": ("tune", "raw.mien"),
    "another suffix": ("tune", "raw.mien", "-o", "x.fbx"),
    "no smoothing": ("tune", "raw.mien", "-o", "x.mien", "--smoothing", "2"),
    "not a number": ("tune", "raw.mien", "-o", "x.mien", "--gain", "nan"),
    "an unknown region": ("tune", "raw.mien", "-o", "x.mien", "--gain-of", "elbow=1"),
    "a gain without a number": ("tune", "raw.mien", "-o", "x.mien", "--gain-of", "jaw"),
    "a plot of another kind": ("plot", "raw.mien", "-o", "x.svg"),
    "an unknown shape": ("plot", "raw.mien", "-o", "x.png", "--shape", "elbow"),
    "an unknown verb": ("takes", "burn", "raw.mien"),
    "a name that is none": ("convert", "raw.mien", "x.txt"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_calls(run, raw, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    assert run(*WRONG[kind])[0] == 2
    assert {path.name for path in tmp_path.iterdir()} == {"raw.mien"}


def test_missing_files(run, raw, tmp_path):
    none = tmp_path / "none.mien"
    assert run("tune", none, "-o", tmp_path / "x.mien")[0] == 7
    assert run("tune", raw, "-o", tmp_path / "x.mien", "--settings", tmp_path / "none.json")[0] == 7
    assert run("takes", "bad", none)[0] == 7
    assert run("takes", "rename", none, "x")[0] == 7


def test_a_picture_of_a_missing_file(run, tmp_path):
    pytest.importorskip("matplotlib")
    assert run("plot", tmp_path / "none.mien", "-o", tmp_path / "x.png")[0] == 7


def test_a_picture(run, raw, tmp_path):
    cv2 = pytest.importorskip("cv2")
    pytest.importorskip("matplotlib")
    assert run("plot", raw, "-o", tmp_path / "all.png")[0] == 0
    picture = cv2.imread(str(tmp_path / "all.png"))
    assert picture.shape[1] == 1600
    pale_red = (np.abs(picture.astype(int) - (195, 199, 244)) < 4).all(axis=2)
    assert pale_red.sum() > 10_000  # the spans without a face
    assert (
        run("plot", raw, raw, "-o", tmp_path / "one.png", "--shape", "jawOpen", "--from", 1, "--to", 2)[0]
        == 0
    )
    assert cv2.imread(str(tmp_path / "one.png")).shape[0] < picture.shape[0] / 3
    assert run("plot", raw, "-o", tmp_path / "x.png", "--from", "9")[0] == 7


def test_a_page_that_works_offline(run, raw, tmp_path):
    pytest.importorskip("plotly")
    assert run("plot", raw, "-o", tmp_path / "all.html", "--live")[0] == 0
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert '<script src="http' not in page
    for name in ("jawOpen", "eyeBlinkLeft", "yaw", "confidence"):
        assert f'"{name}"' in page


@pytest.mark.parametrize(("needed", "name"), [("matplotlib", "x.png"), ("plotly", "x.html")])
def test_a_missing_extra_is_named(run, raw, tmp_path, monkeypatch, needed, name):
    monkeypatch.setitem(sys.modules, needed, None)
    code, _, err = run("plot", raw, "-o", tmp_path / name)
    assert code == 2
    assert needed in err
    assert 'pip install -e ".[plots]"' in err


def test_the_preview_shows_the_crop_with_its_landmarks(toy_clip, toy_folder, run_mien, tmp_path):
    picture = tmp_path / "crop.pgm"
    done = run_mien("solve", toy_clip, "-o", tmp_path / "t.mien", "--model", toy_folder, "--preview", picture)
    assert done.returncode == 0, done.stderr
    head, size, most, pixels = picture.read_bytes().split(b"\n", 3)
    assert (head, size, most) == (b"P5", b"160 160", b"255")
    grey = np.frombuffer(pixels, np.uint8).reshape(160, 160)
    assert (grey == 255).sum() > 50, "no dots"


def test_a_preview_that_cannot_be_written_stops_nothing(toy_clip, toy_folder, run_mien, tmp_path):
    missing = tmp_path / "missing" / "crop.pgm"
    done = run_mien("solve", toy_clip, "-o", tmp_path / "t.mien", "--model", toy_folder, "--preview", missing)
    assert done.returncode == 0, done.stderr
