"""`mien setup`, `mien synth` and `mien train` as a user calls them."""

from __future__ import annotations

import subprocess
import sys

import cv2
import pytest
from mien.take import load_take

pytest.importorskip("numba")


def _mien(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mien", *map(str, words)], capture_output=True, text=True)


def test_setup_builds_the_head_or_says_that_it_is_there():
    assert _mien("setup").returncode == 0
    again = _mien("setup")
    assert again.returncode == 0
    assert "is there" in again.stderr


def test_a_clip_has_its_truth_beside_it(tmp_path):
    done = _mien("synth", "clip", "-o", tmp_path / "c.mp4", "--seconds", "0.2")
    assert done.returncode == 0, done.stderr
    assert len(load_take(tmp_path / "c.truth.mien")) == 6
    assert _mien("synth", "clip", "-o", tmp_path / "d.mp4", "--seconds", "-1").returncode == 2


def test_a_sheet_is_a_picture_with_marks(tmp_path):
    done = _mien("synth", "sheet", "-o", tmp_path / "s.png", "--count", "12")
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(tmp_path / "s.png"))
    marks = (picture[..., 1] > 200) & (picture[..., 0] < 60) & (picture[..., 2] < 60)
    assert marks.sum() > 100


def test_a_folder_that_is_missing_is_named(tmp_path):
    done = _mien("synth", "sheet", "-o", tmp_path / "no" / "s.png", "--count", "1")
    assert done.returncode == 5
    assert "no" in done.stderr


def test_export_without_a_run_says_so(tmp_path):
    pytest.importorskip("torch")
    done = _mien("train", "export", "--data", tmp_path, "--run", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 6
    assert "checkpoint" in done.stderr
