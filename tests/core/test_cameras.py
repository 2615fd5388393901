"""Cameras and files that play as one, read by a thread that keeps only the newest frame.

There is no camera where the tests run: OpenCV opens a file in its place, which ends as a camera does that is
unplugged, and can be opened again as one that is plugged in.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from making import shades, write_video
from mien import cameras
from mien.cameras import Camera, PlayedVideo
from mien.errors import SourceError
from mien.newest import Latencies, Newest


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", shades(8), fps=25, options={"crf": "8"})


def test_there_is_no_such_camera():
    with pytest.raises(SourceError, match="no camera 97"):
        Camera(97)


def test_a_camera_is_unplugged_and_plugged_in_again(clip: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cameras, "RETRY", 0.01)
    camera = Camera(str(clip))
    assert camera.size == (64, 48)
    assert camera.rate == 25.0
    frames = [camera.read() for _ in range(8)]
    greys = [int(frame.content.grey[40, 40]) for frame in frames]
    np.testing.assert_allclose(greys, 40 + 5 * np.arange(8), atol=3)
    assert camera.trouble is None
    aside = clip.rename(clip.with_suffix(".away"))
    assert camera.read() is None
    assert "Nothing comes" in camera.trouble.message
    assert camera.trouble.hint
    for _ in range(3):
        assert camera.read() is None
    aside.rename(clip)
    back = next(filter(None, (camera.read() for _ in range(5))))
    assert camera.trouble is None
    assert back.content.index == 8
    assert back.content.time > frames[-1].content.time
    camera.close()


def test_a_file_plays_in_real_time_over_and_over(clip: Path):
    video = PlayedVideo(clip, loop=True)
    begun = time.perf_counter()
    read = [video.read() for _ in range(21)]
    frames = [arrival.content for arrival in read if arrival]
    took = time.perf_counter() - begun
    assert len(frames) == 19, "two rounds end"
    assert took >= 18 / 25 - 0.01
    times = [frame.time for frame in frames]
    assert (np.diff(times) > 0).all()
    assert (np.array(times) >= np.arange(19) / 25 - 0.005).all(), "a frame came before it was due"
    assert [frame.index for frame in frames] == list(range(19))
    assert not video.ended
    video.close()


def test_a_file_ends_where_it_does_not_loop(clip: Path):
    with Newest(PlayedVideo(clip)) as newest:
        seen = []
        while not newest.over:
            seen.append(newest.take(1.0))
    assert newest.came == 8
    assert len([a for a in seen if a]) == 8 - newest.dropped
    assert newest.error is None


def test_only_the_newest_is_kept_and_drops_are_counted(clip: Path):
    with Newest(PlayedVideo(clip, loop=True)) as newest:
        first = newest.take(5.0)
        time.sleep(0.5)  # a slow solve
        second = newest.take(1.0)
        came, dropped = newest.came, newest.dropped
    assert second.content.index - first.content.index >= 5
    assert came - dropped == 2
    assert time.perf_counter() - second.at < 0.5 + 5.0


def test_what_breaks_the_reading_is_kept_for_the_loop():
    class Broken:
        ended = False

        def read(self):
            raise SourceError("gone")

        def stop(self):
            pass

        def close(self):
            pass

    with Newest(Broken()) as newest:
        assert newest.take(0.2) is None
        assert newest.over
    assert str(newest.error) == "gone"


def test_latencies_are_counted():
    latencies = Latencies()
    assert latencies.milliseconds() == [None, None]
    for i in range(1, 1001):
        latencies.add(i * 1e-5)
    assert latencies.quantile(0.5) == pytest.approx(0.005, abs=2e-4)
    assert latencies.quantile(0.99) == pytest.approx(0.0099, abs=2e-4)
    latencies.add(7.0)
    assert latencies.longest == 7.0
    assert latencies.quantile(1.0) <= 7.0
