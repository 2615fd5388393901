"""Spoilt pictures: what is done to them, and what is said of them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from mien.student import Student, default_folder
from mien.types import FaceBox, Frame
from mien_models.bench import quality_report, quality_spoilt
from mien_models.bench.quality_spoilt import SPOILS

FOOTAGE = Path(__file__).parents[4] / "shared" / "footage"
BOX = FaceBox(100.0, 80.0, 120.0)


@pytest.fixture
def luma():
    return np.random.default_rng(0).integers(60, 200, (160, 240), dtype=np.uint8)


@pytest.mark.parametrize("name", SPOILS)
def test_a_picture_stays_a_picture_and_the_frame_stays_whole(luma, name):
    before = luma.copy()
    spoilt = SPOILS[name](luma, BOX)
    assert spoilt.dtype == np.uint8
    assert sorted(spoilt.shape) == sorted(luma.shape)
    assert np.array_equal(spoilt, luma) == (name == "as it is")
    np.testing.assert_array_equal(luma, before)


def test_exposure_is_the_cameras(luma):
    assert SPOILS["over-exposed 5 times"](luma, BOX).min() == 255
    assert SPOILS["dark: an eighth of the light"](luma, BOX).mean() == pytest.approx(luma.mean() / 8, abs=1.0)


def test_a_bar_covers_what_it_says_also_at_the_edge(luma):
    covered = SPOILS["a black bar over the eyes"](luma, BOX)
    assert (covered[64:79, 70:130] == 15).all()
    assert (covered[:50] == luma[:50]).all()
    outside = FaceBox(-5.0, -40.0, 60.0)
    assert (SPOILS["a black bar over the eyes"](luma, outside) == luma).all()


def test_a_small_face_has_forty_pixels(luma):
    luma[:] = 255
    small = SPOILS["a face of 40 pixels"](luma, BOX)
    part = quality_spoilt.SMALL / (quality_spoilt.FACE * BOX.size)
    assert (small == 255).sum() == pytest.approx(part**2 * luma.size, rel=0.05)


def test_what_is_spoilt_is_the_picture_as_it_looks(luma, monkeypatch):
    """Not what the decoder handed out, whose greys from 16 to 235 are spread when a crop is cut."""
    levels = np.clip((np.arange(256) - 16) * 255 / 219, 0, 255).astype(np.uint8)
    shown = []
    video = nullcontext([Frame(0, 0.0, luma, levels=levels)])
    monkeypatch.setattr(quality_spoilt, "open_video", lambda _: video)
    monkeypatch.setattr(quality_spoilt, "_solved", lambda frames, _: shown.append(frames) or [])
    quality_spoilt.measure([FOOTAGE], None)
    assert shown[0][0].levels is None
    np.testing.assert_array_equal(shown[0][0].luma, levels[luma])


@pytest.mark.skipif(not FOOTAGE.exists(), reason="no labelled clips beside the repository")
@pytest.mark.skipif(not (default_folder() / "student.onnx").exists(), reason="no default network")
def test_a_clip_is_judged_and_told(monkeypatch):
    chosen = ("as it is", "over-exposed 5 times", "upside down")
    monkeypatch.setattr(quality_spoilt, "SPOILS", {name: SPOILS[name] for name in chosen})
    monkeypatch.setattr(quality_spoilt, "FRAMES", 8)
    found = quality_spoilt.measure([FOOTAGE / "liveportrait_d10.mp4"], Student(threads=1))
    kinds = found["kinds"]
    assert found["frames"] == 8
    assert kinds["as it is"]["found"] == 1
    assert kinds["as it is"]["apart"] == pytest.approx(0, abs=1e-4)
    assert kinds["over-exposed 5 times"]["confidence"] < 0.5 * kinds["as it is"]["confidence"]
    assert kinds["upside down"]["found"] == 1
    told = quality_report.spoilt(found)
    assert "| as it is | 100.0 % |" in told
    assert "nan" not in told
    assert len(told.splitlines()) == 4 + len(chosen)
