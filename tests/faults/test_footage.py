"""Odd footage: what is promised for each kind, and that `mien solve` keeps it (see docs/faults.md)."""

from __future__ import annotations

import making_footage as footage
import numpy as np
import pytest
from making import write_video
from making_footage import CLEAN, RATE, at, black, faces
from mien.arkit import INDEX

JAW = INDEX["jawOpen"]
FFV1 = {"codec": "ffv1", "pix_fmt": "gray"}


@pytest.fixture
def plain(solve, tmp_path):
    """The take of eight plain pictures."""
    return solve(write_video(tmp_path / "plain.mp4", faces(8), options=CLEAN)).take


@pytest.mark.parametrize(
    ("make", "size", "close"),
    [
        (footage.phone, (240, 320), None),
        (footage.interlaced, (320, 240), None),
        (footage.with_alpha, (320, 240), 0.02),
        (lambda d: write_video(d / "t.mp4", faces(8), pix_fmt="yuv420p10le"), (320, 240), 0.05),
        (lambda d: write_video(d / "deep.mkv", faces(8), codec="ffv1", pix_fmt="gray16le"), (320, 240), 0.02),
        (lambda d: write_video(d / "grey.mkv", faces(8), **FFV1), (320, 240), 0.02),
        (lambda d: write_video(d / "odd.mkv", faces(8, (321, 241)), **FFV1), (321, 241), None),
        (lambda d: write_video(d / "full.mp4", faces(8), full_range=True, options=CLEAN), (320, 240), 0.02),
        (lambda d: write_video(d / "wide.mkv", [_wide(i) for i in range(8)], **FFV1), (2000, 160), None),
        (footage.strange_pixels, (320, 240), None),
    ],
    ids=["phone", "interlaced", "alpha", "10 bit", "16 bit", "grey", "odd", "full range", "wide", "pixels"],
)  # fmt: skip
def test_odd_pictures_are_solved_as_plain_ones(solve, plain, tmp_path, make, size, close):
    """Promise: exit 0, a face in every frame, the size as shown; the same content gives the same weights."""
    outcome = solve(make(tmp_path))
    assert outcome.exit_code == 0
    assert outcome.left == {"take.mien"}
    assert tuple(outcome.take.about["frame_size"]) == size
    assert len(outcome.take) == 8
    assert outcome.take.found.all()
    if close is not None:
        np.testing.assert_allclose(outcome.take.weights[:, JAW], plain.weights[:, JAW], atol=close)


def _wide(i: int) -> np.ndarray:
    return at(700 + 3 * i, 80, 110, black((2000, 160)))


def test_eight_k(solve, tmp_path):
    """Promise: exit 0, and the landmarks lie on the face to a part of its size."""
    outcome = solve(footage.eight_k(tmp_path))
    assert outcome.exit_code == 0
    assert outcome.take.about["frame_size"] == [7680, 4320]
    assert outcome.take.found.all()
    np.testing.assert_allclose(outcome.take.boxes[0, 2], 0.6 * 4320, rtol=0.05)


def test_one_frame(solve, tmp_path):
    """Promise: a take of one sample at second 0."""
    outcome = solve(write_video(tmp_path / "one.mp4", faces(1), options=CLEAN))
    assert outcome.exit_code == 0
    assert outcome.take.times.tolist() == [0.0]


@pytest.mark.parametrize("size", [(16, 16), (2, 2)])
def test_tiny_pictures_have_no_face(solve, tmp_path, size):
    """Promise: exit 4 and the code no_face; nothing is left."""
    outcome = solve(write_video(tmp_path / "tiny.mkv", [np.full(size, 90, np.uint8)] * 3, **FFV1))
    assert (outcome.exit_code, outcome.last["code"]) == (4, "no_face")
    assert not outcome.left


def test_black_footage(solve, tmp_path):
    """Promise: exit 4 and the code no_face; nothing is left."""
    outcome = solve(write_video(tmp_path / "black.mp4", [black()] * 10))
    assert (outcome.exit_code, outcome.last["code"]) == (4, "no_face")
    assert not outcome.left


def test_variable_frame_rate(solve, tmp_path):
    """Promise: every sample has the time stamp of its picture."""
    times = np.cumsum([0, 0.033, 0.033, 0.066, 0.041, 0.2, 0.033, 0.034])
    outcome = solve(write_video(tmp_path / "varies.mp4", faces(8), times.tolist(), options=CLEAN))
    assert outcome.exit_code == 0
    np.testing.assert_allclose(outcome.take.times, times, atol=1e-3)


def test_frames_without_stamps(solve, tmp_path):
    """Promise: they come one step of the nominal rate apart."""
    outcome = solve(footage.without_stamps(tmp_path))
    assert outcome.exit_code == 0
    assert len(outcome.take) == 10
    np.testing.assert_allclose(np.diff(outcome.take.times), 1 / RATE, atol=1e-6)


def test_a_stamp_that_jumps_ahead(solve, tmp_path):
    """Promise: a gap stays a gap, however long; no frame is made up for it."""
    times = [0, 0.04, 0.08, 4000.0, 4000.04]
    outcome = solve(write_video(tmp_path / "gap.mkv", faces(5), times, **FFV1))
    assert outcome.exit_code == 0
    np.testing.assert_allclose(outcome.take.times, times, atol=1e-3)


