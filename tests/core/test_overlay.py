"""The overlay movie, read back: times, size, sound, landmarks on the footage, the head that moves."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from making import shades, write_video
from mien.overlay import Sound, write_overlay
from mien.rig import reference_head
from mien.rig.blendshape_model import BlendshapeModel
from mien.solver import about, solve
from mien.sources import open_video
from mien.student import Student
from mien.take import Take
from toy_network import toy_picture


@pytest.fixture(scope="module")
def head() -> BlendshapeModel:
    return reference_head.load()


def solved(path: Path, toy_folder: Path) -> Take:
    student = Student(toy_folder, threads=1)
    with open_video(path) as video:
        return Take.from_samples(solve(video, student), about(video, student))


def read(path: Path):
    with open_video(path, colour=True) as movie:
        return list(movie), movie.size


def test_the_movie_beside_its_footage(toy_clip, toy_folder, head, tmp_path):
    take, movie, counts = solved(toy_clip, toy_folder), tmp_path / "overlay.mp4", []
    assert write_overlay(toy_clip, take, head, movie, counts.append) is None
    frames, size = read(movie)
    assert size == (320 + 240, 240)
    assert counts == list(range(1, 41))
    np.testing.assert_allclose([frame.time for frame in frames], take.times, atol=1e-4)
    with av.open(str(movie)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert sound.codec_context.name == "aac"
        assert sum(packet.size > 0 for packet in container.demux(sound)) >= 24
    assert {path.name for path in tmp_path.iterdir()} == {"overlay.mp4"}


def test_landmarks_are_drawn_on_the_face_and_nowhere_without_one(toy_clip, toy_folder, head, tmp_path):
    take, movie = solved(toy_clip, toy_folder), tmp_path / "overlay.mp4"
    write_overlay(toy_clip, take, head, movie)
    frames, _ = read(movie)

    def coloured(index):
        picture = frames[index].picture[:200, :320].astype(int)
        return np.argwhere(picture.max(axis=2) - picture.min(axis=2) > 60)

    assert len(coloured(22)) == 0
    rows, columns = coloured(5).mean(axis=0)
    middle = np.nanmean(take.landmarks[5, 36:48], axis=0)
    assert abs(columns - middle[0]) < 15
    assert abs(rows - middle[1]) < 30


def test_the_head_moves_with_the_weights(toy_clip, toy_folder, head, tmp_path):
    take = solved(toy_clip, toy_folder)
    still = Take.from_weights(take.times, np.zeros_like(take.weights), take.about)
    wide = Take.from_weights(take.times, np.ones_like(take.weights), take.about)
    heads = []
    for name, one in (("still", still), ("wide", wide)):
        write_overlay(toy_clip, one, head, tmp_path / f"{name}.mp4")
        heads.append(read(tmp_path / f"{name}.mp4")[0][30].picture[:, 320:].astype(int))
    assert heads[0].std() > 5
    assert (np.abs(heads[0] - heads[1]).max(axis=2) > 40).mean() > 0.02


def test_variable_rate_and_odd_tall_footage(toy_folder, head, tmp_path):
    times = [0.0, 0.04, 0.2, 0.21, 0.9]
    pictures = [toy_picture(i, (601, 901)) for i in range(5)]
    path = write_video(tmp_path / "phone.mkv", pictures, times, codec="ffv1", pix_fmt="gray")
    take = solved(path, toy_folder)
    assert take.found.all()
    write_overlay(path, take, head, tmp_path / "overlay.mp4")
    frames, size = read(tmp_path / "overlay.mp4")
    assert size[1] == 720
    assert size[0] % 2 == 0
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=2e-3)


def test_sound_that_mp4_cannot_hold_is_named(toy_folder, head, tmp_path):
    pictures = [toy_picture(i) for i in range(10)]
    path = write_video(tmp_path / "pcm.mkv", pictures, sound=0.4, voice="pcm_s16le")
    missing = write_overlay(path, solved(path, toy_folder), head, tmp_path / "overlay.mp4")
    assert "pcm_s16le" in missing
    assert len(read(tmp_path / "overlay.mp4")[0]) == 10


def test_overlay_from_the_command_line(run_mien, toy_clip, toy_folder, tmp_path):
    from mien.errors import ModelError
    from mien.overlay import load_head

    clip = Path(shutil.copy(toy_clip, tmp_path / "toy.mp4"))
    words = ["solve", clip, "--model", toy_folder, "--overlay", tmp_path / "beside.mp4"]
    try:
        load_head()
    except ModelError:
        done = run_mien(*words)
        assert done.returncode == 6
        assert [path.name for path in tmp_path.iterdir()] == ["toy.mp4"]
        return
    done = run_mien(*words)
    assert done.returncode == 0, done.stderr
    assert len(read(tmp_path / "beside.mp4")[0]) == 40
    assert (tmp_path / "toy.mien").exists()


def test_sound_of_footage_whose_metadata_is_no_text(tmp_path):
    footage = write_video(tmp_path / "a.mkv", shades(5), sound=0.5)
    footage.write_bytes(footage.read_bytes().replace(b"Lavf", b"\xff\xfe\xfdf"))
    with av.open(str(tmp_path / "movie.mp4"), "w") as movie:
        movie.add_stream("libx264", rate=25)
        with Sound(footage, movie, 0.0) as sound:
            sound.copy_until(1.0)
    assert sound.missing is None
    with av.open(str(tmp_path / "movie.mp4")) as made:
        assert sum(packet.size > 0 for packet in made.demux(made.streams.audio[0])) >= 7
