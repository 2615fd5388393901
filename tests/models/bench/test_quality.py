"""`mien bench quality`: the report, the model card, and calls that can't end well."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from making_quality import SCORES, answer, mesh_and_landmarks, shown_faces
from mien import arkit
from mien.errors import ModelError, UsageError
from mien.student import Student
from mien_models.bench import quality, quality_card, quality_clips, quality_mesh
from mien_models.bench.quality_confidence import reliability
from mien_models.bench.quality_synthetic import errors_of, figures, groups_of


def network_results(folder: Path) -> dict:
    """Results as of a run, for the network in `folder`."""
    shown = shown_faces(glasses=[0, 1, 0, 1])
    errors = errors_of(answer(shown, 2.0), shown)
    groups: dict[str, dict] = {}
    for kind, label, members in groups_of(shown):
        groups.setdefault(kind, {})[label] = figures(errors, members)
    presence = {"presence_right": 1.0, "faces_missed": 0.0, "faces_made_up": 0.5}
    others = {"weights_mae_always_at_rest": 0.3, "weights_mae_alone": 0.28}
    every = {**figures(errors, shown.presence), **presence, **others}
    every["weights_mae"], groups["glasses"]["with"]["weights_mae"] = 0.2, 0.3
    shapes = {name: {"mae": 0.1, "correlation": 0.9 if name == "jawOpen" else 0.1} for name in arkit.NAMES}
    one, two = quality_clips.parse_scores(SCORES)
    count = {"shut": 2, "found": 1, "near": 0, "missed": 1, "open": 1, "by_mistake": 0,
             "misses": [["actor-7", 3, "lips"]]}  # fmt: skip
    for contestant in (one, two):
        sides = {"labelled": 20, "told": 17}
        contestant.update(blinks=dict(count), lips=dict(count), sides=sides, faces={"frames": 9, "found": 8})
    return quality.without_nan({
        "command": "mien bench quality --views 4", "mien": "0", "created": "today",
        "network": {"name": "toy", "sha256": Student(folder).sha256},
        "synthetic": {"views": 4, "seed": 1, "all": every, "groups": groups, "shapes": shapes},
        "confidence": reliability(errors.confidence, errors.eyes, errors.pixels, shown.presence),
        "real": {"clips": 1, "contestants": {quality_clips.SOLVED: one, quality_clips.PEER: two},
                 "mesh": quality_mesh.compare([mesh_and_landmarks()])},
    })  # fmt: skip


@pytest.fixture
def network(tmp_path) -> Path:
    from toy_network import write_toy_network

    return write_toy_network(tmp_path / "toy", training={"data": "a drawing", "samples": 12345})


def test_the_card_keeps_what_it_said_and_gains_the_scores(network):
    before = json.loads((network / "card.json").read_text(encoding="utf-8"))
    quality_card.write_card(network, network_results(network))
    after = json.loads((network / "card.json").read_text(encoding="utf-8"))
    assert {key: after[key] for key in before} == before
    assert after["scores"]["synthetic"]["all"]["weights_mae"] == 0.2
    assert after["scores"]["real"]["contestants"][quality_clips.SOLVED]["ordering"] == 0.856
    assert Student(network).sha256 == before["sha256"]
    assert "actor-7" not in (network / "card.json").read_text(encoding="utf-8")


def test_the_model_card_says_what_is_well_and_badly_done(network):
    quality_card.write_card(network, network_results(network))
    text = (network / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "12,345 crops" in text
    assert "Read well on drawn heads (correlation from 0.7): jawOpen." in text
    assert "(ordering under 0.75): browOuterUp, mouthRollLower." in text
    assert "glasses with (weights ×1.50)" in text
    assert "| glasses | with | 2 |" in text
    assert "0.654 (MediaPipe 0.823)" in text
    assert "actor-7" not in text
    assert "nan" not in text.lower().split()


def test_the_model_card_explains_the_reader_where_there_is_one(network):
    card, results = json.loads((network / "card.json").read_text(encoding="utf-8")), network_results(network)
    assert "reader.onnx" not in quality_card.model_card(card, results)
    text = quality_card.model_card({**card, "reader": {"sha256": "b4c157", "code": 128}}, results)
    assert "`reader.onnx` (sha256 `b4c157`)" in text
    assert "a code, 128 numbers;" in text


def test_the_model_card_says_of_how_many_runs_a_network_is_the_mean(network):
    card, results = json.loads((network / "card.json").read_text(encoding="utf-8")), network_results(network)
    assert "mean of" not in quality_card.model_card(card, results)
    training = {"samples": 160_000, "averaged": 2}
    text = quality_card.model_card({**card, "training": training}, results)
    assert "160,000 crops in its last run, the mean of 2 runs" in text


def test_another_networks_figures_are_not_put_on_its_card(network):
    results = network_results(network)
    results["network"]["sha256"] = "0" * 64
    before = (network / "card.json").read_bytes()
    with pytest.raises(ModelError):
        quality_card.write_card(network, results)
    assert (network / "card.json").read_bytes() == before
    assert not (network / "MODEL_CARD.md").exists()
    with pytest.raises(ModelError):
        quality_card.write_card(network.parent, network_results(network))


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    quality.add_arguments(parser)
    return parser.parse_args(words)


def test_a_report_can_be_made_again_from_its_figures(network, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    quality.write_report(tmp_path / "one", network_results(network))
    known = tmp_path / "one" / "quality.json"
    assert (
        quality.run(arguments("--from", str(known), "--out", str(tmp_path / "two"), "--card", str(network)))
        == 0
    )
    assert (tmp_path / "two" / "quality.json").read_bytes() == known.read_bytes()
    for picture in ("shapes.png", "groups.png", "confidence.png", "ordering.png"):
        assert (tmp_path / "two" / picture).read_bytes().startswith(b"\x89PNG")
        assert f"![{picture}]" in (tmp_path / "two" / "quality.md").read_text(encoding="utf-8")
    told = capsys.readouterr().out
    assert "| labels met | 0.654 | 0.823 |" in told
    assert "| one-sided expressions told | 17 of 20 | 17 of 20 |" in told
    assert (network / "MODEL_CARD.md").exists()


@pytest.mark.parametrize(
    "words", [[], ["--out", "x", "--views", "-1"], ["--out", "x", "--peer-csv", "/nowhere/at/all"]]
)
def test_calls_that_can_not_end_well_are_refused_at_once(words):
    with pytest.raises(UsageError):
        quality.run(arguments(*words))


def test_figures_that_are_none_are_refused(tmp_path):
    (tmp_path / "other.json").write_text('{"network": {}}', encoding="utf-8")
    for name in ("other.json", "none.json"):
        with pytest.raises(UsageError):
            quality.read_results(tmp_path / name)
