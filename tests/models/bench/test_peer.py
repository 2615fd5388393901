"""What peer.py writes is what the bench takes in; MediaPipe itself runs only in the bench."""

from __future__ import annotations

from types import SimpleNamespace as Plain

import numpy as np
import pytest
from making import write_video
from mien import arkit
from mien.interchange import read
from mien.interchange.timecode import read_timecode
from mien_models.bench import peer, quality_clips


def result(**scores: float) -> Plain:
    """A face as MediaPipe tells of it: all points in the picture's middle."""
    shapes = [Plain(category_name=name, score=score) for name, score in {"_neutral": 0.9, **scores}.items()]
    points = [Plain(x=0.5, y=0.25)] * peer.POINTS
    return Plain(face_landmarks=[points], face_blendshapes=[shapes])


def test_answers_are_in_pixels_of_the_frame_and_without_the_neutral():
    scores, mesh = peer.answer(result(jawOpen=0.25), (200, 100, 3))
    assert scores == {"jawOpen": 0.25}
    assert mesh.shape == (478, 2)
    assert mesh[0].tolist() == [49.5, 49.5]
    scores, mesh = peer.answer(Plain(face_landmarks=[], face_blendshapes=[]), (200, 100, 3))
    assert scores == {}
    assert np.isnan(mesh).all()


def test_tables_are_read_by_the_bench_row_for_frame(tmp_path):
    answers = [peer.answer(Plain(face_landmarks=[]), (200, 100, 3))]
    answers += [peer.answer(result(jawOpen=i / 10, eyeBlinkLeft=0.5), (200, 100, 3)) for i in range(1, 5)]
    peer.write(tmp_path, "clip", [(i / 29.97, *one) for i, one in enumerate(answers)])
    take = read(tmp_path / "clip.csv")
    assert take.found.tolist() == [False, True, True, True, True]
    assert take.weights[1:, arkit.INDEX["jawOpen"]] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert take.times == pytest.approx(np.arange(5) / 29.97, abs=1e-4)
    assert quality_clips._mesh(tmp_path / "clip.npy", 5).dtype == np.float32
    with pytest.raises(Exception, match="other frames"):
        quality_clips._mesh(tmp_path / "clip.npy", 6)


@pytest.mark.parametrize("seconds", [0.0, 1 / 60, 59.999, 3723.5])
def test_timecodes_are_live_link_faces(seconds):
    assert read_timecode(peer.timecode(seconds)) / 60_000 == pytest.approx(seconds, abs=1e-4)


def test_every_frame_of_a_clip_comes_with_its_time(tmp_path):
    pictures = [np.full((64, 64), 20 * i, np.uint8) for i in range(10)]
    found = list(peer.frames(write_video(tmp_path / "clip.mp4", pictures)))
    assert len(found) == 10
    assert (np.diff([seconds for seconds, _ in found]) > 0).all()
    assert found[0][1].shape == (64, 64, 3)
