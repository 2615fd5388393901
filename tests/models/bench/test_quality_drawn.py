"""`mien bench quality` on drawn heads: errors, groups, light, and what confidence tells."""

from __future__ import annotations

import numpy as np
import pytest
from making_quality import answer, shown_faces
from mien_models.bench import quality, quality_report
from mien_models.bench.quality_confidence import reliability
from mien_models.bench.quality_synthetic import GROUPS, draw, errors_of, figures, groups_of, lights


def test_errors_are_in_pixels_and_in_parts_of_the_distance_between_the_eyes():
    shown = shown_faces()
    errors = errors_of(answer(shown, shift=3.0, turn=355.0), shown)
    assert errors.pixels == pytest.approx(np.full(4, 3 * 2**0.5), rel=1e-4)
    assert errors.eyes == pytest.approx(100 * 3 * 2**0.5 / 40, rel=1e-4)
    assert errors.pose == pytest.approx(5.0, abs=1e-3)  # the short way round
    assert errors.confidence == pytest.approx(np.linspace(0.2, 0.8, 4), abs=1e-6)
    found = figures(errors, np.array([True, False, False, True]))
    assert (found["crops"], found["weights_mae"]) == (2, 0.25)


def test_figures_of_an_empty_group_are_no_numbers():
    shown = shown_faces()
    found = quality.without_nan(figures(errors_of(answer(shown), shown), np.zeros(4, bool)))
    assert found["crops"] == 0
    assert found["weights_mae"] is None
    assert found["yaw_degrees"] is None
    assert quality_report.errors(found) == ("", "")


def test_groups_cover_every_face_once_and_follow_the_notes():
    shown = shown_faces(skin=[0.1, 0.3, 0.5, 0.7], beard=[0, 1, 0, 0])
    found = {(kind, label): members for kind, label, members in groups_of(shown)}
    kinds = {kind for kind, _ in found}
    assert kinds == {"skin tone", "beard", "yaw", "brightness", "light"}
    for kind in kinds:
        assert (sum(members.astype(int) for (one, _), members in found.items() if one == kind) == 1).all()
    assert found["skin tone", "light"].tolist() == [False, False, True, True]
    assert found["yaw", "15–30°"].tolist() == [False, True, True, False]
    assert found["light", "from one side"].tolist() == [False, True, False, True]


def test_light_is_measured_on_the_face():
    bright, sided = lights(shown_faces().crops, shown_faces().landmarks)
    assert bright == pytest.approx([100, 80, 100, 80], abs=2)
    assert sided == pytest.approx([0, 1, 0, 1], abs=0.05)


@pytest.mark.parametrize(("sign", "wanted"), [(-1, -1.0), (1, 1.0)])
def test_reliability_ranks_confidence_against_error(sign, wanted):
    confidence = np.linspace(0.01, 0.99, 200)
    eyes = 10 + 10 * sign * (confidence - 0.5)
    found = reliability(confidence, eyes, eyes / 100, np.ones(200, bool))
    assert found["spearman"]["landmarks"] == pytest.approx(wanted)
    assert sum(one["samples"] for one in found["bins"]) == 200
    rights = [one["right"] for one in found["bins"]]
    assert rights == (sorted(rights) if sign < 0 else sorted(rights, reverse=True))


def test_a_crop_without_a_face_is_never_right():
    face = np.arange(40) % 2 == 0
    found = reliability(np.where(face, 1.0, 0.0), np.zeros(40), np.zeros(40), face)
    assert found["spearman"]["right"] == pytest.approx(1.0)
    assert found["calibration_error"] == 0.0
    assert np.isnan(found["bins"][0]["landmarks_eyes"])


def test_heads_are_drawn_anew_with_notes_and_the_same_each_time():
    pytest.importorskip("numba")
    shown, again = draw(10), draw(10)
    np.testing.assert_array_equal(shown.crops, again.crops)
    assert {*shown.notes} == {"skin", "age", "masculine", "beard", "glasses"}
    assert shown.crops.shape == (10, 160, 160)
    kinds = {kind for kind, _, _ in groups_of(shown)}
    assert kinds == {*GROUPS}
    face = shown.presence
    assert face.any()
    for name, values in shown.notes.items():
        assert ((values[face] >= 0) & (values[face] <= 1)).all(), name
