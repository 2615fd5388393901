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
    page = small / "speed.md"
    page.write_text(f"{speed_report.BEGIN}{speed_report.END}")
    words = ["--clip", str(small / "face.mp4"), "--model", str(small / "toy"), "--page", str(page)]
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
    assert "solve over decoder, 320×180 | 0.85 |" in told
    assert told in page.read_text(encoding="utf-8")
    assert (small / "out" / "speed.png").stat().st_size > 5000


def test_the_long_run_ends_in_time(small):
    words = ["--long", "1000000", "--long-minutes", "0.02"]
    clip, network = small / "face.mp4", speed.Student(small / "toy", threads=1)
    found = speed.long_run(clip, asked(small, *words), network)
    assert 0 < found["marks"][-1]["frames"] < 1_000_000


def test_the_median_is_over_the_rounds_and_each_first_step_left_out():
    runs = [Run(4, seconds, 0.008, np.array([9.0, 0.1, 0.1, 0.3])) for seconds in (1.0, 2.0, 4.0)]
    found = speed.summary(runs)
    assert (found["rate"], found["best_rate"], found["cpu_ms"]) == (2.0, 4.0, 2.0)
    assert found["step_ms_median"] == pytest.approx(100)
    assert found["step_ms_p99"] == pytest.approx(300)


def test_the_aims_are_held_against_the_rates():
    rates = {
        speed_report.DECODER: {"rate": 300.0, "cpu_ms": 5.0},
        speed_report.FOLLOWING: {"rate": 200.0, "cpu_ms": 8.0},
        speed_report.PEER: {"rate": 25.0, "cpu_ms": 40.0},
    }
    network = {f"{count} at once, 1 thread": {"rate": 100.0 * count, "cpu_ms": 2.0} for count in (1, 4)}
    clip = {"size": [320, 180]}
    results = {"machine": {"cores": 2}, "footage": {"large": clip, "small": clip},
               "large_rates": rates, "small_rates": rates, "network_rates": network}  # fmt: skip
    told = [(asked, *found) for _, asked, *found in speed_report.aims(results)]
    over = [("0.85", "0.67", "0.62"), ("5", "8.00", "5.00"), ("–", "0.67", "0.62"), ("5", "8.00", "5.00")]
    assert told == [*over, ("870", "400", "1000"), ("287", "100", "500")]


def test_a_page_keeps_what_stands_round_its_tables():
    page = f"# Speed\n\n{speed_report.BEGIN}\nold\n{speed_report.END}\n\nWhat it means.\n"
    once = speed_report.placed(page, "| new |\n")
    assert "old" not in once
    assert once.startswith(f"# Speed\n\n{speed_report.BEGIN}\n\n| new |\n")
    assert once.endswith(f"{speed_report.END}\n\nWhat it means.\n")
    assert speed_report.placed(once, "| new |\n") == once
    with pytest.raises(UsageError, match="no place"):
        speed_report.placed("# Speed\n", "")


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--frames", "0"], ["--mediapipe-python", "python"]])
def test_a_call_that_can_t_end_well_is_refused(tmp_path, words):
    with pytest.raises(UsageError):
        speed.run(asked(tmp_path, *words))
