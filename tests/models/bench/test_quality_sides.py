"""Whether sides are told apart: what is asked, and what counts as an answer."""

from __future__ import annotations

import math

import numpy as np
from mien import arkit
from mien_models.bench.quality_sides import OneSided, one_sided, share_told, tally

SMILE, OTHER = arkit.INDEX["mouthSmileLeft"], arkit.INDEX["mouthSmileRight"]


def test_a_stronger_side_of_a_drawn_head_must_be_told():
    true, given = np.zeros((2, 5, 52), np.float32)
    true[:, SMILE] = (0.2, 0.4, 0.6, 0.8, 1.0)  # the first is too little to ask for
    true[:, arkit.INDEX["jawLeft"]] = 1.0  # a direction, no side
    assert share_told(given, true) == 0
    given[:, SMILE] = (0.0, 0.05, 0.2, 0.3, 0.4)
    assert share_told(given, true) == 0.75
    given[:, OTHER] = given[:, SMILE]
    assert share_told(given, true) == 0
    assert math.isnan(share_told(given, 0 * true))


def test_labels_that_are_on_for_one_side_and_off_for_the_other_are_asked():
    labels = {
        ("a", 3): {"mouthSmileLeft": "on", "mouthSmileRight": "off", "jawOpen": "on"},
        ("a", 9): {"mouthSmileLeft": "off", "mouthSmileRight": "strong"},
        ("b", 1): {"mouthSmileLeft": "on", "mouthSmileRight": "on", "eyeLookInLeft": "on"},
        ("b", 2): {"mouthSmileLeft": "on", "neutral": "on"},
    }
    assert one_sided(labels) == [OneSided("a", 3, SMILE), OneSided("a", 9, OTHER)]


def test_the_mean_about_the_frame_tells_and_a_lost_face_does_not():
    asked = [
        OneSided("a", 0, SMILE),
        OneSided("a", 4, OTHER),
        OneSided("a", 9, SMILE),
        OneSided("gone", 0, SMILE),
    ]
    weights = np.zeros((10, 52), np.float32)
    weights[1, SMILE] = 0.3  # 0.15 on average with frame 0
    weights[4, OTHER] = 0.2  # 0.07 on average with its neighbours
    weights[8:] = np.nan
    assert tally(asked, {"a": weights}) == {"labelled": 3, "told": 1}
