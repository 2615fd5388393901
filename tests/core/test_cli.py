"""`mien solve` as hosts and render farms meet it: a process, its JSON lines, its files, its exit code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from making import cut_short, shades, write_sound, write_video
from making_footage import black
from mien.take import load_take
from toy_network import toy_picture


@pytest.fixture
def solve(run_mien, toy_folder):
    """`solve(…)` runs `mien solve --json` with the toy network: (exit code, events)."""

    def run(*words, **options):
        done = run_mien("solve", *words, "--json", "--model", toy_folder, "--threads", 1, **options)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.fixture
def clip(toy_clip, tmp_path) -> Path:
    return Path(shutil.copy(toy_clip, tmp_path / "toy.mp4"))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def only_error(events) -> dict:
    assert [event["event"] for event in events] == ["error"]
    return events[0]


def test_the_protocol(solve, clip, tmp_path):
    code, events = solve(clip)
    output = tmp_path / "toy.mien"
    assert code == 0
    kinds = [kind for kind, _ in groupby(event["event"] for event in events)]
    assert (kinds[0], kinds[-1]) == ("start", "done")
    assert set(kinds[1:-1]) == {"progress", "samples"}
    assert events[0] == {
        "event": "start", "protocol": 1, "source": str(clip), "output": str(output),
        "frames": 40, "rate": 25.0, "size": [320, 240],
    }  # fmt: skip
    done = events[-1]
    assert (done["source"], done["output"], done["frames"], done["faces"]) == (str(clip), str(output), 40, 35)
    assert done["seconds"] > 0
    assert "warning" not in done
    for event in events:
        if event["event"] == "progress":
            assert event.keys() == {"event", "source", "frame", "frames", "rate", "left"}
            assert 0 < event["frame"] <= 40


def test_the_samples_it_says_are_those_it_writes(solve, clip, tmp_path):
    _, events = solve(clip)
    take = load_take(tmp_path / "toy.mien")
    said = [event for event in events if event["event"] == "samples"]
    times = [time for event in said for time in event["times"]]
    weights = np.array([row for event in said for row in event["weights"]], float)
    confidence = [value for event in said for value in event["confidence"]]
    np.testing.assert_allclose(times, take.times, atol=1e-6)
    np.testing.assert_allclose(weights, take.weights, atol=1e-4)
    np.testing.assert_allclose(confidence, take.confidence, atol=1e-4)
    assert np.isnan(weights[20:25]).all()
    assert take.about["source"] == "toy.mp4"
    assert take.about["frame_size"] == [320, 240]
    assert take.about["network"] == "toy"


def test_people_get_a_line_and_a_quiet_error_stream(run_mien, toy_folder, clip, tmp_path):
    done = run_mien("solve", clip, "--model", toy_folder)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "40 frames, a face in 35" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["take.mien", "take.csv", "take.json", "TAKE.MIEN"])
def test_the_suffix_chooses(solve, clip, tmp_path, name):
    code, _ = solve(clip, "-o", tmp_path / name)
    assert code == 0
    first_bytes = {".mien": b"PK", ".csv": b"Timecode,Blend", ".json": b"{"}[Path(name).suffix.lower()]
    assert (tmp_path / name).read_bytes().startswith(first_bytes)
    assert names(tmp_path) == {"toy.mp4", name}


def test_another_suffix_is_refused_before_any_work(solve, clip, tmp_path):
    code, events = solve(clip, "-o", tmp_path / "take.fbx")
    assert (code, only_error(events)["code"]) == (2, "usage")
    assert names(tmp_path) == {"toy.mp4"}


def test_several_videos_of_which_some_fail(solve, clip, tmp_path):
    second = Path(shutil.copy(clip, tmp_path / "second one.mp4"))
    voice = write_sound(tmp_path / "voice.m4a")
    out = tmp_path / "out"
    out.mkdir()
    code, events = solve(clip, voice, tmp_path / "none.mp4", second, "-o", out)
    assert code == 3
    ends = [event for event in events if event["event"] in ("done", "error")]
    assert [(end["event"], Path(end["source"]).name, end.get("code")) for end in ends] == [
        ("done", "toy.mp4", None),
        ("error", "voice.m4a", "not_a_video"),
        ("error", "none.mp4", "source_not_found"),
        ("done", "second one.mp4", None),
    ]
    assert names(out) == {"toy.mien", "second one.mien"}


def test_blanks_and_other_scripts_in_names(solve, clip, tmp_path):
    folder = tmp_path / "Größe – 顔 folder"
    folder.mkdir()
    moved = clip.rename(folder / "übung 1 – 演技.mp4")
    code, events = solve(moved)
    assert code == 0
    assert events[-1]["output"] == str(folder / "übung 1 – 演技.mien")
    assert len(load_take(folder / "übung 1 – 演技.mien")) == 40


def test_a_terminal_without_those_letters(run_mien, toy_folder, clip, tmp_path, mien_environment):
    moved = clip.rename(tmp_path / "演技.mp4")
    ascii_only = {**mien_environment, "PYTHONIOENCODING": "ascii"}
    done = run_mien("solve", moved, "--model", toy_folder, env=ascii_only)
    assert done.returncode == 0, done.stderr
    assert "\\u6f14" in done.stdout


def test_no_face_anywhere(solve, tmp_path):
    path = write_video(tmp_path / "wall.mp4", shades(5))
    code, events = solve(path)
    assert (code, events[-1]["event"], events[-1]["code"]) == (4, "error", "no_face")
    assert names(tmp_path) == {"wall.mp4"}


BAD_VIDEOS = {
    "a folder": (lambda p: p.mkdir(), "not_a_video"),
    "text": (lambda p: p.write_text("not a video\n" * 99), "not_a_video"),
    "nothing": (lambda p: p.write_bytes(b""), "not_a_video"),
    "sound only": (lambda p: write_sound(p), "not_a_video"),
    "no frames": (lambda p: write_video(p, [], codec="mpeg4"), "no_frames"),
    "missing": (lambda p: None, "source_not_found"),
}


@pytest.mark.parametrize("kind", BAD_VIDEOS)
def test_bad_videos_have_names(solve, tmp_path, kind):
    make, error = BAD_VIDEOS[kind]
    make(tmp_path / "bad.mp4")
    before = names(tmp_path)
    code, events = solve(tmp_path / "bad.mp4")
    assert (code, only_error(events)["code"]) == (3, error)
    assert events[0]["source"] == str(tmp_path / "bad.mp4")
    assert events[0]["hint"]
    assert names(tmp_path) == before


def test_a_truncated_video_is_a_shorter_take_with_a_warning(solve, clip, tmp_path):
    cut_short(clip, 0.6)
    code, events = solve(clip)
    assert code == 0
    assert "ends early" in events[-1]["warning"]
    assert 5 < len(load_take(tmp_path / "toy.mien")) < 40


def test_an_output_folder_that_is_missing(solve, clip, tmp_path):
    code, events = solve(clip, "-o", tmp_path / "none" / "take.mien")
    assert (code, only_error(events)["code"]) == (5, "output")
    assert names(tmp_path) == {"toy.mp4"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder that not even root may write to")
def test_an_output_folder_that_is_read_only(solve, clip):
    code, events = solve(clip, "-o", "/proc/take.mien")
    assert (code, only_error(events)["code"]) == (5, "output")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everywhere")
def test_footage_in_a_read_only_folder(solve, clip, tmp_path):
    tmp_path.chmod(0o555)
    try:
        code, events = solve(clip)
    finally:
        tmp_path.chmod(0o755)
    assert (code, only_error(events)["code"]) == (5, "output")


def test_results_may_not_replace_footage_or_each_other(solve, clip, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    twin = Path(shutil.copy(clip, other / "toy.mkv"))
    for words in ([clip, "--overlay", clip], [clip, twin, "-o", other]):
        before = clip.read_bytes()
        code, events = solve(*words)
        assert (code, only_error(events)["code"]) == (2, "usage")
        assert clip.read_bytes() == before
    assert names(other) == {"toy.mkv"}


def test_a_network_that_is_missing(run_mien, clip, tmp_path):
    done = run_mien("solve", clip, "--json", "--model", tmp_path / "none")
    assert done.returncode == 6
    assert only_error([json.loads(line) for line in done.stdout.splitlines()])["code"] == "model"


@pytest.mark.parametrize(
    "words",
    [
        [], ["--crop", "1,2,3"], ["--crop", "1,2,0,5"], ["--crop", "a,b,c,d"], ["--crop", "9000,10,50,50"],
        ["--threads", "none"], ["--wobble"],
    ],
)  # fmt: skip
def test_wrong_calls(solve, clip, words):
    code, events = solve(*([clip] if words else []), *words)
    assert (code, only_error(events)["code"]) == (2, "usage")


def test_wrong_calls_are_explained_to_people_too(run_mien):
    done = run_mien("solve")
    assert (done.returncode, done.stdout) == (2, "")
    assert "VIDEO" in done.stderr
    done = run_mien("wobble")
    assert done.returncode == 2
    assert "solve" in done.stderr


def test_a_fixed_crop(solve, clip, tmp_path):
    code, _ = solve(clip, "--crop", "70,20,200,180")
    take = load_take(tmp_path / "toy.mien")
    assert code == 0
    np.testing.assert_array_equal(np.unique(take.boxes[take.found], axis=0), [[169.5, 109.5, 200, 0]])


def test_a_fixed_crop_that_shows_a_face_too_seldom_is_said(solve, clip, tmp_path):
    code, events = solve(clip, "--crop", "70,20,200,180")
    assert (events[-1]["faces"], "warning" in events[-1]) == (35, False)
    seldom = write_video(tmp_path / "seldom.mp4", [toy_picture(i) if i % 2 else black() for i in range(20)])
    code, events = solve(seldom, "--crop", "70,20,200,180")
    assert code == 0
    assert "a face in 10 of 20 frames only. Draw it closer" in events[-1]["warning"]
    code, events = solve(clip, "--crop", "0,0,60,60")
    assert code == 4
    assert "Draw it closer" in only_error(events[1:])["hint"]


def test_a_span_keeps_the_times_of_the_footage(solve, clip, tmp_path):
    solve(clip, "-o", tmp_path / "whole.mien")
    code, events = solve(clip, "--from", 1.04, "--to", "1.4", "-o", tmp_path / "part.mien")
    whole, part = load_take(tmp_path / "whole.mien"), load_take(tmp_path / "part.mien")
    assert code == 0
    assert (events[0]["frames"], events[-1]["frames"]) == (10, 10)
    np.testing.assert_array_equal(part.times, whole.cut(1.039, 1.401).times)
    assert "warning" not in events[-1]


@pytest.mark.parametrize(("words", "code", "kind"), [
    (["--from", "2", "--to", "1"], 2, "usage"),
    (["--from", "1", "--to", "1"], 2, "usage"),
    (["--from", "-1"], 2, "usage"),
    (["--to", "soon"], 2, "usage"),
    (["--to", "nan"], 2, "usage"),
    (["--from", "60"], 3, "no_frames"),
    (["--from", "0.84", "--to", "0.9"], 4, "no_face"),
])  # fmt: skip
def test_spans_in_which_nothing_can_be_solved(solve, clip, tmp_path, words, code, kind):
    seen, events = solve(clip, *words)
    assert (seen, events[-1]["code"]) == (code, kind)
    assert names(tmp_path) == {"toy.mp4"}


@pytest.fixture(scope="module")
def long_clip_once(tmp_path_factory):
    pictures = [toy_picture(i, (160, 120)) for i in range(60)] * 80
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    return write_video(path, pictures, options={"preset": "ultrafast"})


@pytest.fixture
def long_clip(long_clip_once, tmp_path):
    """Many seconds of work."""
    return Path(shutil.copy(long_clip_once, tmp_path / "long.mp4"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_cancelling_leaves_nothing_behind(long_clip, toy_folder, mien_environment, tmp_path, number):
    command = [sys.executable, "-m", "mien", "solve", long_clip, "--json", "--model", toy_folder]
    with subprocess.Popen(command, env=mien_environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if json.loads(line)["event"] == "progress":
                break
        process.send_signal(number)
        rest = [json.loads(line) for line in process.stdout]
    assert process.returncode == 130
    assert (rest[-1]["event"], rest[-1]["code"]) == ("error", "cancelled")
    assert names(tmp_path) == {"long.mp4"}


def test_a_host_that_goes_away_ends_the_solve(long_clip, toy_folder, mien_environment, tmp_path):
    command = [sys.executable, "-m", "mien", "solve", long_clip, "--json", "--model", toy_folder]
    process = subprocess.Popen(command, env=mien_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 130
    assert process.stderr.read() == b""
    process.stderr.close()
    assert names(tmp_path) == {"long.mp4"}


def test_an_old_result_survives_a_failure(solve, clip, tmp_path):
    (tmp_path / "toy.mien").write_bytes(b"old")
    clip.write_bytes(b"no video")
    assert solve(clip)[0] == 3
    assert (tmp_path / "toy.mien").read_bytes() == b"old"


def test_convert(run_mien, solve, clip, tmp_path):
    solve(clip)
    assert run_mien("convert", tmp_path / "toy.mien", tmp_path / "toy.csv").returncode == 0
    assert (tmp_path / "toy.csv").read_bytes().startswith(b"Timecode,")
    missing = run_mien("convert", tmp_path / "none.mien", tmp_path / "none.csv")
    assert missing.returncode == 7
    assert names(tmp_path) == {"toy.mp4", "toy.mien", "toy.csv"}


def test_help_and_version(run_mien):
    assert "solve" in run_mien("--help").stdout
    assert run_mien("--version").stdout.startswith("mien ")
