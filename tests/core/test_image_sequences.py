"""Numbered pictures as footage: how they are named, their times, and every kind of bad one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from making import shades
from mien.errors import NoFramesError, NotAVideoError, SourceError, SourceNotFoundError, UsageError
from mien.image_sequences import ImageSequence
from mien.picture_files import is_sequence, name_of, pictures_of
from mien.sources import open_video


def write(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imencode(path.suffix, picture)[0]
    cv2.imencode(path.suffix, picture)[1].tofile(path)
    return path


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """Six pictures from 1001 on, of which 1004 is missing."""
    folder = tmp_path / "shöt: 100%d"
    for number, picture in zip((1001, 1002, 1003, 1005, 1006, 1007), shades(6)):
        write(folder / f"a.{number}.png", picture)
    return folder


@pytest.mark.parametrize("name", ["", "a.####.png", "a.%04d.png", "a.1001.png", "a.1005.png"])
def test_a_sequence_is_found_by_any_of_its_names(shot: Path, name: str):
    path = shot / name if name else shot
    assert is_sequence(path)
    assert list(pictures_of(path)) == [1001, 1002, 1003, 1005, 1006, 1007]
    assert name_of(path) == ("a" if name else shot.name)


def test_numbers_say_the_time(shot: Path):
    with open_video(shot / "a.####.png", rate=25) as footage:
        frames = list(footage)
    assert (footage.size, footage.rate, footage.frames) == ((64, 48), 25.0, 6)
    assert [frame.index for frame in frames] == list(range(6))
    np.testing.assert_allclose([f.time for f in frames], np.array([0, 1, 2, 4, 5, 6]) / 25)
    for frame, picture in zip(frames, shades(6)):
        np.testing.assert_array_equal(frame.grey, picture)
    assert footage.warning == "1 pictures of a are missing"


def test_rates_are_exact(shot: Path):
    with ImageSequence(shot, rate=23.976) as footage:
        assert [f.time for f in footage][-1] == 6 * 1001 / 24000
    with ImageSequence(shot) as footage:
        assert footage.rate == 24.0
    with pytest.raises(UsageError, match="no frame rate"):
        ImageSequence(shot, rate=0)


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".bmp", ".png"])
def test_colour_and_depth(tmp_path: Path, suffix: str):
    blue = np.zeros((48, 64, 3), np.uint8)
    blue[..., 0] = 255
    deep = suffix in (".tif", ".png")
    write(tmp_path / f"b1{suffix}", blue.astype(np.uint16) * 257 if deep else blue)
    with ImageSequence(tmp_path / f"b1{suffix}", colour=True) as footage:
        (frame,) = footage
    np.testing.assert_allclose(frame.picture.reshape(-1, 3).mean(axis=0), [255, 0, 0], atol=6)


def test_linear_light_is_shown_as_other_pictures_are(tmp_path: Path):
    import av

    with av.open(str(tmp_path / "x%d.exr"), "w", format="image2") as movie:
        stream = movie.add_stream("exr", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gbrpf32le"
        frame = av.VideoFrame(64, 48, "gbrpf32le")
        for plane in frame.planes:
            plane.update(np.full((48, plane.line_size // 4), 0.18, np.float32))  # a grey card
        movie.mux([*stream.encode(frame), *stream.encode()])
    with ImageSequence(tmp_path) as footage:
        assert abs(float(next(iter(footage)).grey.mean()) - 118) < 3  # sRGB of 18 %


def test_damaged_and_odd_pictures_are_left_out_and_said(shot: Path):
    (shot / "a.1002.png").write_bytes(b"no picture")
    write(shot / "a.1003.png", np.zeros((20, 20), np.uint8))
    with ImageSequence(shot) as footage:
        times = [round(24 * frame.time) for frame in footage]
    assert times == [0, 4, 5, 6]
    assert "2 pictures were left out" in footage.warning
    assert "a.1002.png" in footage.warning


def test_skipping_keeps_the_times(shot: Path):
    with ImageSequence(shot) as footage:
        footage.skip_to(4 / 24)
        assert [round(24 * frame.time) for frame in footage] == [4, 5, 6]


def test_a_picture_alone_is_a_sequence_of_one(tmp_path: Path):
    write(tmp_path / "still.png", shades(1)[0])
    with open_video(tmp_path / "still.png") as footage:
        assert [frame.time for frame in footage] == [0.0]


def test_what_is_no_sequence(tmp_path: Path, shot: Path):
    with pytest.raises(NotAVideoError, match="is a folder"):
        open_video(tmp_path / "shöt: 100%d" / "..")
    with pytest.raises(SourceNotFoundError, match="no pictures"):
        open_video(shot / "b.####.png")
    write(shot / "other.0001.png", shades(1)[0])
    with pytest.raises(SourceError, match="several sequences"):
        open_video(shot)
    for path in shot.iterdir():
        path.write_bytes(b"")
    with pytest.raises(NoFramesError, match="None of the 6"):
        open_video(shot / "a.####.png")
