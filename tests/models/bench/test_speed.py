"""The speed bench runs for real on a small clip with the toy's network, and says what it found."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pytest
from making import write_video
from mien.errors import UsageError
from mien.sources import open_video
from mien_models.bench import speed, speed_clips, speed_report
from mien_models.bench.speed_runs import Run
from toy_network import toy_picture, write_toy_network


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder with a toy's network and footage; the bench's own footage is small for this test."""
    folder = tmp_path_factory.mktemp("speed")
    write_toy_network(folder / "toy")
    pictures = [np.repeat(toy_picture(i)[..., None], 3, axis=2) for i in range(12)]
    write_video(folder / "face.mp4", pictures, fps=30)
    patch = pytest.MonkeyPatch()
    patch.setattr(speed_clips, "SIZE", (320, 180))
    patch.setattr(speed, "LIVE_SECONDS", 0.5)
    yield folder
    patch.undo()


def asked(folder, *words) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    speed.add_arguments(parser)
    return parser.parse_args(["--out", str(folder / "out"), *words])


def test_footage_is_looped_without_a_gap_and_at_any_rate(small, tmp_path):
    source, clip = speed_clips.prepare(tmp_path, small / "face.mp4")
    assert source == small / "face.mp4"
    with open_video(speed_clips.looped(tmp_path / "long.mp4", clip, 30, rate=60)) as video:
        times = [frame.time for frame in video]
        assert video.size == (320, 180)
        assert video.warning is None
    np.testing.assert_allclose(times, np.arange(36) / 60, atol=1e-3)


def test_it_measures_everything_and_tells(small, capsys):
    words = ["--clip", str(small / "face.mp4"), "--model", str(small / "toy")]
    assert speed.run(asked(small, *words, "--rounds", "1", "--frames", "40", "--long", "1200")) == 0
    found = json.loads((small / "out" / "speed.json").read_text())
    for one in [*found["large_rates"].values(), *found["network_rates"].values()]:
        assert one["rate"] > 0
        assert one["step_ms_p99"] >= one["step_ms_median"] > 0
    assert {one["count"] for one in found["large_rates"].values()} == {48}
    assert {one["count"] for one in found["small_rates"].values()} == {12}
    for part in (0, 1):
        assert (
            found["starts"]["mien live: the first frame solved"][part] > found["starts"]["Python alone"][part]
        )
    assert found["live"]["frames"] > 0
    assert [mark["frames"] for mark in found["long"]["marks"]][-1] == 1200
    assert found["megabytes"]["numpy"] > 10
    told = capsys.readouterr().out
    assert "Solve against the decoder alone" in told
    assert (small / "out" / "speed.png").stat().st_size > 5000


def test_the_median_is_over_the_rounds_and_each_first_step_left_out():
    runs = [Run(4, seconds, 0.008, np.array([9.0, 0.1, 0.1, 0.3])) for seconds in (1.0, 2.0, 4.0)]
    found = speed.summary(runs)
    assert (found["rate"], found["best_rate"], found["cpu_ms"]) == (2.0, 4.0, 2.0)
    assert found["step_ms_median"] == pytest.approx(100)
    assert found["step_ms_p99"] == pytest.approx(300)


def test_the_ratios_are_those_of_the_rates():
    rates = {
        speed_report.DECODER: {"rate": 300.0, "cpu_ms": 5.0},
        speed_report.FOLLOWING: {"rate": 200.0, "cpu_ms": 8.0},
        speed_report.PEER: {"rate": 25.0, "cpu_ms": 40.0},
    }
    first, second = speed_report.ratios(rates)
    assert "0.67 by the clock, 0.62 by processor time" in first
    assert "8.0× by the clock, 5.0× by processor time" in second


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--frames", "0"], ["--mediapipe-python", "python"]])
def test_a_call_that_can_t_end_well_is_refused(tmp_path, words):
    with pytest.raises(UsageError):
        speed.run(asked(tmp_path, *words))
