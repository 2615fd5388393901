"""`mien bench filter` and what it must show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mien.interchange import write
from mien.take import Take
from mien_models.bench.filter_bench import NOISE_TABLE, Bench, live_hybrid, offline_hybrid
from mien_models.bench.recordings import load_recordings

RECORDINGS = Path(__file__).parents[4] / "shared" / "arkit"


@pytest.mark.skipif(not RECORDINGS.exists(), reason="no recordings beside the repository")
def test_the_filters_do_what_they_promise():
    """All families but the tongue, of which the recordings show two movements."""
    bench = Bench(load_recordings(RECORDINGS), json.loads(NOISE_TABLE.read_text(encoding="utf-8")), 1)
    offline, live = bench.measure(offline_hybrid), bench.measure(live_hybrid)
    for region in set(offline) - {"tongue"}:
        assert offline[region]["still"] >= 10, region
        assert abs(offline[region]["lag"]) <= 1.5, region
        assert offline[region]["peak"] >= 97.5, region
        assert live[region]["still"] >= 4, region
        assert live[region]["lag"] <= 8.5, region
        assert live[region]["peak"] >= 95, region
    assert min(offline["lids"]["blink"], live["lids"]["blink"]) >= 98
    assert min(offline["lids"]["in_frame"], live["lids"]["in_frame"]) >= 95


def test_the_command_tells_draws_and_writes(tmp_path, run_mien):
    pytest.importorskip("matplotlib")
    times = np.arange(150) / 30
    weights = np.repeat(np.clip(np.sin(3 * times), 0, 1)[:, None], 52, axis=1)
    write(Take.from_weights(times, weights), tmp_path / "one.csv")
    said = run_mien("bench", "filter", tmp_path, "--seeds", "1", "--plots", tmp_path / "plots",
                    "-o", tmp_path / "table.json")  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert "| Mien live | lids |" in said.stdout
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert table["none"]["jaw"]["still"] == pytest.approx(1.0)
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"weights.png", "live.png", "trade.png"}


def test_a_folder_without_recordings(tmp_path, run_mien):
    said = run_mien("bench", "filter", tmp_path)
    assert said.returncode == 2
    assert "no recordings" in said.stderr


def test_a_bench_is_loaded_when_it_is_asked_for(run_mien):
    assert "fit-filter" in run_mien("bench", "--help").stdout
    assert "--plots" in run_mien("bench", "filter", "--help").stdout
