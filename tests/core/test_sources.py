"""Decoding: time stamps, luma, orientation, and every kind of bad file."""

from __future__ import annotations

import os

import numpy as np
import pytest
from making import cut_short, shades, turn_on_display, write_sound, write_video
from mien.errors import NoFramesError, NotAVideoError, SourceError, SourceNotFoundError
from mien.sources import open_video

CLEAN = {"crf": "1"}


def frames_of(path, colour=False):
    with open_video(path, colour) as video:
        return list(video), video


def test_a_plain_video_comes_out_as_it_went_in(tmp_path):
    pictures = shades(10)
    frames, video = frames_of(write_video(tmp_path / "plain.mp4", pictures, options=CLEAN))
    assert (video.size, video.rate, video.frames, video.warning) == ((64, 48), 25.0, 10, None)
    assert [frame.index for frame in frames] == list(range(10))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(10) / 25, atol=1e-9)
    for frame, picture in zip(frames, pictures):
        assert frame.grey.dtype == np.uint8
        assert frame.picture is None
        np.testing.assert_allclose(frame.grey.astype(int), picture, atol=3)


def test_variable_frame_rate_keeps_its_times(tmp_path):
    times = [0.0, 0.033, 0.1, 0.117, 0.9, 0.95, 2.5]
    frames, video = frames_of(write_video(tmp_path / "phone.mp4", shades(7), times))
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=2e-5)
    assert video.warning is None


def test_time_counts_from_the_first_picture(tmp_path):
    path = write_video(tmp_path / "late.mkv", shades(3), [5.0, 5.04, 5.08])
    frames, _ = frames_of(path)
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.04, 0.08], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("limited.mp4", {}),
        ("full.mp4", {"full_range": True, "pix_fmt": "yuvj420p"}),
        ("deep.mp4", {"pix_fmt": "yuv420p10le"}),
        ("deep422.mkv", {"pix_fmt": "yuv422p10le"}),
        ("444.mp4", {"pix_fmt": "yuv444p"}),
        ("grey.mkv", {"codec": "ffv1", "pix_fmt": "gray"}),
        ("deepgrey.mkv", {"codec": "ffv1", "pix_fmt": "gray16le"}),
        ("rgb.mkv", {"codec": "ffv1", "pix_fmt": "bgr0"}),
        ("rgb.mov", {"codec": "png", "pix_fmt": "rgb24"}),
        ("rgb.avi", {"codec": "rawvideo", "pix_fmt": "bgr24"}),
        ("packed.avi", {"codec": "rawvideo", "pix_fmt": "yuyv422"}),
        ("planar.mp4", {"codec": "libx264rgb", "pix_fmt": "rgb24"}),
    ],
)
def test_the_same_picture_is_the_same_grey_in_every_format(tmp_path, name, options):
    pictures = shades(4)
    if options.get("pix_fmt", "").startswith(("rgb", "bgr")):
        pictures = [np.repeat(picture[..., None], 3, axis=2) for picture in pictures]
    settings = {"options": CLEAN} if "codec" not in options else {}
    frames, _ = frames_of(write_video(tmp_path / name, pictures, **settings, **options))
    for frame, picture in zip(frames, shades(4)):
        np.testing.assert_allclose(frame.grey.astype(int), picture, atol=3)


def test_black_and_white_reach_0_and_255(tmp_path):
    picture = np.zeros((48, 64), np.uint8)
    picture[:, 32:] = 255
    for name, options in (("limited.mp4", {}), ("deep.mp4", {"pix_fmt": "yuv420p10le"})):
        (frame, *_), _ = frames_of(write_video(tmp_path / name, [picture] * 2, options=CLEAN, **options))
        assert frame.grey[:, :24].max() <= 3
        assert frame.grey[:, 40:].min() >= 252


def test_odd_sizes_keep_their_last_row_and_column(tmp_path):
    picture = shades(1, (63, 47))[0]
    picture[-1], picture[:, -1] = 200, 120
    path = write_video(tmp_path / "odd.mkv", [picture], codec="ffv1", pix_fmt="yuv420p")
    (frame,), video = frames_of(path)
    assert video.size == (63, 47)
    np.testing.assert_allclose(frame.grey.astype(int), picture, atol=2)


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
        ((-1, 0, 0, -1), lambda p: np.rot90(p, 2)),
        ((0, -1, 1, 0), lambda p: np.rot90(p, 1)),
        ((-1, 0, 0, 1), np.fliplr),
    ],
)
def test_a_phone_held_sideways(tmp_path, matrix, turn):
    path = write_video(tmp_path / "turned.mp4", shades(3), options=CLEAN)
    turn_on_display(path, matrix)
    frames, video = frames_of(path, colour=True)
    expected = turn(shades(3)[0])
    assert video.size == (expected.shape[1], expected.shape[0])
    np.testing.assert_allclose(frames[0].grey.astype(int), expected, atol=3)
    np.testing.assert_allclose(frames[0].picture.mean(axis=2), expected, atol=4)


def test_colour_is_bgr(tmp_path):
    blue = np.zeros((48, 64, 3), np.uint8)
    blue[..., 0] = 255
    (frame,), _ = frames_of(write_video(tmp_path / "blue.mp4", [blue], options=CLEAN), colour=True)
    assert frame.picture.shape == (48, 64, 3)
    np.testing.assert_allclose(frame.picture.reshape(-1, 3).mean(axis=0), [255, 0, 0], atol=6)


