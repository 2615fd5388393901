"""The report: right figures, the worst frames, one file that needs nothing else."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from mien import arkit
from mien.person import person_of
from mien.types import FaceBox, HeadPose, Sample

pytest.importorskip("numba")
pytest.importorskip("matplotlib")

from mien_models.actor.judging import (
    HeldOut,
    Judged,
    by_region,
    correlations,
    held_out_of,
    jitter,
    judge,
    judge_network,
    student_answer,
    worst_frames,
)
from mien_models.actor.report import write_report


@pytest.fixture(scope="module")
def held_out(shards):
    return held_out_of(shards)


def off_by(held_out, amount, name="after"):
    return Judged(name, np.clip(held_out.weights + amount, -1, 2), held_out.landmarks + 3.0, 2.5)


def test_scores_are_the_errors_that_were_made(held_out):
    scores = off_by(held_out, 0.05).scores(held_out)
    assert scores["weights_mae"] == pytest.approx(0.05, abs=1e-6)
    assert scores["landmarks_px"] == pytest.approx(3 * 2**0.5, rel=1e-4)
    assert scores["correlation"] == pytest.approx(1, abs=1e-4)
    assert 4 < scores["landmarks_eyes"] < 15


def test_a_network_is_asked_and_timed(held_out, network):
    found = judge("default", student_answer(network), held_out)
    assert found.weights.shape == held_out.weights.shape
    assert 0.01 < found.scores(held_out)["weights_mae"] < 0.15
    assert found.milliseconds > 0


def test_a_network_with_a_reader_is_judged_as_solve_uses_it(held_out, network):
    alone = judge("default", student_answer(network), held_out)
    used = judge_network("default", None, held_out)
    assert network.reads_beside
    np.testing.assert_allclose(used.landmarks, alone.landmarks, atol=1e-3)
    assert np.abs(used.weights - alone.weights).max() > 0.02
    samples = [
        Sample(float(t), w, m, HeadPose(0.0, 0.0, 0.0), 1.0, FaceBox(80, 80, 160, 0), code=code)
        for t, w, m, code in zip(
            held_out.time, alone.weights, alone.landmarks, network.solve(held_out.crops).code
        )
    ]
    read = np.stack([sample.weights for sample in person_of(samples, network).read(samples)])
    np.testing.assert_allclose(used.weights, np.clip(read, 0, 1), atol=0.01)


def still(frames=40):
    weights = np.zeros((frames, 52), np.float32)
    weights[20:, arkit.INDEX["jawOpen"]] = 1
    return HeldOut(np.zeros((frames, 160, 160), np.uint8), weights, np.zeros((frames, 70, 2), np.float32),
                   np.arange(frames) / 30, np.zeros(frames, np.int32))  # fmt: skip


def test_jitter_counts_only_where_the_labels_are_still():
    held_out = still()
    shaking = held_out.weights + 0.01 * np.where(np.arange(40) % 2, 1, -1)[:, None]
    assert jitter(shaking, held_out) == pytest.approx(0.02, rel=1e-3)
    assert jitter(held_out.weights, held_out) == 0


def test_shapes_that_never_move_have_no_correlation():
    held_out = still()
    found = correlations(held_out.weights * 0.5, held_out.weights)
    assert found[arkit.INDEX["jawOpen"]] == pytest.approx(1)
    assert np.isfinite(found).sum() == 1


def test_regions_are_means_of_their_shapes():
    values = np.zeros(52)
    values[arkit.INDEX["jawOpen"]] = 0.4
    assert by_region(values)["jaw"] == pytest.approx(0.1)
    assert by_region(values)["mouth"] == 0


def test_the_worst_frames_are_the_worst_and_not_neighbours():
    held_out = still()
    weights = held_out.weights.copy()
    weights[[5, 6, 30]] += np.array([[0.5], [0.4], [0.3]])
    chosen = worst_frames(Judged("a", weights, held_out.landmarks, 1.0), held_out, 2)
    assert chosen == [5, 30]


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        assert tag not in ("script", "link", "iframe")
        if tag == "img":
            self.images.append(told["src"])

    def handle_data(self, text):
        self.text += text


def test_the_page_stands_alone_and_says_it_all(shards, held_out, tmp_path):
    before, after = off_by(held_out, 0.1, "before & <all>"), off_by(held_out, 0.04)
    history = [{"samples": 0, "weights_mae": 0.1, "landmarks_px": 4.0},
               {"samples": 100, "loss": 0.4, "weights_mae": 0.05, "landmarks_px": 3.0}]  # fmt: skip
    scores = write_report(tmp_path / "page.html", shards, [before, after], held_out, history)
    assert scores["after"]["weights_mae"] == pytest.approx(0.04, abs=1e-6)
    source = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(source)
    assert "after has 60 % less error than before & <all> (0.0400 against 0.1000)" in page.text
    assert "<Ana>" in page.text
    assert "Film next" in page.text
    assert "tongueOut" in page.text
    assert not re.search(r"https?://", source)
    assert 7 <= len(page.images) <= 11  # five figures and up to six worst frames
    for image in page.images:
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(image.split(",")[1]), np.uint8), 1)
        assert picture.std() > 5


def test_one_network_alone_has_a_report_too(shards, held_out, tmp_path):
    write_report(tmp_path / "page.html", shards, [off_by(held_out, 0.04)], held_out)
    assert "less error" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_commands_plan_check_gather_report(filmed, shards, run_mien, tmp_path):
    planned = run_mien("actor", "plan", tmp_path / "new.json", "--plan", "laine", "--name", "Ana")
    assert planned.returncode == 0, planned.stderr
    checked = run_mien("actor", "check", tmp_path / "new.json")
    assert checked.returncode == 10
    assert "extreme_held_out" in checked.stderr
    checked = run_mien("actor", "check", filmed / "actor.json")
    assert checked.returncode == 0, checked.stderr
    assert re.search(r"rom \(standard\): 4\.0 s, labels for (3\.9|4\.0) s", checked.stdout)
    told = run_mien("actor", "report", shards, "-o", tmp_path / "page.html")
    assert told.returncode == 0, told.stderr
    assert "default: error 0.0" in told.stdout