def test_the_size_changes_in_the_middle(solve, tmp_path):
    """Promise: solved to the end; a face that is elsewhere now is found again."""
    outcome = solve(footage.of_two_sizes(tmp_path))
    assert outcome.exit_code == 0
    assert len(outcome.take) == 16
    assert outcome.take.found[[0, 7, 9, 15]].all()


def test_of_two_faces_the_larger_one(solve, tmp_path):
    """Promise: one face is followed all through, the largest at the beginning."""
    pictures = [at(80, 120, 70, at(230 - i, 120, 140)) for i in range(12)]
    outcome = solve(write_video(tmp_path / "two.mp4", pictures, options=CLEAN))
    assert outcome.take.found.all()
    np.testing.assert_allclose(outcome.take.boxes[:, 0], 230 - np.arange(12), atol=8)


def test_a_face_that_leaves_and_comes_back(solve, tmp_path):
    """Promise: no face while it is away, within half a second of its return it is followed again."""
    inside = [at(160, 120, 130) for _ in range(8)]
    leaving = [at(160 + 40 * i, 120, 130) for i in range(8)]
    pictures = [*inside, *leaving, *[black()] * 10, *[at(90, 120, 120) for _ in range(20)]]
    outcome = solve(write_video(tmp_path / "leaves.mp4", pictures, options=CLEAN))
    found = outcome.take.found
    assert found[:8].all()
    assert not found[16:26].any()
    assert found[26 + RATE // 2 :].all()
    assert np.isnan(outcome.take.weights[~found]).all()
    assert (outcome.take.confidence[~found] == 0).all()


def test_black_frames_between(solve, tmp_path):
    """Promise: no face in them, and the face after them at once, where it was."""
    pictures = [black() if i in (0, 5, 6, 7) else at(160, 120, 130) for i in range(14)]
    outcome = solve(write_video(tmp_path / "flash.mp4", pictures, options=CLEAN))
    found = outcome.take.found
    assert not found[[0, 5, 6, 7]].any()
    assert found[8:].all()


def test_a_cut(solve, tmp_path):
    """Promise: within half a second of a cut the face is followed at its new place; never between the two."""
    pictures = [at(90, 100, 100) for _ in range(10)] + [at(230, 140, 130) for _ in range(20)]
    outcome = solve(write_video(tmp_path / "cut.mp4", pictures, options=CLEAN))
    x, found = outcome.take.boxes[:, 0], outcome.take.found
    np.testing.assert_allclose(x[:10], 90, atol=6)
    np.testing.assert_allclose(x[10 + RATE // 2 :], 230, atol=6)
    between = found & (np.abs(x - 160) < 50)
    assert not between.any()


@pytest.mark.parametrize("rate", [1, 240])
def test_slow_and_fast_footage(solve, tmp_path, rate):
    """Promise: every picture a sample, at its time."""
    outcome = solve(write_video(tmp_path / "pace.mp4", faces(6), fps=rate, options=CLEAN))
    assert outcome.exit_code == 0
    np.testing.assert_allclose(outcome.take.times, np.arange(6) / rate, atol=1e-3)


@pytest.mark.parametrize("name", ["short.mkv", "short.ts", "short.avi"])
def test_a_file_cut_short(solve, tmp_path, name):
    """Promise: what is there is solved, exit 0, and a warning says that it ends early or is damaged."""
    outcome = solve(footage.truncated(tmp_path, name))
    assert outcome.exit_code == 0
    assert 5 < len(outcome.take) < 40
    assert outcome.warning


def test_a_broadcast_tuned_into(solve, tmp_path):
    """Promise: solved from its first whole picture on, exit 0, time counted from there."""
    outcome = solve(footage.begun_in_the_middle(tmp_path))
    assert outcome.exit_code == 0
    assert outcome.take.times[0] == 0.0
    assert outcome.take.found.all()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda d: footage.truncated(d, "index.mov"), "not_a_video"),
        (lambda d: footage.text(d, "words.mp4", "Only words.\n" * 200), "not_a_video"),
        (lambda d: footage.text(d, "words.txt", "Only words.\n" * 200), "not_a_video"),
        (lambda d: footage.text(d, "empty.mov", ""), "not_a_video"),
        (lambda d: footage.playlist(d, "list.m3u8"), "not_a_video"),
        (lambda d: footage.playlist(d, "far.m3u8"), "not_a_video"),
        (lambda d: footage.playlist(d, "list.mp4"), "not_a_video"),
        (lambda d: footage.playlist(d, "list.sdp"), "not_a_video"),
        (footage.only_sound, "not_a_video"),
        (footage.of_no_codec, "not_a_video"),
        (footage.bomb, "no_frames"),
        (lambda d: d / "none.mp4", "source_not_found"),
    ],
    ids=["no index", "words", "text", "empty", "playlist", "playlist of addresses", "list of files",
         "stream address", "sound", "no codec", "picture bomb", "no file"],
)  # fmt: skip
def test_what_is_no_footage(solve, tmp_path, make, code):
    """Promise: exit 3, a code that says what is wrong, a hint; nothing is left, nothing is fetched."""
    outcome = solve(make(tmp_path))
    assert (outcome.exit_code, outcome.last["code"]) == (3, code)
    assert outcome.last["hint"]
    assert not outcome.left