def test_repeated_stamps_are_left_out_and_counted(tmp_path):
    path = write_video(tmp_path / "repeated.mkv", shades(5), [0, 0.04, 0.0401, 0.08, 0.12], codec="ffv1",
                       pix_fmt="gray")  # fmt: skip
    frames, video = frames_of(path)
    assert np.all(np.diff([frame.time for frame in frames]) > 0)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert "1 frames with a repeated" in video.warning


def test_joined_files_whose_stamps_begin_anew_carry_on(tmp_path):
    from mien.sources import _Clock

    clock = _Clock()
    read = [clock.read(stamp, 0.04) for stamp in (3.0, 3.04, 8.0, 0.0, 0.04, 0.02, None)]
    np.testing.assert_allclose([t for t in read if t is not None], [0, 0.04, 5.0, 5.04, 5.08, 5.12])
    assert read[5] is None
    assert len(clock.complaints) == 2


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.avi"])
def test_a_truncated_file_gives_what_is_there_and_a_warning(tmp_path, name):
    noise = list(np.random.default_rng(0).integers(0, 255, (100, 48, 64), dtype=np.uint8))
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    whole = write_video(tmp_path / name, noise, codec=codec, sound=4.0 if name == "cut.mp4" else 0)
    assert frames_of(whole)[1].warning is None
    cut_short(whole, 0.6)
    frames, video = frames_of(whole)
    assert 20 < len(frames) < 90
    assert "ends early" in video.warning or "damaged" in video.warning


def test_damage_in_the_middle_is_left_out(tmp_path):
    noise = list(np.random.default_rng(0).integers(0, 255, (60, 48, 64), dtype=np.uint8))
    path = write_video(tmp_path / "scratched.mp4", noise, options={"g": "10"})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    frames, video = frames_of(path)
    assert 30 < len(frames) < 60
    assert np.all(np.diff([frame.time for frame in frames]) > 0)
    assert "damaged" in video.warning


def test_sound_that_goes_on_after_the_picture_is_no_damage(tmp_path):
    path = write_video(tmp_path / "long sound.mp4", shades(10), sound=3.0)
    frames, video = frames_of(path)
    assert len(frames) == 10
    assert video.warning is None


def test_blanks_colons_percent_signs_and_other_scripts_in_the_name(tmp_path):
    name = "Schöne Größe – 顔 100%d.mp4" if os.name == "nt" else "Schöne: Größe – 顔 100%d.mp4"
    frames, _ = frames_of(write_video(tmp_path / "plain.mp4", shades(3)).rename(tmp_path / name))
    assert len(frames) == 3


def test_no_such_file(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"none\.mp4"):
        open_video(tmp_path / "none.mp4")


def test_a_folder(tmp_path):
    with pytest.raises(NotAVideoError, match="is a folder"):
        open_video(tmp_path)


@pytest.mark.parametrize("name", ["notes.mp4", "notes.txt", "notes"])
@pytest.mark.parametrize("content", [b"", b"Only words.\n" * 500, bytes(range(256)) * 40])
def test_not_a_video(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(NotAVideoError) as caught:
        open_video(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_file_cut_off_before_its_index(tmp_path):
    path = write_video(tmp_path / "camera.mov", shades(20))
    cut_short(path, 0.5)
    with pytest.raises(NotAVideoError):
        open_video(path)


def test_only_sound(tmp_path):
    with pytest.raises(NotAVideoError, match="sound, but no pictures"):
        open_video(write_sound(tmp_path / "voice.m4a"))


@pytest.mark.parametrize("name", ["empty.mp4", "empty.avi"])
def test_no_frames(tmp_path, name):
    with pytest.raises(NoFramesError):
        open_video(write_video(tmp_path / name, [], codec="mpeg4"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read every file")
def test_a_file_that_may_not_be_read(tmp_path):
    path = write_video(tmp_path / "secret.mp4", shades(2))
    path.chmod(0)
    with pytest.raises(SourceError, match="may not be read"):
        open_video(path)


@pytest.mark.parametrize(("name", "start", "options"), [
    ("keys.mp4", 0.0, {"g": "25", "bf": "3"}),
    ("late.mkv", 7.3, {"g": "25", "bf": "2"}),
    ("one_key.mp4", 0.0, {"g": "1000"}),
])  # fmt: skip
@pytest.mark.parametrize("time", [0.0, 2.0, 5.0, 9.97, 60.0])
def test_skipping_gives_the_same_pictures_at_the_same_times(tmp_path, name, start, options, time):
    rng = np.random.default_rng(0)
    times = start + np.cumsum(rng.uniform(0.02, 0.08, 200)) - 0.02
    pictures = [np.full((48, 64), 30 + i, np.uint8) for i in range(200)]
    path = write_video(tmp_path / name, pictures, times, options={**CLEAN, **options})
    frames, read = frames_of(path)
    whole = {frame.time: int(np.median(frame.grey)) for frame in frames}
    with open_video(path) as video:
        video.skip_to(time)
        part = {frame.time: int(np.median(frame.grey)) for frame in video}
        assert video.warning in (None, read.warning)
    wanted = {when: shade for when, shade in whole.items() if when >= time}
    assert wanted.items() <= part.items() <= whole.items()
    if 5 <= time < 10 and name != "one_key.mp4":
        assert len(part) < 0.8 * len(whole)


def test_a_video_left_early_is_not_called_cut_short(tmp_path):
    with open_video(write_video(tmp_path / "a.mp4", shades(30), sound=2.0)) as video:
        next(iter(video))
        assert video.warning is None
