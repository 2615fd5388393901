"""What footage shows of each shape, and the advice that follows."""

from __future__ import annotations

import numpy as np
from mien import arkit
from mien_models.actor.coverage import ADVICE, coverage


def waves(count=600):
    rng = np.random.default_rng(0)
    time = np.linspace(0, 40, count)[:, None]
    return (0.5 + 0.5 * np.sin(time * rng.uniform(0.5, 2, 52) + rng.uniform(0, 6, 52))).astype(np.float32)


def test_a_face_that_does_everything_gets_no_advice():
    found = coverage(waves())
    assert {found.verdict(i) for i in range(52)} == {"good"}
    assert found.advice() == []


def test_every_shape_has_advice():
    for name in arkit.NAMES:
        assert any(name in arkit.sided(base) for base in ADVICE)


def test_what_was_never_little_or_only_in_pairs_shown_is_named():
    weights = waves()
    weights[:, arkit.INDEX["tongueOut"]] = 0
    weights[:, arkit.INDEX["cheekPuff"]] *= 0.4
    weights[:, arkit.INDEX["jawForward"]] = 0
    weights[:20, arkit.INDEX["jawForward"]] = 1
    weights[:, arkit.INDEX["mouthSmileRight"]] = weights[:, arkit.INDEX["mouthSmileLeft"]]
    found = coverage(weights)
    verdicts = {name: found.verdict(i) for i, name in enumerate(arkit.NAMES)}
    assert verdicts["tongueOut"] == "never"
    assert verdicts["cheekPuff"] == verdicts["jawForward"] == "little"
    assert verdicts["mouthSmileLeft"] == verdicts["mouthSmileRight"] == "paired"
    advice = found.advice()
    assert advice[0] == "tongueOut never shown: put the tongue out"
    assert any(line.startswith("mouthSmileLeft/Right on both sides only") for line in advice)
    assert len(advice) == 4


def test_unlabelled_rows_do_not_count():
    weights = waves()
    weights[300:] = np.nan
    np.testing.assert_array_equal(coverage(weights).frames, coverage(weights[:300]).frames)
    nothing = coverage(weights[300:])
    assert nothing.verdict(0) == "never"
    assert nothing.as_dict()["shapes"]["jawOpen"] == {"reach": 0.0, "frames": 0, "verdict": "never"}
